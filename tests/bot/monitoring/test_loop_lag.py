"""The event loop lag of the last minute."""

import asyncio

from bot.monitoring.state import LoopLag


def test_worst_of_some_seconds() -> None:
    now = [0.0]
    lag = LoopLag(lambda: now[0])
    assert lag.worst() == 0.0
    for at, measured in ((0, 3.0), (10, 1.0), (20, 0.0)):
        now[0] = at
        lag.add(measured)
    assert (lag.worst(), lag.worst(12)) == (3.0, 1.0)
    now[0] = 100
    assert lag.worst() == 0.0


async def test_lag_is_measured() -> None:
    lag, found = LoopLag(), asyncio.Queue[float]()
    task = asyncio.create_task(lag.measure(found.put_nowait))
    async with asyncio.timeout(60):
        measured = await found.get()
    task.cancel()
    assert lag.worst() >= measured >= 0
