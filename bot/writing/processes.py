"""Processes that write texts beside the bot's own thread.

They start when members have to wait, and end when they have had nothing to do for a while: at rest
the bot takes no more memory than without them. The first one is started from nothing, which takes a
quarter of a second of a core. Others are forks of one that is ready, which is free, where the
system has safe handles on processes that are not one's children (Linux).

The bot sends batches: a task, the digest of its weights, and texts. Weights come with the first
batch that needs them, as shared memory (`models.serving.shared_weights`). The process answers
with a draft or an exception for each text. Instead of a batch, the bot may ask for a fork.
Everything is pickled and goes through private pipes.
"""

import asyncio
import logging
import math
import multiprocessing
import multiprocessing.process
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, ref

from bot.concurrency import start_kept
from bot.writing import limits
from bot.writing.errors import WriterLost
from bot.writing.thread import DaemonThread
from bot.writing.writer import (
    Generation,
    Outcomes,
    Stop,
    Text,
    Work,
    outcomes_of,
    pickled_texts,
    result_in_time,
)
from models.serving.memory import keep_freed_memory
from models.serving.shared_weights import SharedWeights, attach, attached, share
from models.weights import Trained

log = logging.getLogger(__name__)

NICENESS = 5
"""Below the bot itself, which has to acknowledge commands within three seconds."""
OOM_SCORE_ADJ = "500"
"""Score for Linux's out-of-memory killer, which adds half of the memory to a process's own: the
process is killed before the bot, which can go on without it."""

Prepare = Callable[[], object]
"""Fills the caches that a text would otherwise have to wait for. Can be pickled."""
Share = Callable[[Trained], SharedWeights]
"""The shared weights of loaded ones: the same for as long as these are in memory."""


class ProcessPool:
    """A `Writer`: processes that come and go.

    They write by live weights. Custom models write in the thread: they are many, and each would
    exist twice.
    """

    def __init__(
        self,
        most: int,
        deadline: float,
        on_shared: Callable[[Trained], object],
        prepare: Prepare,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`most` is the number of processes, `deadline` the seconds that a batch may take.

        `on_shared` is told of weights that are mapped from shared memory, to use them instead of
        their original; it is called in the event loop. `prepare` is called in each process.
        """
        self._most = most
        self._on_shared = on_shared
        self._clock = clock
        self._prepare = prepare
        self._deadline = deadline
        self._processes: list[WriterProcess] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._retirement: asyncio.Task[None] | None = None
        self._pause = limits.RESTART_S
        self._not_before = 0.0
        self._is_closed = False
        self._shared: WeakKeyDictionary[Trained, SharedWeights] = WeakKeyDictionary()
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def ready(self) -> "Sequence[WriterProcess]":
        """The processes that can write."""
        return [p for p in self._processes if p.is_ready and not p.is_lost]

    @property
    def capacity(self) -> int:
        """See `Writer.capacity`."""
        return len(self.ready)

    def room(self, work: Work) -> int | None:
        """See `Writer.room`."""
        if isinstance(work, Generation) and work.is_live and (ready := self.ready):
            return sum(not process.is_busy for process in ready)
        return None

    def write(self, work: Work, items: Sequence[Any], stop: Stop) -> Awaitable[Outcomes]:
        """See `Writer.write`."""
        assert isinstance(work, Generation)  # noqa: S101 (see `room`)
        return next(p for p in self.ready if not p.is_busy).write(work, items, stop)

    def backlog(self, waited: float) -> None:
        """Start another process, if there may be more and the wait is worth it."""
        self._drop_lost()
        if (
            waited < limits.START_AFTER_S
            or len(self._processes) >= self._most
            or self._is_closed
            or self._clock() < self._not_before
            or not all(process.is_ready for process in self._processes)  # one after the other
        ):
            return
        self._loop = asyncio.get_running_loop()
        like = next(iter(self.ready), None)
        process = WriterProcess(self.share, self._prepare, self._deadline)
        self._processes.append(process)
        start_kept(self._tasks, self._start(process, like))
        if self._retirement is None or self._retirement.done():
            self._retirement = asyncio.create_task(self._retire())

    def close(self) -> None:
        """End all processes, without waiting for them."""
        self._is_closed = True
        for task in (*self._tasks, self._retirement):
            if task is not None:
                task.cancel()
        self._end(self._processes)

    def share(self, trained: Trained) -> SharedWeights:
        """The shared weights of loaded ones. Called in threads."""
        with self._lock:
            if (shared := self._shared.get(trained)) is None:
                shared = self._shared[trained] = share(trained)
                mapped = attach(shared)
                self._shared[mapped] = shared
                if self._loop is not None and not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(self._on_shared, mapped)
            return shared

    async def _start(self, process: "WriterProcess", like: "WriterProcess | None") -> None:
        try:
            await process.start(like)
        except WriterLost as error:
            log.warning("%s. The bot itself goes on writing", error)
            self._drop_lost()
        else:
            self._pause = limits.RESTART_S

    def _drop_lost(self) -> None:
        """Forget processes that are gone. Others are started after a pause, in case all are."""
        if lost := [process for process in self._processes if process.is_lost]:
            self._end(lost)
            self._not_before = self._clock() + self._pause
            self._pause = min(2 * self._pause, limits.LONGEST_RESTART_S)

    async def _retire(self) -> None:
        """End processes that have had nothing to do for a while."""
        while self._processes:
            await asyncio.sleep(limits.IDLE_S / 4)
            before = time.monotonic() - limits.IDLE_S
            idle = [p for p in self._processes if p.is_ready and p.idle_since < before]
            self._end(idle)
            if idle:
                log.info("Writing processes that have ended without work: %d", len(idle))

    def _end(self, processes: "Sequence[WriterProcess]") -> None:
        # Forks before what they are forks of, which takes them out of the process table.
        for process in processes[::-1]:
            process.close()
            self._processes.remove(process)


class WriterProcess:
    """Handle of a process that writes texts."""

    def __init__(self, share: Share, prepare: Prepare, deadline: float) -> None:
        """`deadline` is in seconds and holds for each batch. Start it with `start`.

        The process calls `prepare` before it is ready: the thread writes until then.
        """
        self.pid = 0
        """The process id once the process is ready, else 0."""
        self.idle_since = time.monotonic()
        """Time since which it has been idle, of `time.monotonic`; infinite while it writes."""
        self.is_ready = False
        self.is_lost = False
        self._share = share
        self._prepare = prepare
        self._deadline = deadline
        self._thread = DaemonThread("writer process")
        self._kill: Callable[[], object] = lambda: None
        self._left = ExitStack()
        """Gives back what a process leaves: descriptors, and its entry in the process table."""
        self._number = 0
        self._held: dict[str, ref[SharedWeights]] = {}
        """Weights that the process has, by digest."""

    @property
    def is_busy(self) -> bool:
        """Whether the process writes."""
        return self.idle_since == math.inf

    async def start(self, like: "WriterProcess | None" = None) -> None:
        """Start the process, and wait until it is ready; as a fork of another one if possible.

        Raises `WriterLost`.
        """
        if like is None or like.is_lost or not hasattr(os, "pidfd_open"):
            await self._thread.submit(lambda: self._begin(None))
        else:  # in its thread: it is asked between two batches
            await like._thread.submit(lambda: self._begin(like))
        log.info("The process %s writes texts", self.pid)
        self.is_ready = True

    def write(self, work: Generation, texts: Sequence[Any], stop: Stop) -> Awaitable[Outcomes]:
        """See `Writer.write`."""
        self.idle_since = math.inf
        return self._write(work, texts, stop)

    def close(self) -> None:
        """End the process, without waiting for it."""
        self.is_lost = True
        self._end()
        self._thread.submit(self._clean_up)  # after what it does now
        self._thread.end()

    async def _write(self, work: Generation, texts: Sequence[Any], stop: Stop) -> Outcomes:
        try:
            if self.is_lost:
                raise WriterLost(f"The process {self.pid} has ended")
            self._number += 1
            stop.tell(partial(self._tell_to_stop, self._number))
            done = self._thread.submit(partial(self._exchange, self._number, work, texts))
            return await result_in_time(done, self._deadline, stop, self._hung)
        finally:
            stop.tell(None)
            self.idle_since = time.monotonic()

    def _begin(self, like: "WriterProcess | None") -> None:
        """Let the process begin, and wait until it is ready."""
        self._batches, batches = multiprocessing.Pipe()
        stops, self._stops = multiprocessing.Pipe(duplex=False)
        for end in (self._batches, batches, self._stops, stops):
            self._left.callback(end.close)
        try:
            if like is None:
                self._spawn(batches, stops)
            else:
                self._fork(like, batches, stops)
        except Exception as error:
            for own in (self._batches, self._stops):
                own.close()  # by which a fork would notice
            raise self._lost("did not start", error) from error

    def _spawn(self, batches: Connection, stops: Connection) -> None:
        """Begin from nothing. Forking the bot is unsafe: it has threads."""
        process = multiprocessing.get_context("spawn").Process(
            target=write_batches,
            args=(batches, stops, self._prepare),
            name="mangosaurus writer",
            daemon=True,
        )
        process.start()
        self._kill = process.kill
        self._left.callback(_reap, process)
        # Its ends are only its own, so that each side notices the end of the other.
        batches.close()
        stops.close()
        self._meet(limits.START_S)

    def _fork(self, like: "WriterProcess", batches: Connection, stops: Connection) -> None:
        """Begin as a fork of another process, with its weights."""
        like._batches.send(ForkOrder())
        for end in (batches, stops):
            send_handle(like._batches, end.fileno(), like.pid)
            end.close()
        self._held = dict(like._held)
        self._meet(limits.FORK_S)
        descriptor = os.pidfd_open(self.pid)
        self._left.callback(os.close, descriptor)
        self._kill = partial(signal.pidfd_send_signal, descriptor, signal.SIGKILL)

    def _meet(self, limit: float) -> None:
        """Wait until the process says that it is ready, some seconds at most."""
        if self.is_lost or not self._batches.poll(limit):
            raise EOFError(f"not ready within {limit:g} s")
        self.pid = self._batches.recv()

    def _exchange(self, number: int, work: Generation, texts: Sequence[Text]) -> Outcomes:
        """Send a batch and receive its outcomes, in the thread."""
        try:
            self._send(number, work, texts)
            content = self._batches.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost("is gone", error) from error
        return outcomes_of(content)

    def _send(self, number: int, work: Generation, texts: Sequence[Text]) -> None:
        digest, shared = work.trained.digest, self._share(work.trained)
        gone = [held for held, weights in self._held.items() if weights() is None]
        has = digest in self._held and self._held[digest]() is shared
        objects, extents = (None, ()) if has else (shared.objects, shared.extents)
        order = BatchOrder(number, work.task, digest, texts, tuple(gone), objects, extents)
        content = pickled_texts(order)
        for held in gone:
            del self._held[held]
        self._batches.send_bytes(content)
        if not has:
            send_handle(self._batches, shared.file.fileno(), self.pid)
            self._held[digest] = ref(shared)

    def _tell_to_stop(self, number: int) -> None:
        with suppress(OSError):  # it has ended
            self._stops.send(number)

    def _hung(self) -> None:
        log.error("%s", self._lost("does not stop after its deadline"))

    def _lost(self, what: str, why: Exception | None = None) -> WriterLost:
        self.is_lost = True
        self._end()
        reason = f" ({why!r})" if why is not None else ""
        return WriterLost(f"The process {self.pid or '(new)'} {what}{reason}")

    def _end(self) -> None:
        with suppress(OSError):  # it has ended
            self._kill()

    def _clean_up(self) -> None:
        self._kill = lambda: None  # its number may soon be that of another process
        self._left.close()


def _reap(process: multiprocessing.process.BaseProcess) -> None:
    """Take a process that was killed out of the process table."""
    process.join(limits.END_S)
    with suppress(ValueError):  # it is still there
        process.close()


# From here on: what the process does.


@dataclass(frozen=True)
class BatchOrder:
    """Asks the process for the next steps of some texts."""

    number: int
    task: str
    digest: str
    texts: Sequence[Text]
    forget: tuple[str, ...]
    """Digests of weights that are not needed anymore."""
    objects: bytes | None = None
    """The weights, if the process lacks them (`SharedWeights`). Their file follows the order."""
    extents: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class ForkOrder:
    """Asks a process to fork. The ends of the fork's two pipes follow."""


def write_batches(batches: Connection, stops: Connection, prepare: Prepare) -> None:
    """Write batches until the bot closes the pipe, or is gone: the work of the process.

    `stops` receives the numbers of batches that nobody wants anymore. `prepare` is called first.
    """
    # Both are sent to the whole group. The bot closes the pipe when it has finished its answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(AttributeError):  # Windows has no such signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody need wait for forks that end
    prepare()
    keep_freed_memory()
    with suppress(AttributeError, OSError):  # Windows has no such thing, or it is not allowed
        os.nice(NICENESS)
    with suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE_ADJ)
    weights: dict[str, Trained] = {}
    with suppress(EOFError, OSError):  # the bot is gone
        batches.send(os.getpid())
        stopped = _Stopped(stops)
        while True:
            match batches.recv():
                case ForkOrder():
                    own = Connection(recv_handle(batches)), Connection(recv_handle(batches))
                    if _is_the_fork():  # with the weights of the other process
                        own, (batches, stops) = (batches, stops), own
                        stopped = _Stopped(stops)
                        batches.send(os.getpid())
                    for end in own:
                        end.close()
                case BatchOrder() as order:
                    _answer(order, weights, batches, stopped)


def _is_the_fork() -> bool:
    """Fork; false in the process that was there, also if there is no other: its pipe ends."""
    try:
        return os.fork() == 0
    except OSError:  # no memory, or too many processes
        return False


class _Stopped:
    """Batches that nobody wants anymore, as the process learns of them."""

    def __init__(self, numbers: Connection) -> None:
        self._numbers = numbers
        self._last = 0

    def has(self, number: int) -> bool:
        """Whether the batch of this number should stop."""
        while self._last < number and self._numbers.poll():
            self._last = self._numbers.recv()
        return self._last == number


def _answer(
    order: BatchOrder, weights: dict[str, Trained], batches: Connection, stopped: _Stopped
) -> None:
    """Write a batch and send its outcomes. `weights` are those that the process has."""
    for digest in order.forget:
        weights.pop(digest, None)
    if order.objects is not None:
        descriptor = recv_handle(batches)
        weights[order.digest] = attached(order.objects, order.extents, descriptor)
        os.close(descriptor)
    work = Generation(order.task, weights[order.digest])
    should_stop = partial(stopped.has, order.number)
    batches.send_bytes(work.pickled(order.texts, should_stop))
