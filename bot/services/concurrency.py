"""Answers in time, and not too many of them: pure asyncio, no chat platform."""

import asyncio
import logging
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
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

log = logging.getLogger(__name__)

T = TypeVar("T")
Update = Callable[[], Awaitable[object]]


class ShuttingDown(Exception):  # noqa: N818 (it is a state, not a fault)
    """Nothing new is begun any more."""


async def latest_throttled(
    source: AsyncIterator[T],
    interval: float,
    *,
    clock: Callable[[], float] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[T, None]:
    """The newest item of `source`, at most one every `interval` seconds, the last one always.

    The source is read on while an item is being shown, so items that are overtaken are left out. An
    error of the source is raised after its last item. Closing this stops the source.
    """
    clock = clock or asyncio.get_running_loop().time
    inbox: _Inbox[T] = _Inbox()
    reader = asyncio.create_task(inbox.fill(source))
    try:
        while await inbox.wait():
            due = clock() + interval
            yield inbox.take()
            if inbox.over:
                break
            await sleep(max(0.0, due - clock()))
        await reader
    finally:
        reader.cancel()
        await asyncio.wait([reader])


class _Inbox(Generic[T]):
    """Holds the newest item only."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether nothing is held and nothing will come."""
        return self._closed and not self._items

    async def fill(self, source: AsyncIterator[T]) -> None:
        try:
            async for item in source:
                self._items[:] = [item]
                self._changed.set()
        finally:
            self._closed = True
            self._changed.set()

    async def wait(self) -> bool:
        """Wait for an item; false if none will come."""
        while not self._items and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        return bool(self._items)

    def take(self) -> T:
        return self._items.pop()


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


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Await `work` for some seconds. Raises `TimeoutError` after them, and lets `work` go on.

    For queries: one that is cancelled can leave a thread behind that never ends.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        raise TimeoutError
    return task.result()


class Locks:
    """A lock for each key, as long as it is in use."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: Hashable) -> asyncio.Lock:
        """The lock of a key."""
        return self._locks.setdefault(key, asyncio.Lock())


class InFlight:
    """What is being answered. At the end it takes nothing new and waits for the rest."""

    def __init__(self) -> None:
        self._running = 0
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def track(self) -> Iterator[None]:
        """One answer. Raises `ShuttingDown` when no more are begun."""
        if self._stopping:
            raise ShuttingDown
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._idle.set()

    async def finish(self, patience: float) -> bool:
        """Begin nothing new, and wait up to `patience` seconds; whether all is finished."""
        self._stopping = True
        idle = asyncio.ensure_future(self._idle.wait())
        await asyncio.wait([idle], timeout=patience)
        return not idle.cancel()


class EditThrottle:
    """Updates of things that lie in lanes, as messages lie in channels.

    In a lane one update is made every `interval` seconds; what is asked for meanwhile waits, and
    what is asked for twice is made once.
    """

    def __init__(
        self, interval: float, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._interval = interval
        self._sleep = sleep
        self._waiting: dict[Hashable, dict[Hashable, Update]] = {}
        """By lane, then by thing. A lane is there for as long as it is in use."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._making: set[asyncio.Task[None]] = set()

    def enter(self, lane: Hashable) -> bool:
        """Whether the lane is free, so that an update can be made at once, by the caller."""
        if lane in self._waiting:
            return False
        self._waiting[lane] = {}
        self._keep(self._drive(lane))
        return True

    def ask(self, lane: Hashable, thing: Hashable, update: Update) -> None:
        """Have a thing updated in its turn, in place of an earlier wish for the same."""
        if lane in self._waiting:
            self._waiting[lane][thing] = update
        else:
            self._waiting[lane] = {thing: update}
            self._keep(self._drive(lane, at_once=True))

    async def close(self) -> None:
        """Make what waits at once, and stop."""
        waiting = [update for lane in self._waiting.values() for update in lane.values()]
        for task in self._tasks:
            task.cancel()
        self._waiting.clear()
        begun = [*self._making]
        await asyncio.gather(*begun, *map(_made, waiting))

    def _keep(self, driving: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(driving)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, update: Update) -> None:
        """Make an update to its end, also when its lane is closed meanwhile."""
        making = asyncio.create_task(_made(update))
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        await asyncio.shield(making)

    async def _drive(self, lane: Hashable, *, at_once: bool = False) -> None:
        things = self._waiting[lane]
        try:
            if not at_once:
                await self._sleep(self._interval)
            while things:
                await self._make(things.pop(next(iter(things))))
                await self._sleep(self._interval)
        finally:
            self._waiting.pop(lane, None)


async def _made(update: Update) -> None:
    """Make an update. One that fails is no reason to leave out the next."""
    try:
        await update()
    except Exception:
        log.exception("Something could not be updated")


class PeriodicTask:
    """Work that is done again and again, beside everything else, until it is closed."""

    def __init__(
        self,
        work: Callable[[], Awaitable[float | None]],
        interval: float,
        *,
        after: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """`interval` is in seconds, from the end of one round to the next, and to the first.

        With `after`, the first round follows upon that instead. What `work` returns, if
        anything, is another time to the next round.
        """
        self._work = work
        self._interval = interval
        self._after = after
        self._over = False
        self._resting = True
        self._task = asyncio.create_task(self._run())

    async def close(self, patience: float = 5.0) -> None:
        """Begin no further round, and wait up to `patience` seconds for one that is on.

        To break off what uses a database can leave a thread behind that never ends.
        """
        self._over = True
        if self._resting:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=patience)
        self._task.cancel()

    async def _run(self) -> None:
        await (asyncio.sleep(self._interval) if self._after is None else self._after())
        while not self._over:
            self._resting = False
            wait = self._interval
            try:
                chosen = await self._work()
                wait = self._interval if chosen is None else chosen
            except Exception:
                log.exception("Something that is done again and again has failed; I try again")
            self._resting = True
            if not self._over:
                await asyncio.sleep(wait)
