"""Locks between processes: `file_lock` on a file, and `AdvisoryLocks` in a PostgreSQL database.

The server frees an advisory lock as soon as the connection that holds it has ended.
"""

import asyncio
import errno
import logging
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.concurrency import observed
from bot.store.calls import Unavailable
from data.files import create_private

log = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_S = 10.0
STATEMENT_S = 3.0
"""Seconds that a statement may take, after which the connection counts as lost."""
NOTICED = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""The server frees the locks of a machine that was lost without a word after 25 seconds."""
PAUSE_S = 0.05
"""Seconds between two attempts to lock a file."""
_BUSY = 5
"""SQLite's result code if another process holds the lock."""


@asynccontextmanager
async def file_lock(path: Path, patience_s: float) -> AsyncIterator[None]:
    """Hold the lock of a file, which is created if it is missing.

    It is SQLite's exclusive lock of an empty database, which is the same on all systems. Raises
    `TimeoutError` if another process holds it for longer than `patience_s`, and `OSError`.
    """
    connection = await asyncio.to_thread(_open, path)
    try:
        deadline = time.monotonic() + patience_s
        while not await asyncio.to_thread(_acquire, connection):
            if time.monotonic() > deadline:
                raise TimeoutError
            await asyncio.sleep(PAUSE_S)
        yield
    finally:
        connection.close()  # which releases the lock


def _open(path: Path) -> Any:  # noqa: ANN401 (a connection of a module that may be missing)
    import sqlite3  # some Pythons have none, and then PostgreSQL

    with suppress(FileExistsError):  # opening and closing it would release its lock
        create_private(path)
    try:
        return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from error


def _acquire(connection: Any) -> bool:  # noqa: ANN401
    try:
        connection.execute("PRAGMA journal_mode=MEMORY")  # nothing is ever written
        connection.execute("BEGIN EXCLUSIVE")
    except connection.Error as error:
        if error.sqlite_errorcode & 0xFF == _BUSY:
            return False
        raise OSError(errno.EIO, str(error)) from error
    return True


class Space(IntEnum):
    """First key of a lock: the kind of thing that the second one numbers."""

    SHARD = 0x4D414E01  # "MAN", then a number
    SHARD_COUNT = 0x4D414E02
    IDENTIFY = 0x4D414E03
    """A bucket of `max_concurrency`."""
    PRESENCE = 0x4D414E04
    """A platform that a process serves."""
    COMMANDS = 0x4D414E05
    """Held while commands are registered."""
    MEMBER = 0x4D414E06
    """Shared by transactions that write a member's id, and held by the one that forgets it."""
    NAMES = 0x4D414E07
    """A community's names: shared by transactions that write some, held by one that removes any."""


def has_holders(connection: Connection) -> bool:
    """Whether any process of the bot holds advisory locks in a PostgreSQL database."""
    held = connection.execute(
        text(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
            "AND CAST(classid AS bigint) BETWEEN :first AND :last AND pid != pg_backend_pid() "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ),
        {"first": min(Space), "last": max(Space)},
    )
    return held.first() is not None


class AdvisoryLocks:
    """Locks on a connection of their own, which are lost with it.

    All methods raise `Unavailable` if the database does not answer. Then every lock is lost, until
    `connect` has been called again and they are taken again.
    """

    def __init__(self, url: URL) -> None:
        """`url` is that of a PostgreSQL database, from `url_of`."""
        self._engine = create_async_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_S,
                "command_timeout": STATEMENT_S,
                "server_settings": NOTICED,
            },
        )
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        """Held while the connection is used."""
        self._backend: Mapping[str, Any] | None = None
        """Columns that identify the connection on the server."""

    @property
    def is_connected(self) -> bool:
        """Whether the locks that were taken are held, as far as is known."""
        return self._connection is not None

    async def connect(self) -> None:
        """Connect, perhaps again. What the server still holds for the lost connection is freed."""
        await self._shielded(self._connect())

    async def hold(self, space: Space, numbers: Collection[int]) -> frozenset[int]:
        """Take locks that no other process holds. Returns them."""
        statement = (
            "SELECT number FROM unnest(CAST(:numbers AS int[])) AS number "
            "WHERE pg_try_advisory_lock(:space, number)"
        )
        rows = await self._run(statement, space=space, numbers=[*numbers])
        return frozenset(row[0] for row in rows)

    async def share(self, space: Space, number: int) -> None:
        """Take a lock that others may share, as here nobody takes it alone."""
        await self._run(
            "SELECT pg_advisory_lock_shared(:space, :number)", space=space, number=number
        )

    async def release(self, space: Space, numbers: Collection[int]) -> None:
        """Free locks of this process."""
        statement = (
            "SELECT pg_advisory_unlock(:space, number) "
            "FROM unnest(CAST(:numbers AS int[])) AS number"
        )
        await self._run(statement, space=space, numbers=[*numbers])

    async def holders(self, space: Space) -> Mapping[int, int]:
        """How many processes hold each lock of a space, this one as well."""
        statement = (
            "SELECT CAST(CAST(objid AS bigint) AS int), count(DISTINCT pid) FROM pg_locks "
            "WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
            "AND CAST(classid AS bigint) = :space AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY objid"
        )
        rows = await self._run(statement, space=space)
        return dict(map(tuple, rows))

    async def close(self) -> None:
        """Disconnect, which frees all locks."""
        async with self._turn:
            await self._drop()
        await self._engine.dispose()

    async def _run(self, statement: str, **values: object) -> list[Any]:
        return await self._shielded(self._execute(statement, values))

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        """Finish `work` even if the caller is cancelled: a broken-off query ends a connection."""
        return await asyncio.shield(observed(work))

    async def _execute(self, statement: str, values: Mapping[str, object]) -> list[Any]:
        async with self._using(2 * STATEMENT_S):
            if self._connection is None:
                raise Unavailable("The connection that holds locks in the database is lost")
            return [*await self._connection.execute(text(statement), values)]

    async def _connect(self) -> None:
        async with self._using(CONNECT_S + STATEMENT_S):
            await self._drop()
            self._connection = connection = await self._engine.connect()
            if self._backend is not None:
                await connection.execute(text(_END), dict(self._backend))
            found = await connection.execute(text(_SELF))
            self._backend = dict(found.mappings().one())

    @asynccontextmanager
    async def _using(self, seconds: float) -> AsyncIterator[None]:
        """Use the connection, some seconds at most; after an error it is dropped."""
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    yield
            except (SQLAlchemyError, OSError) as error:
                await self._drop()
                raise _unavailable(error) from error

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                async with asyncio.timeout(STATEMENT_S):
                    await connection.invalidate()
                    await connection.close()
            except (SQLAlchemyError, OSError) as error:
                log.debug("A connection was left behind: %r", error)


_SELF = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid = :pid AND backend_start = :backend_start AND usename = current_user"
)


def _unavailable(error: Exception) -> Unavailable:
    cause = error.orig if isinstance(error, DBAPIError) else error
    reason = str(cause).partition("\n")[0] or type(cause).__name__
    return Unavailable(f"The database does not answer: {reason}")
