"""Database fixtures: every test that uses one runs on SQLite and on PostgreSQL.

`MANGOSAURUS_TEST_DATABASE_URL` is the address of a PostgreSQL server where the tests may create
databases. Without it the runs on PostgreSQL are skipped, or fail if `MANGOSAURUS_NO_SKIP` is 1.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest
from sqlalchemy import URL, Dialect, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

import bot.store.backup
import bot.store.database
from bot.store import Database, Store, url_of
from bot.store.database import FILE
from bot.store.schema import Base
from tests.optional import missing

VARIABLE = "MANGOSAURUS_TEST_DATABASE_URL"


MOST_STATEMENTS = 2000


class CompiledStatements(LRUCache[Any, Any]):
    """Compiled statements of all engines of a process, by the name of their dialect.

    Each test has an engine, which would compile the same statements again.
    """

    def get(self, key: tuple[Dialect, object], default: Any = None) -> Any:  # noqa: ANN401
        dialect, *others = key
        return super().get((dialect.name, *others), default)

    def __setitem__(self, key: tuple[Dialect, object], value: object) -> None:
        dialect, *others = key
        super().__setitem__((dialect.name, *others), value)


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    """Let all engines share what they compile."""
    compiled = CompiledStatements(MOST_STATEMENTS)

    def create(*args: Any, **options: Any) -> AsyncEngine:  # noqa: ANN401
        engine = create_async_engine(*args, **options)
        engine.sync_engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.store.database, "create_async_engine", create)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_locks() -> Iterator[None]:
    """Replace what a database has at once: no bot is about to return."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.store.backup, "RETURN_S", 0)
        yield


@dataclass(frozen=True)
class Templates:
    """Migrated databases, which is faster than migrating one per test."""

    sqlite: Path
    """A file to copy."""
    postgres: str
    """Name of a database that is emptied after each test."""


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """A migrated SQLite file and, if a server is configured, a migrated PostgreSQL database."""
    folder = tmp_path_factory.mktemp("databases")
    templates = Templates(folder / "template.db", _new_name())
    asyncio.run(_migrated(_file(templates.sqlite)))
    if server := os.environ.get(VARIABLE):
        asyncio.run(_execute(server, f"CREATE DATABASE {templates.postgres}"))
        asyncio.run(_migrated(_in_server(server, templates.postgres)))
    yield templates
    if server:
        asyncio.run(_execute(server, f"DROP DATABASE {templates.postgres} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        async for database in _opened(_file(tmp_path / "empty.db")):
            yield database
    else:
        server, name = _server(), _new_name()
        await _execute(server, f"CREATE DATABASE {name}")
        async for database in _opened(_in_server(server, name)):
            yield database
        await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
async def database(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> AsyncIterator[Database]:
    """A database with empty tables."""
    if request.param == "sqlite":
        path = tmp_path / FILE
        shutil.copyfile(templates.sqlite, path)
        async for database in _opened(_file(path)):
            yield database
    else:
        async for database in _emptied(templates):
            yield database


@pytest.fixture
async def postgres(templates: Templates) -> AsyncIterator[Database]:
    """A PostgreSQL database with empty tables."""
    async for database in _emptied(templates):
        yield database


@pytest.fixture
def store(database: Database) -> Store:
    """The store of `database`."""
    return Store(database)


def store_in(folder: Path, templates: Templates) -> Store:
    """The store that the bot uses by default: a SQLite file in a folder."""
    url = url_of(None, folder)
    assert url.database is not None
    if not Path(url.database).exists():
        shutil.copyfile(templates.sqlite, url.database)
    return Store(Database(url))


@cache
def migrated() -> bytes:
    """The SQLite file with empty tables, for bots that would begin by making it."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
        path = Path(folder) / FILE
        # The caller may be in an event loop.
        pool.submit(asyncio.run, _migrated(_file(path))).result()
        return path.read_bytes()


def _server() -> str:
    server = os.environ.get(VARIABLE)
    if server is None:
        missing(f"no PostgreSQL: {VARIABLE} is not set")
    return server


def _file(path: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(path))


def _new_name() -> str:
    return f"mangosaurus_{secrets.token_hex(6)}"


async def _opened(url: URL) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def _migrated(url: URL) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


async def _emptied(templates: Templates) -> AsyncIterator[Database]:
    """The migrated PostgreSQL database, emptied afterwards."""
    url = postgres_of(templates)
    async for database in _opened(url):
        yield database
    await emptied(url)


def postgres_of(templates: Templates) -> URL:
    """The migrated PostgreSQL database."""
    return _in_server(_server(), templates.postgres)


async def emptied(url: URL) -> None:
    """Close all other connections and delete all rows, in one round trip."""
    deletes = [f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)]  # noqa: S608
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    await connection.execute("; ".join([_CLOSE_OTHERS, *deletes]))
    await connection.close()


_CLOSE_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def _execute(server: str, statement: str) -> None:
    """Run a statement that is not allowed in a transaction."""
    engine = create_async_engine(url_of(server, Path()), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def _in_server(server: str, name: str) -> URL:
    return url_of(make_url(server).set(database=name).render_as_string(False), Path())
