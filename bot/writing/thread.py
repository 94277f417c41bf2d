"""The thread that networks run in, and its replacement when it gets stuck.

It is a daemon thread, because the interpreter waits at its exit for those of a `ThreadPoolExecutor`
and a thread that never ends would keep the process alive.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

from bot.writing.errors import Stuck, TooSlow

log = logging.getLogger(__name__)

T = TypeVar("T")

GRACE_S = 1.0
"""Seconds that work has to notice that it should stop."""
MOST_STUCK = 3
"""Threads that may be stuck at the same time. Each keeps its memory, and perhaps a core."""


class Worker:
    """Runs one function at a time."""

    def __init__(
        self, name: str, deadline: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`name` is the name of its threads, `deadline` the seconds that a function may take."""
        self._clock = clock
        self._blocked_at: float | None = None
        self._name = name
        self.deadline = deadline
        self._thread: WorkerThread | None = None
        self._turn = asyncio.Lock()
        self._stuck = 0
        self._is_closed = False

    @property
    def stuck(self) -> int:
        """Number of threads that have not ended long after their deadline."""
        return self._stuck

    @property
    def is_ready(self) -> bool:
        """Whether it can run a function."""
        return self._stuck < MOST_STUCK and not self._is_closed

    @property
    def blocked_for(self) -> float:
        """Seconds for which too many threads have been stuck for it to run a function, or 0."""
        return 0.0 if self._blocked_at is None else self._clock() - self._blocked_at

    async def run(self, work: Callable[[], T], stop: Event) -> T:
        """Run a function, and return its result.

        After the deadline, `stop` is set, which the function should notice. If it does not, its
        thread is abandoned with whatever it will return, and another thread takes over. Raises
        `TooSlow`, and `Stuck` if too many threads were abandoned.
        """
        async with self._turn:
            if self._is_closed:
                raise RuntimeError("the networks are closed")
            if not self.is_ready:
                raise Stuck(f"{self._stuck} threads are stuck")
            thread = self._thread = self._thread or WorkerThread(self._name)
            done = thread.submit(work)
            done.add_done_callback(_look)
            await asyncio.wait([done], timeout=self.deadline)
            if done.done():
                return done.result()
            stop.set()
            await asyncio.wait([done], timeout=GRACE_S)
            if not done.done():
                self._abandon(thread, done)
            raise TooSlow(f"no answer within {self.deadline:g} s")

    def close(self) -> None:
        """Let the thread end, without waiting for it."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.end()

    def _abandon(self, thread: "WorkerThread", done: asyncio.Future[Any]) -> None:
        self._thread = None
        self._stuck += 1
        if self._stuck >= MOST_STUCK:
            self._blocked_at = self._clock()
        thread.end()
        done.add_done_callback(self._returned)
        log.error(
            "The thread %s is stuck: it has not ended %g s after its deadline. %s",
            self._name,
            GRACE_S,
            "Another one takes over."
            if self.is_ready
            else f"{self._stuck} are stuck, so no other is started: restart the bot.",
        )

    def _returned(self, _: asyncio.Future[Any]) -> None:
        self._stuck -= 1
        self._blocked_at = None
        log.warning("A stuck thread %s has ended; %d are stuck", self._name, self._stuck)


class WorkerThread:
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


def _look(done: asyncio.Future[Any]) -> None:
    """Retrieve an error that nobody may wait for, or else asyncio logs it."""
    if not done.cancelled():
        done.exception()


def _settle(done: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    if done.done():  # cancelled
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(result)
