"""The thread that networks run in, and its replacement when it gets stuck.

It is a daemon thread, because the interpreter waits at its exit for those of a `ThreadPoolExecutor`
and a thread that never ends would keep the process alive.
"""

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from bot.writing import limits
from bot.writing.errors import Stuck
from bot.writing.writer import Outcomes, Stop, Work, result_in_time

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_STUCK = 3
"""Threads that may be stuck at the same time. Each keeps its memory, and perhaps a core."""


class NetworkThread:
    """Runs one function at a time: a `Writer` of one batch of any work."""

    capacity = 1

    def __init__(
        self,
        name: str,
        deadline: float = limits.STEP_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` is the name of its threads, `deadline` the seconds that a function may take."""
        self.stuck = 0
        """Number of threads that have not ended long after their deadline."""
        self.deadline = deadline
        self._clock = clock
        self._blocked_at: float | None = None
        self._name = name
        self._thread: DaemonThread | None = None
        self._lock = asyncio.Lock()
        self._batches = 0
        self._is_closed = False

    @property
    def is_ready(self) -> bool:
        """Whether the thread can run a function."""
        return self.stuck < MOST_STUCK and not self._is_closed

    @property
    def blocked_for(self) -> float:
        """Seconds for which too many threads have been stuck for it to run a function, or 0."""
        return 0.0 if self._blocked_at is None else self._clock() - self._blocked_at

    def room(self, _work: Work) -> int:
        """See `Writer.room`."""
        return 0 if self._batches else 1

    def write(self, work: Work, items: Sequence[Any], stop: Stop) -> Awaitable[Outcomes]:
        """See `Writer.write`."""
        self._batches += 1
        return self._write(work, items, stop)

    def backlog(self, waited: float) -> None:
        """See `Writer.backlog`. No further thread is started."""

    async def run(self, work: Callable[[], T], stop: Stop) -> T:
        """Run a function, and return its result.

        After the deadline, `stop` is set, which the function should notice. If it does not, its
        thread is abandoned with whatever it will return, and another thread takes over. Raises
        `TooSlow`, and `Stuck` if too many threads were abandoned.
        """
        async with self._lock:
            if self._is_closed:
                raise RuntimeError("the networks are closed")
            if self.stuck >= MOST_STUCK:
                raise Stuck(f"{self.stuck} threads are stuck")
            thread = self._thread = self._thread or DaemonThread(self._name)
            done = thread.submit(work)
            on_hung = partial(self._abandon, thread, done)
            return await result_in_time(done, self.deadline, stop, on_hung)

    def close(self) -> None:
        """Let the thread end, without waiting for it."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.end()

    async def _write(self, work: Work, items: Sequence[Any], stop: Stop) -> Outcomes:
        context = contextvars.copy_context()  # for the log entries of the thread
        try:
            return await self.run(lambda: context.run(work, items, stop.is_set), stop)
        finally:
            self._batches -= 1

    def _abandon(self, thread: "DaemonThread", done: asyncio.Future[Any]) -> None:
        self._thread = None
        self.stuck += 1
        if self.stuck >= MOST_STUCK:
            self._blocked_at = self._clock()
        thread.end()
        done.add_done_callback(self._returned)
        log.error(
            "The thread %s is stuck: it has not ended %g s after its deadline. %s",
            self._name,
            limits.GRACE_S,
            "Another one takes over."
            if self.is_ready
            else f"{self.stuck} are stuck, so no other is started: restart the bot.",
        )

    def _returned(self, _: asyncio.Future[Any]) -> None:
        self.stuck -= 1
        self._blocked_at = None
        log.warning("A stuck thread %s has ended; %d are stuck", self._name, self.stuck)


class DaemonThread:
    """A daemon thread with a queue of functions."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[
            tuple[Callable[[], Any], asyncio.Future[Any], asyncio.AbstractEventLoop] | None
        ] = SimpleQueue()
        Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._jobs.put((work, done, loop))
        return done

    def end(self) -> None:
        """Let the thread end after what it does now."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done, loop = job
            result: Any = None
            error: Exception | None = None
            try:
                result = work()
            except (StopIteration, SystemExit, KeyboardInterrupt, GeneratorExit) as raised:
                error = RuntimeError(repr(raised))  # as it is, it would end the event loop
            except Exception as raised:  # noqa: BLE001 (the caller gets it)
                error = raised
            with suppress(RuntimeError):  # the event loop is closed
                loop.call_soon_threadsafe(_settle, done, result, error)
            # While it waits, it must not keep weights in memory.
            del job, work, done, result, error


def _settle(done: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    if done.done():  # cancelled
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
        done.exception()  # asyncio need not log it if nobody waits for it anymore
