"""Disks and files that fail: full, read-only, of another user, damaged; what the bot says."""

import asyncio
import errno
import logging
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from bot.operate.database import back_up, migrate, restore
from bot.operate.doctor.database import examine_database
from bot.operate.doctor.findings import Level
from bot.settings import Settings
from bot.startup import Exit, StartupError, check_folder, unusable
from bot.store import Database, Unavailable, url_of
from bot.store.backup import RestoreError, fill
from bot.store.locks import AdvisoryLocks, Space
from bot.store.migrations import newest
from bot.store.schema import Community
from bot.store.startup_problems import startup_problem
from data.files import write_atomically
from tests.databases import Templates

CHECKOUT = Path(__file__).parents[3]
NOBODY = 65534
ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)


def settings_in(folder: Path) -> Settings:
    return Settings(state_dir=folder, database_url=None)


def refused(folder: Path) -> StartupError:
    """The problem that a start has there, which the doctor reports in the same words."""
    with pytest.raises(StartupError) as caught:
        migrate(settings_in(folder))
    findings = examine_database(settings_in(folder))
    assert [(each.level, each.found) for each in findings] == [(Level.PROBLEM, caught.value.found)]
    assert findings[0].advice == caught.value.advice
    return caught.value


@pytest.fixture
def disk(templates: Templates, tmp_path: Path) -> Iterator[Path]:
    """A small disk with a database on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user can't mount a file system")
    shutil.copyfile(templates.sqlite, folder / "mangosaurus.db")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free)
    return filler


def test_full_disk(disk: Path) -> None:
    filler = filled(disk)
    problem = refused(disk)
    assert (problem.code, "full" in problem.found) == (Exit.DISK_FULL, True)
    filler.unlink()
    migrate(settings_in(disk))


def test_disk_that_fills_up(disk: Path) -> None:
    """It is known for as long as it lasts, also while there is space left in the WAL."""

    async def run() -> None:
        database = Database(url_of(None, disk))
        await database.migrate()
        await database.check_writing()
        filler = filled(disk)
        for _ in range(4):
            with pytest.raises(Unavailable):
                await database.check_writing()
            with suppress(Unavailable):
                async with database.writing() as session:
                    await session.execute(text("DELETE FROM running_cooldowns"))
            await database.check()
            assert database.write_error
        filler.unlink()
        await database.check_writing()
        assert not database.write_error
        await database.close()

    asyncio.run(run())


def test_read_only_disk(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    problem = refused(disk)
    assert (problem.code, "read-only" in problem.found) == (Exit.READ_ONLY, True)


def test_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "mangosaurus.db").write_bytes(b"Mangosaurus" * 1000)
    problem = refused(tmp_path)
    assert (problem.code, "is damaged" in problem.found) == (Exit.DAMAGED, True)


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (errno.ENOSPC, Exit.DISK_FULL, "is full"),
        (errno.EDQUOT, Exit.DISK_FULL, "is full"),
        (errno.EROFS, Exit.READ_ONLY, "is read-only"),
        (errno.EACCES, Exit.BAD_STATE_DIR, "belongs to"),
        (errno.ENOTDIR, Exit.BAD_STATE_DIR, "Not a directory"),
    ],
)
def test_folder(
    number: int, code: Exit, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    with pytest.raises(StartupError, match=said) as caught:
        check_folder(tmp_path)
    assert caught.value.code is code


def test_advice_names_no_folder_above(tmp_path: Path) -> None:
    """`chown` of `/var/lib`, say, would do harm."""
    problem = unusable(tmp_path / "missing" / "state", PermissionError(errno.EACCES, "denied"))
    assert f"{tmp_path} belongs to" in problem.found
    assert problem.advice.startswith("Create it for that user: sudo install -d")


async def test_full_file(database: Database) -> None:
    """A limit of SQLite fails like a disk; a server says it with a code."""
    error = Unavailable("The database (x) does not answer: full")
    error.__cause__ = cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.file = Path(database.url.database or "") if database.is_sqlite else None
    expected = Exit.DISK_FULL if database.is_sqlite else Exit.BAD_DATABASE
    assert startup_problem(error).code is expected


# The wrong owner

AS_NOBODY = f"""
import os, subprocess, sys, tempfile
from pathlib import Path
from bot.operate.database import migrate
from bot.operate.doctor.database import examine_database
from bot.settings import Settings
from bot.startup import StartupError

def run(folder):
    settings = Settings(state_dir=Path(folder), database_url=None)
    try:
        migrate(settings)
    except StartupError as problem:
        assert problem.found in str(examine_database(settings)), examine_database(settings)
        return f"{{problem.code}} {{problem}}"
    return ""

with tempfile.TemporaryDirectory() as folder:
    run(folder)  # which imports all that is needed: nobody may not read the packages
sys.stdout.flush()
said = []
while len(said) < 2:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setgroups([])
        os.setgid({NOBODY})
        os.setuid({NOBODY})
        os.write(writer, run(sys.argv[1]).encode())
        os._exit(0)
    os.close(writer)
    said.append(open(reader).read())
    assert os.wait()[1] == 0
    subprocess.run(said[-1].partition(": sudo ")[2], shell=True, check=True)
print(*said, sep="\\n")
"""
"""Starts as nobody twice. In between, root does what the message says."""


@pytest.fixture
def of_nobody() -> Iterator[Path]:
    """A folder of another user, which that user can reach."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "state"
        folder.mkdir(mode=0o700)
        os.chown(folder, NOBODY, NOBODY)
        yield folder


def as_nobody(folder: Path) -> list[str]:
    """What is said at two starts, the second after root has done as told."""
    command = [sys.executable, "-c", AS_NOBODY, str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[-3:-1]


@ROOT
@pytest.mark.parametrize("name", ["mangosaurus.db", "mangosaurus.db-lock"])
def test_file_of_root(name: str, of_nobody: Path, templates: Templates) -> None:
    """The sentence names the file and its owner, and its command mends it."""
    shutil.copyfile(templates.sqlite, of_nobody / "mangosaurus.db")
    os.chown(of_nobody / "mangosaurus.db", NOBODY, NOBODY)
    file = of_nobody / name
    file.touch()
    file.chmod(0o600)
    os.chown(file, 0, 0)
    first, second = as_nobody(of_nobody)
    said = f"8 The bot runs as nobody and can't use {file}: {file} belongs to root. "
    assert first == f"{said}Give it to that user: sudo chown nobody: {file}*"
    assert second == ""


@ROOT
def test_file_without_rights_in_folder_of_root(of_nobody: Path, templates: Templates) -> None:
    """Each start names what comes first."""
    file = of_nobody / "mangosaurus.db"
    shutil.copyfile(templates.sqlite, file)
    os.chown(file, NOBODY, NOBODY)
    file.chmod(0)
    os.chown(of_nobody, 0, 0)
    first, second = as_nobody(of_nobody)
    assert first.endswith(f"sudo chown nobody: {of_nobody}")
    assert second.endswith(f"Let its owner use it: sudo chmod u+rw {file}")


@ROOT
def test_root_gives_what_it_writes_to_the_owner(
    of_nobody: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it cannot give, since the folder is its own, it names."""
    migrate(settings_in(of_nobody))
    back_up(settings_in(of_nobody), of_nobody / "backup.zip")
    restore(settings_in(of_nobody), of_nobody / "backup.zip", replace=True)
    write_atomically(of_nobody / "trained.safetensors", b"weights")
    assert {path.name: path.stat().st_uid for path in of_nobody.iterdir()} == {
        "mangosaurus.db": NOBODY,
        "mangosaurus.db-lock": NOBODY,
        "mangosaurus.db-served": NOBODY,
        "backup.zip": NOBODY,
        "trained.safetensors": NOBODY,
    }
    assert "belongs to root" not in capsys.readouterr().out
    assert as_nobody(of_nobody) == ["", ""]
    migrate(settings_in(tmp_path))
    assert f"{tmp_path / 'mangosaurus.db'} belongs to root" in capsys.readouterr().out


@ROOT
@pytest.mark.parametrize("name", ["mangosaurus.db", "mangosaurus.db-lock", "mangosaurus.db-served"])
def test_root_follows_no_link_of_the_owner(name: str, of_nobody: Path, tmp_path: Path) -> None:
    """Who owns the folder could have root write anywhere. At the end it is root again."""
    migrate(settings_in(tmp_path))
    back_up(settings_in(tmp_path), tmp_path / "backup.zip")
    (of_nobody / name).symlink_to(tmp_path / "written")
    before = os.getresuid(), os.getresgid(), os.getgroups()
    with suppress(StartupError):
        migrate(settings_in(of_nobody))
    with suppress(StartupError):
        restore(settings_in(of_nobody), tmp_path / "backup.zip", replace=True)
    assert not (tmp_path / "written").exists()
    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before


@ROOT
def test_root_backs_up_as_the_owner(of_nobody: Path, tmp_path: Path) -> None:
    """The backup may be in a folder of root's. Databases that others may not read stay unread."""
    migrate(settings_in(of_nobody))
    (folder := tmp_path / "backups").mkdir(mode=0o700)
    back_up(settings_in(of_nobody), folder / "backup.zip")
    migrate(settings_in(folder))
    (of_nobody / "mangosaurus.db").unlink()
    (of_nobody / "mangosaurus.db").symlink_to(folder / "mangosaurus.db")
    with pytest.raises(StartupError):
        back_up(settings_in(of_nobody), folder / "link.zip")
    assert not (folder / "link.zip").exists()


# PostgreSQL


@pytest.mark.parametrize("empty_database", ["postgres"], indirect=True)
async def test_user_who_may_not_create(empty_database: Database) -> None:
    guest = f"guest_{secrets.token_hex(4)}"
    async with empty_database.at_once() as connection:
        await connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        await connection.execute(text(f"CREATE ROLE {guest} LOGIN PASSWORD '{guest}'"))
    other = Database(empty_database.url.set(username=guest, password=guest))
    try:
        with pytest.raises(Unavailable, match="permission denied for schema public") as caught:
            await other.migrate()
    finally:
        await other.close()
        async with empty_database.at_once() as connection:
            await connection.execute(text(f"DROP ROLE {guest}"))
    problem = startup_problem(caught.value)
    assert problem.code is Exit.BAD_DATABASE
    assert "ALTER DATABASE … OWNER TO …" in problem.advice


# Writes that fail while reads go on


async def set_read_only(database: Database, *, to: bool) -> None:
    async with database.reading() as session:
        value = "ON" if to else "OFF"
        sqlite, postgres = "PRAGMA query_only=", "SET default_transaction_read_only="
        await session.execute(text((sqlite if database.is_sqlite else postgres) + value))
        await session.commit()


async def test_failed_writes_are_known(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await database.check_writing()
    assert (database.write_error, database.write_failures) == ("", 0)
    async with database.reading() as session:  # nothing has changed
        assert await session.scalar(text("SELECT count(*) FROM running_cooldowns")) == 0
    await set_read_only(database, to=True)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await database.check_writing()
        await database.check()
    assert database.write_error
    assert database.write_failures == 3
    await set_read_only(database, to=False)
    assert database.write_error
    await database.check_writing()
    assert database.write_error == ""
    said = [each.getMessage() for each in caplog.records if each.name == "bot.store.database"]
    assert ["answers again" in line for line in said] == [False, True]


# Restoring while the bot runs


@pytest.mark.parametrize("through", ["", "link"])
@pytest.mark.parametrize("replace", [False, True])
def test_no_restore_while_the_bot_runs(replace: bool, through: str, tmp_path: Path) -> None:
    """The file is locked, whatever its name."""
    settings, file = settings_in(tmp_path), tmp_path / "backup.zip"
    migrate(settings)
    back_up(settings, file)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "mangosaurus.db").symlink_to(tmp_path / "mangosaurus.db")
    settings = settings_in(tmp_path / through)

    async def run() -> None:
        async with Database(url_of(None, tmp_path)).served(0):
            await asyncio.to_thread(restore, settings, file, replace=replace)

    with pytest.raises(StartupError, match="The bot runs on this database") as caught:
        asyncio.run(run())
    assert caught.value.code is Exit.BAD_BACKUP
    restore(settings, file, replace=replace)


@pytest.mark.parametrize("space", [Space.PRESENCE, Space.SHARD, Space.NAMES])
async def test_no_restore_while_locks_are_held(space: Space, postgres: Database) -> None:
    locks = AdvisoryLocks(postgres.url)
    await locks.connect()
    try:
        await locks.share(space, 0)
        with pytest.raises(RestoreError, match="The bot runs on this database"):
            await fill(postgres, newest(), {}, {}, replace=True)
    finally:
        await locks.close()


async def test_no_restore_before_locks_are_back(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that has lost its connection for locks takes them again within seconds."""
    monkeypatch.setattr("bot.store.backup.RETURN_S", 60)
    async with postgres.writing() as session:
        await session.execute(insert(Community).values(id=1))
    restoring = asyncio.create_task(fill(postgres, newest(), {}, {}, replace=True))
    await asyncio.sleep(0.3)
    locks = AdvisoryLocks(postgres.url)
    await locks.connect()
    try:
        await locks.share(Space.PRESENCE, 0)
        with pytest.raises(RestoreError, match="The bot runs on this database"):
            await restoring
    finally:
        await locks.close()
    async with postgres.reading() as session:
        assert await session.scalar(select(Community.id)) == 1
