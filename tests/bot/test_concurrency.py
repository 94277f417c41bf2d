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


async def test_slow_work_is_announced() -> None:
    announced = asyncio.Event()

    async def announce() -> None:
        announced.set()

    async def slow() -> str:
        await announced.wait()
        return "done"

    assert await in_time(asyncio.sleep(0, "done"), 60, announce) == "done"
    assert not announced.is_set()
    assert await in_time(slow(), 0, announce) == "done"


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


async def test_edits_are_throttled() -> None:
    """One per interval; none is lost."""
    throttled = Throttled()
    for message in "abcd":
        throttled.schedule("channel", message)
    await throttled.wait(10)
    moments = [moment for moment, _ in throttled.made]
    assert [message for _, message in throttled.made] == ["a", "b", "c", "d"]
    assert moments[0] < 0.5
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(moments))


async def test_replaced_edit_keeps_its_place() -> None:
    throttled = Throttled()
    assert throttled.throttle.acquire("channel")
    for said in ("first", "second"):
        throttled.schedule("channel", "card", said)
    throttled.schedule("channel", "other")
    await throttled.wait(5)
    assert [said for _, said in throttled.made] == ["second", "other"]


async def test_acquire() -> None:
    throttled = Throttled()
    assert throttled.throttle.acquire("channel")
    assert not throttled.throttle.acquire("channel")
    throttled.schedule("channel", "card")
    await throttled.wait(0.5)
    assert throttled.made == []
    await throttled.wait(3)
    assert len(throttled.made) == 1
    assert throttled.throttle.acquire("channel")


async def test_channels_are_independent() -> None:
    throttled = Throttled()
    for channel in ("one", "two"):
        for message in ("a", "b"):
            throttled.schedule(channel, f"{channel} {message}")
    await throttled.wait(0.25)
    assert [said for _, said in throttled.made] == ["one a", "two a"]


async def test_failed_edit_is_skipped(caplog: pytest.LogCaptureFixture) -> None:
    throttled = Throttled()

    async def fails() -> None:
        raise LookupError("no such card")

    throttled.throttle.schedule("channel", "card", fails)
    throttled.schedule("channel", "other")
    await throttled.wait(5)
    assert [said for _, said in throttled.made] == ["other"]
    assert "no such card" in caplog.text


async def test_hanging_edit_delays_no_other_message() -> None:
    """Later edits of its own message wait for it: an older one must not arrive last."""
    throttled, answered = Throttled(), asyncio.Event()

    async def hangs() -> None:
        await answered.wait()
        throttled.made.append((throttled.time.now, "first"))

    throttled.throttle.schedule("channel", "card", hangs)
    throttled.schedule("channel", "other")
    await eventually(lambda: throttled.made, throttled.time)
    throttled.schedule("channel", "card", "second")
    await throttled.wait(5)
    assert [said for _, said in throttled.made] == ["other"]
    answered.set()
    await eventually(lambda: len(throttled.made) == 3, throttled.time)
    assert [said for _, said in throttled.made] == ["other", "first", "second"]


async def eventually(condition: Callable[[], object], time: FakeTime) -> None:
    """Let both clocks go on until `condition()` holds."""
    async with asyncio.timeout(60):
        while not condition():
            await time.sleep(1)
            await asyncio.sleep(0.001)


async def test_close_makes_waiting_edits() -> None:
    throttled = Throttled()
    for channel in ("one", "two"):
        assert throttled.throttle.acquire(channel)
        for message in "ab":
            throttled.schedule(channel, message, channel + message)
    await throttled.throttle.close()
    assert sorted(throttled.made) == [(0, "onea"), (0, "oneb"), (0, "twoa"), (0, "twob")]


async def test_close_finishes_a_running_edit() -> None:
    throttled, started, arrived = Throttled(), asyncio.Event(), asyncio.Event()

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
    async def quotient(of: int) -> float:
        return 7 / of

    assert await within(60, quotient(1)) == 7
    with pytest.raises(ZeroDivisionError):
        await within(60, quotient(0))


async def test_within_lets_work_go_on() -> None:
    """Work that takes longer is not cancelled."""
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await may_end.wait()
        ended.set()

    with pytest.raises(TimeoutError):
        await within(0.01, slow())
    may_end.set()
    async with asyncio.timeout(60):
        await ended.wait()


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
