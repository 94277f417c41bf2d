"""Data about members and communities: counting, exporting and deleting it."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.community import queries as community
from bot.discoveries import queries as discoveries
from bot.eggs import queries as eggs
from bot.giving import queries as giving
from bot.polls import queries as polls
from bot.store import answers, identities
from bot.store.members import forgetting
from bot.store.personal import PersonalData, Rows
from bot.store.queries import Queries, patient
from bot.store.schema import Community
from bot.trainer import queries as training
from bot.verse import queries as verse

_FEATURES: tuple[PersonalData, ...] = (
    *(polls, eggs, discoveries, giving),
    *(verse, training, answers, community),
)
"""All that store data about members. Their order is that of locks in a transaction."""


class Privacy(Queries):
    """Counts, exports and deletes data of members and communities."""

    async def of(self, member_id: int) -> dict[str, int]:
        """Number of rows about a member, by kind (`votes`, `polls` …) where there are any.

        A version counts as a training. Blocks and moderation outlast `forget_member`.
        """
        counts: dict[str, int] = {}
        async with self._database.reading() as session:
            for feature in _FEATURES:
                counts |= await feature.count(session, member_id)
        return {kind: number for kind, number in counts.items() if number}

    async def all_of(self, member_id: int) -> dict[str, Rows]:
        """Every row about a member, by table, without binary columns and loss histories."""
        async with self._database.reading() as session:
            rows = await identities.export(session, member_id)
            for feature in _FEATURES:
                rows |= await feature.export(session, member_id)
        return rows

    async def forget_member(self, member_id: int) -> None:
        """Delete a member's votes, poems, button states and identity, and the id everywhere else.

        Data that others rely on stays, without the member. The identity stays with what stays about
        the member: blocks and the record.
        """
        known = await identities.keys_of(self._database, member_id)
        async with forgetting(self._database, [member_id, *known]) as session:
            for feature in _FEATURES:
                await feature.forget(session, member_id)
            if not any((await community.count(session, member_id)).values()):
                await identities.forget(session, member_id)

    @patient
    async def seen(
        self,
        community_ids: Collection[int],
        now: datetime,
        platform: str = "discord",
        *,
        among: Callable[[int], bool] = lambda _community_id: True,
    ) -> None:
        """Record which communities of a platform the bot is in.

        It is assumed to have left the other known ones of this platform now, of those `among` which
        it would be seen.
        """
        async with self._database.writing() as session:
            known = set[int]()
            for feature in _FEATURES:
                known |= await feature.communities(session)
            known = await identities.communities_of(session, {*filter(among, known)}, platform)
            left_before = set(
                await session.scalars(select(Community.id).where(Community.left_at.is_not(None)))
            )
            present = set(community_ids)
            for community_id in sorted((known - present) - left_before):
                await self._mark(session, community_id, now)
            for community_id in sorted(left_before & present):
                await self._mark(session, community_id, None)

    async def left(self, community_id: int, now: datetime) -> None:
        """Record that a community has removed the bot."""
        async with self._database.writing() as session:
            await self._mark(session, community_id, now)

    async def joined(self, community_id: int) -> None:
        """Record that a community has added the bot, perhaps again."""
        async with self._database.writing() as session:
            await self._mark(session, community_id, None)

    @patient
    async def forget_communities(self, left_before: datetime) -> list[int]:
        """Delete the communities that removed the bot before a time. Returns their ids.

        Poems stay: they belong to the members who have kept them.
        """
        async with self._database.writing() as session:
            gone = list(
                await session.scalars(select(Community.id).where(Community.left_at < left_before))
            )
            if gone:
                await identities.forget_communities(session, gone)
                for feature in _FEATURES:
                    await feature.forget_communities(session, gone)
        return gone

    async def _mark(
        self, session: AsyncSession, community_id: int, left_at: datetime | None
    ) -> None:
        await session.execute(
            self._database.insert(Community)
            .values(id=community_id, left_at=left_at)
            .on_conflict_do_update(index_elements=[Community.id], set_={"left_at": left_at})
        )
