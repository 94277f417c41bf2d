"""Samples of the last day, and the event loop lag of the last minute."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.monitoring.state import KEPT, History, LoopLag, Sample

START = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sample(minute: int) -> Sample:
    return Sample(
        at=START + minute * MINUTE,
        memory_bytes=2**20,
        worst_lag=0.0,
        queue_length=0,
        requests=2,
        failures=1,
        database_seconds=None,
    )


def test_one_day_is_kept() -> None:
    history = History()
    for minute in range(KEPT + 10):
        history.add(sample(minute))
    kept = history.since(START - MINUTE)
    assert (len(kept), kept[0]) == (KEPT, sample(10))


def test_totals_of_an_hour() -> None:
    history = History()
    for minute in range(100):
        history.add(sample(minute))
    assert history.totals(START + 99 * MINUTE, timedelta(hours=1)) == (120, 60)


def test_worst_lag_of_some_seconds() -> None:
    now = [0.0]
    lag = LoopLag(lambda: now[0])
    assert (lag.latest, lag.worst()) == (0.0, 0.0)
    for at, measured in ((0, 3.0), (10, 1.0), (20, -0.1)):
        now[0] = at
        lag.add(measured)
    assert (lag.latest, lag.worst(), lag.worst(12)) == (0.0, 3.0, 1.0)
    now[0] = 100
    assert lag.worst() == 0.0


async def test_lag_is_measured() -> None:
    lag, found = LoopLag(), asyncio.Event()
    task = asyncio.create_task(lag.measure(lambda _seconds: found.set()))
    async with asyncio.timeout(10):
        await found.wait()
    task.cancel()
    assert lag.latest >= 0
