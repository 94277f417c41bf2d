"""Taking a place among the processes of the bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.chat.app import App
from bot.fleet.membership import Served, ShardsTaken
from bot.startup import Exit, StartupError
from bot.store import Unavailable


@asynccontextmanager
async def joined(app: App, *platforms: Served) -> AsyncIterator[None]:
    """Hold the shards of this process until its platforms are closed. Raises `StartupError`."""
    try:
        await app.fleet.join(*platforms)
    except ShardsTaken as error:
        await app.fleet.close()
        raise StartupError(
            Exit.SHARDS_TAKEN,
            f"{error} Each shard has one process, and SHARD_COUNT is the same for all: stop that "
            "process, or change SHARD_IDS.",
        ) from error
    except Unavailable as error:
        await app.fleet.close()
        raise StartupError(Exit.BAD_DATABASE, f"{error}. Check DATABASE_URL.") from error
    try:
        yield
    finally:
        await app.fleet.close()
