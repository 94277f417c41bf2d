"""Filling a database with the rows of a backup, in one transaction."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Table, insert, select, text

from bot.store.backup.snapshot import OF_PROCESSES, reflected, sequence_of
from bot.store.calls import StoreError
from bot.store.database import Database
from bot.store.migrations import revisions

ROWS_AT_ONCE = 200
REPLACEMENT = "\ufffd"
"""Stands for NUL, which PostgreSQL cannot store in text."""

Values = Mapping[str, Any]
"""A row: values by column."""


class NotEmpty(StoreError):  # noqa: N818 (a state rather than an error)
    """The database has rows that would be replaced."""


class Filling:
    """A transaction on a database whose tables are empty, at the revision of a backup."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self.tables = reflected(connection, revision)
        """Tables by name, in the order in which they must be filled."""
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    def insert(self, name: str, rows: Iterable[Values]) -> int:
        """Insert the rows of a table, and return their number. Rows with bytes go one by one."""
        table, waiting, count = self.tables[name], list[Values](), 0
        for row in rows:
            values = {column: self._stored(table, column, row[column]) for column in row}
            waiting.append(values)
            count += 1
            is_large = any(isinstance(value, bytes) for value in values.values())
            if is_large or len(waiting) >= ROWS_AT_ONCE:
                self._connection.execute(insert(table), waiting)
                waiting = []
        if waiting:
            self._connection.execute(insert(table), waiting)
        return count

    def set_last_ids(self, last_ids: Mapping[str, int]) -> None:
        """Let each table count on from the last id that was assigned."""
        for name, last in last_ids.items():
            values = {"name": name, "last": last}
            if self._is_sqlite:
                self._connection.execute(
                    text("DELETE FROM sqlite_sequence WHERE name = :name"), values
                )
                self._connection.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values
                )
            elif last > 0 and (sequence := sequence_of(self._connection, self.tables[name])):
                self._connection.execute(
                    text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last}
                )

    def check_keys(self) -> None:
        """Check foreign keys, which SQLite does not while a schema changes. Raises `StoreError`."""
        if self._is_sqlite:
            broken = self._connection.execute(text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise StoreError(f"The backup is inconsistent: {broken[0]} refers to missing rows.")

    def _stored(self, table: Table, column: str, value: object) -> object:
        """A value as the column takes it."""
        if value is None:
            return None
        if isinstance(table.columns[column].type, DateTime):
            return datetime.fromisoformat(str(value)).astimezone(UTC)
        if isinstance(value, str) and not self._is_sqlite:
            return value.replace("\0", REPLACEMENT)
        return value


def prepare(connection: Connection, revision: str, *, replace: bool) -> Filling:
    """Empty a database and bring it to the revision of a backup, which must be a known one.

    Raises `NotEmpty` if it has rows and `replace` is false.
    """
    present = revisions.revision_of(connection)
    if present is not None and present not in revisions.all_revisions():
        raise StoreError(
            f"The database was migrated by a newer version of Mangosaurus (to {present}). "
            "Restore with that version, or into another database."
        )
    revisions.upgrade(connection)
    tables = reflected(connection, revisions.newest())
    data = [table for name, table in tables.items() if name not in OF_PROCESSES]
    filled = [table.name for table in data if _has_rows(connection, table)]
    if filled and not replace:
        raise NotEmpty(
            f"The database already has data (in {', '.join(filled)}), so nothing was restored. "
            "Restore into an empty database, or add --replace to delete what it has."
        )
    for table in reversed(tables.values()):
        connection.execute(table.delete())
    if revision != revisions.newest():
        revisions.downgrade(connection, revision)
    return Filling(connection, revision)


def finish(filling: Filling, connection: Connection, last_ids: Mapping[str, int]) -> None:
    """Count on from the backup's ids, check the keys, and migrate to the newest revision."""
    filling.set_last_ids(last_ids)
    filling.check_keys()
    revisions.upgrade(connection)


async def fill(
    database: Database,
    revision: str,
    rows: Mapping[str, Iterable[Values]],
    last_ids: Mapping[str, int],
    *,
    replace: bool = False,
) -> dict[str, int]:
    """Replace what a database has with `rows` of each table: all of it, or nothing.

    Returns the number of rows by table. Raises `NotEmpty`, `StoreError` and `Unavailable`.
    """

    def run(connection: Connection) -> dict[str, int]:
        filling = prepare(connection, revision, replace=replace)
        counts = {name: filling.insert(name, rows[name]) for name in filling.tables if name in rows}
        finish(filling, connection, last_ids)
        return counts

    async with database.changing() as connection:
        return await connection.run_sync(run)


def _has_rows(connection: Connection, table: Table) -> bool:
    key = next(iter(table.primary_key.columns))
    return connection.execute(select(key).limit(1)).first() is not None
