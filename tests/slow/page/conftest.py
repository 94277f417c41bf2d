"""The simulator of Discord whose page a browser opens."""

from collections.abc import AsyncIterator

import pytest_asyncio

from simulators.discord.server import LocalDiscord


@pytest_asyncio.fixture(loop_scope="session")
async def local() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord(port=0) as started:
        yield started
