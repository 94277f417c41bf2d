"""The worker's side of writing on a cluster: weights by digest, and turns for any bot."""

import asyncio
import hashlib
import logging
import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache, partial
from threading import Event
from typing import Any

from bot.services.word_filter import WordFilter
from bot.writing.generation import Generation, Text, sendable
from bot.writing.thread import Worker
from models.memory import keep_freed_memory
from models.tasks import TASKS, task_of
from models.weights import Trained, WeightsError

log = logging.getLogger(__name__)

MOST_BYTES = 256 * 2**20
"""Memory for weights, beside 165 MiB of a worker with the shipped ones. The latest are kept in any
case."""
MOST_WEIGHTS = 64
"""Weights that are kept at the same time: few live ones, and those of custom models."""

WRITE, TRAIN = "write", "train"
"""Resources, as in `--resources "train=1 write=0"`. A worker trains only if it has the second one,
and writes unless it has none of the first."""

Outcome = tuple[str, bytes]
"""One of the words below, and what is pickled."""
WRITTEN, RAISED, LACKING = "written", "raised", "lacking"


class WeightStore:
    """The weights of a worker by digest, for all bots that write on it."""

    def __init__(self, most_bytes: int = MOST_BYTES, most: int = MOST_WEIGHTS) -> None:
        """Keeps those that were used last, up to a size in memory and a number."""
        self._most_bytes = most_bytes
        self._most = most
        self._held: OrderedDict[str, tuple[Trained, int]] = OrderedDict()
        self._lock = asyncio.Lock()

    @property
    def digests(self) -> Sequence[str]:
        """Those of the weights that are held, the latest last."""
        return tuple(self._held)

    def get(self, digest: str) -> Trained | None:
        """The weights of a digest, if they are held."""
        if digest not in self._held:
            return None
        self._held.move_to_end(digest)
        return self._held[digest][0]

    async def load_shipped(self, task: str, digest: str) -> bool:
        """Whether weights are held now: loads them if they are the ones shipped with the bot."""
        return await self._obtain(task, digest, partial(_shipped, task, digest))

    async def unpickle(self, task: str, digest: str, frames: Sequence[Any]) -> bool:
        """Hold weights that were pickled, with their arrays out of band."""

        def unpickled() -> Trained:
            trained: Trained = pickle.loads(frames[0], buffers=frames[1:])  # noqa: S301 (as Dask)
            return trained

        return await self._obtain(task, digest, unpickled, sum(map(len, frames)))

    async def _obtain(
        self, task: str, digest: str, load: Callable[[], Trained | None], least_bytes: int = 0
    ) -> bool:
        def loaded() -> tuple[Trained, int] | None:
            if (trained := load()) is None:
                return None
            task_of(task).prepare(trained)
            return trained, max(least_bytes, trained.resident_bytes)

        async with self._lock:
            if self.get(digest) is not None:
                return True
            if (found := await asyncio.to_thread(loaded)) is None:
                return False
            self._held[digest] = found
            while len(self._held) > 1 and (
                len(self._held) > self._most
                or sum(size for _, size in self._held.values()) > self._most_bytes
            ):
                self._held.popitem(last=False)
            return True


@cache
def weight_store() -> WeightStore:
    """The one of this process."""
    return WeightStore()


class WritingActor:
    """Writes turns for one bot, in threads, with deadlines."""

    def __init__(self, deadline: float) -> None:
        """`deadline` is in seconds and holds for each turn."""
        from distributed import get_worker

        self._idle: list[Worker] = []
        worker = get_worker()
        resources = worker.state.total_resources
        self._threads = worker.state.nthreads if resources.get(WRITE, 1) else 0
        self._trains = _trainable() if resources.get(TRAIN, 0) else ()
        self._deadline = deadline
        self._stops: dict[int, Event] = {}
        WordFilter().allows("")  # loads its lists, which takes half a second
        keep_freed_memory()  # Dask's nanny lets its workers keep none

    def __del__(self) -> None:
        """End the threads, once the bot is gone or has given up the worker."""
        for thread in self._idle:
            thread.close()

    async def describe(self) -> tuple[int, Sequence[str]]:
        """The threads of the worker that write, and the tasks that it can train."""
        return self._threads, self._trains

    async def ping(self) -> bool:
        """Show that the worker is alive."""
        return True

    async def load_shipped(self, task: str, digest: str) -> bool:
        """Whether the worker has these weights, perhaps those that were shipped with the bot."""
        return await weight_store().load_shipped(task, digest)

    async def receive(self, task: str, digest: str, *frames: bytes) -> bool:
        """Hold pickled weights."""
        return await weight_store().unpickle(task, digest, frames)

    async def held(self) -> Sequence[str]:
        """The digests of the weights that the worker holds."""
        return weight_store().digests

    async def stop(self, turn: int) -> None:
        """Stop a turn, as nobody wants it anymore."""
        if turn in self._stops:
            self._stops[turn].set()

    async def write(self, turn: int, task: str, digest: str, texts: bytes) -> Outcome:
        """Write the next steps of some pickled texts. `turn` identifies it to `stop`."""
        if (trained := weight_store().get(digest)) is None:
            return LACKING, b""
        stop = self._stops[turn] = Event()
        thread = self._idle.pop() if self._idle else Worker("writing", self._deadline)
        try:
            return WRITTEN, await thread.run(partial(_written, task, trained, texts, stop), stop)
        except Exception as error:  # noqa: BLE001 (the bot gets it)
            return RAISED, pickle.dumps(sendable(error))
        finally:
            del self._stops[turn]
            self._idle.append(thread)


def _trainable() -> Sequence[str]:
    return tuple(name for name, task in TASKS.items() if task.can_train())


def _written(task: str, trained: Trained, texts: bytes, stop: Event) -> bytes:
    unpickled: Sequence[Text] = pickle.loads(texts)  # noqa: S301 (as Dask)
    outcomes: list[Any] = Generation(task, trained)(unpickled, stop.is_set)
    return pickle.dumps([sendable(o) if isinstance(o, Exception) else o for o in outcomes])


def _shipped(task: str, digest: str) -> Trained | None:
    """The weights that were shipped with the bot, if they have this digest."""
    found = task_of(task)
    try:
        if hashlib.sha256(found.shipped_path.read_bytes()).hexdigest() != digest:
            return None
        return found.load_shipped()
    except (OSError, WeightsError) as error:
        log.warning("The bot sends its weights, as those of this worker can't be used: %s", error)
        return None
