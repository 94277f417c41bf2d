"""What communities have discovered: discoveries, collections, leaderboards.

`discover`, `take_back` and `remove` are for polls, which decide what is discovered.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    SQLColumnExpression,
    case,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.creatures.animal import profile_of
from bot.creatures.genome import folded
from bot.creatures.names import has_creature
from bot.creatures.profile import Family, Period, Profile
from bot.creatures.storage import from_json, to_json
from bot.store.database import Database
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of,
    rows_of_member,
)
from bot.store.queries import Queries, patient
from bot.store.schema import EVERYWHERE, Block, Discovery, HiddenCollection, Poll

MOST_OWNED, MOST_IN_A_DAY = 200, 3
"""Creatures in a member's collection in a community, and those of one UTC date that enter it."""
AT_ONCE = 100
"""Profiles that are made and stored together."""


@dataclass(frozen=True)
class Find:
    """A name that has won a poll of dinosaurs."""

    name: str
    """As displayed."""
    poll_id: int
    community_id: int
    member_id: int | None
    """The member who requested it; `None` if nobody did, or they are forgotten."""
    at: datetime


@dataclass(frozen=True)
class Exhibit:
    """A creature in the museum of a community."""

    id: int
    name: str
    """As displayed."""
    poll_id: int
    found_at: datetime
    member_id: int | None
    """The discoverer, as others may know them."""
    owner_id: int | None
    is_favourite: bool
    profile: Profile
    is_of_day: bool = False
    """Whether it was a dinosaur of the day, which the whole community has discovered."""


class Discoverer(NamedTuple):
    """A member on the leaderboard."""

    member_id: int
    number: int
    """Of discoveries."""


async def discover(database: Database, session: AsyncSession, find: Find) -> None:
    """Enter a winner in the museum, and in the collection of its discoverer if that may grow.

    A name that the museum has keeps its first discoverer. In the transaction that closes the poll.
    """
    if not has_creature(find.name):
        return
    member_id = find.member_id
    if member_id is not None and await _is_blocked(session, find.community_id, member_id):
        member_id = None
    owner_id = None
    if member_id is not None:
        if not database.is_sqlite:  # another process may close another poll of theirs
            lock = text("SELECT pg_advisory_xact_lock(hashint8(:community), hashint8(:member))")
            await session.execute(lock, {"community": find.community_id, "member": member_id})
        owner_id = member_id if await _may_grow(session, find, member_id) else None
    profile = await asyncio.to_thread(profile_of, find.name)
    await session.execute(
        database.insert(Discovery)
        .values(
            community_id=find.community_id,
            key=folded(find.name),
            name=find.name,
            poll_id=find.poll_id,
            found_at=find.at,
            member_id=member_id,
            owner_id=owner_id,
            is_favourite=False,
            **_columns(profile),
        )
        .on_conflict_do_nothing(index_elements=[Discovery.community_id, Discovery.key])
    )


async def take_back(session: AsyncSession, poll_id: int) -> str | None:
    """Remove what a poll has discovered, since it has no winner anymore. Returns its name."""
    of_poll = delete(Discovery).where(Discovery.poll_id == poll_id)
    return (await session.scalars(of_poll.returning(Discovery.name))).first()


async def remove(session: AsyncSession, community_id: int | None, name: str) -> int | None:
    """Remove a name that a moderator has removed from a poll, whichever poll it was found in.

    Returns the id of that poll; `None` if the museum does not have the name.
    """
    here = Discovery.community_id == community_id
    removed = await session.scalars(
        delete(Discovery).where(here, Discovery.key == folded(name)).returning(Discovery.poll_id)
    )
    return removed.first()


async def _is_blocked(session: AsyncSession, community_id: int, member_id: int) -> bool:
    blocks = select(Block.id).where(
        Block.member_id == member_id, Block.community_id.in_((community_id, EVERYWHERE))
    )
    return await session.scalar(blocks.limit(1)) is not None


async def _may_grow(session: AsyncSession, find: Find, member_id: int) -> bool:
    """Whether a find may enter a collection: the first ones of a day do, while there is room."""
    here = Discovery.community_id == find.community_id
    midnight = find.at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = await number_of(
        session,
        here,
        Discovery.member_id == member_id,
        Discovery.found_at >= midnight,
        Discovery.found_at < midnight + timedelta(days=1),
    )
    if today >= MOST_IN_A_DAY:
        return False
    return await number_of(session, here, Discovery.owner_id == member_id) < MOST_OWNED


def _columns(profile: Profile) -> dict[str, str]:
    return {"profile": to_json(profile), "family": profile.family, "period": profile.period}


_IS_HIDDEN = (
    select(HiddenCollection.member_id)
    .where(
        HiddenCollection.community_id == Discovery.community_id,
        HiddenCollection.member_id == Discovery.member_id,
    )
    .exists()
)
_DISCOVERER = case((_IS_HIDDEN, None), else_=Discovery.member_id)
"""The discoverer; nobody for one who hides their collection."""


def _place(
    values: type[Family] | type[Period], column: SQLColumnExpression[Any]
) -> ColumnElement[int]:
    """The place of a code among all of them."""
    return case({value.value: i for i, value in enumerate(values)}, value=column, else_=len(values))


_NEWEST = (Discovery.found_at.desc(), Discovery.id.desc())
ORDERS: Mapping[str, Sequence[SQLColumnExpression[Any]]] = {
    "newest": _NEWEST,
    "family": (_place(Family, Discovery.family), Discovery.key),
    "period": (_place(Period, Discovery.period), Discovery.key),
    "discoverer": (_DISCOVERER.is_(None), _DISCOVERER, *_NEWEST),
}
"""Orders of the museum by name."""


class Museum(Queries):
    """The museums of all communities."""

    async def exhibits(
        self,
        community_id: int,
        *,
        owner_id: int | None = None,
        order: str = "newest",
        skip: int = 0,
        most: int = 9,
    ) -> list[Exhibit]:
        """What a community has discovered, or what is in a member's collection: favourite first.

        `order` is a key of `ORDERS`.
        """
        columns = ORDERS[order]
        if owner_id is not None:
            columns = (Discovery.is_favourite.desc(), *columns)
        return await self._find(*_of(community_id, owner_id), order=columns, skip=skip, most=most)

    async def count(self, community_id: int, owner_id: int | None = None) -> int:
        """Number of creatures in a museum, or in a collection."""
        counted = select(func.count()).where(*_of(community_id, owner_id))
        return await self._scalar(counted) or 0

    async def named(self, community_id: int, name: str) -> Exhibit | None:
        """The creature of a name, in any case; `None` if the community has not discovered it."""
        here = Discovery.community_id == community_id
        found = await self._find(here, Discovery.key == folded(name))
        return found[0] if found else None

    async def owned(self, community_id: int, owner_id: int, number: int) -> Exhibit | None:
        """A creature by its id; `None` if it is not in the member's collection."""
        found = await self._find(*_of(community_id, owner_id), Discovery.id == number)
        return found[0] if found else None

    async def favour(self, community_id: int, owner_id: int, number: int) -> None:
        """Let a creature of a collection come first, in place of the one that did."""
        async with self._database.writing() as session:
            of_owner = _of(community_id, owner_id)
            if number in await _locked(session, *of_owner):
                await session.execute(
                    update(Discovery).where(*of_owner).values(is_favourite=Discovery.id == number)
                )

    async def release(self, community_id: int, owner_id: int, number: int) -> str | None:
        """Take a creature out of a collection. It stays in the museum.

        Returns its name; `None` if it is not there.
        """
        async with self._database.writing() as session:
            released = await session.scalars(
                update(Discovery)
                .where(*_of(community_id, owner_id), Discovery.id == number)
                .values(owner_id=None, is_favourite=False)
                .returning(Discovery.name)
            )
            return released.first()

    async def is_hidden(self, community_id: int, member_id: int) -> bool:
        """Whether a member hides their collection."""
        counted = select(func.count()).where(*_hidden(community_id, member_id))
        return bool(await self._scalar(counted))

    async def hide(self, community_id: int, member_id: int, *, hidden: bool) -> None:
        """Hide a collection from others, or show it again."""
        async with self._database.writing() as session:
            if hidden:
                row = self._database.insert(HiddenCollection).values(
                    community_id=community_id, member_id=member_id
                )
                await session.execute(row.on_conflict_do_nothing())
            else:
                await session.execute(
                    delete(HiddenCollection).where(*_hidden(community_id, member_id))
                )

    async def leaders(
        self, community_id: int, since: datetime | None, *, most: int = 10
    ) -> list[Discoverer]:
        """Members with the most discoveries since a time, who do not hide their collection."""
        number = func.count()
        statement = (
            select(Discovery.member_id, number)
            .where(
                Discovery.community_id == community_id,
                Discovery.member_id.is_not(None),
                ~_IS_HIDDEN,
            )
            .group_by(Discovery.member_id)
            .order_by(number.desc(), func.max(Discovery.found_at), Discovery.member_id)
            .limit(most)
        )
        if since is not None:
            statement = statement.where(Discovery.found_at >= since)
        rows = await self._rows(statement)
        return [Discoverer(member, count) for member, count in rows if member is not None]

    @patient
    async def complete(self, community_id: int) -> None:
        """Make the profiles that winners of 0.7.0 lack. They never change afterwards."""
        lacking = (Discovery.community_id == community_id, Discovery.profile.is_(None))
        statement = select(Discovery.id, Discovery.name).where(*lacking).limit(AT_ONCE)
        while names := await self._rows(statement):
            made = await asyncio.to_thread(
                lambda: [(number, _columns(profile_of(name))) for number, name in names]
            )
            async with self._database.writing() as session:
                for number, columns in sorted(made):
                    await session.execute(
                        update(Discovery)
                        .where(Discovery.id == number, Discovery.profile.is_(None))
                        .values(columns)
                    )

    async def _find(
        self,
        *conditions: ColumnElement[bool],
        order: Sequence[SQLColumnExpression[Any]] = (),
        skip: int = 0,
        most: int = 1,
    ) -> list[Exhibit]:
        statement = (
            select(
                Discovery.id,
                Discovery.name,
                Discovery.poll_id,
                Discovery.found_at,
                _DISCOVERER.label("member_id"),
                Discovery.owner_id,
                Discovery.is_favourite,
                Discovery.profile,
                Poll.day,
            )
            .join(Poll, Poll.id == Discovery.poll_id)
            .where(*conditions)
            .order_by(*order)
            .offset(skip)
            .limit(most)
        )
        rows = await self._rows(statement)
        return await asyncio.to_thread(lambda: [*map(_exhibit, rows)])


def _exhibit(row: Row[Any]) -> Exhibit:
    return Exhibit(
        row.id,
        row.name,
        row.poll_id,
        row.found_at,
        row.member_id,
        row.owner_id,
        row.is_favourite,
        from_json(row.profile) if row.profile else profile_of(row.name),
        row.day is not None,
    )


def _of(community_id: int, owner_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a museum, or for a collection in it."""
    here = (Discovery.community_id == community_id,)
    return here if owner_id is None else (*here, Discovery.owner_id == owner_id)


def _hidden(community_id: int, member_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        HiddenCollection.community_id == community_id,
        HiddenCollection.member_id == member_id,
    )


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> set[int]:
    """The ids of discoveries, kept from being changed by others. Their order avoids deadlocks."""
    ids = select(Discovery.id).where(*conditions).order_by(Discovery.id)
    return {*await session.scalars(ids.with_for_update())}


def _is_of(member_id: int) -> ColumnElement[bool]:
    return or_(Discovery.member_id == member_id, Discovery.owner_id == member_id)


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of a member's discoveries, and of the communities in which they hide them."""
    return {
        "discoveries": await number_of(session, _is_of(member_id)),
        "hidden_collections": await number_of(session, HiddenCollection.member_id == member_id),
    }


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """A member's discoveries, and the communities in which they hide them."""
    found = await rows_of(session, Discovery, _is_of(member_id))
    return {
        Discovery.__tablename__: found,
        **await rows_of_member(session, (HiddenCollection,), member_id),
    }


async def forget(session: AsyncSession, member_id: int) -> None:
    """Let a member's discoveries be nobody's. They stay in their museums."""
    await _locked(session, _is_of(member_id))
    await session.execute(
        update(Discovery)
        .where(_is_of(member_id))
        .values(member_id=None, owner_id=None, is_favourite=False)
    )
    await session.execute(delete(HiddenCollection).where(HiddenCollection.member_id == member_id))


async def communities(session: AsyncSession) -> set[int]:
    """The communities with discoveries."""
    return await communities_in(session, (Discovery, HiddenCollection))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the museums of communities."""
    await delete_of_communities(session, (Discovery, HiddenCollection), gone)
