"""Removals of names by moderators, from all polls of a community, until a moderator allows them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.creatures.genome import folded
from bot.discoveries import queries as discoveries
from bot.outbox.queries import Kind, put
from bot.store.database import Database
from bot.store.locks import Space
from bot.store.queries import Queries
from bot.store.schema import Candidate, Discovery, Poll, RemovedName, Vote, WinnerAnswer

MOST_LOADED = 2_000
"""How many of a community's removed names the networks avoid: the latest ones."""

EDITED_AGAIN_AFTER = timedelta(seconds=10)
"""How long after a removal the outbox edits its messages, too.

The command that removes a name edits them at once, but may fail.
"""

STANDS: ColumnElement[bool] = Candidate.removed_at.is_(None)
"""Whether a name may be shown in its poll, get votes and win."""


@dataclass(frozen=True)
class Removal:
    """A name that was removed, and the polls that it was removed from."""

    name: str
    """The name as displayed."""
    poll_ids: tuple[int, ...]
    """Open polls first, then the others, the last closed first."""
    won: frozenset[int]
    """The polls that the name had won."""


def is_named(name: str) -> ColumnElement[bool]:
    """Condition: a candidate has this name, in capitals or not."""
    return Candidate.key == folded(name)


def winner_stands_in(community_id: int) -> ColumnElement[bool]:
    """Condition: a poll of any community has a winner whose name this community has not removed."""
    removed = (
        select(Candidate.poll_id, Candidate.position)
        .join(RemovedName, RemovedName.key == Candidate.key)
        .where(RemovedName.community_id == community_id)
        .correlate(None)
    )
    return tuple_(Poll.id, Poll.winner).not_in(removed)


def is_removed_name(community_id: int, name: str) -> ColumnElement[bool]:
    """Condition: a community has removed a name."""
    found = select(RemovedName.key).where(
        RemovedName.community_id == community_id, RemovedName.key == folded(name)
    )
    return found.exists()


async def lock_names(
    database: Database,
    session: AsyncSession,
    community_ids: Collection[int],
    *,
    removes: bool = False,
) -> None:
    """Take the locks that keep names of communities from being removed while others are written.

    Writers share a lock; a removal (`removes`) holds it alone. Take it after the locks of members,
    and before all others, as another order could deadlock.
    """
    if not database.is_sqlite:  # which has one writer at a time anyway
        shared = "" if removes else "_shared"
        statement = text(f"SELECT pg_advisory_xact_lock{shared}(:space, hashint8(:community))")
        for community_id in sorted(community_ids):
            keys = {"space": Space.NAMES, "community": community_id}
            await session.execute(statement, keys)


async def removed_among(
    session: AsyncSession, names: Collection[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Which names are removed in their community: pairs of a community and a folded name.

    names: pairs of a community and a name.
    """
    keys = sorted({(community_id, folded(name)) for community_id, name in names})
    found = await session.execute(
        select(RemovedName.community_id, RemovedName.key).where(
            tuple_(RemovedName.community_id, RemovedName.key).in_(keys)
        )
    )
    return {(community_id, key) for community_id, key in found}


async def remove(
    database: Database,
    session: AsyncSession,
    community_id: int,
    now: datetime,
    *,
    candidate: tuple[int, int] | None = None,
    winner: str = "",
) -> Removal | None:
    """Remove a name from all polls of a community, with its votes, victories and discovery.

    candidate: a poll, and the position of the name in it
    winner: without a candidate, the name, which has won a poll or hatched

    Returns `None` if no poll or museum of the community has the name, or it was removed before.
    """
    await lock_names(database, session, [community_id], removes=True)
    sought = is_named(winner), Candidate.position == Poll.winner
    if candidate is not None:
        poll_id, position = candidate
        sought = Candidate.poll_id == poll_id, Candidate.position == position
    found = await session.execute(
        select(Candidate.name, Candidate.key)
        .join(Poll, Poll.id == Candidate.poll_id)
        .where(Poll.community_id == community_id, *sought, STANDS)
        .limit(1)
    )
    row = found.first()
    if row is None and candidate is None:
        row = await discoveries.named(session, community_id, winner)
    if row is None:
        return None
    name, key = row
    polls = await _locked(session, community_id, key)
    places = (
        select(Candidate.poll_id, Candidate.position)
        .join(Poll, Poll.id == Candidate.poll_id)
        .where(Poll.community_id == community_id, Candidate.key == key)
        .correlate(None)
    )
    place = tuple_(Candidate.poll_id, Candidate.position)
    await session.execute(update(Candidate).where(place.in_(places), STANDS).values(removed_at=now))
    await _delete_votes(session, tuple_(Vote.poll_id, Vote.position).in_(places))
    await _note_answers(session, community_id, key, places, now)
    is_won = tuple_(Poll.id, Poll.winner).in_(places)
    await session.execute(update(Poll).where(is_won).values(winner=None, winner_votes=None))
    await discoveries.lock(database, session, community_id)  # offers end with what they are about
    await discoveries.remove(session, community_id, name)
    is_shown = Poll.id.in_(places.with_only_columns(Candidate.poll_id))
    shown = select(Poll.id, Poll.channel_id).where(is_shown)
    await put(session, Kind.RESULT, shown, now + EDITED_AGAIN_AFTER, now)
    await session.execute(
        database.insert(RemovedName)
        .values(community_id=community_id, key=key, name=name, removed_at=now)
        .on_conflict_do_nothing()
    )
    return Removal(
        name,
        tuple(dict.fromkeys(poll_id for poll_id, _won, _at in polls)),
        frozenset(poll_id for poll_id, has_won, _at in polls if has_won),
    )


async def _locked(
    session: AsyncSession, community_id: int, key: str
) -> list[Row[int, bool, datetime | None]]:
    """Lock the polls of a community in which a name stands; like `Polls.cast`, before their votes.

    A vote is then either deleted with the name or refused. Returns each poll's id, whether the name
    has won it, and when it closed: open polls first, then the others, the last closed first.
    """
    polls = await session.execute(
        select(Poll.id, Poll.winner == Candidate.position, Poll.closed_at)
        .join(Candidate, Candidate.poll_id == Poll.id)
        .where(Poll.community_id == community_id, Candidate.key == key, STANDS)
        .order_by(Poll.id)
        .with_for_update(of=Poll)
    )
    return sorted(polls, key=lambda poll: (poll[2] is None, poll[2]), reverse=True)


async def _delete_votes(session: AsyncSession, votes: ColumnElement[bool]) -> None:
    """Delete votes in the order of their keys, which avoids deadlocks."""
    locked = select(Vote.member_id).where(votes).order_by(Vote.poll_id, Vote.member_id)
    await session.execute(locked.with_for_update())
    await session.execute(delete(Vote).where(votes))


async def _note_answers(
    session: AsyncSession,
    community_id: int,
    key: str,
    places: Select[int, int],
    now: datetime,
) -> None:
    """Mark the answers that show a name as outdated, before its victories are deleted.

    places: the polls and positions of the name in the community. Answers in this community may show
    a victory of the name in another one, and answers in others a victory in this one.
    """
    won = (
        select(Candidate.poll_id)
        .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
        .where(Candidate.key == key)
        .correlate(None)
    )
    is_here = WinnerAnswer.community_id == community_id
    is_of_poll = WinnerAnswer.poll_id.in_(places.with_only_columns(Candidate.poll_id))
    shows_winner = and_(WinnerAnswer.poll_id.in_(won), or_(is_here, is_of_poll))
    shows_name = and_(is_here, WinnerAnswer.key == key)
    await note_outdated(session, or_(shows_winner, shows_name), now)


async def allow(session: AsyncSession, community_id: int, name: str) -> str | None:
    """Allow a removed name again. Returns it as displayed; `None` if it was not removed."""
    allowed: str | None = await session.scalar(
        delete(RemovedName)
        .where(RemovedName.community_id == community_id, RemovedName.key == folded(name))
        .returning(RemovedName.name)
    )
    return allowed


async def void(session: AsyncSession, poll_id: int, now: datetime) -> str | None:
    """Take back the victory in a poll, and its discovery. Returns the name that was discovered."""
    await session.execute(
        update(Poll).where(Poll.id == poll_id).values(winner=None, winner_votes=None)
    )
    await note_outdated(session, WinnerAnswer.poll_id == poll_id, now)
    return await discoveries.take_back(session, poll_id)


async def note_outdated(
    session: AsyncSession, condition: ColumnElement[bool], now: datetime
) -> None:
    """Mark answers as outdated, and put them into the outbox, which removes their contents."""
    locked = select(WinnerAnswer.id).where(condition).order_by(WinnerAnswer.id)
    await session.execute(locked.with_for_update())
    await session.execute(update(WinnerAnswer).where(condition).values(is_outdated=True))
    await put_outdated(session, condition, now)


async def put_outdated(
    session: AsyncSession, condition: ColumnElement[bool], now: datetime
) -> None:
    """Put outdated answers into the outbox."""
    outdated = condition, WinnerAnswer.is_outdated
    place = select(WinnerAnswer.message_id, WinnerAnswer.channel_id).where(*outdated).distinct()
    await put(session, Kind.ANSWER, place, now, now)


@dataclass(frozen=True)
class Winner:
    """A name that has won polls of a community, or hatched there."""

    name: str
    place: tuple[int, int] | None = None
    """The last poll that it has won, and its position there; `None` if it only hatched."""
    victories: int = 0
    polls: int = 0
    """The number of polls that have the name, won or not."""


class RemovedNames(Queries):
    """The names that communities have removed, or whose dinosaurs somebody owns there."""

    async def won(self, community_id: int, name: str) -> Winner | None:
        """A name that has won polls of a community or hatched there; `None` for another one."""
        has_won = (Poll.winner == Candidate.position).label("has_won")
        stands = (
            select(Candidate.name, Candidate.poll_id, Candidate.position, has_won)
            .join(Poll, Poll.id == Candidate.poll_id)
            .where(Poll.community_id == community_id, is_named(name), STANDS)
            .order_by(Poll.closed_at.desc(), Poll.id.desc())
        )
        found = await self._rows(stands)
        if won := [row for row in found if row.has_won]:
            first = won[0]
            polls = len({row.poll_id for row in found})
            return Winner(first.name, (first.poll_id, first.position), len(won), polls)
        here = Discovery.community_id == community_id
        owned = select(Discovery.name).where(here, Discovery.key == folded(name))
        hatched = await self._scalar(owned)
        return Winner(hatched) if hatched is not None else None

    async def keys(self, community_id: int) -> frozenset[str]:
        """The removed names of a community, folded, at most `MOST_LOADED`, the latest ones."""
        latest = (
            select(RemovedName.key)
            .where(RemovedName.community_id == community_id)
            .order_by(RemovedName.removed_at.desc(), RemovedName.key)
            .limit(MOST_LOADED)
        )
        return frozenset(key for (key,) in await self._rows(latest))

    async def owned(self, community_id: int) -> frozenset[str]:
        """The names that members of a community own, folded, at most `MOST_LOADED` latest ones."""
        latest = (
            select(Discovery.key)
            .where(Discovery.community_id == community_id, Discovery.owner_id.is_not(None))
            .order_by(Discovery.id.desc())
            .limit(MOST_LOADED)
        )
        return frozenset(key for (key,) in await self._rows(latest))

    async def named(self, community_id: int, typed: str, *, most: int = 25) -> list[str]:
        """The removed names of a community that contain `typed`, as displayed, the latest first."""
        latest = (
            select(RemovedName.name)
            .where(
                RemovedName.community_id == community_id,
                RemovedName.key.contains(folded(typed), autoescape=True),
            )
            .order_by(RemovedName.removed_at.desc(), RemovedName.key)
            .limit(most)
        )
        return [name for (name,) in await self._rows(latest)]
