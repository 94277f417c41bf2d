"""What is kept about members and guilds, and how it is forgotten."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.database import Database
from bot.store.schema import (
    Activation,
    ButtonState,
    Community,
    CustomModel,
    IdentityRow,
    Poem,
    Poll,
    Training,
    Version,
    Vote,
)

_OfMember = Vote | Poll | Poem | CustomModel | Training | Version | Activation | ButtonState
_OF_MEMBERS: tuple[type[_OfMember], ...] = (
    Vote,
    Poll,
    Poem,
    CustomModel,
    Training,
    Version,
    Activation,
    ButtonState,
)
"""Tables with a column `member_id`."""


@dataclass(frozen=True)
class Kept:
    """How much is known about a member."""

    votes: int
    polls: int
    """That the member has asked for, with the name that the member then had."""
    poems: int
    custom_models: int
    """Lists that the member has handed in."""
    trainings: int
    """That the member has begun."""
    activations: int
    """How often the member has chosen which weights are live, or was the cause of it."""
    button_states: int
    """States of buttons of the member's messages."""

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return any(vars(self).values())


class Privacy:
    """Forgets whom it is asked to forget."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, member_id: int) -> Kept:
        """What is kept about a member."""
        async with self._database.reading() as session:

            async def count(
                table: type[_OfMember],
                *conditions: ColumnElement[bool],
            ) -> int:
                statement = select(func.count()).where(table.member_id == member_id, *conditions)
                return await session.scalar(statement) or 0

            by_run = select(Training.version_id).where(
                Training.member_id == member_id, Training.version_id.is_not(None)
            )

            return Kept(
                votes=await count(Vote),
                polls=await count(Poll),
                poems=await count(Poem),
                custom_models=await count(CustomModel),
                # A version that one of these runs has made is the same training.
                trainings=await count(Training) + await count(Version, Version.id.not_in(by_run)),
                activations=await count(Activation),
                button_states=await count(ButtonState),
            )

    async def all_of(self, member_id: int) -> dict[str, list[dict[str, object]]]:
        """Every row about a member, by table; pictures, lists and networks left out."""
        rows: dict[str, list[dict[str, object]]] = {}
        async with self._database.reading() as session:
            for table in (
                Vote,
                Poll,
                Poem,
                CustomModel,
                Training,
                Version,
                Activation,
                ButtonState,
            ):
                columns = [
                    column
                    for column in table.__table__.columns
                    if not isinstance(column.type, LargeBinary) and column.name != "history"
                ]
                found = await session.execute(select(*columns).where(table.member_id == member_id))
                rows[table.__tablename__] = [dict(row._mapping) for row in found]
        return rows

    async def forget_member(self, member_id: int) -> None:
        """Forget a member: votes and poems are deleted, the rest stays without the name.

        What others have chosen, or a guild uses, is theirs too: a crowned name keeps its votes, a
        list its network. A vote that is still on loses the member's part.
        """
        async with self._database.writing() as session:
            # Cards before votes, each in the order of their keys, as votes are written: else one
            # would wait for the other in a circle.
            for keys in (
                select(Poll.id).where(Poll.member_id == member_id).order_by(Poll.id),
                select(Vote.poll_id).where(Vote.member_id == member_id).order_by(Vote.poll_id),
            ):
                await session.execute(keys.with_for_update())
            for table in (Vote, Poem, ButtonState):
                await session.execute(delete(table).where(table.member_id == member_id))
            await session.execute(
                update(Poll)
                .where(Poll.member_id == member_id)
                .values(member_id=None, discoverer=None)
            )
            for owned in (CustomModel, Version, Activation, Training):
                await session.execute(
                    update(owned).where(owned.member_id == member_id).values(member_id=None)
                )
            await session.execute(delete(IdentityRow).where(IdentityRow.id == member_id))

    async def seen(self, guild_ids: Collection[int], now: datetime) -> None:
        """Note in which guilds the bot is; from the others it has been gone since now, at least.

        For a process that sees all guilds.
        """
        async with self._database.writing() as session:
            known = set(await session.scalars(select(Community.id)))
            for table in (Poll, CustomModel, Training):
                known |= {*await session.scalars(select(table.community_id).distinct())} - {None}
            left_before = set(
                await session.scalars(select(Community.id).where(Community.left_at.is_not(None)))
            )
            here = set(guild_ids)
            for community_id in sorted((known - here) - left_before):
                await self._mark(session, community_id, now)
            for community_id in sorted(left_before & here):
                await self._mark(session, community_id, None)

    async def left(self, community_id: int, now: datetime) -> None:
        """Note that the bot was removed from a guild."""
        async with self._database.writing() as session:
            await self._mark(session, community_id, now)

    async def joined(self, community_id: int) -> None:
        """Note that it is there, perhaps again."""
        async with self._database.writing() as session:
            await self._mark(session, community_id, None)

    async def forget_communities(self, left_before: datetime) -> list[int]:
        """Forget the guilds that were left before that; which ones."""
        async with self._database.writing() as session:
            gone = list(
                await session.scalars(select(Community.id).where(Community.left_at < left_before))
            )
            if gone:
                for table in (Poll, CustomModel, Training, ButtonState):
                    await session.execute(delete(table).where(table.community_id.in_(gone)))
                # A kept poem is its member's, wherever it was written.
                await session.execute(
                    update(Poem).where(Poem.community_id.in_(gone)).values(community_id=None)
                )
                await session.execute(delete(Community).where(Community.id.in_(gone)))
        return gone

    async def _mark(
        self, session: AsyncSession, community_id: int, left_at: datetime | None
    ) -> None:
        await session.execute(
            self._database.insert(Community)
            .values(id=community_id, left_at=left_at)
            .on_conflict_do_update(index_elements=[Community.id], set_={"left_at": left_at})
        )
