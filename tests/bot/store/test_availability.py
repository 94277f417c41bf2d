"""Databases that cannot be reached or do not answer."""

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.store import Database, StoreError, Unavailable, url_of
from bot.store import database as module
from bot.store.schema import Community, Vote
from tests.bot.polls.test_queries import NOW
from tests.bot.store.test_database import POSTGRES, SQLITE, add, communities
from tests.bot.store.test_locks import cut

WRONG = "not-the-password"


def on_loopback(port: int) -> Database:
    return Database(url_of(f"postgres://user:secret@127.0.0.1:{port}/name", Path()))


@pytest.mark.parametrize(
    ("address", "missing", "said"),
    [
        ("postgres://u:secret@h/n", "asyncpg", r"pip install -r requirements\.txt"),
        (None, "sqlite3", "built without SQLite"),
    ],
)
def test_missing_driver(
    address: str | None, missing: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(StoreError, match=said):
        Database(url_of(address, tmp_path))


async def test_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match=r"name at 127\.0\.0\.1") as caught:
        await on_loopback(1).migrate()  # nobody listens
    assert "secret" not in str(caught.value)
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    connections: list[object] = []  # kept: Python closes those that nobody holds

    async def be_silent(*connection: object) -> None:
        connections.append(connection)

    server = await asyncio.start_server(be_silent, "127.0.0.1", 0)
    database = on_loopback(server.sockets[0].getsockname()[1])
    for ask in (database.migrate, partial(communities, database), database.check):
        with pytest.raises(Unavailable, match=r"longer than 0\.2 s"):
            await ask()
    assert database.failures == 3
    server.close()


@POSTGRES
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": WRONG}, "password authentication failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
    ],
)
async def test_rejected_login(database: Database, change: Mapping[str, str], said: str) -> None:
    other = Database(database.url.set(**change))  # type: ignore[arg-type]
    try:
        with pytest.raises(Unavailable, match=said) as caught:
            await other.migrate()
    finally:
        await other.close()
    assert WRONG not in str(caught.value)


@POSTGRES
async def test_lost_connection(database: Database) -> None:
    await add(database)
    other = Database(database.url)

    async def write_while_cut_off() -> None:
        async with database.writing() as session:
            session.add(Community(id=2))
            await session.flush()
            await cut(other)
            session.add(Community(id=3))

    with pytest.raises(Unavailable):
        await write_while_cut_off()
    await other.close()
    assert await communities(database) == [1]


@POSTGRES
async def test_reads_are_consistent(database: Database) -> None:
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM communities")) == 0
        async with database.writing() as writer:
            writer.add(Community(id=1))
        assert await session.scalar(text("SELECT count(*) FROM communities")) == 0


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("missing", "No such file or directory"),
        ("with a folder", "Is a directory"),
        ("with a text", "file is not a database"),
    ],
)
async def test_unusable_file(tmp_path: Path, folder: str, why: str) -> None:
    (tmp_path / "with a folder" / "mangosaurus.db").mkdir(parents=True)
    (tmp_path / "with a text").mkdir()
    (tmp_path / "with a text" / "mangosaurus.db").write_bytes(b"Mangosaurus" * 1000)
    with pytest.raises(Unavailable, match=why):
        await Database(url_of(None, tmp_path / folder)).migrate()


@SQLITE
async def test_full_disk(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(text("PRAGMA max_page_count=1"))  # as many as there are
    with pytest.raises(Unavailable, match="full"):
        async with database.writing() as session:
            session.add_all(Community(id=number) for number in range(1, 2000))
    assert await communities(database) == []
    async with database.writing() as session:
        await session.execute(text("PRAGMA max_page_count=100000"))
        session.add(Community(id=1))
    assert await communities(database) == [1]


async def test_bug_is_not_unavailable(database: Database) -> None:
    async def mistake() -> None:
        async with database.reading() as session:
            await session.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(DBAPIError, match="nowhere"):
        await mistake()


async def test_errors_hide_parameters(database: Database) -> None:
    with pytest.raises(Exception, match="votes") as caught:
        async with database.writing() as session:
            session.add(Vote(poll_id=1, member_id=987654321, position=0, voted_at=NOW))
    assert "987654321" not in str(caught.value)
