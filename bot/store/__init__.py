"""Persistent data in a database: a SQLite file or PostgreSQL."""

from typing import TypeVar

from bot.store.calls import OutcomeUnknown, StoreError, Unavailable
from bot.store.database import Database, url_of
from bot.store.queries import Queries

__all__ = ["Database", "OutcomeUnknown", "Queries", "Store", "StoreError", "Unavailable", "url_of"]

Kind = TypeVar("Kind", bound=Queries)


class Store:
    """Access to the database. Each feature has its own queries: `store[Polls]` are those of polls.

    The store makes one object of each class.
    """

    def __init__(self, database: Database) -> None:
        """`database` must have been migrated."""
        self.database = database
        self._queries: dict[type[Queries], Queries] = {}

    def __getitem__(self, kind: type[Kind]) -> Kind:
        """The queries of this class."""
        found = self._queries.get(kind)
        if not isinstance(found, kind):
            found = self._queries[kind] = kind(self.database)
        return found

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()
