"""A stand-in for Discord, and a way to run any bot against it.

    async def test_a_name_is_given(local: LocalDiscord) -> None:
        async with running(MyBot, local) as bot:
            asked = await local.run_command("dinoname", {"count": 3})
            assert asked.message.embed["title"]

Import `running` from here; the fixtures come by themselves.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
from discord.ext import commands

from bot.local.server import LocalDiscord
from tests.end_to_end.toy_bot import ToyBot

Bot = TypeVar("Bot", bound=commands.Bot | commands.AutoShardedBot)


@contextlib.asynccontextmanager
async def running(make: Callable[[], Bot], local: LocalDiscord) -> AsyncIterator[Bot]:
    """A bot that is logged in to the stand-in and ready; an error of its start is raised here."""
    with local.pointing_clients_here():
        bot = make()
        async with bot:
            start = asyncio.create_task(bot.start(local.token))
            ready = asyncio.create_task(_ready(bot, local))
            try:
                async with asyncio.timeout(30):
                    await asyncio.wait({start, ready}, return_when=asyncio.FIRST_COMPLETED)
                if start.done():
                    start.result()
                yield bot
            finally:
                ready.cancel()
                await bot.close()
                await asyncio.gather(start, return_exceptions=True)


async def _ready(bot: commands.Bot | commands.AutoShardedBot, local: LocalDiscord) -> None:
    await local.wait_for(lambda: local.state.online, timeout_s=30, what="The bot's connection")
    await bot.wait_until_ready()


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    """A started stand-in with Discord's own limits of time and rate."""
    async with LocalDiscord(port=0) as started:
        yield started


@pytest.fixture
async def hasty() -> AsyncIterator[LocalDiscord]:
    """A started stand-in whose 3 seconds are 0.3, whose 15 minutes are 1.5 s, without rates."""
    async with LocalDiscord(
        port=0, first_response_s=0.3, token_lifetime_s=1.5, rate_limited=False
    ) as started:
        yield started


@pytest.fixture
async def toy(local: LocalDiscord) -> AsyncIterator[ToyBot]:
    """The toy bot, running on `local`."""
    async with running(ToyBot, local) as bot:
        yield bot


@pytest.fixture
async def hasty_toy(hasty: LocalDiscord) -> AsyncIterator[ToyBot]:
    """The toy bot, running on `hasty`."""
    async with running(ToyBot, hasty) as bot:
        yield bot
