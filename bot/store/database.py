"""The one way to the database: opened, migrated, read from and written to."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

log = logging.getLogger(__name__)

FILE = "mangosaurus.db"
"""The name of the SQLite file in the state directory."""
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_S = 15
"""Seconds that one writer waits for another, and for a connection."""
_MIGRATION_LOCK = 0x4D414E474F  # any number that nobody else takes for a lock: "MANGO"
_WRITES = "mangosaurus_writes"

# What providers put into an address for libpq, and asyncpg calls otherwise or does not know.
_RENAMED = {"sslmode": "ssl"}
_UNKNOWN = frozenset({"channel_binding", "gssencmode", "options", "target_session_attrs"})


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
        # In one process a lock is fairer than SQLite's own, at which writers come and look again.
        self._turn = asyncio.Lock() if self.is_sqlite else None
        self._answers = True

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database. Raises `Unavailable`."""
        with self._explained():
            async with AsyncSession(self._engine, expire_on_commit=False) as session:
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
        except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
            raise self._unavailable("does not answer", error) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise self._unavailable("is gone", error) from error
            raise
        if not self._answers:
            log.info("The database answers again")
        self._answers = True

    def _unavailable(self, how: str, error: Exception) -> Unavailable:
        log.log(
            logging.WARNING if self._answers else logging.DEBUG, "The database %s: %s", how, error
        )
        self._answers = False
        return Unavailable(f"The database {how}: {error}")


def url_of(address: str | None, state_dir: Path) -> URL:
    """The database of an address as hosts give it, or the file in the state directory.

    `postgres://` and `postgresql://` are taken, with what libpq understands behind the `?`. Raises
    `StoreError` for anything else.
    """
    if address is None:
        return URL.create("sqlite+aiosqlite", database=str(state_dir / FILE))
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise StoreError(_WRONG) from error
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite" and url.database:
        return url.set(drivername="sqlite+aiosqlite")
    if backend not in ("postgres", "postgresql") or not url.database:
        raise StoreError(_WRONG)
    query = {_RENAMED.get(k, k): v for k, v in url.query.items() if k not in _UNKNOWN}
    return url.set(drivername="postgresql+asyncpg", query=query)


_WRONG = (
    "DATABASE_URL is not the address of a database that I know; it looks like "
    "postgres://user:password@host:5432/name, or is left empty for a file in STATE_DIR."
)


def _engine(url: URL, *, migrates: bool = False) -> AsyncEngine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_async_engine(url, pool_timeout=PATIENCE_S, pool_pre_ping=True)
        engine = create_async_engine(
            url, pool_timeout=PATIENCE_S, connect_args={"timeout": PATIENCE_S}
        )
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs its driver, which is not installed; run "
            "pip install -r requirements-postgres.txt, or leave DATABASE_URL empty."
        ) from error
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    if not migrates:  # a migration makes tables anew, and rows that refer to them must stay
        event.listen(engine.sync_engine, "connect", _check_keys)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's own class)
    """Set up a new connection: no transactions but ours, and readers beside a writer."""
    connection.isolation_level = None
    _execute(connection, "PRAGMA journal_mode=WAL")


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
