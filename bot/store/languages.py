"""The language of each community: chosen by managers, or that of the first members who ask."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import func, select

from bot.store.queries import Queries
from bot.store.schema import Community

FIRST = 5
"""Members whose languages decide, as long as the managers choose none."""


class CommunityLanguage(NamedTuple):
    """What is stored of a community's language."""

    chosen: str | None = None
    """The tag of the language that managers have chosen."""
    asked: tuple[str, ...] = ()
    """Languages of the first members who asked, in their order."""

    def usual(self, own: str = "") -> str:
        """The language of most of the first members who asked; of a tie, the one that came first.

        Until all have asked, `own`: that of the member who gets the answer, if there is one.
        """
        if not self.asked or (own and len(self.asked) < FIRST):
            return own
        return Counter(self.asked).most_common(1)[0][0]


class CommunityLanguages(Queries):
    """The languages of all communities."""

    async def of(self, community_id: int) -> CommunityLanguage:
        """The language of a community."""
        columns = select(Community.language, Community.asked_in)
        for chosen, asked in await self._rows(columns.where(Community.id == community_id)):
            return CommunityLanguage(chosen, tuple((asked or "").split()[:FIRST]))
        return CommunityLanguage()

    async def note(self, community_id: int, tag: str) -> None:
        """Store the language of one more of the first members who ask, without the member."""
        row = self._database.insert(Community).values(id=community_id, asked_in=tag)
        asked = func.coalesce(Community.asked_in + " ", "")
        spaces = func.length(asked) - func.length(func.replace(asked, " ", ""))
        async with self._database.writing() as session:
            await session.execute(
                row.on_conflict_do_update(
                    index_elements=[Community.id],
                    set_={"asked_in": asked + tag},
                    where=spaces < FIRST,
                )
            )
