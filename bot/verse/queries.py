"""Poems that members have kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from bot.store.queries import Queries
from bot.store.schema import Poem

MOST = 200
"""Maximum number of poems per member."""


@dataclass(frozen=True)
class KeptPoem:
    """A poem that a member has kept."""

    id: int
    title: str
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
        """Keep a poem. Returns whether the member had not kept it before. Raises `Full`."""
        async with self._database.writing() as session:
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
        async with self._database.reading() as session:
            return [KeptPoem(*row) for row in await session.execute(statement)]

    async def count(self, member_id: int) -> int:
        """Number of poems that a member has kept."""
        async with self._database.reading() as session:
            statement = select(func.count()).where(Poem.member_id == member_id)
            return await session.scalar(statement) or 0

    async def drop(self, member_id: int, poem_id: int) -> bool:
        """Delete a member's poem. Returns whether it existed."""
        async with self._database.writing() as session:
            dropped = await session.execute(
                delete(Poem)
                .where(Poem.member_id == member_id, Poem.id == poem_id)
                .returning(Poem.id)
            )
            return dropped.first() is not None
