"""Which communities have been welcomed."""

from datetime import datetime

from bot.store.queries import Queries
from bot.store.schema import Community


class Welcomes(Queries):
    """The welcomes of all communities."""

    async def claim(self, community_id: int, now: datetime) -> bool:
        """Note that a community is welcomed. Returns whether it was not before.

        A community that is forgotten is new again.
        """
        row = self._database.insert(Community).values(id=community_id, welcomed_at=now)
        claimed = row.on_conflict_do_update(
            index_elements=[Community.id],
            set_={"welcomed_at": now},
            where=Community.welcomed_at.is_(None),
        ).returning(Community.id)
        async with self._database.writing() as session:
            return await session.scalar(claimed) is not None
