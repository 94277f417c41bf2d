"""Queries of communities that have been welcomed."""

from datetime import datetime

from sqlalchemy import BigInteger, literal, select, update

from bot.outbox.queries import Kind, put
from bot.store.queries import Queries
from bot.store.schema import Community


class Welcomes(Queries):
    """The welcomes of all communities."""

    async def welcome(
        self, community_id: int, channel_id: int, now: datetime, until: datetime
    ) -> None:
        """Put a welcome into the outbox, unless the community has had one.

        A community that is forgotten is new again.
        """
        row = self._database.insert(Community).values(id=community_id, welcomed_at=now)
        claimed = row.on_conflict_do_update(
            index_elements=[Community.id],
            set_={"welcomed_at": now},
            where=Community.welcomed_at.is_(None),
        ).returning(Community.id)
        async with self._database.writing() as session:
            new = Community.id == await session.scalar(claimed)
            place = select(Community.id, literal(channel_id, BigInteger)).where(new)
            await put(session, Kind.WELCOME, place, now, until)

    async def forget_all(self) -> None:
        """Forget who has had a welcome: they get one again."""
        async with self._database.writing() as session:
            await session.execute(update(Community).values(welcomed_at=None))
