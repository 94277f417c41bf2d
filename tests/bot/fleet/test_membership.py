"""`Fleet`: which process holds which shards."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from bot.fleet import membership
from bot.fleet.membership import PREDECESSOR_S, TAKEN_S, Fleet, Served, ShardsTaken
from bot.store import Database
from bot.store.locks import AdvisoryLocks, Space
from tests.bot.store.test_database import cut


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.is_stopped = 0.0, False

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += 0.0 if self.is_stopped else seconds
        await asyncio.sleep(0)


Make = Callable[..., Fleet]


@pytest.fixture
async def make(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    """Makes processes of one bot. They look at each other when they are told to."""
    monkeypatch.setattr(membership, "WATCH_S", 3600)
    monkeypatch.setattr("bot.store.locks.STATEMENT_S", 60.0)  # for a busy machine
    async with AsyncExitStack() as stack:

        def make(
            *shards: int, count: int | None = 4, clock: Clock | None = None, part: bool = True
        ) -> Fleet:
            clock = clock or Clock()
            fleet = Fleet(
                AdvisoryLocks(postgres.url),
                shards,
                count,
                has_part=part,
                clock=clock,
                sleep=clock.sleep,
            )
            stack.push_async_callback(fleet.close)
            return fleet

        yield make


async def joined(fleet: Fleet, served: Served = Served.DISCORD) -> Fleet:
    await fleet.join(served)
    return fleet


async def test_without_a_server() -> None:
    alone = Fleet()
    await alone.join(Served.DISCORD)
    async with alone.registering():
        assert not alone.is_shared
    assert alone.processes(Served.DISCORD) == 1
    assert alone.gate is None
    assert alone.lost == ""
    await alone.close()


async def test_parts(make: Make) -> None:
    one = await joined(make(0, 1))
    assert one.is_shared
    other = await joined(make(2, 3))
    assert other.processes(Served.DISCORD) == 2
    assert other.processes(Served.SLACK) == 1
    assert other.has_seen(Served.DISCORD)
    assert not other.has_seen(Served.SLACK)


async def test_overlap(make: Make) -> None:
    clock = Clock()
    await make(0, 1).join(Served.DISCORD)
    with pytest.raises(ShardsTaken, match="Another process runs the shards 1\\."):
        await make(1, 2, clock=clock).join(Served.DISCORD)
    assert PREDECESSOR_S <= clock.now < PREDECESSOR_S + 2


async def test_another_count(make: Make) -> None:
    """Whose shards are others, though their numbers differ."""
    await make(0, count=4).join(Served.DISCORD)
    with pytest.raises(ShardsTaken, match="SHARD_COUNT=4"):
        await make(6, count=8).join(Served.DISCORD)


async def test_all_shards_beside_some(make: Make) -> None:
    """A process without SHARD_COUNT on Discord would answer what the others answer."""
    part = await joined(make(0, 1))
    with pytest.raises(ShardsTaken, match="SHARD_COUNT=4"):
        await make(count=None, part=False).join(Served.DISCORD)
    await make(count=None, part=False).join(Served.SLACK)
    await part.close()
    await make(count=None, part=False).join(Served.DISCORD)
    await make(count=None, part=False).join(Served.DISCORD, Served.SLACK)
    with pytest.raises(ShardsTaken, match="all shards, without SHARD_COUNT"):
        await make(0, 1).join(Served.DISCORD)


async def test_all_shards_after_a_lost_connection(make: Make, postgres: Database) -> None:
    every = await joined(make(count=None, part=False))
    await cut(postgres)
    await every._watched()  # notices
    await every._watched()
    with pytest.raises(ShardsTaken, match="all shards, without SHARD_COUNT"):
        await make(0, 1).join(Served.DISCORD)


async def test_a_start_that_fails_holds_nothing(make: Make) -> None:
    await make(0).join(Served.DISCORD)
    failed = make(0, 1)
    with pytest.raises(ShardsTaken):
        await failed.join(Served.DISCORD)
    await failed.close()
    await make(1).join(Served.DISCORD)


async def test_wait_for_predecessor(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    old, clock = await joined(make(0, 1)), Clock()
    joining = asyncio.create_task(make(0, 1, clock=clock).join(Served.DISCORD))
    while clock.now < PREDECESSOR_S / 2:  # noqa: ASYNC110 (the clock is not that of asyncio)
        await asyncio.sleep(0.001)
    clock.is_stopped = True  # closing takes real time
    await old.close()
    await asyncio.wait_for(joining, 60)
    said = "Another process runs the shards 0-1. Waiting up to 60 s for it to end"
    assert [record.message for record in caplog.records].count(said) == 1


async def test_others_without_shards(make: Make) -> None:
    """Two processes, perhaps of Slack, need no setting to know of each other."""
    one, other = (make(count=None, part=False) for _ in range(2))
    await one.join(Served.SLACK)
    assert not one.is_shared
    seen = []
    one.watchers.append(lambda: seen.append(one.processes(Served.SLACK)))
    await other.join(Served.SLACK)
    await one._watched()
    assert one.is_shared
    assert seen == [2]
    await other.close()
    await one._watched()
    assert seen == [2, 1]


async def test_both_platforms_are_one_process(make: Make) -> None:
    both = await joined(make(count=None, part=False))
    await both.join(Served.SLACK)
    assert not both.is_shared
    assert both.processes(Served.SLACK) == both.processes(Served.DISCORD) == 1


async def test_regained(make: Make, postgres: Database) -> None:
    """After a restart of the database, the shards are held again, and others still refused."""
    one = await joined(make(0, 1))
    await cut(postgres)
    await one._watched()  # notices
    await one._watched()
    assert one.lost == ""
    assert one.processes(Served.DISCORD) == 1
    with pytest.raises(ShardsTaken):
        await make(1).join(Served.DISCORD)


async def test_taken_meanwhile(
    make: Make, postgres: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Another process has started with the shards: one of the two has to end."""
    clock = Clock()
    one = await joined(make(0, 1, clock=clock))
    await cut(postgres)
    other = await joined(make(1))
    await one._watched()
    await one._watched()
    assert one.lost == ""
    assert "Another process runs the shards 1." in caplog.text
    clock.now += TAKEN_S
    assert "another process" in one.lost
    await other.close()
    await one._watched()
    assert one.lost == ""


async def test_registering_takes_turns(make: Make) -> None:
    one, other = await joined(make(0)), await joined(make(1))
    running = 0

    async def register(fleet: Fleet) -> None:
        nonlocal running
        async with fleet.registering():
            running += 1
            assert running == 1
            for _ in range(3):
                await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*map(register, (one, other)))


async def test_registering_without_the_database(make: Make, postgres: Database) -> None:
    one = await joined(make(0))
    await cut(postgres)
    async with one.registering():
        pass
    assert one.locks is not None
    assert not one.locks.is_connected


async def test_another_process_registers_for_long(make: Make) -> None:
    """It may wait for a rate limit: this one starts meanwhile, and looks again later."""
    one, other = await joined(make(0)), await joined(make(1))
    assert other.locks is not None
    await other.locks.hold(Space.COMMANDS, [0])
    with pytest.raises(TimeoutError):
        async with one.registering():
            pass
    assert await one.locks.hold(Space.COMMANDS, [0]) == frozenset()  # type: ignore[union-attr]
