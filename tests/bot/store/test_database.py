"""Addresses, transactions, and processes that end."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.store import Database, Store, StoreError, Unavailable, url_of
from bot.store import database as module
from bot.store.locks import AdvisoryLocks, Space, file_lock
from bot.store.schema import Community, Vote
from tests.bot.polls.test_queries import NOW, opened
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


# Databases that cannot be reached or do not answer


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


# Locks between processes: on a file, and in a PostgreSQL database whose connection is lost


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


async def test_locks_of_a_lost_connection(
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
