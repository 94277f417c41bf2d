"""Queries of nests: one for each member, community and day, and what hatches from it."""

import asyncio
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.community.moments import DAY, end_of, today_in, zone_of
from bot.community.queries import DailySettings
from bot.creatures.genome import folded
from bot.creatures.profile import Profile
from bot.discoveries import queries as discoveries
from bot.polls.removal_queries import lock_names, removed_among
from bot.store.members import writing_for
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of_member,
)
from bot.store.queries import Queries, patient
from bot.store.schema import Candidate, Community, Nest, Poll

EGGS = 3
LONGEST_NEST = timedelta(days=3)
"""How long a nest is kept after its day: another zone of the community may still have that day."""


@dataclass(frozen=True)
class NestRecord:
    """A nest of a member."""

    id: int
    community_id: int
    member_id: int
    names: tuple[str | None, ...]
    """The names in the eggs, which are told to nobody; `None` for an egg that is gone."""
    until: datetime
    """The end of its day, after which there is another nest."""
    is_current: bool
    """Whether it is that of today."""
    is_hatched: bool = False
    discovery_id: int | None = None
    """What has hatched; `None` before, and after it was removed."""

    @property
    def eggs(self) -> dict[int, str]:
        """The names that are left, by position."""
        return {i: name for i, name in enumerate(self.names) if name is not None}


class Outcome(Enum):
    """Outcome of a press on an egg."""

    HATCHED = auto()
    STALE = auto()
    """The nest is gone, of another day, or has hatched before."""
    BLOCKED = auto()
    FULL = auto()
    """The collection has no room."""
    UNFIT = auto()
    """The name may not hatch any more, but others of the nest may."""
    EMPTY = auto()
    """None may. The nest is gone, and makes room for another one."""


class Nests(Queries):
    """The nests of all members."""

    async def of_today(self, community_id: int, member_id: int, now: datetime) -> NestRecord | None:
        """The nest that a member has today; `None` if they may get one."""
        async with self._database.reading() as session:
            return await _of_today(session, community_id, member_id, now)

    async def find(self, nest_id: int, now: datetime) -> NestRecord | None:
        """A nest by its id."""
        async with self._database.reading() as session:
            nest = await session.get(Nest, nest_id)
            return None if nest is None else await _record(session, nest, now)

    async def new_among(self, community_id: int, names: Sequence[str]) -> set[str]:
        """Which of some names are new to a community: folded."""
        async with self._database.reading() as session:
            return await _new_among(session, community_id, names)

    async def lay(
        self, community_id: int, member_id: int, names: Sequence[str], now: datetime
    ) -> NestRecord:
        """Store a nest with these names, unless the member has one today. Returns that of today.

        Raises `Forgotten`.
        """
        async with writing_for(self._database, member_id) as session:
            # Managers move the zone before this or after it.
            locked = select(Community.id).where(Community.id == community_id)
            await session.execute(locked.with_for_update(read=True))
            kept = await _of_today(session, community_id, member_id, now)
            if kept is not None:
                return kept
            zone = await _zone(session, community_id)
            day = today_in(now, zone)
            await session.execute(
                self._database.insert(Nest)
                .values(
                    id=secrets.randbits(62),
                    community_id=community_id,
                    member_id=member_id,
                    day=day,
                    laid_at=now,
                    until=end_of(day, zone),
                    names=json.dumps(names),
                )
                .on_conflict_do_nothing()  # another process has laid one
            )
            laid = await _of_today(session, community_id, member_id, now)
            assert laid is not None  # noqa: S101
            return laid

    async def hatch(
        self, nest: NestRecord, profile: Profile, fit: Collection[str], now: datetime
    ) -> Outcome:
        """Hatch the animal of a name in a nest, into the museum and the member's collection.

        fit: the names of the nest that the word filter of the community lets pass. Raises
        `Forgotten`.
        """
        place, member_id = nest.community_id, nest.member_id
        async with writing_for(self._database, member_id) as session:
            # No poll is opened with the name meanwhile, and no moderator removes it.
            await lock_names(self._database, session, [place], removes=True)
            row = await session.get(Nest, nest.id, with_for_update=True)
            if row is None or row.hatched_at is not None:
                return Outcome.STALE
            if not (await _record(session, row, now)).is_current:
                return Outcome.STALE
            if await discoveries.is_blocked(session, place, member_id):
                return Outcome.BLOCKED
            await discoveries.lock(self._database, session, place)
            if not await discoveries.has_room(session, place, member_id):
                return Outcome.FULL
            names = json.loads(row.names)
            new = await _new_among(session, place, [name for name in names if name in fit])
            left = [name if name in fit and folded(name) in new else None for name in names]
            if folded(profile.name) in {folded(name) for name in left if name is not None}:
                row.discovery_id = await discoveries.hatch(session, place, member_id, profile, now)
                row.hatched_at, row.names = now, "[]"
                return Outcome.HATCHED
            if any(left):
                row.names = json.dumps(left)
                return Outcome.UNFIT
            await session.delete(row)
            return Outcome.EMPTY

    @patient
    async def prune(self, before: datetime) -> None:
        """Delete the nests whose day has ended before a time."""
        async with self._database.writing() as session:
            await session.execute(delete(Nest).where(Nest.until < before))


async def _of_today(
    session: AsyncSession, community_id: int, member_id: int, now: datetime
) -> NestRecord | None:
    today = today_in(now, await _zone(session, community_id))
    latest = (
        select(Nest)
        .where(
            Nest.community_id == community_id,
            Nest.member_id == member_id,
            # After a move of the zone, a day may come again, or end early.
            or_(Nest.day.in_((today, today + DAY)), and_(Nest.laid_at <= now, Nest.until > now)),
        )
        .order_by(Nest.day.desc())
        .limit(1)
    )
    nest = await session.scalar(latest.execution_options(populate_existing=True))
    return None if nest is None else await _record(session, nest, now)


async def _record(session: AsyncSession, nest: Nest, now: datetime) -> NestRecord:
    zone = await _zone(session, nest.community_id)
    today = today_in(now, zone)
    return NestRecord(
        nest.id,
        nest.community_id,
        nest.member_id,
        tuple(json.loads(nest.names)),
        max(nest.until, end_of(nest.day, zone)),
        nest.day in (today, today + DAY) or nest.laid_at <= now < nest.until,
        nest.hatched_at is not None,
        nest.discovery_id,
    )


async def _zone(session: AsyncSession, community_id: int) -> ZoneInfo:
    name = await session.scalar(select(Community.daily_zone).where(Community.id == community_id))
    return await asyncio.to_thread(zone_of, name or DailySettings.zone)


async def _new_among(session: AsyncSession, community_id: int, names: Sequence[str]) -> set[str]:
    """Which names no poll of a community has, nor its museum, and nobody has removed: folded."""
    pairs = [(community_id, name) for name in names]
    known = {
        *await removed_among(session, pairs),
        *await discoveries.discovered_among(session, pairs),
    }
    keys = {folded(name) for name in names}
    polled = select(Candidate.key).join(Poll, Poll.id == Candidate.poll_id)
    polled = polled.where(Poll.community_id == community_id, Candidate.key.in_(keys))
    return keys - {key for _community_id, key in known} - {*await session.scalars(polled)}


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of a member's nests."""
    return {"nests": await number_of(session, Nest.member_id == member_id)}


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """A member's nests, without the names in them, which nobody knows before they hatch."""
    rows = await rows_of_member(session, (Nest,), member_id)
    for row in rows[Nest.__tablename__]:
        del row["names"]
    return rows


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete a member's nests. What has hatched is left to discoveries."""
    await session.execute(delete(Nest).where(Nest.member_id == member_id))


async def communities(session: AsyncSession) -> set[int]:
    """The communities with nests."""
    return await communities_in(session, (Nest,))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the nests of communities."""
    await delete_of_communities(session, (Nest,), gone)
