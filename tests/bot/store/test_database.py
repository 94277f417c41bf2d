"""The database itself: addresses, failures, migrations, and what outlives a process."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store import Database, Store, StoreError, Unavailable, url_of
from bot.store import database as module
from bot.store.database import MIGRATIONS
from bot.store.schema import Base, Community, Vote
from tests.bot.store.test_polls import NOW, POLL, opened
from tests.databases import Templates, store_in

CHECKOUT = Path(__file__).parents[3]
POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def communities(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT id FROM communities ORDER BY id")))


async def rows_of(database: Database, table: str) -> list[dict[str, object]]:
    async with database.reading() as session:
        rows = await session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        return [dict(row) for row in rows.mappings()]


# Addresses


def test_default_is_a_file(tmp_path: Path) -> None:
    url = url_of(None, tmp_path)
    assert url.get_backend_name() == "sqlite"
    assert url.database == str(tmp_path / "mangosaurus.db")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgres_schemes(scheme: str, tmp_path: Path) -> None:
    url = url_of(f"{scheme}://user:p%40ss@host:5433/name", tmp_path)
    assert url.drivername == "postgresql+asyncpg"
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "user",
        "p@ss",
        "host",
        5433,
        "name",
    )


def test_libpq_options(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = url_of("postgres://u:p@h/n?sslmode=require&pgbouncer=true&connect_timeout=9", tmp_path)
    assert dict(url.query) == {"ssl": "require"}
    assert "connect_timeout, pgbouncer" in caplog.text


def test_unix_socket(tmp_path: Path) -> None:
    url = url_of("postgres:///name?host=/var/run/postgresql", tmp_path)
    assert dict(url.query) == {"host": "/var/run/postgresql"}


@pytest.mark.parametrize(
    "address",
    [
        "secret",
        "mysql://user:secret@host/name",
        "postgres://user:secret@host:port/name",
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


# A database that is not there


def on_loopback(port: int) -> Database:
    return Database(url_of(f"postgres://user:secret@127.0.0.1:{port}/name", Path()))


@pytest.mark.parametrize(
    ("address", "missing", "said"),
    [
        ("postgres://u:secret@h/n", "asyncpg", r"pip install -r requirements-postgres\.txt"),
        (None, "sqlite3", "built without SQLite"),
    ],
)
def test_missing_driver(
    address: str | None, missing: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(StoreError, match=said):
        Database(url_of(address, tmp_path))


async def test_refused_connection() -> None:
    with pytest.raises(Unavailable, match=r"name at 127\.0\.0\.1") as caught:
        await on_loopback(1).migrate()
    assert "secret" not in str(caught.value)


async def test_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    server = await asyncio.start_server(lambda *_: asyncio.sleep(10), "127.0.0.1", 0)
    database = on_loopback(server.sockets[0].getsockname()[1])
    with pytest.raises(Unavailable, match=r"longer than 0\.2 s"):
        await database.migrate()
    with pytest.raises(Unavailable):
        await communities(database)
    server.close()


@POSTGRES
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "secret"}, "password authentication failed"),
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
    assert "secret" not in str(caught.value)


@POSTGRES
async def test_lost_connection(database: Database) -> None:
    async with database.writing() as session:
        session.add(Community(id=1))
    everyone_else = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other = Database(database.url)

    async def write_while_cut_off() -> None:
        async with database.writing() as session:
            session.add(Community(id=2))
            await session.flush()
            async with other.reading() as killer:
                await killer.execute(everyone_else)
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


@SQLITE
async def test_log_tells_of_changes_only(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    async def break_off() -> None:
        async with database.reading():
            raise ConnectionResetError(104, "Connection reset by peer")

    for _ in range(3):
        with pytest.raises(Unavailable, match="Connection reset by peer"):
            await break_off()
    for _ in range(2):
        await communities(database)
    said = [record.message for record in caplog.records if "database" in record.message]
    assert [sentence.partition(" (")[0] for sentence in said] == [
        "The database",
        "The database answers again",
    ]


async def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file or directory"):
        await Database(url_of(None, tmp_path / "nowhere")).migrate()


async def test_folder_instead_of_file(tmp_path: Path) -> None:
    (tmp_path / "mangosaurus.db").mkdir()
    with pytest.raises(Unavailable, match="Is a directory"):
        await Database(url_of(None, tmp_path)).migrate()


async def test_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "mangosaurus.db").write_bytes(b"Mangosaurus" * 1000)
    with pytest.raises(Unavailable, match="file is not a database"):
        await Database(url_of(None, tmp_path)).migrate()


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


# Reading and writing


async def test_failed_transaction_is_rolled_back(database: Database) -> None:
    async with database.writing() as session:
        session.add(Community(id=1))

    async def fail() -> None:
        async with database.writing() as session:
            session.add(Community(id=2))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await communities(database) == [1]


async def test_concurrent_writers(database: Database) -> None:
    other = Database(database.url)

    async def write(through: Database, number: int) -> None:
        async with through.writing() as session:
            held = await session.scalar(text("SELECT count(*) FROM communities"))
            assert held is not None
            session.add(Community(id=number))

    await asyncio.gather(*(write((database, other)[n % 2], n) for n in range(1, 41)))
    await other.close()
    assert await communities(database) == list(range(1, 41))


@SQLITE
async def test_sqlite_pragmas(database: Database) -> None:
    async with database.reading() as session:
        pragmas = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,
        "busy_timeout": 15_000,
    }
    async with database.writing() as session:
        session.add(Community(id=1))
        await session.flush()
        assert await communities(database) == []


@SQLITE
async def test_waiting_writer_does_not_block_the_loop(database: Database) -> None:
    assert database.url.database is not None
    with sqlite3.connect(database.url.database, isolation_level=None) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")

        async def write() -> None:
            async with database.writing() as session:
                session.add(Community(id=1))

        writing = asyncio.create_task(write())
        for _ in range(20):
            begun = time.monotonic()
            await asyncio.sleep(0.01)
            assert time.monotonic() - begun < 1
        assert not writing.done()
        elsewhere.execute("COMMIT")
    elsewhere.close()
    await writing
    assert await communities(database) == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
async def test_file_permissions(tmp_path: Path) -> None:
    database = Database(url_of(None, tmp_path))
    await database.migrate()
    async with database.writing() as session:
        session.add(Community(id=1))
    modes = {
        entry.name: stat.S_IMODE(entry.stat().st_mode)
        for entry in await asyncio.to_thread(lambda: list(os.scandir(tmp_path)))
    }
    await database.close()
    assert modes["mangosaurus.db"] == 0o600
    assert set(modes.values()) == {0o600}


# Migrations


async def downgrade(database: Database, revision: str) -> None:
    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    engine = create_async_engine(database.url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


FILLED = (
    "INSERT INTO guilds VALUES (1, 30, NULL), (2, NULL, '2026-11-25 12:00:00')",
    "INSERT INTO cards (id, guild_id, channel_id, message_id, member_id, discoverer, note, footer,"
    " state, opened_at, closes_at, closed_at, winner, winner_votes) VALUES"
    " (77, 1, 2, 3, 4, 'Ada', 'note', 'foot', 'state', '2026-11-25 12:00:00',"
    " '2026-11-25 12:10:00', NULL, NULL, NULL),"
    " (78, 1, 2, NULL, NULL, NULL, '', '', '', '2026-11-25 12:00:00',"
    " '2026-11-25 12:10:00', '2026-11-25 12:10:01', 1, 2)",
    "INSERT INTO candidates VALUES (77, 0, 'Mangosaurus'), (77, 1, 'Bravosaurus'),"
    " (78, 0, 'Kilosaurus'), (78, 1, 'Limasaurus')",
    "INSERT INTO votes VALUES (77, 5, 1, '2026-11-25 12:01:00'), (78, 5, 1, '2026-11-25 12:02:00'),"
    " (78, 6, 1, '2026-11-25 12:03:00')",
    "INSERT INTO poems (member_id, guild_id, message_id, title, text, kept_at) VALUES"
    " (5, 1, 9, 'Shall I', 'Shall I compare thee', '2026-11-25 12:00:00')",
)
OLD_TABLES = {
    "guilds": "communities",
    "cards": "polls",
    "candidates": "candidates",
    "votes": "votes",
    "poems": "poems",
}
"""Tables of the first migration, and what they are called now."""
RENAMED = {"guild_id": "community_id", "card_id": "poll_id"}
NEW = {"custom_model_id": None, "custom_model": None}


def renamed(row: dict[str, object]) -> dict[str, object]:
    """A row of an old table with today's column names."""
    return {RENAMED.get(column, column): value for column, value in row.items()}


async def test_every_row_survives_up_and_down(empty_database: Database) -> None:
    """All migrations, with rows that the first one could hold."""
    database = empty_database
    await database.migrate("0001")
    async with database.writing() as session:
        for statement in FILLED:
            await session.execute(text(statement))
    before = {table: await rows_of(database, table) for table in OLD_TABLES}
    assert [len(rows) for rows in before.values()] == [2, 2, 4, 3, 1]
    await database.close()

    await database.migrate()
    after = {old: await rows_of(database, new) for old, new in OLD_TABLES.items()}
    assert after == {
        table: [renamed(row) | (NEW if table == "cards" else {}) for row in rows]
        for table, rows in before.items()
    }
    store = Store(database)
    poll = await store.polls.find(77)
    assert poll is not None
    assert (poll.names, poll.votes) == (("Mangosaurus", "Bravosaurus"), (0, 1))
    async with database.writing() as session:  # foreign keys are still enforced
        await session.execute(text("DELETE FROM polls WHERE id = 78"))
    assert len(await rows_of(database, "votes")) == 1
    left = {old: await rows_of(database, new) for old, new in OLD_TABLES.items()}
    await database.close()

    await downgrade(database, "0001")
    down = {table: await rows_of(database, table) for table in OLD_TABLES}
    assert {table: [renamed(row) for row in rows] for table, rows in down.items()} == left | {
        "cards": [renamed(row) for row in before["cards"] if row["id"] == 77]
    }


def constraints(connection: Connection) -> dict[str, set[str | None]]:
    """Names of all constraints and indexes, by table."""
    inspector = inspect(connection)
    tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
    return {
        table: {
            inspector.get_pk_constraint(table)["name"],
            *(key["name"] for key in inspector.get_foreign_keys(table)),
            *(key["name"] for key in inspector.get_unique_constraints(table)),
            *(check["name"] for check in inspector.get_check_constraints(table)),
            *(index["name"] for index in inspector.get_indexes(table)),
        }
        for table in tables
    }


async def test_migrations_match_the_schema(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    engine = create_async_engine(database.url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrations_match_naming_convention(empty_database: Database) -> None:
    """Constraints and indexes are named as if the schema had been created in one go."""
    engine = create_async_engine(empty_database.url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        created = await connection.run_sync(constraints)
        await connection.run_sync(Base.metadata.drop_all)
    await empty_database.migrate()
    async with engine.connect() as connection:
        assert await connection.run_sync(constraints) == created
    await engine.dispose()


async def test_concurrent_migrations(empty_database: Database) -> None:
    databases = [Database(empty_database.url) for _ in range(4)]
    await asyncio.gather(*(database.migrate() for database in databases))
    assert await communities(empty_database) == []


async def test_wal_waits_for_a_writer(tmp_path: Path) -> None:
    """SQLite itself does not wait when it switches a file to WAL while another process writes."""
    database = Database(url_of(None, tmp_path))
    with sqlite3.connect(tmp_path / "mangosaurus.db", isolation_level=None) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        migrating = asyncio.create_task(database.migrate())
        await asyncio.sleep(0.3)
        assert not migrating.done()
        elsewhere.execute("COMMIT")
    elsewhere.close()
    await migrating
    assert await communities(database) == []
    await database.close()


async def test_wal_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    with sqlite3.connect(tmp_path / "mangosaurus.db", isolation_level=None) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            await Database(url_of(None, tmp_path)).migrate()
    elsewhere.close()


async def test_concurrent_wal(tmp_path: Path) -> None:
    for number in range(10):
        url = URL.create("sqlite+aiosqlite", database=str(tmp_path / f"{number}.db"))
        engines = [module._engine(url, migrates=True) for _ in range(12)]

        async def connect(engine: AsyncEngine) -> object:
            async with engine.connect() as connection:
                return await connection.scalar(text("PRAGMA journal_mode"))

        assert set(await asyncio.gather(*map(connect, engines))) == {"wal"}
        for engine in engines:
            await engine.dispose()


async def test_migrate_is_idempotent(database: Database) -> None:
    async with database.writing() as session:
        session.add(Community(id=1))
    await database.migrate()
    assert await communities(database) == [1]


async def test_failed_migration_is_rolled_back(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "alembic.operations.BatchOperations.create_foreign_key", lambda *_, **__: 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        await empty_database.migrate()
    monkeypatch.undo()
    await empty_database.migrate()
    assert await communities(empty_database) == []


async def test_newer_database_is_refused(empty_database: Database) -> None:
    database = empty_database
    await database.migrate()
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version of Mangosaurus"):
        await database.migrate()


# Processes that end

VOTER = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from sqlalchemy import make_url
from bot.store import Database, Store
from bot.store.polls import Ballot

async def vote(store, members):
    for member in members:
        if await store.polls.cast(Ballot(77, member, member % 3), datetime(2026, 11, 25, 12, tzinfo=UTC)):
            print(member, flush=True)

async def main():
    store = Store(Database(make_url(sys.argv[1])))
    await asyncio.gather(*(vote(store, itertools.count(first, 10)) for first in range(1, 11)))

asyncio.run(main())
"""  # noqa: E501


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
        "from bot.store import Database, Store, url_of\n"
        "store = Store(Database(url_of(None, Path(sys.argv[1]))))\n"
        "asyncio.run(store.polls.minutes(1))\n"
    )
    store_in(tmp_path, templates)
    with python(source, str(tmp_path)) as process:
        assert process.wait(timeout=30) == 0


async def test_close_is_idempotent(store: Store) -> None:
    await store.polls.find(POLL.id)
    await store.close()
    await store.close()
