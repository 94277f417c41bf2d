"""Asyncio helpers: deadlines, throttling, periodic tasks, graceful shutdown."""

import asyncio
import logging
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Hashable,
    Iterator,
)
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakValueDictionary

log = logging.getLogger(__name__)

T = TypeVar("T")
Edit = Callable[[], Awaitable[object]]


class ShuttingDown(Exception):  # noqa: N818 (it is a state, not a fault)
    """The bot is shutting down and accepts nothing new."""


async def latest_throttled(
    source: AsyncIterator[T],
    interval: float,
    *,
    delay: float = 0.0,
    clock: Callable[[], float] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[T, None]:
    """Yield the latest item of `source`, at most one per `interval` seconds, and always the last.

    The source is read continuously; older items are dropped. An error of the source is raised after
    its last item. Closing this generator stops the source.

    For the first `delay` seconds nothing is yielded, unless the source ends before.
    """
    clock = clock or asyncio.get_running_loop().time
    latest: list[T] = []
    changed = asyncio.Event()

    async def read() -> None:
        async for item in source:
            latest[:] = [item]
            changed.set()

    reader = asyncio.create_task(read())
    reader.add_done_callback(lambda _: changed.set())
    try:
        if delay:
            await asyncio.wait([reader], timeout=delay)
        while latest or not reader.done():
            await changed.wait()
            changed.clear()
            if latest:
                due = clock() + interval
                yield latest.pop()
                if latest or not reader.done():
                    await sleep(max(0.0, due - clock()))
        await reader
    finally:
        reader.cancel()
        await asyncio.wait([reader])


async def in_time(
    work: Awaitable[T], patience: float, on_delay: Callable[[], Awaitable[object]]
) -> T:
    """Await `work`, and call `on_delay` once if it takes longer than `patience` seconds."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task], timeout=patience)
        if not task.done():
            await on_delay()
        return await task
    finally:
        task.cancel()


def observed(work: Awaitable[T]) -> asyncio.Future[T]:
    """A task, whose error asyncio does not log if nobody waits for it anymore."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def start_kept(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    """Start a task, kept in a set until it is done: asyncio itself may forget it."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`. Raises `TimeoutError` after `seconds`, without cancelling `work`.

    For database queries: a cancelled query can leave a thread that never ends.
    """
    task = observed(work)
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        raise TimeoutError
    return task.result()


class Pace:
    """Lets few tasks go on in each round of the event loop, in the order in which they ask.

    When hundreds begin at once, the loop would come to nothing else before each has had its turn.
    """

    def __init__(self, most: int) -> None:
        """`most`: tasks in each round."""
        self._most = self._left = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_counting = False

    async def turn(self) -> None:
        """Wait for a round that has room."""
        loop = asyncio.get_running_loop()
        if not self._is_counting:
            self._is_counting = True
            loop.call_soon(self._next_round, loop)
        if self._left > 0:
            self._left -= 1
            return
        granted = loop.create_future()
        self._waiting.append(granted)
        await granted

    def _next_round(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left = self._most
        while self._waiting and self._left > 0:
            granted = self._waiting.popleft()
            if not granted.done():  # cancelled
                granted.set_result(None)
                self._left -= 1
        self._is_counting = self._left < self._most
        if self._is_counting:
            loop.call_soon(self._next_round, loop)


class Locks:
    """A lock for each key, kept while it is in use."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: Hashable) -> asyncio.Lock:
        """The lock of a key."""
        return self._locks.setdefault(key, asyncio.Lock())


class InFlight:
    """Tracks answers in progress, for a graceful shutdown."""

    def __init__(self) -> None:
        self._jobs = 0
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._answers: dict[asyncio.Task[Any], asyncio.Task[Any] | None] = {}
        """Answers that `cut_off` cancels, by the task of the request."""
        self._is_cut_off = False

    @property
    def is_stopping(self) -> bool:
        """Whether nothing new is accepted."""
        return self._stopping

    @property
    def running(self) -> int:
        """Number of requests in progress."""
        return len(self._answers)

    @contextmanager
    def track(self) -> Iterator[None]:
        """Let `finish` wait for a job. Raises `ShuttingDown` after `finish` was called."""
        if self._stopping:
            raise ShuttingDown
        self._jobs += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._jobs -= 1
            if self._jobs == 0:
                self._idle.set()

    async def finish(self, patience: float) -> bool:
        """Accept nothing new, and wait up to `patience` seconds. Returns whether all finished."""
        self._stopping = True
        idle = asyncio.ensure_future(self._idle.wait())
        waiting = {idle, *self._others()}
        _, left = await asyncio.wait(waiting, timeout=patience)
        idle.cancel()
        return not left

    @contextmanager
    def request(self) -> Iterator[None]:
        """Let `finish` wait for the request that the current task answers. Can be nested."""
        caller = _current_task()
        is_outermost = caller not in self._answers
        self._answers.setdefault(caller, None)
        try:
            yield
        finally:
            if is_outermost:
                del self._answers[caller]

    async def answered(self, work: Coroutine[Any, Any, T]) -> T:
        """Await the answer to a `request`. Raises `ShuttingDown` if `cut_off` cancels it."""
        caller = _current_task()
        is_outermost = caller not in self._answers
        self._answers[caller] = task = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            if self._is_cut_off and not caller.cancelling():
                raise ShuttingDown from None
            raise
        finally:
            task.cancel()
            if is_outermost:
                del self._answers[caller]
            else:
                self._answers[caller] = None

    async def cut_off(self, patience: float) -> None:
        """Cancel the answers in progress, and give their requests some seconds to say so."""
        self._is_cut_off = True
        others = self._others()
        for caller in others:
            if (answer := self._answers[caller]) is not None:
                answer.cancel()
        if others:
            await asyncio.wait(others, timeout=patience)

    def _others(self) -> set[asyncio.Task[Any]]:
        """The tasks of requests that are not over, without the running one."""
        return {each for each in self._answers if each is not asyncio.current_task()}


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 (a coroutine calls this)
    return task


class EditThrottle:
    """Throttles edits of messages: one per channel every `interval` seconds.

    Other edits wait. A newer edit of a message replaces one that waits. An edit that takes longer
    than `patience` seconds holds up later edits of the same message only.
    """

    def __init__(
        self,
        interval: float,
        *,
        patience: float = 2.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = interval
        self._patience = patience
        self._sleep = sleep
        self._waiting: dict[Hashable, dict[Hashable, Edit]] = {}
        """Waiting edits by channel and message. Channels are removed when idle."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[Hashable, asyncio.Task[None]] = {}
        """Edits in progress, by channel and message."""

    def acquire(self, channel: Hashable) -> bool:
        """Reserve the channel for an edit by the caller. Returns whether it was free."""
        if channel in self._waiting:
            return False
        self._waiting[channel] = {}
        start_kept(self._tasks, self._make_edits(channel))
        return True

    def schedule(self, channel: Hashable, message: Hashable, edit: Edit) -> None:
        """Schedule an edit of a message, replacing one that waits."""
        if channel in self._waiting:
            self._waiting[channel][message] = edit
        else:
            self._waiting[channel] = {message: edit}
            start_kept(self._tasks, self._make_edits(channel, at_once=True))

    async def close(self) -> None:
        """Make all waiting edits at once, and stop."""
        waiting = [edit for channel in self._waiting.values() for edit in channel.values()]
        for task in self._tasks:
            task.cancel()
        self._waiting.clear()
        running = [*self._running.values()]
        await asyncio.gather(*running, *map(_attempt, waiting))

    async def _make(self, channel: Hashable, message: Hashable, edit: Edit) -> None:
        """Make an edit, and finish it even if this is cancelled. Waits up to `patience` seconds."""
        task = asyncio.create_task(_attempt(edit))
        self._running[channel, message] = task
        task.add_done_callback(lambda _done: self._running.pop((channel, message)))
        await asyncio.wait([task], timeout=self._patience)

    async def _make_edits(self, channel: Hashable, *, at_once: bool = False) -> None:
        edits = self._waiting[channel]
        try:
            if not at_once:
                await self._sleep(self._interval)
            while edits:
                free = (message for message in edits if (channel, message) not in self._running)
                if (message := next(free, None)) is None:
                    unfinished = [self._running[channel, message] for message in edits]
                    await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
                    continue
                await self._make(channel, message, edits.pop(message))
                await self._sleep(self._interval)
        finally:
            self._waiting.pop(channel, None)


async def _attempt(edit: Edit) -> None:
    """Make an edit, and log its errors."""
    try:
        await edit()
    except Exception:
        log.exception("An edit failed")


class PeriodicTask:
    """Calls a function periodically until it is closed."""

    def __init__(
        self,
        work: Callable[[], Awaitable[float | None]],
        interval: float,
        *,
        after: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """`interval` is in seconds: the time to the first call, and from one call to the next.

        With `after`, the first call follows as soon as that returns. A number that `work` returns
        replaces the interval until the next call.
        """
        self._work = work
        self._interval = interval
        self._after = after
        self._is_closed = False
        self._is_idle = True
        self._is_sleeping = False
        self._is_woken = False
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Make the next call now, or after one in progress. The first call stays where it is."""
        self._is_woken = True
        if self._is_sleeping and not self._is_closed:
            self._task.cancel()
            self._task = asyncio.create_task(self._repeat())

    async def close(self, patience: float = 5.0) -> None:
        """Make no more calls, and wait up to `patience` seconds for one in progress.

        Cancelling a database query can leave a thread that never ends.
        """
        self._is_closed = True
        if self._is_idle:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=patience)
        self._task.cancel()

    async def _run(self) -> None:
        await (asyncio.sleep(self._interval) if self._after is None else self._after())
        await self._repeat()

    async def _repeat(self) -> None:
        while not self._is_closed:
            self._is_idle = self._is_sleeping = self._is_woken = False
            wait = self._interval
            try:
                chosen = await self._work()
                wait = self._interval if chosen is None else chosen
            except Exception:
                log.exception("A periodic task failed; it is tried again later")
            self._is_idle = True
            if not self._is_closed and not self._is_woken:
                self._is_sleeping = True
                await asyncio.sleep(wait)
