"""The workers of a Dask cluster that write texts, and train networks, for the bot.

The bot has one `WritingActor` on each worker, which writes batches in threads with deadlines, and
holds weights by digest. Only `connection` imports `distributed`, when it connects.
"""

import asyncio
import logging
import pickle
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from typing import Any

from bot.concurrency import observed
from bot.words import WordFilter
from bot.writing import limits
from bot.writing.connection import Actor, ClusterUnreachable, SchedulerConnection
from bot.writing.errors import Stuck, WeightsMissing, WriterLost
from bot.writing.installation import EXPRESSION, differences, incompatibility, installation
from bot.writing.thread import NetworkThread
from bot.writing.writer import (
    Generation,
    Outcomes,
    Stop,
    Text,
    Work,
    outcomes_of,
    pickled_texts,
    result_in_time,
    sendable,
)
from models.serving.memory import keep_freed_memory
from models.tasks import TASKS, task_of
from models.weights import Trained

log = logging.getLogger(__name__)

MOST_AT_ONCE = 4
"""Workers that are made ready at the same time."""
MOST_KNOWN = 256
"""Digests that are remembered for each worker. It can be asked again."""
MOST_BYTES = 256 * 2**20
"""Memory for weights, beside 165 MiB of a worker with the shipped ones. The latest are kept in any
case."""
WRITE, TRAIN = "write", "train"
"""Resources, as in `--resources "train=1 write=0"`. A worker trains only if it has the second one,
and writes unless it has none of the first."""

_numbers = count(1)


class Unsuitable(Exception):  # noqa: N818 (a state)
    """A worker that cannot be used. The message completes "It ..."."""


@dataclass(frozen=True)
class ClusterStatus:
    """State of a cluster, for `/status`."""

    connected: bool = False
    workers: int = 0
    """Workers that write, or train, for the bot."""
    threads: int = 0
    """Batches that they write at the same time."""
    unsuitable: int = 0
    """Workers that run other code than the bot."""
    turns: int = 0
    """Batches that workers have written for this process."""


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
        self._unsuitable: set[str] = set()
        """Workers that run other code, until they leave the cluster."""
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
        able = [worker for worker in self.workers if worker.threads and worker.takes(work)]
        return sum(worker.free for worker in able) if able else None

    def write(self, work: Work, items: Sequence[Any], stop: Stop) -> Awaitable[Outcomes]:
        """See `Writer.write`."""
        assert isinstance(work, Generation)  # noqa: S101 (see `room`)
        free = [worker for worker in self.workers if worker.free and worker.takes(work)]
        worker = max(free, key=lambda worker: worker.has(work.trained.digest))
        return worker.write(work, items, stop)

    def backlog(self, waited: float) -> None:
        """Workers are added by others."""

    def close(self) -> None:
        """Give up the workers and the connection, without waiting."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()

    @property
    def workers(self) -> "Sequence[RemoteWorker]":
        """The workers that are ready."""
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
            unsuitable=len(self._unsuitable),
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
        used: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                addresses = set(await connection.workers())
                for address in used.keys() - addresses:
                    used.pop(address).cancel()
                    self._unsuitable.discard(address)
                for address in addresses - used.keys():
                    used[address] = asyncio.create_task(self._use(connection, address))
                await asyncio.sleep(limits.LOOK_S)
        finally:
            self.connection = None
            self._unsuitable.clear()
            for task in used.values():
                task.cancel()
            for worker in self.workers:
                worker.lose("has lost its scheduler")
            await connection.close()

    async def _use(self, connection: SchedulerConnection, address: str) -> None:
        """Use a worker, again and again if it is lost, until this is cancelled."""
        pause = limits.RECONNECT_S
        while True:
            try:
                async with self._ready:
                    worker = await RemoteWorker.connected(connection, address, self._deadline)
            except Unsuitable as error:
                self._unsuitable.add(address)
                log.warning("The worker %s of the cluster is not used: it %s", address, error)
                return
            except ClusterUnreachable as error:
                log.info("The worker %s of the cluster %s", address, error)
            else:
                await self._use_until_lost(worker)
                if worker.written:  # it was of use
                    pause = limits.RECONNECT_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, limits.LONGEST_RECONNECT_S)

    async def _use_until_lost(self, worker: "RemoteWorker") -> None:
        self._workers[worker.address] = worker
        text = "The worker %s is ready, threads that write: %d"
        log.info(text, worker.address, worker.threads)
        if worker.differences:
            text = "Texts of the worker %s may differ from those of the bot: it has %s"
            log.warning(text, worker.address, ", ".join(worker.differences))
        try:
            await asyncio.wait([worker.lost])
        finally:
            worker.lose("has left the cluster")
            self._written_by_lost += worker.written
            del self._workers[worker.address]


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


@dataclass(eq=False)
class RemoteWorker:
    """Handle of a worker of the cluster, made by `connected`."""

    actor: Actor = field(repr=False)
    address: str
    deadline: float
    """Time limit for each batch, in seconds."""
    threads: int
    """Batches that it can write at the same time."""
    trains: Sequence[str]
    """The tasks for which it can train networks."""
    differences: Sequence[str]
    """Versions that differ from those of the bot, in words."""
    written: int = 0
    """Batches that it has written for this process."""
    at_work: int = 0
    """Batches that it writes now."""
    lost: asyncio.Future[str] = field(default_factory=lambda: asyncio.Future())
    """Future that is done when the worker is lost. Its result, the reason, completes "It ..."."""
    _sent: dict[str, asyncio.Task[bool]] = field(default_factory=dict)
    """Tasks that send weights, by digest: whether the worker could take them."""

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
        return cls(actor, address, deadline, threads, trains, differences(here, versions))

    @property
    def is_lost(self) -> bool:
        """Whether the worker is gone."""
        return self.lost.done()

    @property
    def free(self) -> int:
        """Number of further batches that the worker can write now."""
        return self.threads - self.at_work

    def has(self, digest: str) -> bool:
        """Whether the worker has the weights of a digest, as far as is known."""
        sent = self._sent.get(digest)
        return sent is not None and sent.done() and not sent.cancelled() and sent.result()

    def takes(self, work: Generation) -> bool:
        """Whether it can write a batch of this work now, or soon by the weights of custom models.

        Live weights that it lacks are sent to it now.
        """
        if work.is_live:
            self._send_soon(work.trained)
        sent = self._sent.get(work.trained.digest)
        if sent is None or not sent.done():
            return not work.is_live
        return self.has(work.trained.digest)

    def lose(self, reason: str) -> None:
        """Give up the worker: its batches raise `WriterLost`. The reason completes "It ..."."""
        if not self.is_lost:
            self.lost.set_result(reason)
            self.actor.release()
            for sending in self._sent.values():
                sending.cancel()

    def write(self, work: Generation, texts: Sequence[Any], stop: Stop) -> Awaitable[Outcomes]:
        """See `Writer.write`."""
        self.at_work += 1
        return self._write(work, texts, stop)

    async def _write(self, work: Generation, texts: Sequence[Any], stop: Stop) -> Outcomes:
        digest = work.trained.digest
        try:
            content = pickled_texts(texts)
            if not self.has(digest):  # of a custom model
                await self._first(self._send_soon(work.trained), limits.WEIGHTS_S)
            if not self.has(digest):
                raise WriterLost(f"The worker {self.address} has no weights {digest[:12]} yet")
            number, within = next(_numbers), limits.SILENCE_S
            tells: list[asyncio.Future[Any]] = []
            writing = observed(self._answer(number, work.task, digest, content))
            stop.tell(
                lambda: tells.append(observed(self.actor.call("stop", number, within=within)))
            )
            # The worker has a deadline, too, which is over before this one.
            longest = self.deadline + limits.GRACE_S + limits.TRANSFER_S
            try:
                outcomes: Outcomes = await result_in_time(writing, longest, stop, self._hung)
            finally:
                writing.cancel()
        except WeightsMissing:
            self._sent.pop(digest, None)
            raise
        except Stuck as error:
            self.lose("has too many threads that do not end")
            raise self._gone() from error
        finally:
            stop.tell(None)
            self.at_work -= 1
        self.written += 1
        return outcomes

    async def _answer(self, number: int, task: str, digest: str, texts: bytes) -> Outcomes:
        """Wait for the worker's answer, and ping it meanwhile. Raises `WriterLost`.

        The connection breaks at once if the worker's process ends, but not if its machine does.
        """
        within = self.deadline + limits.SENDING_S  # more than `_write` waits
        call = observed(self.actor.call("write", number, task, digest, texts, within=within))
        try:
            while not call.done():
                await self._first(call, limits.PING_S)
                if not call.done() and self.is_lost:
                    raise self._gone()
                if not call.done():
                    await self.actor.call("ping", within=limits.SILENCE_S)
            return outcomes_of(call.result())
        except ClusterUnreachable as error:
            self.lose(str(error))
            raise self._gone() from error
        finally:
            call.cancel()

    def _hung(self) -> None:
        self.lose("answers, but not with its batch")

    def _gone(self) -> WriterLost:
        return WriterLost(f"The worker {self.address} {self.lost.result()}")

    async def _first(self, awaited: asyncio.Future[Any], seconds: float) -> None:
        """Wait for a future, as long as the worker is not lost."""
        either: list[asyncio.Future[Any]] = [awaited, self.lost]
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def _send_soon(self, trained: Trained) -> asyncio.Task[bool]:
        """Let the worker get weights, unless it did."""
        digest = trained.digest
        if digest not in self._sent:
            while len(self._sent) >= MOST_KNOWN:
                del self._sent[next(iter(self._sent))]
            self._sent[digest] = asyncio.create_task(self._send(trained))
        return self._sent[digest]

    async def _send(self, trained: Trained) -> bool:
        """Send weights to the worker; if it can't take them, they are sent again after a while."""
        digest = trained.digest
        try:
            frames = await asyncio.to_thread(_frames, trained)
            await self.actor.call("receive", digest, *frames, within=limits.SENDING_S)
        except ClusterUnreachable as error:
            self.lose(str(error))
            return False
        except Exception as error:  # noqa: BLE001 (of the worker, or of pickling)
            log.error("The worker %s can't use %s: %r", self.address, digest[:12], error)
            forget = partial(self._sent.pop, digest, None)
            asyncio.get_running_loop().call_later(limits.RESEND_S, forget)
            return False
        size = sum(memoryview(frame).nbytes for frame in frames) / 2**20
        log.info("Sent %s (%.1f MiB) to %s", digest[:12], size, self.address)
        return True


def _frames(trained: Trained) -> list[bytes | memoryview]:
    """The weights pickled, with their arrays out of band."""
    buffers: list[pickle.PickleBuffer] = []
    objects = pickle.dumps(trained, protocol=5, buffer_callback=buffers.append)
    return [objects, *(buffer.raw() for buffer in buffers)]


# From here on: what a worker does.


class WeightStore:
    """The weights of a worker by digest, for all bots that write on it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Keeps those that were used last, up to a size in memory."""
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, tuple[Trained, int]] = OrderedDict()

    def get(self, digest: str) -> Trained | None:
        """The weights of a digest, if they are held."""
        if digest not in self._held:
            return None
        self._held.move_to_end(digest)
        return self._held[digest][0]

    async def hold(self, digest: str, frames: Sequence[Any]) -> None:
        """Hold weights that were pickled, with their arrays out of band."""
        if self.get(digest) is None:
            trained = await asyncio.to_thread(_unpickled, frames)
            size = max(sum(map(len, frames)), trained.resident_bytes)
            self._held[digest] = trained, size
        while (
            len(self._held) > 1 and sum(size for _, size in self._held.values()) > self._most_bytes
        ):
            self._held.popitem(last=False)


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
        self._trains: Sequence[str] = ()
        if resources.get(TRAIN, 0):
            self._trains = [name for name, task in TASKS.items() if task.can_train()]
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

    async def receive(self, digest: str, *frames: bytes) -> None:
        """Hold pickled weights."""
        await weight_store().hold(digest, frames)

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


def _written(task: str, trained: Trained, texts: bytes, stop: Stop) -> bytes:
    unpickled: Sequence[Text] = pickle.loads(texts)  # noqa: S301 (as Dask)
    return Generation(task, trained).pickled(unpickled, stop.is_set)


def _unpickled(frames: Sequence[Any]) -> Trained:
    trained: Trained = pickle.loads(frames[0], buffers=frames[1:])  # noqa: S301 (as Dask)
    task_of(trained.card.task).prepare(trained)
    return trained
