"""Answers in time, and not too many of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise

import pytest

from bot.pacing import Rounds, ShuttingDown, Work, in_time, newest


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
    async for number in newest(source, 1.0, clock=time.clock, sleep=time.sleep):
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

    items = newest(source(), 0)
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

    async with aclosing(newest(source(), 0)) as items:
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
    work = Work()
    with work.piece():
        finishing = asyncio.create_task(work.finish(60))
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown), work.piece():
            pass
        assert not finishing.done()
    assert await finishing


async def test_work_that_takes_too_long_is_not_waited_for() -> None:
    work = Work()
    with work.piece():
        assert not await work.finish(0)


async def test_no_work_is_finished_at_once() -> None:
    assert await Work().finish(0)


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

    rounds = Rounds(work, 0.001)
    while begun < 3:  # noqa: ASYNC110 (nobody signals it)
        await asyncio.sleep(0.001)
    await rounds.close()
    assert ended == begun - 1
    assert "out of paper" in caplog.text
    await asyncio.sleep(0.01)
    assert ended == begun - 1
