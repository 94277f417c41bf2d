"""Queries of the word filters' settings."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.store.queries import Queries
from bot.store.schema import Community
from bot.words.matching import Strictness


@dataclass(frozen=True)
class FilterSettings:
    """A community's settings of its word filter."""

    strictness: int | None = None
    """`None` for the default."""
    blocked_words: tuple[str, ...] = ()


class WordFilters(Queries):
    """Settings of the word filters of all communities."""

    async def of(self, community_id: int) -> FilterSettings:
        """The settings of a community."""
        columns = select(Community.filter_strictness, Community.blocked_words)
        async with self._database.reading() as session:
            row = (await session.execute(columns.where(Community.id == community_id))).first()
        if row is None:
            return FilterSettings()
        strictness, words = row
        if strictness not in [*Strictness]:  # of a backup that somebody changed
            strictness = None
        return FilterSettings(strictness, tuple(words.split("\n")) if words else ())

    async def set_strictness(self, community_id: int, strictness: int) -> None:
        """Set how strict the filter of a community is."""
        await self._set(community_id, "filter_strictness", strictness)

    async def set_blocked_words(self, community_id: int, words: tuple[str, ...]) -> None:
        """Replace a community's own words. They must be bounded, without line ends."""
        await self._set(community_id, "blocked_words", "\n".join(words) or None)

    async def _set(self, community_id: int, column: str, value: int | str | None) -> None:
        insert = self._database.insert(Community).values({"id": community_id, column: value})
        async with self._database.writing() as session:
            await session.execute(
                insert.on_conflict_do_update(index_elements=[Community.id], set_={column: value})
            )
