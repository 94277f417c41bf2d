"""Cooldowns that hold in several processes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.chat import cooldowns as module
from bot.chat.cooldowns import PAUSE_S, Cooldowns, SharedCooldowns, TooSoon
from bot.store import Database, Store, Unavailable
from bot.store.fleet import RunningCooldowns

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Counted:
    """A database that counts what it is asked, and may fail or hang."""

    def __init__(self) -> None:
        self.asked = 0
        self.ended = 0
        self.error: Exception | None = None
        self.hangs = False

    async def start(self, *_: object) -> bool:
        self.asked += 1
        if self.error is not None:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()
        return True

    async def end(self, _name: str) -> None:
        self.ended += 1
        if self.error is not None:
            raise self.error


def shared(
    *, most: int = 1, free: int = 0, is_shared: bool = True, seconds: float = 10
) -> tuple[SharedCooldowns, Counted, list[float]]:
    """Cooldowns of one process, their database, and its clock."""
    counted, clock = Counted(), [0.0]
    made = SharedCooldowns(
        "test",
        Cooldowns(seconds, most=most),
        cast("RunningCooldowns", counted),
        is_shared=lambda: is_shared,
        free=free,
        clock=lambda: clock[0],
    )
    return made, counted, clock


@pytest.fixture
def processes(postgres: Database) -> list[SharedCooldowns]:
    return [
        SharedCooldowns(
            "test", Cooldowns(10), Store(postgres)[RunningCooldowns], is_shared=lambda: True
        )
        for _ in range(3)
    ]


async def test_hold_everywhere(processes: list[SharedCooldowns]) -> None:
    one, other, third = processes
    await one.start(("ada", "names"), NOW)
    with pytest.raises(TooSoon):
        await other.start(("ada", "names"), NOW + SECOND)
    await other.start(("ada", "sonnet"), NOW)
    await other.start(("bob", "names"), NOW)
    await third.start(("ada", "names"), NOW + 10 * SECOND)


async def test_end_everywhere(processes: list[SharedCooldowns]) -> None:
    one, other, _third = processes
    await one.start("ada", NOW)
    one.end("ada")
    await asyncio.gather(*one._tasks)
    await other.start("ada", NOW + SECOND)


async def test_flood_stays_in_the_process() -> None:
    cooldowns, counted, _clock = shared()
    await cooldowns.start("ada", NOW)
    for _ in range(100):
        with pytest.raises(TooSoon):
            await cooldowns.start("ada", NOW)
    assert counted.asked == 1


@pytest.mark.parametrize(("is_shared", "seconds"), [(False, 10), (True, 0)])
async def test_nobody_is_asked(is_shared: bool, seconds: float) -> None:
    """By a single process, or with COOLDOWN_SECONDS=0."""
    cooldowns, counted, _clock = shared(is_shared=is_shared, seconds=seconds)
    for _ in range(1 if seconds else 3):
        await cooldowns.start("ada", NOW)
    cooldowns.end("ada")
    assert (counted.asked, counted.ended) == (0, 0)


async def test_free_ones() -> None:
    """Who is not in a hurry costs no statement."""
    cooldowns, counted, _clock = shared(most=10, free=2)
    await cooldowns.start("ada", NOW)
    await cooldowns.start("ada", NOW)
    assert counted.asked == 0
    await cooldowns.start("ada", NOW)
    assert counted.asked == 1
    await cooldowns.start("ada", NOW + 25 * SECOND)
    assert counted.asked == 1


@pytest.mark.parametrize("hangs", [True, False])
async def test_database_away(hangs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process counts by itself, and asks again after a while."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    cooldowns, counted, clock = shared()
    counted.hangs, counted.error = hangs, None if hangs else Unavailable("away")
    await cooldowns.start("ada", NOW)
    with pytest.raises(TooSoon):
        await cooldowns.start("ada", NOW)
    await cooldowns.start("bob", NOW)
    assert counted.asked == 1
    clock[0] += PAUSE_S
    counted.hangs, counted.error = False, None
    await cooldowns.start("cyd", NOW)
    assert counted.asked == 2


async def test_end_without_the_database() -> None:
    cooldowns, counted, _clock = shared()
    await cooldowns.start("ada", NOW)
    counted.error = Unavailable("away")
    cooldowns.end("ada")
    await asyncio.gather(*cooldowns._tasks)
    assert counted.ended == 1
    await cooldowns.start("bob", NOW)
