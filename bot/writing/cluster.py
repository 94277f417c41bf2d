"""The workers of a Dask cluster that write texts, and train networks, for the bot.

The bot has one `WritingActor` on each worker, which writes batches in threads with deadlines, and
holds weights by digest. Only `connection` imports `distributed`, when it connects.
"""

import asyncio
import hashlib
import logging
import pickle
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from typing import Any

from bot.services.word_filter import WordFilter
from bot.writing import limits
from bot.writing.connection import Actor, ClusterUnreachable, SchedulerConnection
from bot.writing.errors import Stuck, WeightsMissing, WriterLost
from bot.writing.installation import (
    EXPRESSION,
    Installation,
    differences,
    incompatibility,
    installation,
)
from bot.writing.thread import NetworkThread
from bot.writing.writer import (
    Generation,
    Stop,
    Text,
    Work,
    outcomes_of,
    pickled_outcomes,
    pickled_texts,
    result_in_time,
    sendable,
)
from models.memory import keep_freed_memory
from models.tasks import TASKS, task_of
from models.weights import Trained, WeightsError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 4
"""Workers that are made ready at the same time."""
MOST_KNOWN = 256
"""Digests that are remembered for each worker. It can be asked again."""
MOST_BYTES = 256 * 2**20
"""Memory for weights, beside 165 MiB of a worker with the shipped ones. The latest are kept in any
case."""
MOST_WEIGHTS = 64
"""Weights that are kept at the same time: few live ones, and those of custom models."""
WRITE, TRAIN = "write", "train"
"""Resources, as in `--resources "train=1 write=0"`. A worker trains only if it has the second one,
and writes unless it has none of the first."""

_numbers = count(1)


class Unsuitable(Exception):  # noqa: N818 (a state)
    """A worker that cannot be used. The message completes "It ..."."""


@dataclass(frozen=True)
class ClusterStatus:
    """How a cluster is."""

    connected: bool = False
    workers: int = 0
    """Workers that write, or train, for the bot."""
    threads: int = 0
    """Batches that they write at the same time."""
    unsuitable: int = 0
    """Workers that run other code than the bot."""
    turns: int = 0
    """Batches that workers have written for this process."""


@dataclass
class _Attempts:
    """Attempts to get a worker ready."""

    pause: float = limits.RECONNECT_S
    not_before: float = 0.0
    task: asyncio.Task[None] | None = field(default=None, repr=False)
    is_unsuitable: bool = False
    """Whether no further one is made: until it leaves the cluster, it runs the same code."""


class ClusterPool:
    """A `Writer`: the threads of the workers of a scheduler.

    It connects in the background, again and again. While it is not connected, it has no capacity.
    """

    def __init__(self, address: str, *, deadline: float = limits.STEP_S) -> None:
        """`address` is that of the scheduler, such as `tcp://host:8786`. Begins with `start`.

        `deadline` is in seconds and holds for each batch.
        """
        self.address = address
        self.connection: SchedulerConnection | None = None
        """The current one."""
        self._deadline = deadline
        self._workers: dict[str, RemoteWorker] = {}
        self._attempts: dict[str, _Attempts] = {}
        self._ready = asyncio.Semaphore(MOST_AT_ONCE)
        self._written_by_lost = 0
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = self._task or asyncio.create_task(self._stay_connected())

    @property
    def capacity(self) -> int:
        """See `Writer.capacity`."""
        return sum(worker.threads for worker in self.workers)

    def room(self, work: Work) -> int | None:
        """See `Writer.room`.

        Live weights are sent to every worker once they are used, while others write. Those of
        custom models are many, and are sent to the worker that writes with them.
        """
        if not isinstance(work, Generation):
            return None
        able = [worker for worker in self.workers if worker.takes(work)]
        return sum(worker.free for worker in able) if able else None

    def write(self, work: Work, items: Sequence[Any], stop: Stop) -> Awaitable[Sequence[object]]:
        """See `Writer.write`."""
        assert isinstance(work, Generation)  # noqa: S101 (see `room`)
        free = [worker for worker in self.workers if worker.free and worker.takes(work)]
        worker = max(free, key=lambda worker: work.trained.digest in worker.known)
        return worker.write(work, items, stop)

    def backlog(self, waited: float) -> None:
        """Workers are added by others."""

    def close(self) -> None:
        """Give up the workers and the connection, without waiting."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
        self._drop_workers("is not needed anymore")

    @property
    def workers(self) -> "Sequence[RemoteWorker]":
        """Those that are ready."""
        return [worker for worker in self._workers.values() if not worker.is_lost]

    def trainers(self, task: str) -> Sequence[str]:
        """The addresses of the workers that can train a task."""
        return [worker.address for worker in self.workers if task in worker.trains]

    @property
    def status(self) -> ClusterStatus:
        """How the cluster is."""
        return ClusterStatus(
            connected=self.connection is not None,
            workers=len(self.workers),
            threads=self.capacity,
            unsuitable=sum(attempts.is_unsuitable for attempts in self._attempts.values()),
            turns=self._written_by_lost + sum(w.written for w in self._workers.values()),
        )

    async def _stay_connected(self) -> None:
        """Connect, and connect again when the scheduler is gone, until the pool is closed."""
        await asyncio.to_thread(installation)  # now: an update may change the code later
        pause, was_told = limits.RECONNECT_S, False
        while True:
            try:
                connection = await SchedulerConnection.open(self.address)
                log.info("Connected to the Dask scheduler %s", self.address)
                pause, was_told = limits.RECONNECT_S, False
                await self._follow(connection)
            except ClusterUnreachable as error:
                if not was_told:
                    text = "The Dask scheduler %s %s. The bot writes by itself until it answers"
                    log.warning(text, self.address, error)
                was_told = True
            except Exception:
                log.exception("The connection to the Dask scheduler failed")
            if self._is_closed:  # the library ignores cancelling while it closes a connection
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, limits.LONGEST_RECONNECT_S)

    async def _follow(self, connection: SchedulerConnection) -> None:
        """Use the workers of a scheduler until it is gone. Raises `ClusterUnreachable`."""
        self.connection = connection
        try:
            while True:
                self._update(connection, set(await connection.workers()))
                await asyncio.sleep(limits.LOOK_S)
        finally:
            self.connection = None
            self._drop_workers("has lost its scheduler")
            await connection.close()

    def _update(self, connection: SchedulerConnection, addresses: set[str]) -> None:
        """Drop workers that are gone, and get new ones ready."""
        for address, worker in [*self._workers.items()]:
            if address not in addresses:
                worker.lose("has left the cluster")
            if worker.is_lost:
                self._written_by_lost += worker.written
                del self._workers[address]
                if worker.written and address in self._attempts:  # it was of use
                    self._attempts[address].pause = limits.RECONNECT_S
        for address in self._attempts.keys() - addresses:
            if (task := self._attempts.pop(address).task) is not None:
                task.cancel()
        now = asyncio.get_running_loop().time()
        for address in addresses - self._workers.keys():
            attempts = self._attempts.setdefault(address, _Attempts())
            is_trying = attempts.task is not None and not attempts.task.done()
            if not is_trying and not attempts.is_unsuitable and now >= attempts.not_before:
                attempts.not_before = now + attempts.pause
                attempts.pause = min(2 * attempts.pause, limits.LONGEST_RECONNECT_S)
                attempts.task = asyncio.create_task(self._add(connection, address, attempts))

    async def _add(
        self, connection: SchedulerConnection, address: str, attempts: _Attempts
    ) -> None:
        """Get a worker ready, and use it from now on."""
        try:
            async with self._ready:
                worker = await RemoteWorker.connected(connection, address, self._deadline)
        except Unsuitable as error:
            attempts.is_unsuitable = True
            log.warning("The worker %s of the cluster is not used: it %s", address, error)
        except ClusterUnreachable as error:
            log.info("The worker %s of the cluster %s", address, error)
        else:
            self._workers[address] = worker
            log.info("The worker %s is ready, threads that write: %d", address, worker.threads)
            if worker.differences:
                text = "Texts of the worker %s may differ from those of the bot: it has %s"
                log.warning(text, address, ", ".join(worker.differences))

    def _drop_workers(self, reason: str) -> None:
        for attempts in self._attempts.values():
            if attempts.task is not None:
                attempts.task.cancel()
        self._attempts.clear()
        for worker in self._workers.values():
            self._written_by_lost += worker.written
            worker.lose(reason)
        self._workers.clear()


async def look_at(address: str) -> "tuple[list[RemoteWorker], dict[str, str]]":
    """The workers of a scheduler that can be used, and reasons why the others can't, by address.

    Raises `ClusterUnreachable`. Takes a minute at most.
    """
    connection = await SchedulerConnection.open(address)
    found: list[RemoteWorker] = []
    reasons: dict[str, str] = {}

    async def look(worker: str) -> None:
        try:
            found.append(await RemoteWorker.connected(connection, worker, 0.0))
        except (ClusterUnreachable, Unsuitable) as error:
            reasons[worker] = str(error)

    try:
        addresses = await connection.workers()
        await asyncio.gather(*map(look, addresses))
    finally:
        for worker in found:
            worker.lose("is not needed anymore")
        await connection.close()
    return found, reasons


class RemoteWorker:
    """Handle of a worker of the cluster."""

    def __init__(
        self,
        actor: Actor,
        address: str,
        versions: Installation,
        threads: int,
        trains: Sequence[str],
        deadline: float,
    ) -> None:
        """Made by `connected`."""
        self.address = address
        self.threads = threads
        """Batches that it can write at the same time."""
        self.trains = trains
        """The tasks for which it can train networks."""
        self.differences = differences(installation(), versions)
        """Versions that differ from those of the bot, in words."""
        self.written = 0
        """Batches that it has written for this process."""
        self.at_work = 0
        """Batches that it writes now."""
        self._actor = actor
        self._deadline = deadline
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._held: set[str] = set()
        self._refused: dict[str, float] = {}
        """Digests of weights that it could not take, with the time of the loop until which it is
        left alone with them."""
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._tells: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    async def connected(
        cls, connection: SchedulerConnection, address: str, deadline: float
    ) -> "RemoteWorker":
        """Get a worker ready to write. Raises `ClusterUnreachable` and `Unsuitable`."""
        here = await asyncio.to_thread(installation)
        try:
            versions = await connection.evaluate(EXPRESSION, address, within=limits.READY_S)
            if reason := incompatibility(here, versions):
                raise Unsuitable(reason)
            actor = await connection.create(WritingActor, address, deadline, within=limits.READY_S)
            threads, trains = await actor.call("describe", within=limits.SILENCE_S)
        except (ClusterUnreachable, Unsuitable):
            raise
        except Exception as error:
            raise Unsuitable(f"can't run the bot's code ({error!r})") from error
        return cls(actor, address, versions, threads, trains, deadline)

    @property
    def is_lost(self) -> bool:
        """Whether it is gone."""
        return self._lost.done()

    @property
    def free(self) -> int:
        """Number of further batches that it can write now."""
        return self.threads - self.at_work

    @property
    def known(self) -> AbstractSet[str]:
        """The digests of weights that it has, as far as is known."""
        return self._held

    def lose(self, reason: str) -> None:
        """Give it up: its batches raise `WriterLost`. The reason completes "It ..."."""
        if not self._lost.done():
            self._lost.set_result(reason)
            self._actor.release()
            for task in (*self._sending.values(), self._watch):
                if task is not None:
                    task.cancel()

    def takes(self, work: Generation) -> bool:
        """Whether it can write a batch of this work now, or soon by the weights of custom models.

        Live weights that it lacks are sent to it now.
        """
        digest = work.trained.digest
        if self._refused.get(digest, 0.0) > asyncio.get_running_loop().time():
            return False
        if work.is_live and digest not in self._held:
            self._send_soon(work.trained)
        return not work.is_live or digest in self._held

    async def held(self) -> Sequence[str]:
        """The digests of the weights that it holds. Raises `ClusterUnreachable`."""
        digests: Sequence[str] = await self._actor.call("held", within=limits.SILENCE_S)
        return digests

    def write(
        self, work: Generation, texts: Sequence[Any], stop: Stop
    ) -> Awaitable[Sequence[object]]:
        """See `Writer.write`."""
        self.at_work += 1
        return self._write(work, texts, stop)

    async def _write(self, work: Generation, texts: Sequence[Any], stop: Stop) -> Sequence[object]:
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._ping())
        try:
            content, digest = pickled_texts(texts), work.trained.digest
            if digest not in self._held:  # of a custom model
                await self._first(self._send_soon(work.trained), limits.WEIGHTS_S)
            if digest not in self._held:
                raise WriterLost(f"The worker {self.address} has no weights {digest[:12]} yet")
            number = next(_numbers)
            stop.tell(partial(self._tell_to_stop, number))
            writing = asyncio.create_task(self._answer(number, work.task, digest, content))
            try:
                # The worker has the deadline, too.
                longest = self._deadline + limits.GRACE_S + limits.TRANSFER_S
                outcomes = await result_in_time(writing, longest, stop, self._hung)
            finally:
                writing.cancel()
        except WeightsMissing:
            self._held.discard(digest)
            raise
        except Stuck as error:
            self.lose("has too many threads that do not end")
            raise self._gone() from error
        finally:
            stop.tell(None)
            self.at_work -= 1
        self.written += 1
        return outcomes

    async def _answer(self, number: int, task: str, digest: str, texts: bytes) -> Sequence[object]:
        """What the worker answers, if it is not lost."""
        # Within a time that is longer than that of `_write`, which is what ends it.
        within = self._deadline + limits.SENDING_S
        call = asyncio.create_task(
            self._actor.call("write", number, task, digest, texts, within=within)
        )
        try:
            await self._first(call)
            if not call.done():
                raise self._gone()
            return outcomes_of(call.result())
        except ClusterUnreachable as error:
            self.lose(str(error))
            raise self._gone() from error
        finally:
            call.cancel()

    def _tell_to_stop(self, number: int) -> None:
        async def tell() -> None:
            with suppress(Exception):
                await self._actor.call("stop", number, within=limits.SILENCE_S)

        task = asyncio.create_task(tell())
        self._tells.add(task)
        task.add_done_callback(self._tells.discard)

    def _hung(self) -> None:
        self.lose("answers, but not with its batch")

    def _gone(self) -> WriterLost:
        return WriterLost(f"The worker {self.address} {self._lost.result()}")

    async def _first(self, awaited: asyncio.Future[Any], seconds: float | None = None) -> None:
        """Wait for a future, as long as the worker is not lost."""
        either: list[asyncio.Future[Any]] = [awaited, self._lost]
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def _ping(self) -> None:
        """Give the worker up if it falls silent while it writes.

        The connection breaks at once if its process ends, but not if its machine does.
        """
        while self.at_work:
            await asyncio.sleep(limits.PING_S)
            try:
                await self._actor.call("ping", within=limits.SILENCE_S)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is no answer)
                self.lose(str(error))
                return

    def _send_soon(self, trained: Trained) -> asyncio.Task[None]:
        """Let the worker get weights, if it does not yet."""
        digest = trained.digest
        if digest not in self._sending:
            task = self._sending[digest] = asyncio.create_task(self._send(trained))
            task.add_done_callback(lambda _: self._sending.pop(digest, None))
        return self._sending[digest]

    async def _send(self, trained: Trained) -> None:
        """Let the worker get weights: its own, or else those of the bot."""
        task, digest = trained.card.task, trained.digest
        try:
            within = limits.SENDING_S
            if not await self._actor.call("load_shipped", task, digest, within=within):
                frames = await asyncio.to_thread(_frames, trained)
                await self._actor.call("receive", task, digest, *frames, within=within)
                size = sum(memoryview(frame).nbytes for frame in frames) / 2**20
                log.info("Sent %s (%.1f MiB) to %s", digest[:12], size, self.address)
            if len(self._held) >= MOST_KNOWN:
                self._held.clear()
            self._held.add(digest)
        except ClusterUnreachable as error:
            self.lose(str(error))
        except Exception as error:  # noqa: BLE001 (of the worker, or of pickling)
            log.error("The worker %s can't use %s: %r", self.address, digest[:12], error)
            self._refused[digest] = asyncio.get_running_loop().time() + limits.RESEND_S


def _frames(trained: Trained) -> list[bytes | memoryview]:
    """The weights pickled, with their arrays out of band."""
    buffers: list[pickle.PickleBuffer] = []
    objects = pickle.dumps(trained, protocol=5, buffer_callback=buffers.append)
    return [objects, *(buffer.raw() for buffer in buffers)]


# From here on: what a worker does.


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
    """Writes batches for one bot, in threads, with deadlines."""

    def __init__(self, deadline: float) -> None:
        """`deadline` is in seconds and holds for each batch."""
        from distributed import get_worker

        self._idle: list[NetworkThread] = []
        worker = get_worker()
        resources = worker.state.total_resources
        self._threads = worker.state.nthreads if resources.get(WRITE, 1) else 0
        self._trains = _trainable() if resources.get(TRAIN, 0) else ()
        self._deadline = deadline
        self._stops: dict[int, Stop] = {}
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

    async def stop(self, number: int) -> None:
        """Stop a batch, as nobody wants it anymore."""
        if number in self._stops:
            self._stops[number].set()

    async def write(self, number: int, task: str, digest: str, texts: bytes) -> bytes:
        """The pickled next steps of some pickled texts, or a pickled error.

        `number` identifies the batch to `stop`.
        """
        stop = self._stops[number] = Stop()
        thread = self._idle.pop() if self._idle else NetworkThread("writing", self._deadline)
        try:
            if (trained := weight_store().get(digest)) is None:
                raise WeightsMissing(f"A worker has no weights {digest[:12]} anymore")
            return await thread.run(partial(_written, task, trained, texts, stop), stop)
        except Exception as error:  # noqa: BLE001 (the bot gets it)
            return pickle.dumps(sendable(error))
        finally:
            del self._stops[number]
            self._idle.append(thread)


def _trainable() -> Sequence[str]:
    return tuple(name for name, task in TASKS.items() if task.can_train())


def _written(task: str, trained: Trained, texts: bytes, stop: Stop) -> bytes:
    unpickled: Sequence[Text] = pickle.loads(texts)  # noqa: S301 (as Dask)
    return pickled_outcomes(lambda: Generation(task, trained)(unpickled, stop.is_set))


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
