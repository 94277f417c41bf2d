"""`python -m bot migrate`: up, down, and what it refuses."""

import sqlite3
from pathlib import Path

import pytest

from bot.operate.databases import migrate
from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.store.migrations import revisions


def settings_in(folder: Path) -> Settings:
    return Settings(state_dir=folder, database_url=None)


def revision_in(folder: Path) -> str:
    with sqlite3.connect(folder / "mangosaurus.db") as opened:
        (found,) = opened.execute("SELECT version_num FROM alembic_version").fetchone()
    opened.close()
    return str(found)


def test_up_and_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, newest = settings_in(tmp_path / "state"), revisions.newest()
    migrate(settings)
    assert revision_in(tmp_path / "state") == newest
    assert "(before: none)" in capsys.readouterr().out
    migrate(settings, "0002")
    assert revision_in(tmp_path / "state") == "0002"
    migrate(settings, "0003")
    assert revision_in(tmp_path / "state") == "0003"
    migrate(settings)
    assert revision_in(tmp_path / "state") == newest
    assert f"The tables are at revision {newest} (before: 0003)." in capsys.readouterr().out


def test_unknown_revision(tmp_path: Path) -> None:
    with pytest.raises(
        StartupError, match=r"9999 is not a revision; this version knows 0001"
    ) as no:
        migrate(settings_in(tmp_path), "9999")
    assert no.value.code == Exit.BAD_DATABASE
    assert not (tmp_path / "mangosaurus.db").exists()


def test_newer_database(tmp_path: Path) -> None:
    migrate(settings_in(tmp_path))
    with sqlite3.connect(tmp_path / "mangosaurus.db") as opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    opened.close()
    with pytest.raises(StartupError, match="newer version of Mangosaurus"):
        migrate(settings_in(tmp_path))


def test_invalid_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="can't be created") as caught:
        migrate(settings_in(tmp_path / "file" / "state"))
    assert caught.value.code == Exit.BAD_STATE_DIR
