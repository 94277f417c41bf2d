"""Revisions of the schema: which there are, which a database has, and the way between them.

alembic is imported only to migrate: that takes a quarter of a second and 9 MiB of memory.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent
VERSION_TABLE = "alembic_version"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate to a newer revision. Raises `alembic.util.CommandError` for an unknown one."""
    from alembic import command

    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Migrate to an older revision."""
    from alembic import command

    command.downgrade(_config(connection), revision)


def newest() -> str:
    """The revision that this version of the bot uses."""
    return all_revisions()[-1]


@cache
def all_revisions() -> tuple[str, ...]:
    """Every revision that this version of the bot knows, oldest first; their files begin so."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; `None` before the first migration."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return None if found is None else str(found)


@cache
def tables_at(revision: str) -> frozenset[str]:
    """Names of the tables at a revision, read from an empty database in memory."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection, _unlogged():
        upgrade(connection, revision)
        names = frozenset(inspect(connection).get_table_names()) - {VERSION_TABLE}
    engine.dispose()
    return names


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep migrations out of the log, which would look like those of the operator's database."""
    log = logging.getLogger("alembic.runtime.migration")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
