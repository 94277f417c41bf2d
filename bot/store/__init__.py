"""Persistent data in a database: a SQLite file or PostgreSQL."""

from collections.abc import Callable
from typing import Any, TypeVar

from bot.store.calls import OutcomeUnknown, StoreError, Unavailable
from bot.store.database import Database, url_of

__all__ = ["Database", "OutcomeUnknown", "Store", "StoreError", "Unavailable", "url_of"]

Queries = TypeVar("Queries")


class Store:
    """Access to the database. Each feature has its own queries: `store[Polls]` are those of polls.

    A class of queries takes the `Database`. The store makes one object of each class.
    """

    def __init__(self, database: Database) -> None:
        """`database` must have been migrated."""
        self.database = database
        self._queries: dict[Callable[[Database], object], Any] = {}

    def __getitem__(self, kind: Callable[[Database], Queries]) -> Queries:
        """The queries of this class."""
        if kind not in self._queries:
            self._queries[kind] = kind(self.database)
        queries: Queries = self._queries[kind]
        return queries

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()
