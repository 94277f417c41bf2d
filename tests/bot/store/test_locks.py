"""Locks between processes: on a file, and in a PostgreSQL database whose connection is lost."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store import Database, Unavailable, url_of
from bot.store.locks import AdvisoryLocks, Space, file_lock
from tests.bot.store.test_database import CHECKOUT


@pytest.fixture
async def two(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[AdvisoryLocks, AdvisoryLocks]]:
    """Those of two processes. On a busy machine, the database may take its time."""
    monkeypatch.setattr("bot.store.locks.STATEMENT_S", 60.0)
    both = AdvisoryLocks(postgres.url), AdvisoryLocks(postgres.url)
    for each in both:
        await each.connect()
    yield both
    for each in both:
        await each.close()


async def cut(database: Database) -> None:
    """End all other connections, as a restart of the server does."""
    async with database.writing() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def test_one_holder(two: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    one, other = two
    assert await one.hold(Space.SHARD, [0, 1]) == {0, 1}
    assert await other.hold(Space.SHARD, [1, 2]) == {2}
    assert await other.hold(Space.IDENTIFY, [0]) == {0}
    await one.release(Space.SHARD, [1])
    assert await other.hold(Space.SHARD, [0, 1]) == {1}
    await one.close()  # as the end of a process does
    assert await other.hold(Space.SHARD, [0]) == {0}


async def test_holders(two: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    one, other = two
    await one.share(Space.PRESENCE, 1)
    await one.share(Space.PRESENCE, 2)
    await other.share(Space.PRESENCE, 2)
    await other.share(Space.PRESENCE, 2)
    await other.share(Space.SHARD_COUNT, 9)
    assert await one.holders(Space.PRESENCE) == {1: 1, 2: 2}
    assert await other.holders(Space.SHARD_COUNT) == {9: 1}
    await one.close()
    assert await other.holders(Space.PRESENCE) == {2: 1}


async def test_another_database(
    postgres: Database, two: tuple[AdvisoryLocks, AdvisoryLocks]
) -> None:
    """Another bot on the same server has locks of its own."""
    one, _other = two
    elsewhere = AdvisoryLocks(postgres.url.set(database="postgres"))
    await elsewhere.connect()
    await elsewhere.share(Space.SHARD_COUNT, 3)
    try:
        assert await one.holders(Space.SHARD_COUNT) == {}
    finally:
        await elsewhere.close()


async def test_lost_connection(
    postgres: Database, two: tuple[AdvisoryLocks, AdvisoryLocks]
) -> None:
    one, _other = two
    await one.hold(Space.SHARD, [0])
    await cut(postgres)
    with pytest.raises(Unavailable):
        await one.holders(Space.SHARD)
    assert not one.is_connected
    with pytest.raises(Unavailable):
        await one.hold(Space.SHARD, [0])
    await one.connect()
    assert one.is_connected
    assert await one.hold(Space.SHARD, [0]) == {0}


async def test_half_open_connection(two: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    """The server still has the old connection, which nobody answers on: it is ended."""
    one, other = two
    await one.hold(Space.SHARD, [0])
    left_behind, one._connection = one._connection, None
    assert left_behind is not None
    assert await other.hold(Space.SHARD, [0]) == frozenset()
    await one.connect()
    async with asyncio.timeout(60):
        while not await one.hold(Space.SHARD, [0]):  # noqa: ASYNC110 (the server tells nothing)
            await asyncio.sleep(0.01)
    await left_behind.invalidate()
    await left_behind.close()


async def test_no_server(unused_tcp_port: int) -> None:
    address = f"postgres://a:secret@127.0.0.1:{unused_tcp_port}/b"
    locks = AdvisoryLocks(url_of(address, Path()))
    with pytest.raises(Unavailable) as raised:
        await locks.connect()
    assert "secret" not in str(raised.value)
    assert not locks.is_connected
    await locks.close()


async def test_cancelled_caller(two: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    """The connection goes on, with the lock that was asked for."""
    one, other = two
    asking = asyncio.create_task(one.hold(Space.SHARD, [4]))
    await asyncio.sleep(0)
    asking.cancel()
    assert await one.holders(Space.SHARD) == {4: 1}
    assert await other.hold(Space.SHARD, [4]) == frozenset()


# On a file

HOLDING = """
import asyncio, sys
from pathlib import Path
from bot.store.locks import file_lock

async def hold():
    async with file_lock(Path(sys.argv[1]), 60):
        print("held", flush=True)
        sys.stdin.read()

asyncio.run(hold())
"""


async def is_free(lock: Path) -> bool:
    try:
        async with file_lock(lock, 0):
            return True
    except TimeoutError:
        return False


def test_lock_of_a_killed_process_is_released(tmp_path: Path) -> None:
    lock = tmp_path / "mangosaurus.db-lock"
    command, pipe = [sys.executable, "-c", HOLDING, str(lock)], subprocess.PIPE
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert not asyncio.run(is_free(lock))
        process.kill()
    assert asyncio.run(is_free(lock))
    assert [path.name for path in tmp_path.iterdir()] == [lock.name]
    assert lock.stat().st_mode & 0o777 == 0o600


async def test_lock_excludes_the_same_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    async with file_lock(lock, 0):
        assert not await is_free(lock)
        assert not await is_free(lock)  # the failed attempt has not released it
    assert await is_free(lock)


@pytest.mark.parametrize("content", [None, b"something else"])
async def test_file_that_cannot_be_locked(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "lock"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(OSError, match=r"open database file|not a database"):
        async with file_lock(path, 0):
            pass
