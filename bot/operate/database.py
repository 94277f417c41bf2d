"""`python -m bot migrate`, `backup` and `restore`: operations on the database of the settings."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.operate.archive import ArchiveError, ArchiveReader, ArchiveWriter, Manifest
from bot.settings import LOCAL, Settings
from bot.startup import Exit, StartupError, unusable_folder
from bot.store import Database, StoreError, migrations, url_of
from bot.store.backup import RestoreError, Snapshot, fill, snapshot
from bot.store.startup_problems import startup_problem
from bot.version import checkout_version


def migrate(settings: Settings) -> None:
    """Create or upgrade the tables. Raises `StartupError`."""

    async def run() -> str:
        async with _opened(settings) as database, database.changing() as connection:
            before = await connection.run_sync(migrations.revision_of)
            await connection.run_sync(migrations.upgrade)
            return before or "none"

    before = asyncio.run(run())
    sys.stdout.write(f"The tables are at revision {migrations.newest()} (before: {before}).\n")


def back_up(settings: Settings, path: Path) -> None:
    """Write a backup of the database to `path`. Raises `StartupError`."""

    async def run() -> Manifest:
        async with _opened(settings, must_exist=True) as database:
            return await write_archive(database, path)

    try:
        manifest = asyncio.run(run())
    except ArchiveError as error:
        raise StartupError(Exit.BAD_BACKUP, str(error)) from error
    rows = _counted(manifest.rows)
    sys.stdout.write(
        f"Backed up {rows} to {path}; the tables are at revision {manifest.revision}\n"
    )


def restore(settings: Settings, path: Path, *, replace: bool) -> None:
    """Fill the database with a backup. Raises `StartupError`."""

    async def run(archive: ArchiveReader) -> dict[str, int]:
        async with _opened(settings) as database:
            return await read_archive(database, archive, replace=replace)

    try:
        with ArchiveReader(path) as archive:
            archive.verify()
            rows = asyncio.run(run(archive))
    except ArchiveError as error:
        raise StartupError(Exit.BAD_BACKUP, f"{error} Nothing was changed.") from error
    sys.stdout.write(f"Restored {_counted(rows)} from {path}\n")


@asynccontextmanager
async def _opened(settings: Settings, *, must_exist: bool = False) -> AsyncIterator[Database]:
    """The database, closed at the end. Turns `StoreError` into `StartupError`.

    must_exist: whether to refuse to create a missing file.
    """
    try:
        database = Database(url_of(settings.database_address, settings.state_dir))
        if database.is_sqlite:
            await asyncio.to_thread(_check_file, Path(database.url.database or ""), must_exist)
        try:
            yield database
        finally:
            await database.close()
    except RestoreError as error:
        raise StartupError(Exit.BAD_BACKUP, str(error)) from error
    except StoreError as error:
        raise startup_problem(error) from error


def _check_file(path: Path, must_exist: bool) -> None:
    if must_exist and not path.exists():
        found = f"There is no database yet: {path} does not exist. Check STATE_DIR."
        if (path.parent / LOCAL / path.name).exists():
            found += " --local has one; to back that up, run: python -m bot --local backup FILE"
        raise StoreError(found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable_folder(path.parent, error) from error


async def write_archive(database: Database, path: Path) -> Manifest:
    """Write what a database has at this moment, while others go on writing.

    At most one binary value and a few hundred other rows are in memory at a time. Raises
    `StoreError` and `ArchiveError`.
    """
    async with snapshot(database) as view:
        with ArchiveWriter(path) as archive:
            rows = {name: await _write_table(view, archive, name) for name in view.tables}
            manifest = Manifest(
                revision=migrations.newest(),
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
                version=checkout_version(),
                rows=rows,
                last_ids=await view.last_ids(),
            )
            return archive.finish(manifest)


async def read_archive(
    database: Database, archive: ArchiveReader, *, replace: bool
) -> dict[str, int]:
    """Fill a database with a verified backup: all of it, or nothing. Returns rows by table.

    Raises `ArchiveError`, `RestoreError` and `StoreError`.
    """
    manifest = archive.manifest
    known = migrations.all_revisions()
    if migrations.is_too_old(manifest.revision):
        first = migrations.FIRST_VERSION
        raise ArchiveError(
            f"The backup was written by version {manifest.version} of Mangosaurus, with tables of "
            f"a version before {first} (revision {manifest.revision}). Restore it with version "
            f"{first}, into a new database, and then run this version on that."
        )
    if manifest.revision not in known:
        raise ArchiveError(
            f"The backup was written by a newer version of Mangosaurus ({manifest.version}, schema "
            f"{manifest.revision}; this one knows up to {known[-1]}). Restore it with that version."
        )
    _check_parts(manifest)
    rows = {name: _read_table(archive, name) for name in manifest.rows}
    return await fill(database, manifest.revision, rows, manifest.last_ids, replace=replace)


async def _write_table(view: Snapshot, archive: ArchiveWriter, name: str) -> int:
    """Write a table, then its binary values. Returns the number of rows."""
    key = [column.name for column in view.tables[name].primary_key.columns]
    binary: list[tuple[int, str, dict[str, Any]]] = []
    count = 0
    with archive.part(_table_part(name)) as write:
        async for row in view.rows(name):
            values = {column: _json(value) for column, value in row.values.items()}
            write(json.dumps(values, separators=(",", ":")).encode() + b"\n")
            for column in row.binary:
                binary.append((count, column, {k: row.values[k] for k in key}))  # noqa: PERF401
            count += 1
    for number, column, of_row in binary:
        with archive.part(_binary_part(name, number, column), compressed=False) as write:
            write(await view.binary(name, column, of_row))
    return count


def _check_parts(manifest: Manifest) -> None:
    """Raise `ArchiveError` for a part that belongs to no table of the manifest."""
    lines = {_table_part(name) for name in manifest.rows}
    for part in manifest.parts:
        kind, _slash, rest = part.partition("/")
        is_binary = kind == "bytes" and rest.partition("/")[0] in manifest.rows
        if part not in lines and not is_binary:
            raise ArchiveError(f"The backup has a part that belongs to no table: {part[:100]}.")


def _read_table(archive: ArchiveReader, name: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a table with their binary values."""
    prefix, number = f"bytes/{name}/", -1
    columns = {part.rsplit("/", 1)[1] for part in archive.manifest.parts if part.startswith(prefix)}
    for number, line in enumerate(archive.lines(_table_part(name))):
        try:
            values = dict(json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise ArchiveError(f"Row {number + 1} of {name} is not a JSON object.") from error
        for column in columns:
            part = _binary_part(name, number, column)
            values[column] = archive.read(part) if part in archive.manifest.parts else None
        yield values
    if number + 1 != archive.manifest.rows[name]:
        expected = archive.manifest.rows[name]
        raise ArchiveError(
            f"The backup has {number + 1:,} rows of {name}, and should have {expected:,}."
        )


def _table_part(name: str) -> str:
    return f"tables/{name}.jsonl"


def _binary_part(name: str, number: int, column: str) -> str:
    return f"bytes/{name}/{number}/{column}"


def _json(value: object) -> object:
    """A value as JSON has it. Databases without time zones store UTC."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    return value


def _counted(rows: Mapping[str, int]) -> str:
    """How many rows there are, and in which tables."""
    tables = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    return f"{sum(rows.values()):,} rows ({tables})" if tables else "no rows"
