"""Deadlines, throttling, periodic tasks, graceful shutdown."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import pairwise

import pytest

from bot.concurrency import (
    EditThrottle,
    InFlight,
    Locks,
    Pace,
    PeriodicTask,
    ShuttingDown,
    in_time,
    latest_throttled,
    within,
)


class FakeTime:
    """A clock that advances only in `sleep`."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        target = self.now + seconds
        while self.now < target:
            self.now = min(target, self.now + 0.125)
            for _ in range(3):
                await asyncio.sleep(0)


async def numbers(time: FakeTime, every: float, count: int) -> AsyncGenerator[int, None]:
    """Yield numbers, one every `every` seconds."""
    for number in range(count):
        while time.now < number * every:  # noqa: ASYNC110 (the clock signals nothing)
            await asyncio.sleep(0)
        yield number


async def paced(every: float, count: int) -> list[tuple[float, int]]:
    """Times and numbers that are shown, at most one per second."""
    time = FakeTime()
    shown = []
    source = numbers(time, every, count)
    async for number in latest_throttled(source, 1.0, clock=time.clock, sleep=time.sleep):
        shown.append((time.now, number))
        if number < count - 1:
            await time.sleep(0.25)  # showing takes a while
    return shown


async def test_fast_source_is_throttled() -> None:
    shown = await paced(every=0.25, count=14)
    moments = [moment for moment, _ in shown]
    assert moments[0] == 0
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(moments))
    assert len(shown) <= 5


@pytest.mark.parametrize(("every", "count", "last"), [(0.125, 14, [13]), (0, 1, [0]), (0, 0, [])])
async def test_last_item_is_shown(every: float, count: int, last: list[int]) -> None:
    assert [number for _, number in await paced(every, count)][-1:] == last


async def test_error_follows_the_last_item() -> None:
    async def source() -> AsyncGenerator[int, None]:
        yield 1
        yield 2
        raise LookupError("ink")

    items = latest_throttled(source(), 0)
    assert await anext(items) == 2
    with pytest.raises(LookupError, match="ink"):
        await anext(items)


async def test_closing_stops_the_source() -> None:
    stopped = asyncio.Event()

    async def source() -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with aclosing(latest_throttled(source(), 0)) as items:
        assert await anext(items) == 1
    assert stopped.is_set()


@pytest.mark.parametrize("is_slow", [False, True])
async def test_slow_work_is_announced(is_slow: bool) -> None:
    announced = asyncio.Event()

    async def announce() -> None:
        announced.set()

    async def work() -> str:
        if is_slow:
            await announced.wait()
        return "done"

    assert await in_time(work(), 0 if is_slow else 60, announce) == "done"
    assert announced.is_set() == is_slow


async def test_failed_announcement_cancels_work() -> None:
    async def announce() -> None:
        raise ConnectionError

    work = asyncio.ensure_future(asyncio.Event().wait())
    with pytest.raises(ConnectionError):
        await in_time(work, 0, announce)
    await asyncio.wait([work])
    assert work.cancelled()


async def test_finish_waits() -> None:
    work = InFlight()
    with work.track():
        finishing = asyncio.create_task(work.finish(60))
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown), work.track():
            pass
        assert not finishing.done()
    assert await finishing


async def test_finish_gives_up() -> None:
    work = InFlight()
    assert await work.finish(0)
    work = InFlight()
    with work.track():
        assert not await work.finish(0)
    assert await InFlight().finish(0)


async def test_periodic_task(caplog: pytest.LogCaptureFixture) -> None:
    """It goes on after an error, and closing it waits for a call in progress."""
    started, ended = 0, 0

    async def work() -> None:
        nonlocal started, ended
        started += 1
        if started == 1:
            raise RuntimeError("out of paper")
        await asyncio.sleep(0.01)
        ended += 1

    periodic = PeriodicTask(work, 0.001)
    while started < 3:  # noqa: ASYNC110 (nobody signals it)
        await asyncio.sleep(0.001)
    await periodic.close()
    assert ended == started - 1
    assert "out of paper" in caplog.text
    await asyncio.sleep(0.01)
    assert ended == started - 1


async def test_periodic_task_is_woken() -> None:
    """Also while it works, without a second call at the same time, and not before the first."""
    calls, ready, go = asyncio.Queue[None](), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        calls.put_nowait(None)
        await go.wait()

    periodic = PeriodicTask(work, 3600, after=ready.wait)
    await asyncio.sleep(0.01)
    periodic.wake()
    await asyncio.sleep(0.01)
    assert calls.empty()
    ready.set()
    await calls.get()
    periodic.wake()
    await asyncio.sleep(0.01)
    assert calls.empty()
    go.set()
    await calls.get()
    await asyncio.sleep(0.01)
    assert calls.empty()
    periodic.wake()
    await calls.get()
    await periodic.close()


class Throttled:
    """An `EditThrottle` with a fake clock, which records when each edit was made."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.throttle = EditThrottle(1.0, patience=0.01, sleep=self._sleep)
        self.made: list[tuple[float, str]] = []

    async def _sleep(self, seconds: float) -> None:
        target = self.time.now + seconds
        while self.time.now < target:  # noqa: ASYNC110 (the clock signals nothing)
            await asyncio.sleep(0)

    def schedule(self, channel: str, message: str, said: str | None = None) -> None:
        async def edit() -> None:
            self.made.append((self.time.now, said or message))

        self.throttle.schedule(channel, message, edit)

    async def wait(self, seconds: float) -> None:
        await self.time.sleep(seconds)
        for _ in range(5):
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let both clocks go on until `condition()` holds."""
        async with asyncio.timeout(60):
            while not condition():
                await self.time.sleep(1)
                await asyncio.sleep(0.001)


@pytest.fixture
def throttled() -> Throttled:
    return Throttled()


async def test_edits_are_throttled(throttled: Throttled) -> None:
    """One per channel and interval; none is lost."""
    for message in "abcd":
        throttled.schedule("channel", message)
    throttled.schedule("other", "e")
    await throttled.wait(10)
    first, elsewhere, *later = throttled.made
    assert [message for _, message in throttled.made] == ["a", "e", "b", "c", "d"]
    assert elsewhere[0] < 0.5
    moments = [moment for moment, _ in (first, *later)]
    assert all(after - before >= 1.0 for before, after in pairwise(moments))


async def test_latest_edit_wins(throttled: Throttled) -> None:
    assert throttled.throttle.acquire("channel")
    for number in range(20):
        throttled.schedule("channel", "card", f"tally {number}")
        await throttled.wait(0.25)
    await throttled.wait(3)
    assert len(throttled.made) <= 6
    assert throttled.made[-1][1] == "tally 19"


async def test_acquire(throttled: Throttled) -> None:
    """Edits wait for what has the channel, and a replaced one keeps its place."""
    assert throttled.throttle.acquire("channel")
    assert not throttled.throttle.acquire("channel")
    for said in ("first", "second"):
        throttled.schedule("channel", "card", said)
    throttled.schedule("channel", "other")
    await throttled.wait(0.5)
    assert throttled.made == []
    await throttled.wait(5)
    assert [said for _, said in throttled.made] == ["second", "other"]
    assert throttled.throttle.acquire("channel")


async def test_failed_edit_is_skipped(
    throttled: Throttled, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails() -> None:
        raise LookupError("no such card")

    throttled.throttle.schedule("channel", "card", fails)
    throttled.schedule("channel", "other")
    await throttled.wait(5)
    assert [said for _, said in throttled.made] == ["other"]
    assert "no such card" in caplog.text


async def test_hanging_edit_delays_no_other_message(throttled: Throttled) -> None:
    """Later edits of its own message wait for it: an older one must not arrive last."""
    answered = asyncio.Event()

    async def hangs() -> None:
        await answered.wait()
        throttled.made.append((throttled.time.now, "first"))

    throttled.throttle.schedule("channel", "card", hangs)
    throttled.schedule("channel", "other")
    await throttled.until(lambda: throttled.made)
    throttled.schedule("channel", "card", "second")
    await throttled.wait(5)
    assert [said for _, said in throttled.made] == ["other"]
    answered.set()
    await throttled.until(lambda: len(throttled.made) == 3)
    assert [said for _, said in throttled.made] == ["other", "first", "second"]


async def test_close_makes_waiting_edits(throttled: Throttled) -> None:
    for channel in ("one", "two"):
        assert throttled.throttle.acquire(channel)
        for message in "ab":
            throttled.schedule(channel, message, channel + message)
    await throttled.throttle.close()
    assert sorted(throttled.made) == [(0, "onea"), (0, "oneb"), (0, "twoa"), (0, "twob")]


async def test_close_finishes_a_running_edit(throttled: Throttled) -> None:
    started, arrived = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        started.set()
        for _ in range(10):
            await asyncio.sleep(0)
        arrived.set()

    throttled.throttle.schedule("channel", "card", slow)
    await started.wait()
    await throttled.throttle.close()
    assert arrived.is_set()


async def test_within_time() -> None:
    """Work that takes longer goes on; an error of the work is raised."""
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def work(error: Exception | None = None) -> int:
        if error is not None:
            raise error
        await may_end.wait()
        ended.set()
        return 7

    with pytest.raises(TimeoutError):
        await within(0.01, work())
    may_end.set()
    async with asyncio.timeout(60):
        await ended.wait()
    assert await within(60, work()) == 7
    with pytest.raises(LookupError):
        await within(60, work(LookupError()))


def test_locks_by_key() -> None:
    locks = Locks()
    first = locks.of(1)
    assert locks.of(1) is first
    assert locks.of(2) is not first


async def test_few_go_on_in_each_round() -> None:
    """In their order; one that is cancelled takes nobody's place."""
    pace, went_on = Pace(2), []

    async def go_on(number: int) -> None:
        await pace.turn()
        went_on.append(number)

    tasks = [asyncio.create_task(go_on(number)) for number in range(7)]
    seen = []
    for _ in range(20):
        await asyncio.sleep(0)
        if len(went_on) == 2:
            tasks[2].cancel()
        seen.append(len(went_on))
    assert went_on == [0, 1, 3, 4, 5, 6]
    assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) == 2
    await pace.turn()
    await pace.turn()
