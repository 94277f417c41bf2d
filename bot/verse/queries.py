"""Poems that members have kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.members import writing_for
from bot.store.personal import Rows, number_of, rows_of_member
from bot.store.queries import Queries
from bot.store.schema import Poem
from data.phrases import Showable

MOST = 200
"""Maximum number of poems per member."""


@dataclass(frozen=True)
class KeptPoem:
    """A poem that a member has kept."""

    id: int
    title: Showable
    text: str
    kept_at: datetime


class Full(Exception):  # noqa: N818 (it is a state, not a fault)
    """The member has kept `MOST` poems."""


class Poems(Queries):
    """The kept poems of all members."""

    async def keep(
        self,
        member_id: int,
        community_id: int | None,
        message_id: int,
        title: str,
        text: str,
        now: datetime,
    ) -> bool:
        """Keep a poem. Returns whether the member had not kept it before.

        Raises `Full`, and `Forgotten`.
        """
        async with writing_for(self._database, member_id) as session:
            own = Poem.member_id == member_id
            kept = select(Poem.id).where(own, Poem.message_id == message_id)
            if await session.scalar(kept) is not None:
                return False
            if (await session.scalar(select(func.count()).where(own)) or 0) >= MOST:
                raise Full
            new = await session.execute(
                self._database.insert(Poem)
                .values(
                    member_id=member_id,
                    community_id=community_id,
                    message_id=message_id,
                    title=title,
                    text=text,
                    kept_at=now,
                )
                # A double click keeps the poem once.
                .on_conflict_do_nothing(index_elements=[Poem.member_id, Poem.message_id])
                .returning(Poem.id)
            )
            return new.first() is not None

    async def of(self, member_id: int, *, skip: int = 0, most: int = MOST) -> list[KeptPoem]:
        """A member's poems, newest first."""
        statement = (
            select(Poem.id, Poem.title, Poem.text, Poem.kept_at)
            .where(Poem.member_id == member_id)
            .order_by(Poem.id.desc())
            .offset(skip)
            .limit(most)
        )
        return [KeptPoem(*row) for row in await self._rows(statement)]

    async def count(self, member_id: int) -> int:
        """Number of poems that a member has kept."""
        return await self._scalar(select(func.count()).where(Poem.member_id == member_id)) or 0

    async def drop(self, member_id: int, poem_id: int) -> Showable | None:
        """Delete a member's poem. Returns its title; `None` if there was none."""
        async with self._database.writing() as session:
            dropped = await session.scalars(
                delete(Poem)
                .where(Poem.member_id == member_id, Poem.id == poem_id)
                .returning(Poem.title)
            )
            return dropped.first()


async def remove(session: AsyncSession, community_id: int | None, message_id: int) -> int:
    """Delete the kept copies of a poem that a community saw. Returns their number."""
    gone = await session.scalars(
        delete(Poem)
        .where(Poem.community_id == community_id, Poem.message_id == message_id)
        .returning(Poem.id)
    )
    return len(gone.all())


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of poems that a member has kept."""
    return {"poems": await number_of(session, Poem.member_id == member_id)}


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """The poems that a member has kept."""
    return await rows_of_member(session, (Poem,), member_id)


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete the poems that a member has kept."""
    await session.execute(delete(Poem).where(Poem.member_id == member_id))


async def communities(_session: AsyncSession) -> set[int]:
    """None: poems belong to members."""
    return set()


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Let poems be of no community. They stay with the members who have kept them."""
    await session.execute(update(Poem).where(Poem.community_id.in_(gone)).values(community_id=None))
