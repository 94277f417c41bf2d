"""Migrations: to the newest revision, concurrent, failing, and of databases that are refused."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, String, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import TypeEngine

from bot.operate.archive import ArchiveReader
from bot.operate.backup import read_archive, write_archive
from bot.store import Database, Store, StoreError, Unavailable, migrations, url_of
from bot.store import database as module
from bot.store.backup import fill
from bot.store.identities import Identities
from bot.store.locks import file_lock
from bot.store.schema import FIRST_SURROGATE, Base, Wording
from tests.bot.store.test_database import CHECKOUT, SQLITE, add, communities, rows_of

LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0019", "0018", None, None

def upgrade():
    op.add_column("communities", sa.Column("motto", sa.Text(), server_default="Roar"))
"""


@pytest.fixture
def later_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A migration after the newest, as a later version of the bot would have it."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.MIGRATIONS, folder)
    (folder / "versions" / "0019_later.py").write_text(LATER)
    monkeypatch.setattr(migrations, "MIGRATIONS", folder)
    migrations.all_revisions.cache_clear()
    yield
    migrations.all_revisions.cache_clear()


async def test_tables_match_the_schema(empty_database: Database) -> None:
    """Also the names of constraints and indexes, and where ids begin."""
    database = empty_database

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": is_other_type})
        return list(compare_metadata(context, Base.metadata))

    engine = create_async_engine(database.url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        created = await connection.run_sync(constraints)
        await connection.run_sync(Base.metadata.drop_all)
    await database.migrate()
    async with engine.connect() as connection:
        assert await connection.run_sync(constraints) == created
        assert await connection.run_sync(differences) == []
    await engine.dispose()
    first = await Store(database)[Identities].resolve("slack", "user", "T1", "U1")
    assert first == FIRST_SURROGATE


def is_other_type(
    context: MigrationContext,
    _inspected: object,
    _column: object,
    found: TypeEngine[object],
    wanted: TypeEngine[object],
) -> bool | None:
    """Whether a column has another type than in the schema; `None` if alembic is to say."""
    is_text = isinstance(found, String) and isinstance(wanted, String | Wording)
    return False if is_text and context.dialect.name == "sqlite" else None  # it limits no length


def constraints(connection: Connection) -> dict[str, set[str | None]]:
    """Names of all constraints and indexes, by table."""
    inspector = inspect(connection)
    return {
        table: {
            inspector.get_pk_constraint(table)["name"],
            *(key["name"] for key in inspector.get_foreign_keys(table)),
            *(key["name"] for key in inspector.get_unique_constraints(table)),
            *(check["name"] for check in inspector.get_check_constraints(table)),
            *(index["name"] for index in inspector.get_indexes(table)),
        }
        for table in Base.metadata.tables
    }


async def test_concurrent_migrations(empty_database: Database) -> None:
    databases = [Database(empty_database.url) for _ in range(4)]
    await asyncio.gather(*(database.migrate() for database in databases))
    assert await communities(empty_database) == []


async def test_wal_waits_for_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself does not wait when it switches a file to WAL while another process writes."""
    database = Database(url_of(None, tmp_path))
    with sqlite3.connect(tmp_path / "mangosaurus.db", isolation_level=None) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        with monkeypatch.context() as patch:
            patch.setattr(module, "PATIENCE_S", 0.1)
            with pytest.raises(Unavailable, match="locked"):
                await database.migrate()
        migrating = asyncio.create_task(database.migrate())
        await asyncio.sleep(0.3)
        assert not migrating.done()
        elsewhere.execute("COMMIT")
    elsewhere.close()
    await migrating
    assert await communities(database) == []
    await database.close()


@SQLITE
async def test_current_database_needs_no_alembic(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes a quarter of a second of each start."""
    monkeypatch.setitem(sys.modules, "alembic", None)
    await database.migrate()


def test_revisions_are_those_of_alembic() -> None:
    """They are read from the names of the files."""
    scripts = ScriptDirectory(str(migrations.MIGRATIONS)).walk_revisions()
    assert [script.revision for script in scripts] == [*reversed(migrations.all_revisions())]


async def test_later_revision(
    empty_database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A database and a backup of today are upgraded, with their rows."""
    database, backup = empty_database, tmp_path / "backup.zip"
    await database.migrate()
    await add(database)
    await write_archive(database, backup)
    request.getfixturevalue("later_revision")
    with pytest.raises(StoreError, match="at revision 0018, from an older version"):
        await write_archive(database, tmp_path / "none.zip")
    await database.close()
    await database.migrate()
    assert [row["motto"] for row in await rows_of(database, "communities")] == ["Roar"]
    async with database.writing() as session:
        await session.execute(text("UPDATE communities SET motto = 'Hiss'"))
    await database.close()
    with ArchiveReader(backup) as archive:
        await read_archive(database, archive, replace=True)
    await database.close()
    assert [row["motto"] for row in await rows_of(database, "communities")] == ["Roar"]


async def test_failed_migration_is_rolled_back(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic.op.execute", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await empty_database.migrate()
    monkeypatch.undo()
    await empty_database.migrate()
    assert await communities(empty_database) == []


@pytest.mark.parametrize(
    ("revision", "sentence"),
    [
        ("9999", r"migrated by a newer version of Mangosaurus \(to 9999\)"),
        ("0006", r"before 0\.7\.0 .*at revision 0006\)\. Run version 0\.7\.0 once"),
        (None, r"tables of Mangosaurus \(activations.*no revision"),
    ],
)
async def test_refused_databases(
    empty_database: Database, tmp_path: Path, revision: str | None, sentence: str
) -> None:
    database = empty_database
    await database.migrate()
    async with database.writing() as session:
        await session.execute(text("DELETE FROM alembic_version"))
        if revision is not None:
            await session.execute(text(f"INSERT INTO alembic_version VALUES ('{revision}')"))  # noqa: S608
    with pytest.raises(StoreError, match=sentence):
        await database.migrate()
    with pytest.raises(StoreError, match=sentence):
        await write_archive(database, tmp_path / "backup.zip")
    with pytest.raises(StoreError, match=sentence):
        await fill(database, migrations.newest(), {}, {}, replace=True)
    assert not (tmp_path / "backup.zip").exists()


STARTING = """
import asyncio, sys
from pathlib import Path
from bot.community.queries import Communities
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


async def test_migration_waits_for_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a minute. The file is not touched meanwhile."""
    database = Database(url_of(None, tmp_path))
    async with file_lock(tmp_path / "mangosaurus.db-lock", 0):
        with monkeypatch.context() as patch:
            patch.setattr(module, "MIGRATION_PATIENCE_S", 0)
            with pytest.raises(Unavailable):
                await database.migrate()
        migrating = asyncio.create_task(database.migrate())
        await asyncio.sleep(0.2)
        assert not (tmp_path / "mangosaurus.db").exists()
    await migrating
    assert await communities(database) == []
    await database.close()
