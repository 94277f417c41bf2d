"""Backups: a database written into an archive, and filled from one."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.operate.archive import (
    ArchiveError,
    ArchiveReader,
    ArchiveWriter,
    Manifest,
    remove_partial,
)
from bot.store import Database, migrations
from bot.store.backup import Snapshot, fill, snapshot
from bot.version import checkout_version

SCHEDULED = "mangosaurus-????-??-??T??-??-??Z.zip"
"""Names of the backups in a folder of which so many are kept."""


async def write_archive(database: Database, path: Path) -> Manifest:
    """Write what a database has to a new archive. Raises `StoreError` and `ArchiveError`."""
    with ArchiveWriter(path) as archive:
        return archive.finish(await write_tables(database, archive))


async def write_tables(database: Database, archive: ArchiveWriter) -> Manifest:
    """Write what a database has at this moment, while others go on writing.

    At most one binary value and a few hundred other rows are in memory at a time. Returns the
    manifest to finish the archive with. Raises `StoreError` and `ArchiveError`.
    """
    async with snapshot(database) as view:
        rows = {name: await _write_table(view, archive, name) for name in view.tables}
        return Manifest(
            revision=migrations.newest(),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=checkout_version(),
            rows=rows,
            last_ids=await view.last_ids(),
        )


def delete_old(folder: Path, keep: int, newest: Path) -> None:
    """Delete the oldest backups of a schedule beyond `keep`. Raises `ArchiveError`.

    newest: the one that was just written; a clock may have stepped back.
    """
    others = sorted({*folder.glob(SCHEDULED)} - {newest})
    failed = ""
    for old in others[: len(others) - keep + 1]:
        try:
            old.unlink()
        except OSError as error:
            failed = failed or f"The old backup {old} can't be deleted ({error.strerror})."
    remove_partial(folder, SCHEDULED)
    if failed:
        raise ArchiveError(failed)


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
