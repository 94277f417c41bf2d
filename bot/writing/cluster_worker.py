"""A worker of the cluster as the bot sees it, and its executors: one for each of its threads."""

import asyncio
import logging
import pickle
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import count
from threading import Event
from typing import Any

from bot.writing.cluster_actor import LACKING, RAISED, Outcome, WritingActor
from bot.writing.connection import Actor, Connection, Silent, Unreachable
from bot.writing.errors import Stuck, TooSlow
from bot.writing.executors import ExecutorLost, Work
from bot.writing.generation import Generation
from bot.writing.installation import (
    EXPRESSION,
    Installation,
    differences,
    incompatibility,
    installation,
)
from bot.writing.thread import GRACE_S
from models.weights import Trained

log = logging.getLogger(__name__)

START_S = 30.0
"""Seconds that a worker may take to get ready. It may be busy with others' work."""
SENDING_S = 60.0
"""Seconds that a worker may take to get weights."""
REFUSED_S = 60.0
"""Seconds after which weights that a worker could not take are sent to it again."""
WAITING_S = 5.0
"""Seconds that a turn waits for weights which its worker is sent."""
MOST_KNOWN = 256
"""Digests that are remembered for each worker. It can be asked again."""
PING_S = 1.0
"""Seconds between two questions to a worker that computes a turn."""
SILENCE_S = 3.0
"""Seconds within which it has to answer such a question: its event loop has nothing else to do."""
TRANSFER_S = 2.0
"""Seconds that a turn may take beyond its deadline, for the way there and back."""
LOOK_S = 0.1
"""Seconds between two looks at whether the members still want their texts."""

_numbers = count(1)


class Unsuitable(Exception):  # noqa: N818 (a state)
    """A worker that cannot be used. The message completes "It ..."."""


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
        self.trains = trains
        """The tasks for which it can train networks."""
        self.differences = differences(installation(), versions)
        """Versions that differ from those of the bot, in words."""
        self.turns = 0
        """Turns that it has computed for this process."""
        self._actor = actor
        self._deadline = deadline
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._held: set[str] = set()
        """Digests of the weights that it has, as far as is known."""
        self._refused: dict[str, float] = {}
        """Those of weights that it could not take, with the time of the loop until which it is left
        alone with them."""
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._at_work = 0
        self._watch: asyncio.Task[None] | None = None
        self.executors: Sequence[ClusterExecutor] = [ClusterExecutor(self) for _ in range(threads)]

    @classmethod
    async def connected(
        cls, connection: Connection, address: str, deadline: float
    ) -> "RemoteWorker":
        """Get a worker ready to write. Raises `Unreachable` and `Unsuitable`."""
        here = await asyncio.to_thread(installation)
        try:
            versions = await connection.evaluate(EXPRESSION, address, within=START_S)
            if reason := incompatibility(here, versions):
                raise Unsuitable(reason)
            actor = await connection.create(WritingActor, address, deadline, within=START_S)
            threads, trains = await actor.call("describe", within=SILENCE_S)
        except (Unreachable, Unsuitable):
            raise
        except Exception as error:
            raise Unsuitable(f"can't run the bot's code ({error!r})") from error
        return cls(actor, address, versions, threads, trains, deadline)

    @property
    def is_lost(self) -> bool:
        """Whether it is gone."""
        return self._lost.done()

    def lose(self, reason: str) -> None:
        """Give it up: its turns raise `ExecutorLost`. The reason completes "It ..."."""
        if not self._lost.done():
            self._lost.set_result(reason)
            self._actor.release()
            for task in (*self._sending.values(), self._watch):
                if task is not None:
                    task.cancel()

    def can_take(self, work: Generation) -> bool:
        """Whether it can compute a turn of this work now, or soon for that of custom models."""
        if self.is_lost or self._refuses(work.trained.digest):
            return False
        return not work.is_live or self.has(work.trained)

    def has(self, trained: Trained) -> bool:
        """Whether it has some weights. If not, they are sent to it now."""
        digest = trained.digest
        if digest in self._held:
            return True
        if digest not in self._sending and not self._refuses(digest) and not self.is_lost:
            task = self._sending[digest] = asyncio.create_task(self._send(trained))
            task.add_done_callback(lambda _: self._sending.pop(digest, None))
        return False

    def _refuses(self, digest: str) -> bool:
        return self._refused.get(digest, 0.0) > asyncio.get_running_loop().time()

    @property
    def known(self) -> AbstractSet[str]:
        """The digests of weights that it has, as far as is known."""
        return self._held

    @property
    def is_at_work(self) -> bool:
        """Whether it computes a turn."""
        return self._at_work > 0

    async def held(self) -> Sequence[str]:
        """The digests of the weights that it holds. Raises `Unreachable`."""
        digests: Sequence[str] = await self._actor.call("held", within=SILENCE_S)
        return digests

    async def write(self, work: Generation, texts: Sequence[Any], stop: Event) -> Sequence[object]:
        """Write the next steps of some texts. Raises like `Executor.run`."""
        try:
            content = pickle.dumps(texts)
        except Exception as error:
            raise ExecutorLost(f"These texts can't be sent to a cluster ({error!r})") from error
        digest = work.trained.digest
        if not self.has(work.trained) and digest in self._sending:  # of a custom model
            await self._first(self._sending[digest], WAITING_S)
        if digest not in self._held:
            raise ExecutorLost(f"The worker {self.address} has no weights {digest[:12]} yet")
        number = next(_numbers)
        self._begin()
        try:
            call = asyncio.create_task(self._write(number, work, content))
            status, result = await self._result(number, call, stop)
        finally:
            self._at_work -= 1
        if status == LACKING:  # others have used so many that it keeps them no longer
            self._held.discard(digest)
            raise ExecutorLost(f"The worker {self.address} has no weights {digest[:12]} anymore")
        found = pickle.loads(result)  # noqa: S301 (the cluster is trusted, as Dask requires)
        if status == RAISED:
            if isinstance(found, Stuck):
                self.lose("has too many threads that do not end")
                raise self._executor_lost()
            raise found
        self.turns += 1
        outcomes: Sequence[object] = found
        return outcomes

    async def _write(self, number: int, work: Generation, content: bytes) -> Outcome:
        outcome: Outcome = await self._actor.call(
            "write", number, work.task, work.trained.digest, content, within=self._longest
        )
        return outcome

    @property
    def _longest(self) -> float:
        """Seconds after which a turn must have come back."""
        return self._deadline + GRACE_S + TRANSFER_S

    async def _result(self, number: int, call: asyncio.Task[Outcome], stop: Event) -> Outcome:
        """What the worker returns, if it does so in time and is not lost."""
        telling: asyncio.Task[Any] | None = None
        try:
            while not call.done() and not self.is_lost:
                await self._first(call, LOOK_S)
                if stop.is_set() and telling is None:
                    stopping = self._actor.call("stop", number, within=SILENCE_S)
                    telling = asyncio.create_task(_silently(stopping))
            if not call.done():
                raise self._executor_lost()
            return call.result()
        except Silent as error:
            self.lose("answers, but not with its turn")
            raise TooSlow(f"no answer within {self._deadline:g} s") from error
        except Unreachable as error:
            self.lose(str(error))
            raise self._executor_lost() from error
        finally:
            call.cancel()

    async def _first(self, awaited: asyncio.Future[Any], seconds: float) -> None:
        """Wait for a future, as long as the worker is not lost."""
        either: list[asyncio.Future[Any]] = [awaited, self._lost]
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def _executor_lost(self) -> ExecutorLost:
        return ExecutorLost(f"The worker {self.address} {self._lost.result()}")

    def _begin(self) -> None:
        self._at_work += 1
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._ping())

    async def _ping(self) -> None:
        """Give the worker up if it falls silent while it computes turns.

        The connection breaks at once if its process ends, but not if its machine does.
        """
        while self._at_work:
            await asyncio.sleep(PING_S)
            try:
                await self._actor.call("ping", within=SILENCE_S)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is no answer)
                self.lose(str(error))
                return

    async def _send(self, trained: Trained) -> None:
        """Let the worker get weights: its own, or else those of the bot."""
        task, digest = trained.card.task, trained.digest
        try:
            has = await self._actor.call("load_shipped", task, digest, within=SENDING_S)
            if not has:
                frames = await asyncio.to_thread(_frames, trained)
                await self._actor.call("receive", task, digest, *frames, within=SENDING_S)
                size = sum(memoryview(frame).nbytes for frame in frames) / 2**20
                log.info("Sent %s (%.1f MiB) to %s", digest[:12], size, self.address)
            if len(self._held) >= MOST_KNOWN:
                self._held.clear()
            self._held.add(digest)
        except Unreachable as error:
            self.lose(str(error))
        except Exception as error:  # noqa: BLE001 (of the worker, or of pickling)
            log.error("The worker %s can't use %s: %r", self.address, digest[:12], error)
            self._refused[digest] = asyncio.get_running_loop().time() + REFUSED_S


class ClusterExecutor:
    """One thread of a worker: an `Executor` for texts."""

    def __init__(self, worker: RemoteWorker) -> None:
        """`worker` is the one that has the thread."""
        self._worker = worker

    def takes(self, work: Work) -> bool:
        """Whether it is a `Generation`, by weights that the worker has.

        Live weights are sent to every worker once they are used, while others write. Those of
        custom models are many, and are sent to the worker whose turn it is.
        """
        return isinstance(work, Generation) and self._worker.can_take(work)

    async def run(self, work: Work, items: Sequence[Any], stop: Event) -> Sequence[object]:
        """See `Executor.run`."""
        assert isinstance(work, Generation)  # noqa: S101 (see `takes`)
        return await self._worker.write(work, items, stop)


def _frames(trained: Trained) -> list[bytes | memoryview]:
    """The weights pickled, with their arrays out of band."""
    buffers: list[pickle.PickleBuffer] = []
    objects = pickle.dumps(trained, protocol=5, buffer_callback=buffers.append)
    return [objects, *(buffer.raw() for buffer in buffers)]


async def _silently(call: Any) -> None:  # noqa: ANN401 (any awaitable)
    with suppress(Exception):
        await call
