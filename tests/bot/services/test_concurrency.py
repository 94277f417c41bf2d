"""Answers in time, and not too many of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise

import pytest

from bot.services.concurrency import (
    EditThrottle,
    InFlight,
    Locks,
    PeriodicTask,
    ShuttingDown,
    in_time,
    latest_throttled,
    within,
)


class FakeTime:
    """A clock that goes on only while somebody sleeps."""

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
    """Count, a number every so many seconds, beginning at once."""
    for number in range(count):
        while time.now < number * every:  # noqa: ASYNC110 (nobody tells when a clock goes on)
            await asyncio.sleep(0)
        yield number


async def paced(every: float, count: int) -> list[tuple[float, int]]:
    """When which number is shown, at most one a second."""
    time = FakeTime()
    shown = []
    source = numbers(time, every, count)
    async for number in latest_throttled(source, 1.0, clock=time.clock, sleep=time.sleep):
        shown.append((time.now, number))
        if number < count - 1:
            await time.sleep(0.25)  # showing takes a while
    return shown


async def test_a_fast_source_is_shown_once_a_second() -> None:
    shown = await paced(every=0.25, count=14)
    moments = [moment for moment, _ in shown]
    assert moments[0] == 0
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(moments))
    assert len(shown) <= 5


async def test_the_last_item_is_always_shown() -> None:
    assert (await paced(every=0.125, count=14))[-1][1] == 13


async def test_a_source_that_is_over_at_once_is_shown_without_a_wait() -> None:
    assert await paced(every=0, count=1) == [(0, 0)]


async def test_nothing_is_shown_of_an_empty_source() -> None:
    assert await paced(every=0, count=0) == []


async def test_an_error_comes_after_the_last_item() -> None:
    async def source() -> AsyncGenerator[int, None]:
        yield 1
        yield 2
        raise LookupError("ink")

    items = latest_throttled(source(), 0)
    assert await anext(items) == 2
    with pytest.raises(LookupError, match="ink"):
        await anext(items)


async def test_leaving_early_stops_the_source() -> None:
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


async def test_fast_work_is_not_announced() -> None:
    announced: list[bool] = []

    async def announce() -> None:
        announced.append(True)

    assert await in_time(asyncio.sleep(0, "done"), 60, announce) == "done"
    assert not announced


async def test_slow_work_is_announced_once_and_still_answers() -> None:
    announced = asyncio.Event()

    async def announce() -> None:
        announced.set()

    async def slow() -> str:
        await announced.wait()
        return "done"

    assert await in_time(slow(), 0, announce) == "done"


async def test_slow_work_that_cannot_be_announced_is_given_up() -> None:
    async def announce() -> None:
        raise ConnectionError

    work = asyncio.ensure_future(asyncio.Event().wait())
    with pytest.raises(ConnectionError):
        await in_time(work, 0, announce)
    await asyncio.wait([work])
    assert work.cancelled()


async def test_work_that_runs_is_waited_for_and_nothing_new_begins() -> None:
    work = InFlight()
    with work.track():
        finishing = asyncio.create_task(work.finish(60))
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown), work.track():
            pass
        assert not finishing.done()
    assert await finishing


async def test_work_that_takes_too_long_is_not_waited_for() -> None:
    work = InFlight()
    with work.track():
        assert not await work.finish(0)


async def test_no_work_is_finished_at_once() -> None:
    assert await InFlight().finish(0)


async def test_rounds_go_on_after_an_error_and_none_is_broken_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, ended = 0, 0

    async def work() -> None:
        nonlocal begun, ended
        begun += 1
        if begun == 1:
            raise RuntimeError("out of paper")
        await asyncio.sleep(0.01)
        ended += 1

    rounds = PeriodicTask(work, 0.001)
    while begun < 3:  # noqa: ASYNC110 (nobody signals it)
        await asyncio.sleep(0.001)
    await rounds.close()
    assert ended == begun - 1
    assert "out of paper" in caplog.text
    await asyncio.sleep(0.01)
    assert ended == begun - 1


class Street:
    """Lanes on a clock of their own, and when which thing was updated on them."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.lanes = EditThrottle(1.0, sleep=self._sleep)
        self.made: list[tuple[float, str]] = []

    async def _sleep(self, seconds: float) -> None:
        target = self.time.now + seconds
        while self.time.now < target:  # noqa: ASYNC110 (nobody tells when a clock goes on)
            await asyncio.sleep(0)

    def ask(self, lane: str, thing: str, said: str | None = None) -> None:
        async def update() -> None:
            self.made.append((self.time.now, said or thing))

        self.lanes.ask(lane, thing, update)

    async def wait(self, seconds: float) -> None:
        await self.time.sleep(seconds)
        for _ in range(5):
            await asyncio.sleep(0)


async def test_in_a_lane_there_is_one_update_an_interval_and_none_is_lost() -> None:
    street = Street()
    for thing in "abcd":
        street.ask("lane", thing)
    await street.wait(10)
    moments = [moment for moment, _ in street.made]
    assert [thing for _, thing in street.made] == ["a", "b", "c", "d"]
    assert moments[0] < 0.5
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(moments))


async def test_the_last_wish_for_a_thing_is_always_made_and_earlier_ones_are_left_out() -> None:
    street = Street()
    assert street.lanes.enter("lane")
    for number in range(20):
        street.ask("lane", "card", f"tally {number}")
        await street.wait(0.25)
    await street.wait(3)
    assert len(street.made) <= 6
    assert street.made[-1][1] == "tally 19"


async def test_what_is_asked_for_twice_is_made_once_and_keeps_its_place() -> None:
    street = Street()
    assert street.lanes.enter("lane")
    for said in ("first", "second"):
        street.ask("lane", "card", said)
    street.ask("lane", "other")
    await street.wait(5)
    assert [said for _, said in street.made] == ["second", "other"]


async def test_who_enters_a_free_lane_keeps_the_next_one_waiting() -> None:
    street = Street()
    assert street.lanes.enter("lane")
    assert not street.lanes.enter("lane")
    street.ask("lane", "card")
    await street.wait(0.5)
    assert street.made == []
    await street.wait(3)
    assert len(street.made) == 1
    assert street.lanes.enter("lane")


async def test_two_lanes_do_not_wait_for_each_other() -> None:
    street = Street()
    for lane in ("one", "two"):
        for thing in ("a", "b"):
            street.ask(lane, f"{lane} {thing}")
    await street.wait(0.25)
    assert [said for _, said in street.made] == ["one a", "two a"]


async def test_an_update_that_fails_does_not_stop_its_lane(
    caplog: pytest.LogCaptureFixture,
) -> None:
    street = Street()

    async def fails() -> None:
        raise LookupError("no such card")

    street.lanes.ask("lane", "card", fails)
    street.ask("lane", "other")
    await street.wait(5)
    assert [said for _, said in street.made] == ["other"]
    assert "no such card" in caplog.text


async def test_at_the_end_what_waits_is_made_at_once() -> None:
    street = Street()
    for lane in ("one", "two"):
        assert street.lanes.enter(lane)
        for thing in "ab":
            street.ask(lane, thing, lane + thing)
    await street.lanes.close()
    assert sorted(street.made) == [(0, "onea"), (0, "oneb"), (0, "twoa"), (0, "twob")]


async def test_at_the_end_an_update_that_is_on_its_way_arrives() -> None:
    street, begun, arrived = Street(), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        for _ in range(10):
            await asyncio.sleep(0)
        arrived.set()

    street.lanes.ask("lane", "card", slow)
    await begun.wait()
    await street.lanes.close()
    assert arrived.is_set()


async def test_within_time() -> None:
    async def quick() -> int:
        return 7

    assert await within(1, quick()) == 7


async def test_within_lets_work_go_on() -> None:
    """Work that takes longer is not cancelled."""
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await may_end.wait()
        ended.set()

    with pytest.raises(TimeoutError):
        await within(0.01, slow())
    may_end.set()
    async with asyncio.timeout(1):
        await ended.wait()


async def test_within_raises_error_of_work() -> None:
    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await within(1, fails())


def test_locks_by_key() -> None:
    locks = Locks()
    first = locks.of(1)
    assert locks.of(1) is first
    assert locks.of(2) is not first
