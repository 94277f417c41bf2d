"""Queries of offers: creatures that members give to others, or swap, and the record of gifts.

An offer holds as long as its creatures are with those who owned them when it was made. Whatever
else happens to them ends it.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.community.queries import RecordEntry, add_entry
from bot.discoveries import queries as discoveries
from bot.discoveries.queries import Move
from bot.store.members import Author, Forgotten, author_of, writing_for_all
from bot.store.people import hides, known_in, person_in
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of,
)
from bot.store.queries import Queries, patient
from bot.store.schema import EVERYWHERE, Block, Discovery, Offer
from bot.words import WordFilter
from bot.words.names import REMOVED_NAME, ShownName, name_for

LASTS = timedelta(days=7)
"""How long an offer waits for an answer."""
RECORDED = timedelta(days=365)
"""How long a gift stays in the record."""
MOST_OFFERS = 5
"""Offers of a member in a community that wait at a time."""
MOST_LISTED = 10
"""Offers to a member that are read at a time."""


@dataclass(frozen=True)
class OfferRecord:
    """An offer, or a gift once it was accepted."""

    id: int
    community_id: int
    member_id: int
    """The giver."""
    recipient_id: int
    discovery_id: int | None
    """`None` for a creature that was removed since, as for `wanted_id`."""
    wanted_id: int | None
    name: ShownName
    wanted: ShownName | None
    """What is asked for in return; `None` for a gift."""
    until: datetime
    accepted_at: datetime | None
    is_given_kept: bool = False
    """Whether the recipient still has what they were given, since then."""
    is_wanted_kept: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether something can go back."""
        return self.is_given_kept or self.is_wanted_kept


class Outcome(Enum):
    """Outcome of making or accepting an offer, or of undoing a gift."""

    DONE = auto()
    GONE = auto()
    """The offer has ended, or a creature is not its owner's anymore."""
    REFUSED = auto()
    """One of both is blocked, or has deleted their data lately."""
    FULL = auto()
    """The collection has no room."""
    TOO_MANY = auto()
    """The giver has made `MOST_OFFERS` that wait."""
    TOO_NEW = auto()
    """A creature has come to its owner today."""


class _Lost(Exception):  # noqa: N818 (it is a state, not a fault)
    """A creature has changed its owner meanwhile, so nothing of a transaction may stay."""


_given, _wanted = aliased(Discovery), aliased(Discovery)
_blocked = (
    select(Block.id)
    .where(
        Block.member_id.in_((Offer.member_id, Offer.recipient_id)),
        Block.community_id.in_((Offer.community_id, EVERYWHERE)),
    )
    .exists()
)
_is_hidden = hides(Offer.community_id, Offer.recipient_id)
_columns: tuple[Any, ...] = (
    Offer,
    _given.name,
    func.coalesce(_given.came_at, _given.found_at).label("given_since"),
    and_(_given.owner_id == Offer.recipient_id, _given.came_at == Offer.accepted_at).label(
        "is_given_kept"
    ),
    _wanted.name.label("wanted_name"),
    func.coalesce(_wanted.came_at, _wanted.found_at).label("wanted_since"),
    and_(_wanted.owner_id == Offer.member_id, _wanted.came_at == Offer.accepted_at).label(
        "is_wanted_kept"
    ),
)
_OFFERS: Select[Any] = (
    select(*_columns)
    .outerjoin(_given, _given.id == Offer.discovery_id)
    .outerjoin(_wanted, _wanted.id == Offer.wanted_id)
)
_STANDING = _OFFERS.where(
    Offer.accepted_at.is_(None),
    _given.owner_id == Offer.member_id,
    or_(~Offer.is_swap, _is_hidden, _wanted.owner_id == Offer.recipient_id),
)
"""Those whose creatures are with their owners, unless their time is over. They stand as long as the
recipient's collection is hidden, since nothing is told about it."""
_OPEN = _STANDING.where(~_blocked, or_(~Offer.is_swap, ~_is_hidden))
"""Those that can be accepted, unless their time is over."""


class Offers(Queries):
    """The offers and gifts of all communities."""

    async def offer(
        self,
        community_id: int,
        member_id: int,
        recipient_id: int,
        number: int,
        wanted: int | None,
        now: datetime,
        midnight: datetime,
    ) -> Outcome:
        """Offer a creature to another member. The same offer again changes nothing.

        number, wanted: what is given, and asked for in return. midnight: when today has begun.
        Raises `Forgotten`.
        """
        async with self._writing(member_id, Author(recipient_id, 0)) as session:
            if session is None:
                return Outcome.REFUSED
            await discoveries.lock(self._database, session, community_id)
            for each in (member_id, recipient_id):
                if await discoveries.is_blocked(session, community_id, each):
                    return Outcome.REFUSED
            (row,) = await session.execute(select(known_in(community_id, recipient_id)))
            is_hidden = person_in(row) is None
            if is_hidden and wanted is not None:  # nothing is told about a hidden collection
                return Outcome.GONE
            owners = {(number, member_id)}
            if wanted is not None:
                owners.add((wanted, recipient_id))
            came_at = func.coalesce(Discovery.came_at, Discovery.found_at)
            found = select(Discovery.id, Discovery.owner_id, came_at).where(
                Discovery.community_id == community_id, Discovery.id.in_((number, wanted or 0))
            )
            found = found.order_by(Discovery.id).with_for_update(read=True)
            since = {(row[0], row[1]): row[2] for row in await session.execute(found)}
            if since.keys() != owners:
                return Outcome.GONE
            if any(moment >= midnight for moment in since.values()):
                return Outcome.TOO_NEW
            # A block that ends must not leave more than these.
            own = _STANDING.where(_is_of(community_id, member_id, now, given=True))
            waiting = [row[0] for row in await session.execute(own)]
            made = {(each.recipient_id, each.discovery_id, each.wanted_id) for each in waiting}
            if (recipient_id, number, wanted) in made:
                return Outcome.DONE
            if len(waiting) >= MOST_OFFERS:
                return Outcome.TOO_MANY
            is_gift = wanted is None and not is_hidden
            if is_gift and not await discoveries.has_room(session, community_id, recipient_id):
                return Outcome.FULL
            offer = Offer(
                id=secrets.randbits(62),
                community_id=community_id,
                member_id=member_id,
                recipient_id=recipient_id,
                discovery_id=number,
                wanted_id=wanted,
                is_swap=wanted is not None,
                offered_at=now,
                until=now + LASTS,
            )
            session.add(offer)
            return Outcome.DONE

    async def waiting(self, community_id: int, member_id: int, now: datetime) -> tuple[int, int]:
        """Number of offers by a member, and to them, that wait for an answer."""
        own = _STANDING.where(_is_of(community_id, member_id, now, given=True))
        theirs = _OPEN.where(_is_of(community_id, member_id, now, given=False))
        by, to = (select(func.count()).select_from(which.subquery()) for which in (own, theirs))
        return await self._scalar(by) or 0, await self._scalar(to) or 0

    async def of_member(
        self, words: WordFilter, community_id: int, member_id: int, now: datetime
    ) -> list[OfferRecord]:
        """Offers that wait, by a member and then to them, the oldest first."""
        found: list[OfferRecord] = []
        for given, most in ((True, MOST_OFFERS), (False, MOST_LISTED)):
            which = _STANDING if given else _OPEN  # one's own can be taken back in any case
            own = which.where(_is_of(community_id, member_id, now, given=given))
            rows = await self._rows(own.order_by(Offer.offered_at, Offer.id).limit(most))
            found += [_record(row, partial(name_for, words)) for row in rows]
        return found

    async def find(self, words: WordFilter, community_id: int, number: int) -> OfferRecord | None:
        """An offer or a gift by its id."""
        here = Offer.community_id == community_id
        rows = await self._rows(_OFFERS.where(here, Offer.id == number))
        return _record(rows[0], partial(name_for, words)) if rows else None

    async def accept(self, offer: OfferRecord, now: datetime) -> Outcome:
        """Let the creatures of an offer change their owners. Raises `Forgotten`."""
        giver = author_of(self._database, offer.member_id)
        place, recipient_id = offer.community_id, offer.recipient_id
        try:
            async with self._writing(recipient_id, giver) as session:
                if session is None:
                    return Outcome.GONE
                await discoveries.lock(self._database, session, place)
                stands = _OPEN.where(Offer.id == offer.id, Offer.until > now)
                row = (await session.execute(stands)).first()
                if row is None:
                    return Outcome.GONE
                moves = [*_moves(row)]
                if len(moves) == 1 and not await discoveries.has_room(session, place, recipient_id):
                    return Outcome.FULL
                if not await discoveries.hand_over(session, place, moves, now):
                    raise _Lost
                accepted = await session.scalar(
                    update(Offer)
                    .where(Offer.id == offer.id, Offer.accepted_at.is_(None))
                    .values(
                        accepted_at=now,
                        until=now + RECORDED,
                        given_since=row.given_since,
                        wanted_since=row.wanted_since,
                    )
                    .returning(Offer.id)
                )
                if accepted is None:
                    raise _Lost
                await _end_others(session, moves)
        except _Lost:
            return Outcome.GONE
        return Outcome.DONE

    async def withdraw(self, community_id: int, member_id: int, number: int) -> bool:
        """Decline an offer, or take one back. Returns whether it waited for an answer."""
        async with self._database.writing() as session:
            here = Offer.community_id == community_id, Offer.id == number
            gone = delete(Offer).where(*here, _is_about(member_id), Offer.accepted_at.is_(None))
            return await session.scalar(gone.returning(Offer.id)) is not None

    async def gifts(
        self, words: WordFilter, community_id: int, *, skip: int = 0, most: int = 10
    ) -> list[OfferRecord]:
        """Gifts of a community, the newest first."""
        accepted = Offer.community_id == community_id, Offer.accepted_at.is_not(None)
        found = _OFFERS.where(*accepted).order_by(Offer.accepted_at.desc(), Offer.id)
        rows = await self._rows(found.offset(skip).limit(most))
        return [_record(row, partial(name_for, words)) for row in rows]

    async def undo(self, gift: OfferRecord, entry: RecordEntry) -> Outcome:
        """Let what was given go back, with an entry in the record of moderation for each creature.

        That is what those who were given it still have: a swap may go back by half.
        """
        giver_id, place = gift.member_id, gift.community_id
        recipient = author_of(self._database, gift.recipient_id)
        try:
            async with self._writing(giver_id, recipient) as session:
                if session is None:
                    return Outcome.GONE
                await discoveries.lock(self._database, session, place)
                found = _OFFERS.where(Offer.id == gift.id, Offer.accepted_at.is_not(None))
                row = (await session.execute(found)).first()
                moves = [] if row is None else [*_moves_back(row)]
                if not moves:
                    raise _Lost
                if len(moves) == 1 and not await discoveries.has_room(
                    session, place, moves[0].recipient_id
                ):
                    return Outcome.FULL
                if not await discoveries.hand_over(session, place, moves, entry.at):
                    raise _Lost
                undone = delete(Offer).where(Offer.id == gift.id).returning(Offer.id)
                if await session.scalar(undone) is None:
                    raise _Lost
                await _end_others(session, moves)
                for move in moves:
                    is_given = move.number == row.Offer.discovery_id
                    name = row.name if is_given else row.wanted_name
                    back = replace(entry, target_id=move.recipient_id, subject=name)
                    await add_entry(session, back)
        except (_Lost, Forgotten):
            return Outcome.GONE
        return Outcome.DONE

    @patient
    async def prune(self, now: datetime) -> None:
        """Delete offers that have ended, and old gifts."""
        async with self._database.writing() as session:
            await _delete(session, Offer.until < now)

    @asynccontextmanager
    async def _writing(self, member_id: int, other: Author) -> AsyncIterator[AsyncSession | None]:
        """A transaction that writes the ids of two members.

        Yields `None` if the other one was forgotten. Raises `Forgotten`.
        """
        author = author_of(self._database, member_id)
        async with writing_for_all(self._database, [author, other]) as (session, forgotten):
            if author in forgotten:
                raise Forgotten
            yield None if other in forgotten else session


def _moves(row: Row[Any]) -> Iterator[Move]:
    """What an offer lets change its owner."""
    offer: Offer = row[0]
    for number, giver_id, recipient_id in (
        (offer.discovery_id, offer.member_id, offer.recipient_id),
        (offer.wanted_id, offer.recipient_id, offer.member_id),
    ):
        if number is not None:
            yield Move(number, giver_id, recipient_id)


def _moves_back(row: Row[Any]) -> Iterator[Move]:
    """What goes back when a gift is undone: what was removed or given on does not."""
    offer: Offer = row[0]
    is_kept = {offer.discovery_id: row.is_given_kept, offer.wanted_id: row.is_wanted_kept}
    since = {offer.discovery_id: offer.given_since, offer.wanted_id: offer.wanted_since}
    for number, giver_id, recipient_id, *_no_times in _moves(row):
        if is_kept[number]:
            yield Move(number, recipient_id, giver_id, offer.accepted_at, since[number])


async def _end_others(session: AsyncSession, moves: Collection[Move]) -> None:
    """End the offers of creatures that have changed their owners."""
    numbers = [move.number for move in moves]
    concerns = or_(Offer.discovery_id.in_(numbers), Offer.wanted_id.in_(numbers))
    await _delete(session, and_(concerns, Offer.accepted_at.is_(None)))


async def _delete(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    """Delete offers, in an order that avoids deadlocks."""
    ids = select(Offer.id).where(condition).order_by(Offer.id).with_for_update()
    if numbers := [*await session.scalars(ids)]:
        await session.execute(delete(Offer).where(Offer.id.in_(numbers)))


def _record(row: Row[Any], shown: Callable[[str], ShownName]) -> OfferRecord:
    offer: Offer = row[0]
    wanted = REMOVED_NAME if row.wanted_name is None else shown(row.wanted_name)
    return OfferRecord(
        offer.id,
        offer.community_id,
        offer.member_id,
        offer.recipient_id,
        offer.discovery_id,
        offer.wanted_id,
        REMOVED_NAME if row.name is None else shown(row.name),
        wanted if offer.is_swap else None,
        offer.until,
        offer.accepted_at,
        bool(row.is_given_kept),
        bool(row.is_wanted_kept),
    )


def _is_of(
    community_id: int, member_id: int, now: datetime, *, given: bool | None = None
) -> ColumnElement[bool]:
    """Whether an offer is by a member (`given`), or to them; with `None`, either."""
    own = _is_about(member_id)
    if given is not None:
        own = (Offer.member_id if given else Offer.recipient_id) == member_id
    return and_(Offer.community_id == community_id, own, Offer.until > now)


def _is_about(member_id: int) -> ColumnElement[bool]:
    return or_(Offer.member_id == member_id, Offer.recipient_id == member_id)


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of offers and gifts by a member and to them."""
    return {"offers": await number_of(session, _is_about(member_id))}


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """Offers and gifts by a member and to them, without the other one."""
    rows = await rows_of(session, Offer, _is_about(member_id))
    for row in rows:
        other = "recipient_id" if row["member_id"] == member_id else "member_id"
        del row[other]
    return {Offer.__tablename__: rows}


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete a member's offers and gifts. What was given is left to discoveries."""
    await _delete(session, _is_about(member_id))


async def communities(session: AsyncSession) -> set[int]:
    """The communities with offers."""
    return await communities_in(session, (Offer,))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the offers of communities."""
    await delete_of_communities(session, (Offer,), gone)
