"""`python -m bot migrate`, `backup` and `restore`: operations on the database of the settings."""

import asyncio
import dataclasses
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.operate.archive import ArchiveError, ArchiveReader, ArchiveWriter, Manifest
from bot.operate.backup import delete_old, read_archive, write_tables
from bot.settings import LOCAL, Settings
from bot.startup import Exit, StartupError, unusable
from bot.store import Database, StoreError, migrations, url_of
from bot.store.backup import RestoreError
from bot.store.startup_problems import startup_problem


def migrate(settings: Settings) -> None:
    """Create or upgrade the tables. Raises `StartupError`."""

    async def run() -> str:
        async with _opened(settings) as database, database.changing() as connection:
            before = await connection.run_sync(migrations.revision_of)
            await connection.run_sync(migrations.upgrade)
            return before or "none"

    before = asyncio.run(run())
    sys.stdout.write(f"The tables are at revision {migrations.newest()} (before: {before}).\n")
    _tell_root(settings)


def back_up(settings: Settings, path: Path, *, keep: int | None = None) -> None:
    """Write a backup of the database to `path`. Raises `StartupError`.

    keep: `path` is a folder, in which this many backups are left, the newest.
    """
    folder = path
    if keep is not None:
        path = folder / f"mangosaurus-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.zip"

    async def run() -> Manifest:
        with ArchiveWriter(path) as archive:  # root may write where the owner below may not
            async with _opened(settings, must_exist=True) as database:
                manifest = await write_tables(database, archive)
            return archive.finish(manifest)

    try:
        manifest = asyncio.run(run())
        if keep is not None:
            delete_old(folder, keep, path)
    except ArchiveError as error:
        raise StartupError(Exit.BAD_BACKUP, str(error)) from error
    rows = _counted(manifest.rows)
    sys.stdout.write(
        f"Backed up {rows} to {path}; the tables are at revision {manifest.revision}\n"
    )


def restore(settings: Settings, path: Path, *, replace: bool) -> None:
    """Fill the database with a backup. Raises `StartupError`."""
    _manifest, rows = _restored(settings, path, replace=replace)
    sys.stdout.write(f"Restored {_counted(rows)} from {path}\n")
    _tell_root(settings)


def check_backup(settings: Settings, path: Path) -> None:
    """Restore a backup into a temporary database, and say what it holds. Raises `StartupError`."""
    with TemporaryDirectory(prefix="mangosaurus-") as folder:
        apart = dataclasses.replace(settings, state_dir=Path(folder), database_url=None)
        manifest, rows = _restored(apart, path, replace=False)
    sys.stdout.write(
        f"{path} can be restored. Version {manifest.version} wrote it at {manifest.created_at}, "
        f"with tables of revision {manifest.revision}. It has {_counted(rows)}\n"
    )


def _restored(
    settings: Settings, path: Path, *, replace: bool
) -> tuple[Manifest, Mapping[str, int]]:
    """Fill the database with a backup. Returns its manifest and the rows by table."""

    async def run(archive: ArchiveReader) -> dict[str, int]:
        async with _opened(settings) as database:
            return await read_archive(database, archive, replace=replace)

    try:
        with ArchiveReader(path) as archive:
            archive.verify()
            return archive.manifest, asyncio.run(run(archive))
    except ArchiveError as error:
        raise StartupError(Exit.BAD_BACKUP, f"{error} Nothing was changed.") from error


def _tell_root(settings: Settings) -> None:
    """Say that a SQLite file belongs to root; it would not if its folder were another user's."""
    url = url_of(settings.database_address, settings.state_dir)
    if os.name == "posix" and os.geteuid() == 0 and url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        if file.stat().st_uid == 0:
            sys.stdout.write(f"{file} belongs to root: a bot of another user can't use it.\n")


@asynccontextmanager
async def _opened(settings: Settings, *, must_exist: bool = False) -> AsyncIterator[Database]:
    """The database, closed at the end. Turns `StoreError` into `StartupError`.

    must_exist: whether to refuse to create a missing file.
    """
    file = None
    try:
        database = Database(url_of(settings.database_address, settings.state_dir))
        file = Path(database.url.database or "") if database.is_sqlite else None
        with _as_owner(file.parent) if file else nullcontext():
            if file:
                await asyncio.to_thread(_check_file, file, must_exist)
            try:
                yield database
            finally:
                await database.close()
    except RestoreError as error:
        raise StartupError(Exit.BAD_BACKUP, str(error)) from error
    except StoreError as error:
        raise startup_problem(error) from error
    except OSError as error:  # of the file's lock
        raise unusable(file or Path(), error) from error


@contextmanager
def _as_owner(folder: Path) -> Iterator[None]:
    """Work as the owner of a folder if root works in that of another user.

    Who owns a folder can put links there: root would write to any file of the system through them.
    """
    folder = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    owner = folder.stat()
    if os.name != "posix" or os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([owner.st_gid])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _check_file(path: Path, must_exist: bool) -> None:
    if must_exist and not _exists(path):
        found = f"There is no database yet: {path} does not exist. Check STATE_DIR."
        if (path.parent / LOCAL / path.name).exists():
            found += " --local has one; to back that up, run: python -m bot --local backup FILE"
        raise StoreError(found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(path.parent, error) from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise unusable(path.parent, error) from error


def _counted(rows: Mapping[str, int]) -> str:
    """How many rows there are, and in which tables."""
    tables = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    return f"{sum(rows.values()):,} rows ({tables})" if tables else "no rows"
