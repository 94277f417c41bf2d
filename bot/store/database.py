"""The one way to the database: opened, migrated, read from and written to."""

import asyncio
import errno
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

log = logging.getLogger(__name__)

FILE = "mangosaurus.db"
"""The name of the SQLite file in the state directory."""
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_S = 15
"""Seconds that one writer waits for another, and anybody for a connection or an answer."""
_MIGRATION_LOCK = 0x4D414E474F  # any number that nobody else takes for a lock: "MANGO"
_WRITES = "mangosaurus_writes"

_QUERY = {"sslmode": "ssl", "ssl": "ssl", "host": "host", "port": "port", "user": "user"}
"""What is taken of the libpq options in an address, and what asyncpg calls it."""

_ABSENT = ("08", "28", "3D", "40", "53", "57", "58")
"""Classes of SQLSTATE that tell of the server, not of a mistake of ours: no connection, no entry,
no such database, two in each other's way, full, shutting down, broken."""
_READ_ONLY = "25006"
"""The server has become the standby of another one."""


class StoreError(Exception):
    """The database cannot be used. The message is a sentence for an operator."""


class Unavailable(StoreError):  # noqa: N818 (it is a state, not a fault)
    """It cannot be reached just now, or is not answering; later it may be."""


class Database:
    """A pool of connections. SQLite takes one writer at a time, PostgreSQL many."""

    def __init__(self, url: URL) -> None:
        """`url` as `url_of` makes it. Nothing is opened yet."""
        self.url = url
        self._engine = _engine(url)
        self._writing_engine = self._engine.execution_options(**{_WRITES: True})
        self._reading_engine = (
            self._engine
            if self.is_sqlite
            else self._engine.execution_options(isolation_level="REPEATABLE READ")
        )
        # In one process a lock is fairer than SQLite's own, at which writers come and look again.
        self._turn = asyncio.Lock() if self.is_sqlite else None
        self._answers = True

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.url.get_backend_name() == "sqlite"

    def insert(self, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
        """An insertion that may say what to do about a row that is there already."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database. Raises `Unavailable`."""
        with self._explained():
            async with AsyncSession(self._reading_engine, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction: at its end all of it is kept, after an error nothing.

        When this returns, what was written outlives the process. Raises `Unavailable`.
        """
        with self._explained():
            if self._turn is not None:
                async with asyncio.timeout(PATIENCE_S):
                    await self._turn.acquire()
            try:
                async with (
                    AsyncSession(self._writing_engine, expire_on_commit=False) as session,
                    session.begin(),
                ):
                    yield session
            finally:
                if self._turn is not None:
                    self._turn.release()

    async def migrate(self, revision: str = "head") -> None:
        """Bring the tables up to what this version of the bot needs.

        Processes that start together take turns. Raises `StoreError` for a database that a newer
        version has used, and `Unavailable`.
        """
        engine = _engine(self.url, migrates=True)
        try:
            with self._explained():
                if self.is_sqlite:
                    await asyncio.to_thread(_make_file, Path(self.url.database or ""))
                async with engine.execution_options(**{_WRITES: True}).begin() as connection:
                    if not self.is_sqlite:  # there, whoever has begun to write is alone
                        await connection.execute(
                            text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}
                        )
                    await connection.run_sync(_upgrade, revision)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what a driver raises when the database is not there into `Unavailable`.

        The log says so once, and once that it is back: somebody may ask every other second.
        """
        try:
            yield
        except (PoolTimeout, OSError) as error:
            raise self._unavailable(error) from error
        except DBAPIError as error:
            if _is_absent(error):
                raise self._unavailable(error) from error
            raise
        if not self._answers:
            log.info("The database answers again")
        self._answers = True

    def _unavailable(self, error: SQLAlchemyError | OSError) -> Unavailable:
        """A sentence that names the database but not its password."""
        if self.is_sqlite:
            where = f"the file {self.url.database}"
        else:
            host = self.url.host or self.url.query.get("host", "localhost")
            where = f"{self.url.database} at {host}"
        sentence = f"The database ({where}) does not answer: {_reason(error)}"
        log.log(logging.WARNING if self._answers else logging.DEBUG, sentence)
        self._answers = False
        return Unavailable(sentence)


def url_of(address: str | None, state_dir: Path) -> URL:
    """The database of an address as hosts give it, or the file in the state directory.

    `postgres://` and `postgresql://` are taken, with the options of libpq that matter here behind
    the `?`. Raises `StoreError` for anything else.
    """
    if address is None:
        return URL.create("sqlite+aiosqlite", database=str(state_dir / FILE))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # neither is shown: it holds a part of the address
        raise StoreError(_WRONG) from None
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite" and url.database:
        return url.set(drivername="sqlite+aiosqlite")
    misread = "@" in (url.host or "")  # the password has one, and half of it is taken for the host
    if backend not in ("postgres", "postgresql") or not url.database or misread:
        raise StoreError(_WRONG)
    if unknown := sorted(set(url.query) - set(_QUERY)):
        log.warning("In DATABASE_URL these options are not used: %s", ", ".join(unknown))
    query = {_QUERY[name]: value for name, value in url.query.items() if name in _QUERY}
    return url.set(drivername="postgresql+asyncpg", query=query)


_WRONG = (
    "DATABASE_URL is not the address of a database that I know; it looks like "
    "postgres://user:password@host:5432/name (with %40 for a @ in the password), or is left empty "
    "for a file in STATE_DIR."
)


def _engine(url: URL, *, migrates: bool = False) -> AsyncEngine:
    """What members say and do stays out of the messages of errors, and so out of the log."""
    try:
        if url.get_backend_name() != "sqlite":
            patience = {"timeout": PATIENCE_S}
            if not migrates:  # which waits for others, and may have much to do
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
            connect_args={"timeout": PATIENCE_S},
        )
    except ImportError as error:
        raise StoreError(
            "This Python was built without SQLite; use another one, or name a PostgreSQL database "
            "in DATABASE_URL."
            if url.get_backend_name() == "sqlite"
            else "PostgreSQL needs its driver, which is not installed; run "
            "pip install -r requirements-postgres.txt, or leave DATABASE_URL empty."
        ) from error
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    if not migrates:  # a migration makes tables anew, and rows that refer to them must stay
        event.listen(engine.sync_engine, "connect", _check_keys)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _make_file(path: Path) -> None:
    """Make a missing file, for the bot alone to read. Raises `OSError` if it cannot be used."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:  # it is not opened: to close it would let go of the locks on it
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's own class)
    """Set up a new connection: no transactions but ours, and readers beside a writer."""
    connection.isolation_level = None
    _execute(connection, "PRAGMA journal_mode=WAL")
    _execute(connection, "PRAGMA synchronous=FULL")  # what is committed outlives a power cut too


def _check_keys(connection: Any, _record: object) -> None:  # noqa: ANN401
    """Let no row refer to one that is not there."""
    _execute(connection, "PRAGMA foreign_keys=ON")


def _execute(connection: Any, statement: str) -> None:  # noqa: ANN401
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction; one that will write waits its turn before it has read anything."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command  # only here: it takes a quarter of a second to import
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StoreError(
            "The database was used by a newer version of Mangosaurus than this one "
            f"({error}); run that version again, or name another database."
        ) from error


def _is_absent(error: DBAPIError) -> bool:
    """Whether an error tells of the database and not of a mistake of ours."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return (
        error.connection_invalidated
        or isinstance(error, OperationalError | InterfaceError)
        or type(error) is DatabaseError  # a file that is no database, or a damaged one
        or state.startswith(_ABSENT)
        or state == _READ_ONLY
    )


def _reason(error: SQLAlchemyError | OSError) -> str:
    """Why a database does not answer, in a few words."""
    if isinstance(error, TimeoutError | PoolTimeout) and not error.args:
        return f"it took longer than {PATIENCE_S} s"
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "strerror", None) or str(cause).partition("\n")[0]
