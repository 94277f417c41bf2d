"""The language that each community has chosen for answers that everybody sees."""

from sqlalchemy import select

from bot.store.queries import Queries
from bot.store.schema import Community


class CommunityLanguages(Queries):
    """The chosen languages of all communities."""

    async def of(self, community_id: int) -> str | None:
        """The tag of the language of a community; `None` if it has chosen none."""
        return await self._scalar(select(Community.language).where(Community.id == community_id))
