"""Addresses, transactions, and processes that end."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store import Database, Store, StoreError, url_of
from bot.store import database as module
from bot.store.schema import Community
from tests.bot.polls.test_queries import opened
from tests.databases import Templates, store_in

CHECKOUT = Path(__file__).parents[3]
POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def communities(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT id FROM communities ORDER BY id")))


async def add(database: Database, number: int = 1) -> None:
    """Write a row."""
    async with database.writing() as session:
        session.add(Community(id=number))


async def rows_of(database: Database, table: str) -> list[dict[str, object]]:
    async with database.reading() as session:
        rows = await session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        return [dict(row) for row in rows.mappings()]


# Addresses


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (
            "postgres://user:p%40ss@host:5433/name",
            "postgresql+asyncpg://user:p%40ss@host:5433/name",
        ),
        ("postgresql://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgres://u@h/n?sslmode=require", "postgresql+asyncpg://u@h/n?ssl=require"),
        ("postgres:///n?host=/run", "postgresql+asyncpg:///n?host=%2Frun"),
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        (None, "sqlite+aiosqlite:////state/mangosaurus.db"),
    ],
)
def test_addresses(address: str | None, url: str) -> None:
    found = url_of(address, Path("/state"))
    assert found.render_as_string(hide_password=False) == url


def test_unknown_options_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    url = url_of("postgres://u:p@h/n?sslmode=require&pgbouncer=true&connect_timeout=9", Path())
    assert dict(url.query) == {"ssl": "require"}
    assert "connect_timeout, pgbouncer" in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "secret",
        "mysql://user:secret@host/name",
        "postgres://user:secret@host:port/name",
        "postgres://user:secret@host:99999/name",
        "postgres://user:secret@host:0/name",
        "postgres:///name?host=secret&port=99999",
        "postgres://user:secret@host/",
        "postgres://user:se@secret@host/name",
        "postgres://user:secret@[::1/name",
        "sqlite://",
        "",
    ],
)
def test_invalid_address_is_not_repeated(address: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="DATABASE_URL is not a valid database address") as caught:
        url_of(address, tmp_path)
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"


# Reading and writing


@pytest.fixture
async def patient(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes that wait longer for the lock of SQLite than a busy machine needs."""
    monkeypatch.setattr(module, "BUSY_S", 60.0)
    both = Database(database.url), Database(database.url)
    yield both
    for each in both:
        await each.close()


async def test_failed_transaction_is_rolled_back(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as session:
            session.add(Community(id=2))
            await session.flush()
            raise LookupError

    await add(database)
    with pytest.raises(LookupError):
        await fail()
    assert await communities(database) == [1]


async def test_concurrent_writers(patient: tuple[Database, Database]) -> None:
    async def write(through: Database, number: int) -> None:
        async with through.writing() as session:
            held = await session.scalar(text("SELECT count(*) FROM communities"))
            assert held is not None
            session.add(Community(id=number))

    await asyncio.gather(*(write(patient[n % 2], n) for n in range(1, 41)))
    assert await communities(patient[0]) == list(range(1, 41))


@SQLITE
async def test_sqlite_pragmas(database: Database) -> None:
    pragmas = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 3_000}
    async with database.reading() as session:
        found = {name: await session.scalar(text(f"PRAGMA {name}")) for name in pragmas}
    assert found == pragmas
    async with database.writing() as session:
        session.add(Community(id=1))
        await session.flush()
        assert await communities(database) == []


@SQLITE
async def test_waiting_writer_does_not_block_the_loop(
    patient: tuple[Database, Database],
) -> None:
    database, _ = patient
    assert database.url.database is not None
    with sqlite3.connect(database.url.database, isolation_level=None) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(add(database))
        await asyncio.sleep(0.2)  # if the loop were blocked, the writer would give up before
        assert not writing.done()
        elsewhere.execute("COMMIT")
    elsewhere.close()
    await writing
    assert await communities(database) == [1]


@SQLITE
async def test_writers_of_several_processes_take_turns(
    patient: tuple[Database, Database],
) -> None:
    """From the start: what a writer has read is still true when it writes."""
    database, other = patient
    entered = asyncio.Event()

    async def write() -> None:
        async with other.writing() as session:
            assert await session.scalar(text("SELECT count(*) FROM communities")) == 1
            entered.set()
            session.add(Community(id=2))

    async with database.writing() as session:
        assert await session.scalar(text("SELECT count(*) FROM communities")) == 0
        writing = asyncio.create_task(write())
        await asyncio.sleep(0.2)
        assert not entered.is_set()
        session.add(Community(id=1))
    await writing
    assert await communities(database) == [1, 2]


@SQLITE
async def test_waiting_writers_hold_no_connections(database: Database) -> None:
    """However many there are, reading goes on."""
    async with database.writing():
        writers = [asyncio.create_task(add(database, number)) for number in range(1, 41)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(60):
            assert await communities(database) == []
    await asyncio.gather(*writers)
    assert await communities(database) == list(range(1, 41))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
async def test_file_permissions(tmp_path: Path) -> None:
    database = Database(url_of(None, tmp_path))
    await database.migrate()
    await add(database)
    modes = {
        entry.name: stat.S_IMODE(entry.stat().st_mode)
        for entry in await asyncio.to_thread(lambda: list(os.scandir(tmp_path)))
    }
    await database.close()
    assert modes["mangosaurus.db"] == 0o600
    assert set(modes.values()) == {0o600}


# Processes that end

VOTER = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from sqlalchemy import make_url
from bot.store import Database, Store
from bot.polls.queries import Ballot, Polls

async def vote(polls, members):
    for member in members:
        if await polls.cast(Ballot(77, member, member % 3), datetime(2026, 11, 25, 12, tzinfo=UTC)):
            print(member, flush=True)

async def main():
    polls = Store(Database(make_url(sys.argv[1])))[Polls]
    await asyncio.gather(*(vote(polls, itertools.count(first, 10)) for first in range(1, 11)))

asyncio.run(main())
"""


def python(source: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_acknowledged_vote_survives_a_kill(store: Store) -> None:
    await opened(store)
    url = store.database.url.render_as_string(hide_password=False)

    def killed_after(votes: int) -> set[int]:
        with python(VOTER, url) as process:
            assert process.stdout is not None
            acknowledged = {int(process.stdout.readline()) for _ in range(votes)}
            os.kill(process.pid, signal.SIGKILL)
            # The last line may be half a number.
            return acknowledged | {int(line) for line in process.stdout.read().split("\n")[:-1]}

    acknowledged = await asyncio.to_thread(killed_after, 200)
    votes = await rows_of(store.database, "votes")
    assert len(acknowledged) >= 200
    assert acknowledged <= {row["member_id"] for row in votes}
    assert all(row["position"] == int(str(row["member_id"])) % 3 for row in votes)


def test_open_connections_allow_exit(tmp_path: Path, templates: Templates) -> None:
    source = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.community.queries import Communities\n"
        "from bot.store import Database, Store, url_of\n"
        "store = Store(Database(url_of(None, Path(sys.argv[1]))))\n"
        "asyncio.run(store[Communities].poll_minutes(1))\n"
    )
    store_in(tmp_path, templates)
    with python(source, str(tmp_path)) as process:
        assert process.wait(timeout=120) == 0
