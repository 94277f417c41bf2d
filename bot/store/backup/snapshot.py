"""`Snapshot`: every row of a database at one moment, while others go on writing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.calls import StoreError
from bot.store.database import Database
from bot.store.migrations import revisions

ROWS_AT_ONCE = 200
"""Rows that are fetched together; binary values are fetched one by one."""

OF_PROCESSES = {"running_cooldowns", "registered_commands"}
"""Tables that are no data of anybody: what processes tell each other."""
TRANSIENT = {"unfinished_answers", *OF_PROCESSES}
"""Tables that no backup has; the first holds tokens of interactions, which are kept for minutes."""


@dataclass(frozen=True)
class Row:
    """A row without its binary values."""

    values: Mapping[str, Any]
    """By column."""
    sizes: Mapping[str, int]
    """Bytes of each binary value that is not null."""


class Snapshot:
    """A view of a database that does not change."""

    def __init__(
        self, connection: AsyncConnection, revision: str, tables: Mapping[str, Table]
    ) -> None:
        self.revision = revision
        """The revision of its schema."""
        self.tables = tables
        """Tables by name, those that others refer to first."""
        self._connection = connection

    async def rows(self, name: str) -> AsyncIterator[Row]:
        """The rows of a table, in the order of its key."""
        table = self.tables[name]
        binary = [column for column in table.columns if is_binary(column)]
        plain = [column for column in table.columns if not is_binary(column)]
        sizes = [func.length(column) for column in binary]
        statement = select(*plain, *sizes).order_by(*table.primary_key.columns)
        streamed = await self._connection.stream(
            statement, execution_options={"yield_per": ROWS_AT_ONCE}
        )
        async for found in streamed:
            values, lengths = found[: len(plain)], found[len(plain) :]
            yield Row(
                {column.name: value for column, value in zip(plain, values, strict=True)},
                {c.name: n for c, n in zip(binary, lengths, strict=True) if n is not None},
            )

    async def binary(self, name: str, column: str, key: Mapping[str, Any]) -> bytes:
        """A binary value of the row with this primary key."""
        table = self.tables[name]
        statement = select(table.columns[column])
        for part, value in key.items():
            statement = statement.where(table.columns[part] == value)
        return bytes((await self._connection.execute(statement)).scalar_one())

    async def last_ids(self) -> dict[str, int]:
        """The last id that was assigned in each table that counts its rows, also to deleted ones.

        Restored as well, so that an id is never assigned twice.
        """
        return await self._connection.run_sync(_last_ids, tuple(self.tables.values()))


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """A snapshot of a database. Raises `StoreError` for one without tables, and `Unavailable`."""
    async with database.reading() as session:
        connection = await session.connection()
        revision = await connection.run_sync(revisions.revision_of)
        if revision is None:
            raise StoreError("The database has no tables yet, so there is nothing to back up.")
        if revision not in revisions.all_revisions():
            raise StoreError(
                f"The database was migrated by a newer version of Mangosaurus (to {revision}). "
                "Back it up with that version."
            )
        found = await connection.run_sync(reflected, revision)
        tables = {name: table for name, table in found.items() if name not in TRANSIENT}
        yield Snapshot(connection, revision, tables)


def reflected(connection: Connection, revision: str) -> dict[str, Table]:
    """The tables of a revision as the database has them, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(revisions.tables_at(revision)))
    return {table.name: table for table in metadata.sorted_tables}


def is_binary(column: Column[Any]) -> bool:
    """Whether a column holds bytes."""
    return isinstance(column.type, LargeBinary)


def _last_ids(connection: Connection, tables: tuple[Table, ...]) -> dict[str, int]:
    if connection.dialect.name == "sqlite":
        stored = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all()
        counted = {str(name): int(last) for name, last in stored}
        return {table.name: counted[table.name] for table in tables if table.name in counted}
    found = {}
    for table in tables:
        if (sequence := sequence_of(connection, table)) is not None:
            last, is_called = connection.execute(
                text(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 (a name)
            ).one()
            found[table.name] = last if is_called else last - 1
    return found


def sequence_of(connection: Connection, table: Table) -> str | None:
    """The sequence of PostgreSQL that counts a table's key, quoted; `None` if there is none."""
    if len(table.primary_key.columns) != 1:
        return None
    (key,) = table.primary_key.columns
    sequence = connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"),
        {"table": table.name, "column": key.name},
    )
    return None if sequence is None else str(sequence)
