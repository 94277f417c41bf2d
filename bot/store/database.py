"""Database access: addresses, connections, transactions, migrations."""

import asyncio
import errno
import logging
import math
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from bot.startup import write_once
from bot.store import migrations
from bot.store.calls import OutcomeUnknown, StoreError, Unavailable, current_call, run_call
from bot.store.locks import file_lock
from data.files import create_private

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

log = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "mangosaurus.db"
"""Name of the SQLite file in the state directory."""
BUSY_PAUSE_S = 0.02
"""Seconds between two attempts to enable WAL."""
PATIENCE_S = 15
"""Timeout in seconds for locks, connections and statements."""
LARGEST_PORT = 65_535
MIGRATION_PATIENCE_S = 60
"""How long a process waits for another one to migrate the same file, in seconds."""
ANSWER_S = 5.0
"""Seconds that a call may take before it is given up: somebody waits for the answer."""
AWAY_S = 1.0
"""Seconds that a call may take while the database is known not to answer."""
BUSY_S = 3.0
"""Seconds that SQLite waits for the lock of another process."""
_MIGRATION_LOCK = 0x4D414E474F  # "MANGO": an arbitrary number that identifies the lock
_WRITES = "mangosaurus_writes"
_NO_CHANGE = (
    "INSERT INTO running_cooldowns (key, until) VALUES (0, CURRENT_TIMESTAMP)",
    "DELETE FROM running_cooldowns WHERE key = 0",
)
"""What writes to the disk and leaves everything as it was."""

_QUERY = {"sslmode": "ssl", "ssl": "ssl", "host": "host", "port": "port", "user": "user"}
"""Supported libpq options in an address, and asyncpg's names for them."""

_ABSENT = ("08", "28", "3D", "40", "53", "57", "58")
"""SQLSTATE classes of a server that is unavailable, as opposed to a bug in the bot: connection
failure, authentication, no such database, rollback, out of resources, shutdown, system error."""
_BUSY = 5
_SQLITE_ABSENT = (3, _BUSY, 6, 7, 8, 10, 11, 13, 14, 15, 26)
"""SQLite result codes of the same kind: no permission, busy, locked, out of memory, read-only, I/O
error, corrupt, disk full, cannot open, locking protocol, not a database."""
_REFUSED = ("25006", "42501")
"""The server has become a read-only standby; the user lacks a right."""


class Database:
    """A connection pool. SQLite allows one writer at a time, PostgreSQL many."""

    WAKES = "wakes"
    """Key in the `info` of a session whose commit calls `wake`."""

    def __init__(self, url: URL) -> None:
        """`url` comes from `url_of`. Nothing is opened yet."""
        self.url = url
        self._engine = _engine(url)
        self._writing_engine = self._engine.execution_options(**{_WRITES: True})
        self._reading_engine = (
            self._engine
            if self.is_sqlite
            else self._engine.execution_options(isolation_level="REPEATABLE READ")
        )
        # Within a process, this lock is fairer than that of SQLite, which writers poll.
        self._turn = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._answers = True
        self.write_error = ""
        """Why a transaction could not be written, until `check_writing` succeeds; "" if none."""
        self.tried_at = -math.inf
        """When a transaction was last written, or failed to be (`time.monotonic`)."""
        self.observe: Callable[[Literal["read", "write"], float], None] = lambda *_: None
        """Called with the kind and the seconds of each transaction."""
        self.last_deletion = 0
        """Number of the last deletion that this process knows: see `bot/store/members.py`."""
        self.failures = 0
        """Number of times that the database did not answer."""
        self.write_failures = 0
        """Number of transactions among them that could not be written."""
        self.wake: list[Callable[[], None]] = []
        """Called after a transaction that has put something into the outbox."""

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    def insert(self, table: type[DeclarativeBase]) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT statement that supports ON CONFLICT."""
        return insert_into(table, self.url.get_backend_name())

    async def in_time(self, work: Coroutine[Any, Any, T]) -> T:
        """Await a call of the store. Raises `Unavailable` if the database does not answer soon."""
        try:
            return await run_call(ANSWER_S if self._answers else AWAY_S, work)
        except OutcomeUnknown as error:
            self._unavailable(TimeoutError(str(error)))
            raise
        except TimeoutError as error:
            raise self._unavailable(error) from error

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for a consistent read. Raises `Unavailable`."""
        with self._watched("read"):
            async with AsyncSession(self._reading_engine, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed to disk at the end, rolled back after an error.

        Raises `Unavailable`.
        """
        with self._watched("write"):
            call = current_call()
            async with self._turn:
                call.check()
                async with (
                    AsyncSession(self._writing_engine, expire_on_commit=False) as session,
                    session.begin(),
                ):
                    yield session
                    call.commit()
            if self.WAKES in session.info:
                for wake in self.wake:
                    wake()

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is a transaction. Raises `Unavailable`."""
        with self._watched():
            async with self._engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def check(self) -> None:
        """Ask the database for an answer. Raises `Unavailable`."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def check_writing(self) -> None:
        """Write something that changes nothing. Raises `Unavailable`.

        On a full disk SQLite goes on writing for a while, into space that its WAL has already.
        """
        async with self.writing() as session:
            if self.is_sqlite:
                await asyncio.to_thread(write_once, Path(self.url.database or "").parent)
            for statement in _NO_CHANGE:
                await session.execute(text(statement))
        if self.write_error:
            self.write_error = ""
            log.info("The database answers again")

    @asynccontextmanager
    async def served(self, patience_s: float) -> AsyncIterator[None]:
        """Hold a SQLite file, so that no other process serves members from it.

        The system frees it when the process ends, however that happens. Raises `TimeoutError` if
        another process holds it for longer than `patience_s`, and `OSError`.
        """
        async with file_lock(self._beside("served"), patience_s):
            yield

    def _beside(self, purpose: str) -> Path:
        """A file for a lock, beside that of SQLite."""
        path = Path(self.url.database or "").resolve()  # else a link would have a lock of its own
        return path.with_name(f"{path.name}-{purpose}")

    async def migrate(self) -> None:
        """Upgrade the tables to what this version of the bot needs.

        Processes that start together take turns. Raises `StoreError` for a database that another
        version has written and this one cannot use, and `Unavailable`.
        """
        async with self.changing() as connection:
            await connection.run_sync(migrations.upgrade)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may change tables; only one process at a time has one.

        On SQLite foreign keys are not enforced in it. Raises `Unavailable`.
        """
        engine = _engine(self.url, migrates=True)
        writing = engine.execution_options(**{_WRITES: True})
        with self._watched():
            async with AsyncExitStack() as stack:
                if self.is_sqlite:
                    # Making a file, and turning on WAL, are no transactions: others would meet a
                    # locked database however long they wait for its lock.
                    lock = file_lock(self._beside("lock"), MIGRATION_PATIENCE_S)
                    await stack.enter_async_context(lock)
                    await asyncio.to_thread(_make_file, Path(self.url.database or ""))
                stack.push_async_callback(engine.dispose)
                connection = await stack.enter_async_context(writing.begin())
                if not self.is_sqlite:  # which has one writer at a time anyway
                    await connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}
                    )
                yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @contextmanager
    def _watched(self, kind: Literal["read", "write"] | None = None) -> Iterator[None]:
        """Turn the errors of a driver whose database is away into `Unavailable`.

        Logs a warning at the first failure and a message at the first success after it. The time is
        observed if it is of a `kind`.
        """
        started = time.perf_counter()
        if kind == "write":
            self.tried_at = time.monotonic()
        try:
            yield
        except (PoolTimeout, OSError) as error:
            raise self._unavailable(error, kind) from error
        except DBAPIError as error:
            if is_absent(error):
                raise self._unavailable(error, kind) from error
            raise
        finally:
            if kind is not None:
                self.observe(kind, time.perf_counter() - started)
        if not self._answers and not self.write_error:
            log.info("The database answers again")
        self._answers = True

    def _unavailable(
        self, error: SQLAlchemyError | OSError, kind: Literal["read", "write"] | None = None
    ) -> Unavailable:
        """An error that names the database but not its password."""
        name, host = self.url.database, self.url.host or self.url.query.get("host", "localhost")
        where = f"the file {name}" if self.is_sqlite else f"{name} at {host}"
        sentence = f"The database ({where}) does not answer: {_reason(error)}"
        is_new = self._answers and not self.write_error
        log.log(logging.WARNING if is_new else logging.DEBUG, sentence)
        self._answers = False
        if kind == "write":
            self.write_error = _reason(error)
            self.write_failures += 1
        self.failures += 1
        unavailable = Unavailable(sentence)
        unavailable.file = Path(name or "") if self.is_sqlite else None
        return unavailable


def insert_into(table: type[DeclarativeBase], dialect: str) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT statement that supports ON CONFLICT, for a kind of database."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # takes 2 MiB of memory

    return postgresql.insert(table)


def url_of(address: str | None, state_dir: Path) -> URL:
    """The URL of an address as hosts provide it; without one, of the file in the state directory.

    Accepts `postgres://` and `postgresql://`, with libpq options in the query string, and
    `sqlite://`. Raises `StoreError` for any other address.
    """
    if address is None:
        return URL.create("sqlite+aiosqlite", database=str(state_dir / FILE))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # their messages contain parts of the address
        raise StoreError(_WRONG) from None
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite" and url.database:
        return url.set(drivername="sqlite+aiosqlite")
    misread = "@" in (url.host or "")  # from an unescaped password
    port = url.port if url.port is not None else url.query.get("port", "5432")
    impossible = not (str(port).isdecimal() and 0 < int(str(port)) <= LARGEST_PORT)
    if backend not in ("postgres", "postgresql") or not url.database or misread or impossible:
        raise StoreError(_WRONG)
    if unknown := sorted(set(url.query) - set(_QUERY)):
        log.warning("These options of DATABASE_URL are ignored: %s", ", ".join(unknown))
    query = {_QUERY[name]: value for name, value in url.query.items() if name in _QUERY}
    return url.set(drivername="postgresql+asyncpg", query=query)


_WRONG = (
    "DATABASE_URL is not a valid database address. Use the form "
    "postgres://user:password@host:5432/name (with %40 for @ in the password, and a port from 1 to "
    "65535), or leave it empty to use a file in STATE_DIR."
)


def _engine(url: URL, *, migrates: bool = False) -> AsyncEngine:
    """Statement parameters are hidden, to keep members' data out of the log."""
    try:
        if url.get_backend_name() != "sqlite":
            patience = {"timeout": PATIENCE_S}
            if not migrates:  # migrations wait for each other and may take long
                patience["command_timeout"] = PATIENCE_S
            return create_async_engine(
                url,
                pool_timeout=PATIENCE_S,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args=patience,
            )
        engine = create_async_engine(
            url,
            pool_timeout=PATIENCE_S,
            hide_parameters=True,
            connect_args={"timeout": PATIENCE_S if migrates else BUSY_S},
        )
    except ImportError as error:
        raise StoreError(
            "This Python was built without SQLite. Use another one, or set DATABASE_URL to a "
            "PostgreSQL database."
            if url.get_backend_name() == "sqlite"
            else "The PostgreSQL driver is not installed. Run "
            "pip install -r requirements.txt again, or leave DATABASE_URL empty."
        ) from error
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    if migrates:
        event.listen(engine.sync_engine, "connect", _enable_wal)
    else:  # rebuilding a table in a migration must not delete the rows that refer to it
        event.listen(engine.sync_engine, "connect", _check_keys)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _make_file(path: Path) -> None:
    """Create a missing file, readable by the bot only. Raises `OSError` if it cannot be used."""
    try:
        create_private(path)
    except FileExistsError:  # opening and closing it would release the locks on it
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's own class)
    """Disable the driver's own transactions, and sync every commit to disk."""
    connection.isolation_level = None
    _execute(connection, "PRAGMA synchronous=FULL")  # a commit survives a power cut


def _enable_wal(connection: Any, _record: object) -> None:  # noqa: ANN401
    """Let readers and a writer work at the same time, a property of the file.

    SQLite does not wait for locks here, so the statement is repeated while the file is busy.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _execute(connection, "PRAGMA journal_mode=WAL")
        except Exception as error:
            if _sqlite_code(error) != _BUSY or time.monotonic() > deadline:
                raise
        connection.run_async(lambda _: asyncio.sleep(BUSY_PAUSE_S))


def _check_keys(connection: Any, _record: object) -> None:  # noqa: ANN401
    """Enforce foreign keys."""
    _execute(connection, "PRAGMA foreign_keys=ON")


def _execute(connection: Any, statement: str) -> None:  # noqa: ANN401
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction. A writing one takes the write lock before it reads anything."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_absent(error: DBAPIError) -> bool:
    """Whether the database is unavailable, as opposed to a bug in the bot."""
    if (code := _sqlite_code(error.orig)) is not None:
        return code in _SQLITE_ABSENT
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return (
        error.connection_invalidated
        or isinstance(error, OperationalError | InterfaceError)
        or state.startswith(_ABSENT)
        or state in _REFUSED
    )


def _sqlite_code(error: BaseException | None) -> int | None:
    """The primary result code of an SQLite error; `None` for other errors."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _reason(error: SQLAlchemyError | OSError) -> str:
    """A short reason why the database does not answer."""
    if isinstance(error, TimeoutError | PoolTimeout) and not error.args:
        return f"it took longer than {PATIENCE_S} s"
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "strerror", None) or str(cause).partition("\n")[0]
