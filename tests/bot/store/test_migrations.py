"""Migrations: up, down, concurrent, failing."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.polls.queries import Polls
from bot.store import Database, Store, StoreError, Unavailable, url_of
from bot.store import database as module
from bot.store.file_lock import file_lock
from bot.store.migrations.revisions import MIGRATIONS, all_revisions
from bot.store.schema import Base, Community
from tests.bot.store.test_database import CHECKOUT, communities, rows_of


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
NEW: dict[str, dict[str, object]] = {
    "guilds": {
        "in_public_hall": None,
        "accepts_shared": None,
        "log_channel_id": None,
        "filter_strictness": None,
        "blocked_words": None,
    },
    "cards": {"custom_model_id": None, "custom_model": None, "announcement_id": None},
    "candidates": {"removed_at": None},
}
"""Columns that later migrations added, by old table."""


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
        table: [renamed(row) | NEW.get(table, {}) for row in rows] for table, rows in before.items()
    }
    store = Store(database)
    poll = await store[Polls].find(77)
    assert poll is not None
    assert (poll.names, poll.votes) == (("Mangosaurus", "Bravosaurus"), (0, 1))
    async with database.writing() as session:  # foreign keys are still enforced
        await session.execute(text("DELETE FROM polls WHERE id = 78"))
    assert len(await rows_of(database, "votes")) == 1
    left = {
        old: [
            {column: value for column, value in row.items() if column not in NEW.get(old, {})}
            for row in await rows_of(database, new)
        ]
        for old, new in OLD_TABLES.items()
    }
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


async def test_current_database_needs_no_alembic(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes a quarter of a second of each start."""
    monkeypatch.setitem(sys.modules, "alembic.util", None)
    await database.migrate()
    with pytest.raises(ImportError):
        await database.migrate("9999")


def test_revisions_are_those_of_alembic() -> None:
    """They are read from the names of the files."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    assert [script.revision for script in scripts] == [*reversed(all_revisions())]


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


STARTING = """
import asyncio, sys
from pathlib import Path
from bot.store import Database, Store, url_of

async def main() -> None:
    database = Database(url_of(None, Path(sys.argv[1])))
    sys.stdin.readline()
    await database.migrate()
    store = Store(database)
    await store[Communities].change(int(sys.argv[2]), vote_minutes=7)
    assert await store[Communities].poll_minutes(int(sys.argv[2])) == 7
    await store.close()

asyncio.run(main())
"""


def test_processes_start_together(tmp_path: Path) -> None:
    """On a new file: they wait until all are ready, and then migrate at once."""
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        command = [sys.executable, "-c", STARTING, str(folder)]
        starting = [
            subprocess.Popen(
                [*command, str(number)], cwd=CHECKOUT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for number in range(1, 5)
        ]
        for process in starting:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
        for process in starting:
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors.decode()


async def test_migration_waits_for_another_process(tmp_path: Path) -> None:
    """The file is not touched meanwhile."""
    database = Database(url_of(None, tmp_path))
    async with file_lock(tmp_path / "mangosaurus.db-lock", 0):
        migrating = asyncio.create_task(database.migrate())
        await asyncio.sleep(0.2)
        assert not (tmp_path / "mangosaurus.db").exists()
    await migrating
    assert await communities(database) == []
    await database.close()


HOLDING = """
import asyncio, sys
from pathlib import Path
from bot.store.file_lock import file_lock

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
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(lock)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
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


async def test_migration_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MIGRATION_PATIENCE_S", 0)
    async with file_lock(tmp_path / "mangosaurus.db-lock", 0):
        with pytest.raises(Unavailable):
            await Database(url_of(None, tmp_path)).migrate()
