"""What is kept about members and guilds, and how it is forgotten."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.database import Database
from bot.store.schema import Activation, Card, Guild, Namer, Poem, Run, Version, Vote


@dataclass(frozen=True)
class Kept:
    """How much is known about a member."""

    votes: int
    cards: int
    """That the member has asked for, with the name that the member then had."""
    poems: int
    namers: int
    """Lists that the member has handed in."""
    trainings: int
    """That the member has begun."""
    activations: int
    """How often the member has chosen which weights are live, or was the cause of it."""

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
                table: type[Vote | Card | Poem | Namer | Run | Version | Activation],
                *conditions: ColumnElement[bool],
            ) -> int:
                statement = select(func.count()).where(table.member_id == member_id, *conditions)
                return await session.scalar(statement) or 0

            by_run = select(Run.version_id).where(
                Run.member_id == member_id, Run.version_id.is_not(None)
            )

            return Kept(
                votes=await count(Vote),
                cards=await count(Card),
                poems=await count(Poem),
                namers=await count(Namer),
                # A version that one of these runs has made is the same training.
                trainings=await count(Run) + await count(Version, Version.id.not_in(by_run)),
                activations=await count(Activation),
            )

    async def all_of(self, member_id: int) -> dict[str, list[dict[str, object]]]:
        """Every row about a member, by table; pictures, lists and networks left out."""
        rows: dict[str, list[dict[str, object]]] = {}
        async with self._database.reading() as session:
            for table in (Vote, Card, Poem, Namer, Run, Version, Activation):
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
                select(Card.id).where(Card.member_id == member_id).order_by(Card.id),
                select(Vote.card_id).where(Vote.member_id == member_id).order_by(Vote.card_id),
            ):
                await session.execute(keys.with_for_update())
            for table in (Vote, Poem):
                await session.execute(delete(table).where(table.member_id == member_id))
            await session.execute(
                update(Card)
                .where(Card.member_id == member_id)
                .values(member_id=None, discoverer=None)
            )
            for owned in (Namer, Version, Activation, Run):
                await session.execute(
                    update(owned).where(owned.member_id == member_id).values(member_id=None)
                )

    async def seen(self, guild_ids: Collection[int], now: datetime) -> None:
        """Note in which guilds the bot is; from the others it has been gone since now, at least.

        For a process that sees all guilds.
        """
        async with self._database.writing() as session:
            known = set(await session.scalars(select(Guild.id)))
            for table in (Card, Namer, Run):
                known |= {*await session.scalars(select(table.guild_id).distinct())} - {None}
            left_before = set(
                await session.scalars(select(Guild.id).where(Guild.left_at.is_not(None)))
            )
            here = set(guild_ids)
            for guild_id in sorted((known - here) - left_before):
                await self._mark(session, guild_id, now)
            for guild_id in sorted(left_before & here):
                await self._mark(session, guild_id, None)

    async def left(self, guild_id: int, now: datetime) -> None:
        """Note that the bot was removed from a guild."""
        async with self._database.writing() as session:
            await self._mark(session, guild_id, now)

    async def joined(self, guild_id: int) -> None:
        """Note that it is there, perhaps again."""
        async with self._database.writing() as session:
            await self._mark(session, guild_id, None)

    async def forget_guilds(self, left_before: datetime) -> list[int]:
        """Forget the guilds that were left before that; which ones."""
        async with self._database.writing() as session:
            gone = list(await session.scalars(select(Guild.id).where(Guild.left_at < left_before)))
            if gone:
                for table in (Card, Namer, Run):
                    await session.execute(delete(table).where(table.guild_id.in_(gone)))
                # A kept poem is its member's, wherever it was written.
                await session.execute(
                    update(Poem).where(Poem.guild_id.in_(gone)).values(guild_id=None)
                )
                await session.execute(delete(Guild).where(Guild.id.in_(gone)))
        return gone

    async def _mark(self, session: AsyncSession, guild_id: int, left_at: datetime | None) -> None:
        await session.execute(
            self._database.insert(Guild)
            .values(id=guild_id, left_at=left_at)
            .on_conflict_do_update(index_elements=[Guild.id], set_={"left_at": left_at})
        )
