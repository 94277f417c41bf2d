"""Copies of a database: a snapshot of every row, and filling a database with such rows.

Tables are read from the database and not from `schema.py`, since those of an older revision differ.
"""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import migrations
from bot.store.calls import StoreError
from bot.store.database import Database, is_absent
from bot.store.locks import has_holders
from bot.store.schema import Base, OutboxRow, Poll, WinnerAnswer

ROWS_AT_ONCE = 200
"""Rows that are fetched or inserted together; those with binary values come one by one."""
OF_PROCESSES = {"running_cooldowns", "registered_commands", "deletions"}
"""Tables with messages between processes, which are nobody's data."""
NOT_BACKED_UP = {"outbox", "unfinished_answers", *OF_PROCESSES}
"""Tables that no backup has. `unfinished_answers` holds tokens of interactions for minutes."""
IN_USE = (
    "The bot runs on this database, so nothing was restored. Stop all of its processes, and "
    "restore again."
)
RETURN_S = 8.0
"""Seconds in which a running bot that has lost its locks in PostgreSQL takes them again."""
REPLACEMENT = "\ufffd"
"""Stands for NUL, which PostgreSQL cannot store in text."""

Values = Mapping[str, Any]
"""A row: values by column."""


class RestoreError(StoreError):
    """The rows cannot be restored: others would be replaced, or they contradict each other."""


@dataclass(frozen=True)
class SnapshotRow:
    """A row without its binary values."""

    values: Values
    binary: tuple[str, ...]
    """Columns with a binary value that is not null."""


class Snapshot:
    """Every row of a database at one moment, while others go on writing."""

    def __init__(self, connection: AsyncConnection, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        """Tables by name, those that others refer to first."""
        self._connection = connection

    async def rows(self, name: str) -> AsyncIterator[SnapshotRow]:
        """The rows of a table, in the order of its key."""
        table = self.tables[name]
        binary = [column for column in table.columns if isinstance(column.type, LargeBinary)]
        plain = [column for column in table.columns if not isinstance(column.type, LargeBinary)]
        sizes = [func.length(column) for column in binary]
        statement = select(*plain, *sizes).order_by(*table.primary_key.columns)
        streamed = await self._connection.stream(
            statement, execution_options={"yield_per": ROWS_AT_ONCE}
        )
        async for found in streamed:
            values = {column.name: value for column, value in zip(plain, found, strict=False)}
            lengths = zip(binary, found[len(plain) :], strict=True)
            yield SnapshotRow(values, tuple(column.name for column, n in lengths if n is not None))

    async def binary(self, name: str, column: str, key: Values) -> bytes:
        """A binary value of the row with this primary key."""
        table = self.tables[name]
        statement = select(table.columns[column]).filter_by(**key)
        return bytes((await self._connection.execute(statement)).scalar_one())

    async def last_ids(self) -> dict[str, int]:
        """The last id that each table has assigned, also to rows that are deleted by now.

        Restored as well, so that an id is never assigned twice.
        """
        return await self._connection.run_sync(_last_ids, self.tables)


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """A snapshot of a database. Raises `StoreError` for one without tables, and `Unavailable`."""
    async with database.reading() as session:
        connection = await session.connection()
        revision = await connection.run_sync(migrations.revision_of)
        if revision is None:
            raise StoreError("The database has no tables yet, so there is nothing to back up.")
        if revision != migrations.newest():
            raise StoreError(
                f"The tables are at revision {revision}, from an older version of Mangosaurus. "
                "Back it up with that version, or run python -m bot migrate first."
            )
        names = Base.metadata.tables.keys() - NOT_BACKED_UP
        yield Snapshot(connection, await connection.run_sync(_reflected, names))


async def fill(
    database: Database,
    revision: str,
    rows: Mapping[str, Iterable[Values]],
    last_ids: Mapping[str, int],
    *,
    replace: bool = False,
) -> dict[str, int]:
    """Replace what a database has with `rows` of each table at a revision: all of it, or nothing.

    Returns the number of rows by table. Raises `RestoreError`, `StoreError` and `Unavailable`.
    """

    def run(connection: Connection) -> dict[str, int]:
        if not database.is_sqlite and has_holders(connection):
            raise RestoreError(IN_USE)
        _drop_tables(connection, replace=replace)
        migrations.upgrade(connection, revision)
        tables = _reflected(connection, rows.keys() - {migrations.VERSION_TABLE, *NOT_BACKED_UP})
        if unknown := sorted({*rows, *last_ids} - tables.keys()):
            raise _inconsistent(f"there is no table {unknown[0][:100]}")
        try:
            counts = {name: _insert(connection, each, rows[name]) for name, each in tables.items()}
        except DBAPIError as error:
            if is_absent(error):
                raise
            cause = getattr(error.orig, "__cause__", None) or error.orig
            raise _inconsistent(str(cause).partition("\n")[0]) from error
        _set_last_ids(connection, tables, last_ids)
        _check_keys(connection)
        migrations.upgrade(connection)
        _refill_outbox(connection)
        return counts

    async with AsyncExitStack() as stack:
        if database.is_sqlite:
            try:
                await stack.enter_async_context(database.served(0))
            except TimeoutError as error:
                raise RestoreError(IN_USE) from error
        connection = await stack.enter_async_context(database.changing())
        return await connection.run_sync(run)


def _refill_outbox(connection: Connection) -> None:
    """Put unfinished messages into the outbox. They may have been sent since: they are edited."""
    connection.execute(delete(OutboxRow))
    now = datetime.now(UTC)
    facts = {"due_at": now, "until": now, "step": 0, "revision": 0, "attempts": 0}
    result, answer = literal("result"), literal("answer")
    waiting = union(
        select(result.label("kind"), Poll.id.label("subject_id"), Poll.channel_id).where(
            Poll.closed_at.is_not(None), Poll.announced_at.is_(None)
        ),
        select(answer, WinnerAnswer.message_id, WinnerAnswer.channel_id).where(
            WinnerAnswer.is_outdated
        ),
    )
    for row in connection.execute(waiting).mappings().all():
        connection.execute(insert(OutboxRow).values(**row, **facts))


def _reflected(connection: Connection, names: Iterable[str]) -> dict[str, Table]:
    """Tables as the database has them, those that others refer to first."""
    metadata = MetaData()
    known = {*names}
    metadata.reflect(connection, only=lambda name, _: name in known)
    return {table.name: table for table in metadata.sorted_tables if table.name in known}


def _drop_tables(connection: Connection, *, replace: bool) -> None:
    """Drop the tables of a database. Raises `RestoreError` if they have rows that must stay."""
    if migrations.revision_of(connection) is None:
        return
    migrations.upgrade(connection)  # to the tables that `schema.py` has
    filled = [
        table.name
        for table in Base.metadata.sorted_tables
        if table.name not in OF_PROCESSES
        and connection.execute(table.select().limit(1)).first() is not None
    ]
    if filled and not replace:
        raise RestoreError(
            f"The database already has data (in {', '.join(filled)}), so nothing was restored. "
            "Restore into an empty database, or add --replace to delete what it has."
        )
    deadline = time.monotonic() + RETURN_S
    while filled and connection.dialect.name != "sqlite" and time.monotonic() < deadline:
        connection.execute(text("SELECT pg_sleep(0.1)"))
        if has_holders(connection):
            raise RestoreError(IN_USE)
    Base.metadata.drop_all(connection)
    connection.execute(text(f"DELETE FROM {migrations.VERSION_TABLE}"))  # noqa: S608 (a constant)


def _insert(connection: Connection, table: Table, rows: Iterable[Values]) -> int:
    """Insert the rows of a table, and return their number. Rows with bytes go one by one."""
    waiting, count = list[Values](), 0
    columns = {column.name: column for column in table.columns}
    given = None
    for row in rows:
        count += 1
        given = row.keys() if given is None else given
        if row.keys() != given or not row.keys() <= columns.keys():
            raise _inconsistent(f"row {count:,} of {table.name} has other columns than its table")
        try:
            waiting.append({name: _stored(connection, columns[name], row[name]) for name in row})
        except ValueError as error:
            raise _inconsistent(
                f"row {count:,} of {table.name} has an impossible {error}"
            ) from error
        is_large = any(isinstance(value, bytes) for value in row.values())
        if is_large or len(waiting) >= ROWS_AT_ONCE:
            connection.execute(insert(table), waiting)
            waiting = []
    if waiting:
        connection.execute(insert(table), waiting)
    return count


def _stored(connection: Connection, column: Column[Any], value: object) -> object:
    """A value as the column takes it. Raises `ValueError` with the column's name."""
    expected = column.type.python_type
    try:
        if value is None:
            return None
        if expected is datetime:
            return datetime.fromisoformat(str(value)).astimezone(UTC)
        if not isinstance(value, (int, float) if expected is float else expected):
            raise TypeError
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise OverflowError
        if isinstance(value, str):
            value.encode()  # halves of surrogate pairs cannot be stored
            if connection.dialect.name != "sqlite":
                return value.replace("\0", REPLACEMENT)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(column.name) from error
    return value


def _last_ids(connection: Connection, tables: Mapping[str, Table]) -> dict[str, int]:
    if connection.dialect.name == "sqlite":
        stored = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all()
        return {name: last for name, last in stored if name in tables}
    found = {}
    for name, table in tables.items():
        if (sequence := _sequence_of(connection, table)) is not None:
            last, is_called = connection.execute(
                text(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 (a name)
            ).one()
            found[name] = last if is_called else last - 1
    return found


def _set_last_ids(
    connection: Connection, tables: Mapping[str, Table], last_ids: Mapping[str, int]
) -> None:
    """Let each table count on from the last id that was assigned."""
    if connection.dialect.name == "sqlite":
        statements = (
            "DELETE FROM sqlite_sequence WHERE name = :name",
            "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)",
        )
        for name, last in last_ids.items():
            for statement in statements:
                connection.execute(text(statement), {"name": name, "last": last})
        return
    for name, last in last_ids.items():
        if last > 0 and (sequence := _sequence_of(connection, tables[name])):
            connection.execute(
                text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last}
            )


def _sequence_of(connection: Connection, table: Table) -> str | None:
    """The sequence of PostgreSQL that counts a table's key, quoted; `None` if there is none."""
    if len(table.primary_key.columns) != 1:
        return None
    (key,) = table.primary_key.columns
    sequence: str | None = connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"),
        {"table": table.name, "column": key.name},
    )
    return sequence


def _check_keys(connection: Connection) -> None:
    """Check foreign keys, which SQLite does not while a schema changes. Raises `RestoreError`."""
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise _inconsistent(f"{broken[0]} refers to missing rows")


def _inconsistent(reason: str) -> RestoreError:
    return RestoreError(f"The backup is inconsistent: {reason}. Nothing was changed.")
