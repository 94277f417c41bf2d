"""Fixtures: the health of services without a chat."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.app import App
from bot.health import Health
from tests.bot.conftest import World
from tests.bot.turns import FakePlatform


@pytest_asyncio.fixture
async def app(world: World) -> AsyncIterator[App]:
    app = world.make_app()
    await app.store.database.migrate()
    yield app
    await app.store.close()


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def health(app: App, platform: FakePlatform) -> Health:
    app.health.add(platform)
    return app.health
