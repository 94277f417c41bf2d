"""`python -m bot backup` and `restore`, as the operator runs them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.operate.backup import back_up, restore, write_archive
from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.store import Database, url_of
from bot.store.backup.snapshot import TRANSIENT, snapshot
from bot.store.migrations import revisions
from bot.store.schema import Base
from tests.bot.operate.random_rows import fill_randomly
from tests.bot.operate.test_backup import contents


def settings_in(folder: Path) -> Settings:
    return Settings(state_dir=folder, database_url=None)


def test_operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def fill(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
        database = Database(url_of(None, folder))
        await database.migrate()
        await fill_randomly(database, 9)
        found = await contents(database)
        await database.close()
        return found

    async def read(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
        database = Database(url_of(None, folder))
        found = await contents(database)
        await database.close()
        return found

    (tmp_path / "a").mkdir()
    before = asyncio.run(fill(tmp_path / "a"))
    back_up(settings_in(tmp_path / "a"), tmp_path / "backup.zip")
    restore(settings_in(tmp_path / "b"), tmp_path / "backup.zip", replace=False)
    assert asyncio.run(read(tmp_path / "b")) == before
    printed = capsys.readouterr().out
    rows = sum(map(len, before.values()))
    assert f"Backed up {rows:,} rows (" in printed
    assert f"Restored {rows:,} rows (" in printed
    assert f"communities {len(before['communities'])}," in printed
    with pytest.raises(StartupError, match="--replace") as caught:
        restore(settings_in(tmp_path / "b"), tmp_path / "backup.zip", replace=False)
    assert caught.value.code == Exit.BAD_BACKUP


def test_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="There is no database yet") as caught:
        back_up(settings_in(tmp_path / "none"), tmp_path / "backup.zip")
    assert caught.value.code == Exit.BAD_DATABASE
    assert list(tmp_path.iterdir()) == []


def test_no_tables_to_back_up(tmp_path: Path) -> None:
    (tmp_path / "mangosaurus.db").write_bytes(b"")
    with pytest.raises(StartupError, match="no tables yet"):
        back_up(settings_in(tmp_path), tmp_path / "backup.zip")


async def test_backup_logs_no_migration(
    empty_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator who reads of migrations would look for a mistake."""
    await empty_database.migrate("0002")
    revisions.tables_at.cache_clear()
    caplog.clear()
    with caplog.at_level("INFO"):
        await write_archive(empty_database, tmp_path / "backup.zip")
    assert "Running upgrade" not in caplog.text
    await empty_database.migrate()


@pytest.mark.parametrize("name", ["missing.zip", "folder"])
def test_unreadable_backup(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StartupError, match=f"{name} can't be read") as caught:
        restore(settings_in(tmp_path), tmp_path / name, replace=False)
    assert caught.value.code == Exit.BAD_BACKUP


def test_backup_into_missing_folder(tmp_path: Path) -> None:
    async def migrate() -> None:
        database = Database(url_of(None, tmp_path))
        await database.migrate()
        await database.close()

    asyncio.run(migrate())
    with pytest.raises(StartupError, match="can't be written") as caught:
        back_up(settings_in(tmp_path), tmp_path / "missing" / "backup.zip")
    assert caught.value.code == Exit.BAD_BACKUP


async def test_snapshot_reads_tables_of_the_bot_only(database: Database) -> None:
    """A database may be shared with other programs."""
    async with database.writing() as session:
        await session.execute(text("CREATE TABLE of_another_program (id INTEGER PRIMARY KEY)"))
    async with snapshot(database) as view:
        names = set(view.tables)
    async with database.writing() as session:
        await session.execute(text("DROP TABLE of_another_program"))
    assert names == set(Base.metadata.tables) - TRANSIENT


async def test_backup_has_no_tokens(database: Database) -> None:
    """Tokens of interactions are kept for minutes, and a backup for months."""
    async with snapshot(database) as view:
        columns = {column.name for table in view.tables.values() for column in table.columns}
    assert "token" not in columns
