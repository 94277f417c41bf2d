"""A database whose every transaction is a moment at which its process can be killed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store import Database


class KillableDatabase(Database):
    """Calls `point` around its transactions; that raises `CancelledError` in a killed process."""

    def __init__(self, url: URL, point: Callable[[], Awaitable[None]]) -> None:
        super().__init__(url)
        self._point = point

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        await self._point()
        async with super().reading() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        await self._point()
        async with super().writing() as session:
            yield session
            await self._point()
        await self._point()
