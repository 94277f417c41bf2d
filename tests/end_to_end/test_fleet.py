"""Two bot processes that share the shards of one bot, and a PostgreSQL database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.bot_process import BotProcess
from benchmarks.fleet.__main__ import measure
from bot.platforms.local.server import LocalDiscord
from bot.startup import Exit
from bot.store import Database

pytestmark = pytest.mark.usefixtures("without_writers")

WAITING = "Another process runs the shards 0-1. Waiting up to"


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord(port=0, servers=2, shards=2, max_concurrency=2) as started:
        yield started


async def test_two_processes(postgres: Database) -> None:
    """What was seen is right; how long it took is for the benchmark to say."""
    result = await measure(
        address_of(postgres),
        processes=2,
        shards=4,
        max_concurrency=4,
        members=2,
        stops_trainings=True,
    )
    result.wrong = [each for each in result.wrong if "served everywhere" not in each]
    assert result.wrong == []
    assert result.refused == 0


async def test_successor(discord: LocalDiscord, postgres: Database, tmp_path: Path) -> None:
    """A process waits for its predecessor to end, and connects only then."""
    identified = discord.gateway.identified
    old = process(discord, postgres, tmp_path / "old", lambda: len(identified) == 2)
    new = process(discord, postgres, tmp_path / "new", lambda: len(identified) == 4)
    async with old:
        starting = asyncio.create_task(new.start())
        await says(new, WAITING)
        assert identified == [0, 1]
        assert not (await discord.run_command("help")).failed
        assert await old.stop() == Exit.OK
    await starting
    for server in range(2):
        assert not (await discord.run_command("help", server=server)).failed
    assert await new.stop() == Exit.OK


async def test_restart_of_the_database(
    discord: LocalDiscord, postgres: Database, tmp_path: Path
) -> None:
    """All connections end; the process serves on, and its shards stay its own."""
    identified = discord.gateway.identified
    async with process(
        discord, postgres, tmp_path / "first", lambda: len(identified) == 2
    ) as first:
        async with postgres.writing() as session:
            await session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await says(first, "The other processes see this one again")
        assert not (await discord.run_command("help")).failed
        other = process(discord, postgres, tmp_path / "other", lambda: False)
        starting = asyncio.create_task(other.start())
        await says(other, WAITING)
        assert await other.stop() == Exit.OK
        with pytest.raises(RuntimeError):  # it has ended before it was connected
            await starting
        assert identified == [0, 1]


def process(
    discord: LocalDiscord, database: Database, folder: Path, connected: Callable[[], bool]
) -> BotProcess:
    """A bot with both shards."""
    folder.mkdir()
    shards = {"SHARD_IDS": "0-1", "SHARD_COUNT": "2"}
    environment = {"DATABASE_URL": address_of(database), **shards}
    return BotProcess(discord, folder, environment, connected=connected)


def address_of(database: Database) -> str:
    return database.url.set(drivername="postgres").render_as_string(hide_password=False)


async def says(bot: BotProcess, line: str) -> None:
    """Wait until it is in the log."""
    async with asyncio.timeout(60):
        while not bot.log.exists() or line not in bot.log.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
