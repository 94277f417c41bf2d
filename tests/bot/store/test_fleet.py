"""What processes share: cooldowns, by the rule of `Cooldowns`, and registered commands."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.cooldowns import Cooldowns, TooSoon
from bot.store import Database, Store
from bot.store.fleet import Registrations, RunningCooldowns, key_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("most", [1, 3])
async def test_same_as_in_one_process(postgres: Database, most: int) -> None:
    """Also when the clock steps back."""
    running, local = Store(postgres)[RunningCooldowns], Cooldowns(10, most=most)
    granted = []
    for offset in (0, -0.01, 1, 2, 3, 9.999, 10, 10.5, 19.9, 31, 32, 60, 61, -300, -299, -289):
        now = NOW + offset * SECOND
        try:
            local.start("x", now)
            allowed = True
        except TooSoon:
            allowed = False
        granted.append(await running.start("x", now, 10 * SECOND, most * 10 * SECOND))
        assert granted[-1] is allowed, offset
    assert {*granted} == {True, False}


async def test_one_of_many_at_once(postgres: Database) -> None:
    running = Store(postgres)[RunningCooldowns]
    started = await asyncio.gather(
        *(running.start("x", NOW, 10 * SECOND, 10 * SECOND) for _ in range(20))
    )
    assert sum(started) == 1
    assert await running.start("y", NOW, SECOND, SECOND)
    assert key_of("x") != key_of("y")


async def test_end(postgres: Database) -> None:
    running = Store(postgres)[RunningCooldowns]
    await running.start("x", NOW, SECOND, SECOND)
    await running.end("x")
    assert await running.start("x", NOW, SECOND, SECOND)


async def test_prune(postgres: Database) -> None:
    running = Store(postgres)[RunningCooldowns]
    await running.start("old", NOW, SECOND, SECOND)
    await running.start("new", NOW + 5 * SECOND, SECOND, SECOND)
    await running.prune(NOW + 3 * SECOND)
    assert not await running.start("new", NOW + 5 * SECOND, SECOND, SECOND)
    assert await running.start("old", NOW, SECOND, SECOND)


async def test_digests_of_registered_commands(store: Store) -> None:
    registered = store[Registrations]
    assert await registered.digests() == {}
    for number, digest in ((1, "a"), (2, "b"), (1, "c")):
        await registered.note(number, digest * 64)
    assert await registered.digests() == {1: "c" * 64, 2: "b" * 64}
