"""Database fixtures: every test that uses one runs on SQLite and on PostgreSQL.

`MANGOSAURUS_TEST_DATABASE_URL` is the address of a PostgreSQL server where the tests may create
databases. Without it the runs on PostgreSQL are skipped, or fail if `MANGOSAURUS_NO_SKIP` is 1.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store import Database, Store, url_of
from bot.store.schema import Base

VARIABLE = "MANGOSAURUS_TEST_DATABASE_URL"


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
    asyncio.run(_migrated(URL.create("sqlite+aiosqlite", database=str(templates.sqlite))))
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
        url = URL.create("sqlite+aiosqlite", database=str(tmp_path / "empty.db"))
        async for database in _opened(url):
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
        path = tmp_path / "mangosaurus.db"
        shutil.copyfile(templates.sqlite, path)
        async for database in _opened(URL.create("sqlite+aiosqlite", database=str(path))):
            yield database
    else:
        url = _in_server(_server(), templates.postgres)
        async for database in _opened(url):
            yield database
        await _empty(url)


@pytest.fixture
async def postgres(templates: Templates) -> AsyncIterator[Database]:
    """A PostgreSQL database with empty tables."""
    url = _in_server(_server(), templates.postgres)
    async for database in _opened(url):
        yield database
    await _empty(url)


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


def _server() -> str:
    server = os.environ.get(VARIABLE)
    if server is None:
        reason = f"no PostgreSQL: {VARIABLE} is not set"
        if os.environ.get("MANGOSAURUS_NO_SKIP") == "1":
            pytest.fail(f"{reason}, and MANGOSAURUS_NO_SKIP=1 forbids skipping")
        pytest.skip(reason)
    return server


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


async def _empty(url: URL) -> None:
    """Close all other connections and delete all rows."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        for table in reversed(Base.metadata.sorted_tables):
            await connection.execute(table.delete())
    await engine.dispose()


async def _execute(server: str, statement: str) -> None:
    """Run a statement that is not allowed in a transaction."""
    engine = create_async_engine(url_of(server, Path()), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def _in_server(server: str, name: str) -> URL:
    return url_of(make_url(server).set(database=name).render_as_string(False), Path())
