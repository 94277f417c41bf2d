"""While many answers are in progress, those that are not ready are deferred at once."""

import asyncio

from bot.chat.app import CROWD, PATIENCE_S
from tests.bot.conftest import World


async def test_patience(world: World) -> None:
    app, one, others = world.make_app(), asyncio.Event(), asyncio.Event()

    async def request(end: asyncio.Event) -> None:
        with app.in_flight.request():
            await end.wait()

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(request(one))
        for _ in range(CROWD - 1):
            tasks.create_task(request(others))
        await asyncio.sleep(0)
        assert app.patience_s == PATIENCE_S
        tasks.create_task(request(others))
        await asyncio.sleep(0)
        assert app.patience_s == 0
        one.set()
        await first
        assert app.patience_s == PATIENCE_S
        others.set()
