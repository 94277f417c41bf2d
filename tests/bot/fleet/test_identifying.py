"""`IdentifyGate`: IDENTIFYs of several processes, with a clock of the tests."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from bot.fleet.identifying import SPACING_S, IdentifyGate
from bot.store import Database
from bot.store.locks import AdvisoryLocks, Space
from tests.bot.store.test_database import cut

QUIET = 20
"""Steps of the event loop in which what the database has answered is passed on."""


class Timeline:
    """A clock for several processes: it goes on to whoever wakes first."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
        await woken.wait()

    async def run(self, locks: Sequence["BusyLocks"]) -> None:
        """Wake sleepers, the first first, when nobody has anything else to do."""
        quiet = 0
        while True:
            is_busy = any(each.running for each in locks)
            await asyncio.sleep(0.001 if is_busy else 0)
            quiet = 0 if is_busy else quiet + 1
            if quiet < QUIET:
                continue
            if self._sleepers:
                self.now, _number, woken = heapq.heappop(self._sleepers)
                woken.set()
                quiet = 0
            else:
                await asyncio.sleep(0.001)


class BusyLocks(AdvisoryLocks):
    """Locks that tell whether the database is being asked."""

    running = 0

    async def _execute(self, statement: str, values: Mapping[str, object]) -> list[Any]:
        self.running += 1
        try:
            return await super()._execute(statement, values)
        finally:
            self.running -= 1


@pytest.fixture
async def locks(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[BusyLocks]]:
    """Those of three processes. On a busy machine, the database may take its time."""
    monkeypatch.setattr("bot.store.locks.STATEMENT_S", 60.0)
    every = [BusyLocks(postgres.url) for _ in range(3)]
    for each in every:
        await each.connect()
    yield every
    for each in every:
        await each.close()


@pytest.fixture
async def time(locks: list[BusyLocks]) -> AsyncIterator[Timeline]:
    timeline = Timeline()
    running = asyncio.create_task(timeline.run(locks))
    yield timeline
    running.cancel()


async def identified(
    gates: list[IdentifyGate], time: Timeline, shards: int
) -> dict[int, list[float]]:
    """When the shards of some processes have connected, by bucket."""
    times: dict[int, list[float]] = {}

    async def start(gate: IdentifyGate, own: range) -> None:
        for shard in own:
            await gate.turn(shard, 1000)
            times.setdefault(shard % gate.max_concurrency, []).append(time.now)

    each = shards // len(gates)
    async with asyncio.timeout(60):
        await asyncio.gather(
            *(start(gate, range(n * each, (n + 1) * each)) for n, gate in enumerate(gates))
        )
    return times


@pytest.mark.parametrize("buckets", [1, 2])
async def test_spacing(locks: list[BusyLocks], time: Timeline, buckets: int) -> None:
    gates = [IdentifyGate(each, clock=time, sleep=time.sleep) for each in locks]
    for gate in gates:
        gate.max_concurrency = buckets
    times = await identified(gates, time, 6)
    assert {bucket: len(found) for bucket, found in times.items()} == dict.fromkeys(
        range(buckets), 6 // buckets
    )
    for found in times.values():
        assert all(after - before >= SPACING_S for before, after in itertools.pairwise(found))


async def test_database_away(
    postgres: Database,
    locks: list[BusyLocks],
    time: Timeline,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Shards connect nevertheless, with the spacing of their own process."""
    await cut(postgres)
    times = await identified([IdentifyGate(locks[0], clock=time, sleep=time.sleep)], time, 3)
    assert all(after - before >= SPACING_S for before, after in itertools.pairwise(times[0]))
    assert "may connect at the same time" in caplog.text


async def test_a_process_that_hangs(
    locks: list[BusyLocks], time: Timeline, caplog: pytest.LogCaptureFixture
) -> None:
    await locks[1].hold(Space.IDENTIFY, [0])
    gate = IdentifyGate(locks[0], clock=time, sleep=time.sleep)
    await asyncio.wait_for(gate.turn(0, 30), 60)
    assert time.now >= 30


async def test_cancelled(locks: list[BusyLocks], time: Timeline) -> None:
    """discord.py gives up a connection: the others get their turn."""
    gate = IdentifyGate(locks[0], clock=time, sleep=time.sleep)
    other = IdentifyGate(locks[1], clock=time, sleep=time.sleep)
    given_up = asyncio.create_task(gate.turn(0, 1000))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait_for(other.turn(1, 1000), 60)
    await asyncio.wait_for(gate.turn(0, 1000), 60)
