"""Queries of discoveries, collections and leaderboards.

`lock`, `discover`, `take_back` and `remove` are for polls, which decide what is discovered, as
`hatch` is for eggs, and `hand_over` for gifts.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.creatures.animal import profile_of
from bot.creatures.genome import folded
from bot.creatures.names import has_creature
from bot.creatures.profile import Family, Period, Profile, from_json, to_json
from bot.creatures.rarity import rarity_of
from bot.store.database import Database
from bot.store.members import writing_for
from bot.store.people import Person, hides, known_in, known_member, known_owner, person_in
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of,
    rows_of_member,
)
from bot.store.queries import Queries, patient
from bot.store.schema import (
    EVERYWHERE,
    Block,
    Candidate,
    Discovery,
    HiddenCollection,
    Offer,
    Poll,
    Vote,
)
from bot.words import WordFilter
from bot.words.names import ShownName, name_for, name_in_poll

AT_ONCE = 100
"""Profiles that are made in one transaction."""
MOST_OWNED, MOST_IN_A_DAY = 200, 3
"""Creatures in a member's collection in a community, and those of one UTC date that enter it."""


class Move(NamedTuple):
    """A creature that goes from its owner to another member."""

    number: int
    owner_id: int
    recipient_id: int
    came_at: datetime | None = None
    """When it was given to its owner, if it must be that time."""
    since: datetime | None = None
    """When it had come to the recipient before, if it goes back."""


@dataclass(frozen=True)
class Exhibit:
    """A creature in the museum of a community."""

    id: int
    name: ShownName
    poll_id: int | None
    """The first poll that the name has won; `None` for a creature that has hatched."""
    found_at: datetime
    discoverer: Person | None
    owner_id: int | None
    is_favourite: bool
    profile: Profile
    came_at: datetime
    """When it came to its owner."""
    is_owner_hidden: bool = False
    """Whether the owner hides their collection."""
    is_of_day: bool = False
    """Whether the whole community has discovered the name, as a dinosaur of the day."""

    @property
    def is_hatched(self) -> bool:
        """Whether it has hatched from an egg, without a poll."""
        return self.poll_id is None


class Origin(Enum):
    """How a member has got what is in their album. Only they are told."""

    HATCHED = auto()
    WON = auto()
    GIVEN = auto()
    VOTED = auto()
    """They have voted on the day whose dinosaur it is, for any name."""


async def lock(database: Database, session: AsyncSession, community_id: int) -> None:
    """Let one transaction at a time change what a community has discovered.

    Lock the poll first: any other order could deadlock.
    """
    if not database.is_sqlite:
        statement = text("SELECT pg_advisory_xact_lock(hashint8(:community), 0)")
        await session.execute(statement, {"community": community_id})


async def discover(database: Database, session: AsyncSession, poll_id: int) -> None:
    """Enter the winner of a poll in the museum, and in the discoverer's collection if it may grow.

    Names of custom models are left out. A name that the museum has keeps its first discoverer. In
    the transaction that closes the poll.
    """
    won = (
        select(Candidate.name, Poll.community_id, Poll.member_id, Poll.closed_at)
        .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
        .where(Poll.id == poll_id, Poll.custom_model.is_(None))
    )
    found = (await session.execute(won)).first()
    if found is None or found.closed_at is None or not has_creature(found.name):
        return
    community_id, member_id, at = found.community_id, found.member_id, found.closed_at
    profile = await asyncio.to_thread(profile_of, found.name)  # before others wait for this
    await lock(database, session, community_id)
    if member_id is not None and await is_blocked(session, community_id, member_id):
        member_id = None
    is_owned = member_id is not None and await _may_grow(session, community_id, member_id, at)
    await session.execute(
        database.insert(Discovery)
        .values(
            community_id=community_id,
            key=folded(found.name),
            name=found.name,
            poll_id=poll_id,
            found_at=at,
            member_id=member_id,
            owner_id=member_id if is_owned else None,
            is_favourite=False,
            **_columns(profile),
        )
        .on_conflict_do_nothing(index_elements=[Discovery.community_id, Discovery.key])
    )


async def hatch(
    session: AsyncSession, community_id: int, member_id: int, profile: Profile, at: datetime
) -> int:
    """Enter what a member has hatched in the museum and in their collection. Returns its number.

    In a transaction that has found its name to be new, and room for it, under `lock`. The answer
    tells whether it is rare.
    """
    hatched = Discovery(
        community_id=community_id,
        key=folded(profile.name),
        name=profile.name,
        found_at=at,
        member_id=member_id,
        owner_id=member_id,
        is_rarity_told=True,
        **_columns(profile),
    )
    session.add(hatched)
    await session.flush()
    return hatched.id


async def hand_over(
    session: AsyncSession, community_id: int, moves: Sequence[Move], at: datetime
) -> bool:
    """Give each creature to another member, if all are still their owners'. Under `lock`.

    Returns whether they were; otherwise the transaction must be rolled back.
    """
    moves = sorted(moves, key=lambda move: move.number)  # an order that avoids deadlocks
    for number, giver_id, recipient_id, came_at, since in moves:
        is_theirs = *_conditions(community_id, giver_id), Discovery.id == number
        if came_at is not None:
            is_theirs = *is_theirs, Discovery.came_at == came_at
        given = await session.scalar(
            update(Discovery)
            .where(*is_theirs)
            .values(owner_id=recipient_id, is_favourite=False, came_at=since or at)
            .returning(Discovery.id)
        )
        if given is None:
            return False
    return True


async def discovered_among(
    session: AsyncSession, names: Collection[tuple[int, str]], *, owned: bool = False
) -> set[tuple[int, str]]:
    """Which names are discovered in their community, or are somebody's there.

    names: pairs of a community and a name. Returns pairs of a community and a folded name.
    """
    keys = sorted({(community_id, folded(name)) for community_id, name in names})
    columns = Discovery.community_id, Discovery.key
    found = select(*columns).where(tuple_(*columns).in_(keys))
    if owned:
        found = found.where(Discovery.owner_id.is_not(None))
    return {(community_id, key) for community_id, key in await session.execute(found)}


async def take_back(session: AsyncSession, poll_id: int) -> str | None:
    """Remove what a poll has discovered, since it has no winner anymore. Returns its name."""
    of_poll = delete(Discovery).where(Discovery.poll_id == poll_id)
    return (await session.scalars(of_poll.returning(Discovery.name))).first()


async def named(session: AsyncSession, community_id: int, name: str) -> Row[str, str] | None:
    """Name and key of a creature of a museum; `None` if it is not there."""
    found = select(Discovery.name, Discovery.key).where(
        Discovery.community_id == community_id, Discovery.key == folded(name)
    )
    return (await session.execute(found)).first()


async def remove(session: AsyncSession, community_id: int, name: str) -> None:
    """Remove a name that a moderator has removed in a community."""
    here = Discovery.community_id == community_id
    await session.execute(delete(Discovery).where(here, Discovery.key == folded(name)))


async def is_blocked(session: AsyncSession, community_id: int, member_id: int) -> bool:
    """Whether a member is blocked in a community, or everywhere."""
    blocks = select(Block.id).where(
        Block.member_id == member_id, Block.community_id.in_((community_id, EVERYWHERE))
    )
    return await session.scalar(blocks.limit(1)) is not None


async def has_room(session: AsyncSession, community_id: int, member_id: int) -> bool:
    """Whether another creature fits into a collection."""
    return await number_of(session, *_conditions(community_id, member_id)) < MOST_OWNED


async def _may_grow(session: AsyncSession, community_id: int, member_id: int, at: datetime) -> bool:
    """Whether a find may enter a collection: the first ones of a day do, while there is room.

    What has hatched does not count among these.
    """
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = await number_of(
        session,
        Discovery.community_id == community_id,
        Discovery.member_id == member_id,
        Discovery.poll_id.is_not(None),
        Discovery.found_at >= midnight,
        Discovery.found_at < midnight + timedelta(days=1),
    )
    return today < MOST_IN_A_DAY and await has_room(session, community_id, member_id)


def _columns(profile: Profile) -> dict[str, str]:
    return {"profile": to_json(profile), "family": profile.family, "period": profile.period}


_DISCOVERER, _OWNER = known_member(Discovery), known_owner()


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
    "discoverer": (_DISCOVERER.element.is_(None), _DISCOVERER.element, *_NEWEST),
}
"""Orders of the museum by name."""


_EXHIBITS: Select[Any] = select(
    Discovery.id,
    Discovery.name,
    Discovery.poll_id,
    Discovery.found_at,
    _DISCOVERER,
    Discovery.owner_id,
    Discovery.is_favourite,
    Discovery.profile,
    func.coalesce(Discovery.came_at, Discovery.found_at).label("came_at"),
    hides(Discovery.community_id, Discovery.owner_id).label("is_owner_hidden"),
    Poll.day,
).outerjoin(Poll, Poll.id == Discovery.poll_id)


class Discoveries(Queries):
    """The discoveries of all communities: their museums, and members' collections."""

    async def exhibits(
        self,
        words: WordFilter,
        community_id: int,
        *,
        owner_id: int | None = None,
        order: str = "newest",
        skip: int = 0,
        most: int = 9,
    ) -> list[Exhibit]:
        """Discoveries of a community, or a member's collection with the favourite first.

        `words`: the filter of those who see them. `order` is a key of `ORDERS`.
        """
        columns = ORDERS[order]
        if owner_id is not None:
            columns = (Discovery.is_favourite.desc(), *columns)
        found = _EXHIBITS.where(*_conditions(community_id, owner_id))
        page = found.order_by(*columns).offset(skip).limit(most)
        return await self._read(page, partial(name_for, words))

    async def count(self, community_id: int, owner_id: int | None = None) -> int:
        """Number of creatures in a museum, or in a collection."""
        counted = select(func.count()).where(*_conditions(community_id, owner_id))
        return await self._scalar(counted) or 0

    async def has_room(self, community_id: int, owner_id: int) -> bool:
        """Whether another creature fits into a collection."""
        return await self.count(community_id, owner_id) < MOST_OWNED

    async def named(self, community_id: int, name: str) -> Exhibit | None:
        """The creature of a name, in any case; `None` if the community has not discovered it."""
        here = Discovery.community_id == community_id
        found = await self._read(_EXHIBITS.where(here, Discovery.key == folded(name)))
        return found[0] if found else None

    async def numbered(self, words: WordFilter, community_id: int, number: int) -> Exhibit | None:
        """A creature of a museum by its id, as those see it who have a filter."""
        here = Discovery.community_id == community_id
        found = _EXHIBITS.where(here, Discovery.id == number)
        return next(iter(await self._read(found, partial(name_for, words))), None)

    async def discovered_in(
        self, community_id: int, name: str
    ) -> tuple[int | None, bool, bool] | None:
        """The poll in which a name was discovered, if any; whether it has discoverer and owner.

        `None` if the community has not discovered it.
        """
        here = Discovery.community_id == community_id
        found = await self._rows(
            select(Discovery.poll_id, Discovery.member_id, Discovery.owner_id).where(
                here, Discovery.key == folded(name)
            )
        )
        if not found:
            return None
        poll_id, member_id, owner_id = found[0]
        return poll_id, member_id is not None, owner_id is not None

    async def owned(self, community_id: int, owner_id: int, number: int) -> Exhibit | None:
        """A creature by its id; `None` if it is not in the member's collection."""
        of_owner = _conditions(community_id, owner_id)
        found = await self._read(_EXHIBITS.where(*of_owner, Discovery.id == number))
        return found[0] if found else None

    async def favour(self, community_id: int, owner_id: int, number: int) -> None:
        """Let a creature of a collection come first, in place of the one that did."""
        async with self._database.writing() as session:
            of_owner = _conditions(community_id, owner_id)
            if number in await _locked(session, *of_owner):
                await session.execute(
                    update(Discovery).where(*of_owner).values(is_favourite=Discovery.id == number)
                )

    async def release(self, community_id: int, owner_id: int, number: int) -> bool:
        """Take a creature out of a collection. It stays in the museum.

        Returns whether it was there.
        """
        async with self._database.writing() as session:
            released = await session.scalar(
                update(Discovery)
                .where(*_conditions(community_id, owner_id), Discovery.id == number)
                .values(owner_id=None, is_favourite=False, came_at=None)
                .returning(Discovery.id)
            )
            return released is not None

    async def tell_rarities(
        self, words: WordFilter, community_id: int, owner_id: int
    ) -> list[Exhibit]:
        """Rare creatures of a collection whose owner has not been told, which they are now."""
        of_owner, lacks = _conditions(community_id, owner_id), Discovery.is_rarity_told.is_(False)
        rows = await self._rows(select(Discovery.id, Discovery.name).where(*of_owner, lacks))
        rare = await asyncio.to_thread(lambda: [row.id for row in rows if rarity_of(row.name)])
        if not rare:
            return []
        told = update(Discovery).where(*of_owner, lacks, Discovery.id.in_(rare))
        async with self._database.writing() as session:
            now = told.values(is_rarity_told=True).returning(Discovery.id)
            numbers = [*await session.scalars(now)]
        found = _EXHIBITS.where(Discovery.id.in_(numbers)).order_by(Discovery.id)
        return await self._read(found, partial(name_for, words))

    async def owner(self, community_id: int, member_id: int) -> Person | None:
        """A member whose collection others may see; `None` for one who hides it."""
        (row,) = await self._rows(select(known_in(community_id, member_id)))
        return person_in(row)

    async def hide(self, community_id: int, member_id: int, *, hidden: bool) -> None:
        """Hide a collection from others, or show it again. Raises `Forgotten`."""
        own = {"community_id": community_id, "member_id": member_id}
        change: Executable = delete(HiddenCollection).filter_by(**own)
        if hidden:
            change = self._database.insert(HiddenCollection).values(own).on_conflict_do_nothing()
        async with writing_for(self._database, member_id) as session:
            await session.execute(change)

    async def leaders(
        self, community_id: int, since: datetime | None, *, most: int = 10
    ) -> list[tuple[Person, int]]:
        """Members with the most discoveries since a time, as far as others may know them.

        Each with the number of these.
        """
        number = func.count()
        statement = (
            select(_DISCOVERER, number)
            .where(Discovery.community_id == community_id, _DISCOVERER.element.is_not(None))
            .group_by(_DISCOVERER)
            .order_by(number.desc(), func.max(Discovery.found_at), _DISCOVERER)
            .limit(most)
        )
        if since is not None:
            statement = statement.where(Discovery.found_at >= since)
        rows = await self._rows(statement)
        return [(person, row[1]) for row in rows if (person := person_in(row)) is not None]

    async def album(
        self, words: WordFilter, community_id: int, member_id: int | None = None
    ) -> list[tuple[Exhibit, Origin]]:
        """What fills the album of a member, or of a community: the first creature of each pair of
        family and period, and of each rarity.

        A member's has what they have discovered, even if they released it since, what they own or
        were given within a year, and the winners of the days on which they voted. Rare creatures
        come first, and last what only a vote has brought.
        """
        columns = Discovery.id, Discovery.name, Discovery.family, Discovery.period
        origins = Discovery.poll_id, Discovery.member_id, _was_given(member_id).label("was_given")
        found = select(*columns, *origins).where(*_of_album(community_id, member_id))
        rows = await self._rows(found.order_by(Discovery.id))
        first = await asyncio.to_thread(_first_of_each, rows, member_id)
        exhibits = await self._read(
            _EXHIBITS.where(Discovery.id.in_(first)), partial(name_for, words)
        )
        by_id = {each.id: each for each in exhibits}
        return [(by_id[number], first[number]) for number in first if number in by_id]

    async def is_new_in_album(
        self, community_id: int, member_id: int, profile: Profile, *, but: int | None = None
    ) -> bool:
        """Whether nothing fills the pair of family and period of an animal in a member's album.

        but: the id of a discovery that does not count.
        """
        filled = select(Discovery.id).where(
            *_of_album(community_id, member_id),
            Discovery.family == profile.family,
            Discovery.period == profile.period,
            Discovery.id.is_distinct_from(but),
        )
        return not await self._scalar(select(filled.exists()))

    async def spares(
        self, community_id: int, member_id: int, families: Collection[Family]
    ) -> list[tuple[Family, Person, int]]:
        """Of each family of which another member has two or more, who has the most, and how many.

        The most first. Without members who hide their collection, or are blocked.
        """
        number = func.count()
        here = community_id, EVERYWHERE
        blocks = select(Block.id).where(
            Block.member_id == Discovery.owner_id, Block.community_id.in_(here)
        )
        statement = (
            select(Discovery.family, _OWNER, number)
            .where(
                Discovery.community_id == community_id,
                Discovery.family.in_(families),
                Discovery.owner_id != member_id,
                _OWNER.element.is_not(None),
                ~blocks.exists(),
            )
            .group_by(Discovery.family, _OWNER)
            .having(number > 1)
            .order_by(number.desc(), Discovery.family, _OWNER)
        )
        most: dict[Family, tuple[Person, int]] = {}
        for row in await self._rows(statement):
            if (person := person_in(row)) is not None:
                most.setdefault(Family(row.family), (person, row[2]))
        return [(family, *of_member) for family, of_member in most.items()]

    @patient
    async def complete(self, community_id: int) -> None:
        """Make the profiles that winners of 0.7.0 lack. They never change afterwards."""
        lacking = (
            select(Discovery.id, Discovery.name)
            .where(Discovery.community_id == community_id, Discovery.profile.is_(None))
            .order_by(Discovery.id)
            .limit(AT_ONCE)
        )
        this, lacks = Discovery.id == bindparam("number"), Discovery.profile.is_(None)
        table = update(Discovery.__table__).where(this, lacks)  # type: ignore[arg-type]
        filled = table.values({each: bindparam(each) for each in ("profile", "family", "period")})
        while names := await self._rows(lacking):
            made = await asyncio.to_thread(_profile_rows, names)
            async with self._database.writing() as session:  # members who vote wait for each
                await (await session.connection()).execute(filled, made)

    async def _read(
        self, statement: Select[Any], shown: Callable[[str], ShownName] = name_in_poll
    ) -> list[Exhibit]:
        rows = await self._rows(statement)
        return await asyncio.to_thread(lambda: [_exhibit(row, shown(row.name)) for row in rows])


def _profile_rows(names: Sequence[Row[int, str]]) -> list[dict[str, object]]:
    return [{"number": number, **_columns(profile_of(name))} for number, name in names]


def _exhibit(row: Row[Any], name: ShownName) -> Exhibit:
    return Exhibit(
        id=row.id,
        name=name,
        poll_id=row.poll_id,
        found_at=row.found_at,
        discoverer=person_in(row),
        owner_id=row.owner_id,
        is_favourite=row.is_favourite,
        profile=from_json(row.profile) if row.profile else profile_of(row.name),
        came_at=row.came_at,
        is_owner_hidden=row.is_owner_hidden,
        is_of_day=row.day is not None,
    )


def _first_of_each(
    rows: Sequence[Row[*tuple[Any, ...]]], member_id: int | None
) -> dict[int, Origin]:
    """The ids of the first creatures of each pair and rarity, in the order of an album."""
    rarities = {row.id: rarity_of(row.name) for row in rows}
    origins = {row.id: _origin(row, member_id) for row in rows}

    def is_late(row: Row[*tuple[Any, ...]]) -> tuple[bool, bool]:
        return rarities[row.id] is None, origins[row.id] is Origin.VOTED

    first: dict[object, int] = {}
    for row in sorted(rows, key=is_late):
        first.setdefault((row.family, row.period), row.id)
        if (rarity := rarities[row.id]) is not None:
            first.setdefault(rarity, row.id)
    return {number: origins[number] for number in first.values()}


def _origin(row: Row[*tuple[Any, ...]], member_id: int | None) -> Origin:
    if member_id is None or row.member_id == member_id:
        return Origin.HATCHED if row.poll_id is None else Origin.WON
    return Origin.GIVEN if row.was_given else Origin.VOTED


def _conditions(community_id: int, owner_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a museum, or for a collection in it."""
    here = (Discovery.community_id == community_id,)
    return here if owner_id is None else (*here, Discovery.owner_id == owner_id)


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> set[int]:
    """The ids of discoveries, kept from being changed by others. Their order avoids deadlocks."""
    ids = select(Discovery.id).where(*conditions).order_by(Discovery.id)
    return {*await session.scalars(ids.with_for_update())}


def _of_album(community_id: int, member_id: int | None) -> Iterator[ColumnElement[bool]]:
    """The conditions for what fills an album."""
    yield Discovery.community_id == community_id
    if member_id is not None:
        of_days = (
            select(Candidate.key)
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .join(Vote, Vote.poll_id == Poll.id)
            .where(
                Vote.member_id == member_id,
                Poll.community_id == community_id,
                Poll.day.is_not(None),
            )
        )
        is_theirs = Discovery.member_id == member_id
        yield or_(is_theirs, _was_given(member_id), Discovery.key.in_(of_days))


def _was_given(member_id: int | None) -> ColumnElement[bool]:
    """Whether a member owns a creature, or once had it in a swap or as a gift."""
    given = Offer.discovery_id == Discovery.id, Offer.recipient_id == member_id
    wanted = Offer.wanted_id == Discovery.id, Offer.member_id == member_id
    had = select(Offer.id).where(Offer.accepted_at.is_not(None), or_(and_(*given), and_(*wanted)))
    return or_(Discovery.owner_id == member_id, had.exists())


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
    """Let what a member owns be nobody's, and what they have found.

    It stays in the museums, and with those to whom it was given.
    """
    await _locked(session, _is_of(member_id))
    found, owned = Discovery.member_id == member_id, Discovery.owner_id == member_id
    await session.execute(update(Discovery).where(found).values(member_id=None))
    nobodys = {"owner_id": None, "is_favourite": False, "came_at": None}
    await session.execute(update(Discovery).where(owned).values(nobodys))
    await session.execute(delete(HiddenCollection).where(HiddenCollection.member_id == member_id))


async def communities(session: AsyncSession) -> set[int]:
    """The communities with discoveries."""
    return await communities_in(session, (Discovery, HiddenCollection))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the museums of communities."""
    await delete_of_communities(session, (Discovery, HiddenCollection), gone)
