"""`python -m bot migrate`, `backup` and `restore`, as the operator runs them."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from bot.operate.archive import PARTIAL
from bot.operate.database import back_up, check_backup, migrate, restore
from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.store import Database, url_of
from bot.store.migrations import newest
from tests.bot.operate.random_rows import fill_randomly
from tests.bot.operate.test_backup import contents

T = TypeVar("T")


def settings_in(folder: Path) -> Settings:
    return Settings(state_dir=folder, database_url=None)


def with_database(folder: Path, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(url_of(None, folder))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def set_revision(folder: Path, revision: str) -> None:
    with sqlite3.connect(folder / "mangosaurus.db") as opened:
        opened.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    opened.close()


def test_operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = settings_in(tmp_path / "a"), settings_in(tmp_path / "b")
    migrate(source)
    migrate(source)
    with_database(tmp_path / "a", lambda database: fill_randomly(database, 9))
    before = with_database(tmp_path / "a", contents)
    back_up(source, tmp_path / "backup.zip")
    restore(target, tmp_path / "backup.zip", replace=False)
    assert with_database(tmp_path / "b", contents) == before
    printed = capsys.readouterr().out
    rows = sum(map(len, before.values()))
    assert "(before: none)" in printed
    assert f"(before: {newest()})" in printed
    assert f"Backed up {rows:,} rows (" in printed
    assert f"Restored {rows:,} rows (" in printed
    assert f"communities {len(before['communities'])}," in printed
    with pytest.raises(StartupError, match="--replace") as caught:
        restore(target, tmp_path / "backup.zip", replace=False)
    assert caught.value.code == Exit.BAD_BACKUP


def refused(work: Callable[[], None], code: Exit, sentence: str) -> None:
    with pytest.raises(StartupError, match=sentence) as caught:
        work()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("revision", "sentence"), [("9999", "newer version"), ("0006", "Run version 0.7.0 once")]
)
def test_database_of_another_version(tmp_path: Path, revision: str, sentence: str) -> None:
    settings, file = settings_in(tmp_path), tmp_path / "backup.zip"
    migrate(settings)
    back_up(settings, file)
    set_revision(tmp_path, revision)
    refused(lambda: migrate(settings), Exit.BAD_DATABASE, sentence)
    refused(lambda: back_up(settings, tmp_path / "x.zip"), Exit.BAD_DATABASE, sentence)
    refused(lambda: restore(settings, file, replace=True), Exit.BAD_DATABASE, sentence)


def test_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = settings_in(tmp_path / "file" / "state")
    refused(lambda: migrate(settings), Exit.BAD_STATE_DIR, "can't write to the folder")


def test_nothing_to_back_up(tmp_path: Path) -> None:
    none, empty = settings_in(tmp_path / "none"), settings_in(tmp_path)
    file = tmp_path / "backup.zip"
    refused(lambda: back_up(none, file), Exit.BAD_DATABASE, "There is no database yet")
    assert list(tmp_path.iterdir()) == []
    migrate(settings_in(tmp_path / "none" / "local"))
    refused(lambda: back_up(none, file), Exit.BAD_DATABASE, "run: python -m bot --local backup")
    (tmp_path / "mangosaurus.db").write_bytes(b"")
    refused(lambda: back_up(empty, file), Exit.BAD_DATABASE, "no tables yet")


@pytest.mark.parametrize("name", ["missing.zip", "folder"])
def test_unreadable_backup(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    settings = settings_in(tmp_path)
    work = lambda: restore(settings, tmp_path / name, replace=False)  # noqa: E731
    refused(work, Exit.BAD_BACKUP, f"{name} can't be read.*Nothing was changed")


def test_backup_into_missing_folder(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    migrate(settings)
    file = tmp_path / "missing" / "backup.zip"
    refused(lambda: back_up(settings, file), Exit.BAD_BACKUP, "can't be written")


def test_backups_of_which_some_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of other names stay, and so does the new one after a clock has stepped back."""
    settings, folder = settings_in(tmp_path), tmp_path / "backups"
    migrate(settings)
    folder.mkdir()
    later = [f"mangosaurus-2999-01-0{day}T04-00-00Z.zip" for day in (1, 2, 3)]
    for name in (*later, "mine.zip", "mangosaurus-before-upgrade.zip"):
        (folder / name).write_text("")
    back_up(settings, folder, keep=2)
    others = {"mine.zip", "mangosaurus-before-upgrade.zip", later[2]}
    assert len({path.name for path in folder.iterdir()} - others) == 1
    (folder / "mangosaurus-2000-01-01T04-00-00Z.zip").mkdir()  # which cannot be deleted
    (folder / "mangosaurus-2000-01-02T04-00-00Z.zip").write_text("")
    killed = folder / f".{later[0]}.abc{PARTIAL}"
    killed.write_text("")
    os.utime(killed, (0, 0))
    refused(lambda: back_up(settings, folder, keep=2), Exit.BAD_BACKUP, "can't be deleted")
    (folder / "mangosaurus-2000-01-01T04-00-00Z.zip").rmdir()
    left = {path.name for path in folder.iterdir()}
    (new,) = left - others
    assert len(left) == 4
    assert new < later[0]
    check_backup(settings, folder / new)
    back_up(settings, folder, keep=9)
    assert left <= {path.name for path in folder.iterdir()}
    assert "can be restored" in capsys.readouterr().out
    refused(lambda: back_up(settings, tmp_path / "no", keep=1), Exit.BAD_BACKUP, "can't be written")


def test_checked_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what is in it, and leaves everything as it was."""
    settings, file = settings_in(tmp_path / "a"), tmp_path / "backup.zip"
    migrate(settings)
    with_database(tmp_path / "a", lambda database: fill_randomly(database, 9))
    before = with_database(tmp_path / "a", contents)
    back_up(settings, file)
    content = file.read_bytes()
    capsys.readouterr()
    check_backup(settings_in(tmp_path / "none"), file)
    said = capsys.readouterr().out
    assert f"tables of revision {newest()}" in said
    assert f"{sum(map(len, before.values())):,} rows (" in said
    assert {path.name for path in tmp_path.iterdir()} == {"a", "backup.zip"}
    assert file.read_bytes() == content
    for damaged in (content[:-9], content[:200] + b"xxxx" + content[204:], b""):
        file.write_bytes(damaged)
        refused(lambda: check_backup(settings, file), Exit.BAD_BACKUP, "damaged|not a backup")
    refused(lambda: check_backup(settings, tmp_path / "none"), Exit.BAD_BACKUP, "can't be read")
