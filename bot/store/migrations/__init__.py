"""Migrations: the revisions of the tables, which one a database has, and upgrading it.

alembic is imported only to migrate: that takes a quarter of a second and 9 MiB of memory.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.store.calls import StoreError
from bot.store.schema import Base

MIGRATIONS = Path(__file__).parent
VERSION_TABLE = "alembic_version"
FIRST_VERSION = "0.7.0"
"""The version of Mangosaurus whose tables the oldest revision has."""


@cache
def all_revisions() -> tuple[str, ...]:
    """Every revision that this version of the bot knows, oldest first; their files begin so."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def newest() -> str:
    """The revision that this version of the bot uses."""
    return all_revisions()[-1]


def is_too_old(revision: str) -> bool:
    """Whether a revision is of a version before 0.7.0, which this version cannot upgrade."""
    return revision < all_revisions()[0]


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Create or upgrade the tables. Raises `StoreError` like `revision_of`."""
    if revision_of(connection) == (newest() if revision == "head" else revision):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; `None` for one without tables.

    Raises `StoreError` if this version cannot use the database.
    """
    tables = {*inspect(connection).get_table_names()}
    revision: str | None = None
    if VERSION_TABLE in tables:
        revision = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    if revision in all_revisions():
        return revision
    if revision is None:
        if not (known := sorted(tables & Base.metadata.tables.keys())):
            return None
        raise StoreError(
            f"The database has tables of Mangosaurus ({', '.join(known)}), but no revision in "
            f"{VERSION_TABLE}. Use another database, or restore a backup into an empty one."
        )
    if is_too_old(revision):
        raise StoreError(
            f"The database was written by a version before {FIRST_VERSION} (its tables are at "
            f"revision {revision}). Run version {FIRST_VERSION} once, which upgrades it, and then "
            "this version."
        )
    raise StoreError(
        f"The database was migrated by a newer version of Mangosaurus (to {revision}). Run that "
        "version, or use another database."
    )
