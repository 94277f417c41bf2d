"""Hall of fame: the winning names of all polls, and the messages that show them."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    and_,
    delete,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.creatures.genome import folded
from bot.polls.removal_queries import (
    is_named,
    lock_names,
    put_outdated,
    removed_among,
    winner_stands_in,
)
from bot.store.people import Person, known_member, person_in
from bot.store.queries import Queries
from bot.store.schema import (
    EVERYBODY,
    Block,
    Candidate,
    Community,
    Discovery,
    Poll,
    WinnerAnswer,
)
from bot.words import WordFilter
from bot.words.names import ShownName, name_for, name_in_poll
from data.phrases import NOTHING, Showable

PUBLIC_VOTES = 2
"""Votes that a name needs for the public hall of fame. A member has one, so at least one is not
the discoverer's own."""


@dataclass(frozen=True)
class Champion:
    """A name that has won its poll."""

    poll_id: int
    name: ShownName
    votes: int
    crowned_at: datetime
    community_id: int
    discoverer: Person | None
    is_dinosaur: bool
    custom_model: Showable | None = None
    """Name of the custom model, if it has one and that may be shown."""
    day: date | None = None
    """The local date whose dinosaur it is, which everybody there has discovered."""


@dataclass(frozen=True)
class HallScope:
    """Which names to include.

    Names of other communities are only included if these take part in the public hall of fame, and
    never those of custom models.
    """

    community_id: int | None = None
    """Community whose names are listed; `None` for the public hall of fame: dinosaurs of all
    communities with at least `PUBLIC_VOTES`."""
    member_id: int | None = None
    """Member whose discoveries are listed; `None` for all."""
    home_id: int | None = None
    """Community all of whose names are included, too, if there is no `community_id`."""
    since: datetime | None = None
    """Time from which on polls have closed; `None` for all."""
    viewer_id: int | None = None
    """Community that reads a list of all communities; names that it has removed are left out."""


MOST_ANSWERS = 100
"""Most messages of a channel for which the bot remembers the winners that they show."""


_DISCOVERER = known_member(Poll)


class HallOfFame(Queries):
    """The winning names of all polls."""

    async def best(
        self, words: WordFilter, scope: HallScope, *, skip: int = 0, most: int = 10
    ) -> list[Champion]:
        """Names with the most votes first, then the older ones, as the readers' filter lets them.

        words: their filter.
        """
        statement = (
            select(
                Poll.id,
                Candidate.name,
                Poll.winner_votes,
                Poll.closed_at,
                Poll.community_id,
                _DISCOVERER,
                Poll.discoverer,
                Poll.custom_model,
                Poll.day,
            )
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(*_conditions(scope))
            .order_by(Poll.winner_votes.desc(), Poll.closed_at, Poll.id)
            .offset(skip)
            .limit(most)
        )
        rows = await self._rows(statement)
        return await asyncio.to_thread(
            lambda: [
                _champion(row, words)
                for row in rows
                if row.winner_votes is not None and row.closed_at is not None
            ]
        )

    async def latest(self, words: WordFilter, scope: HallScope) -> Champion | None:
        """The latest winner."""
        last = await self._scalar(select(func.max(Poll.closed_at)).where(*_conditions(scope)))
        if last is None:
            return None
        found = await self.best(words, replace(scope, since=last), most=1)
        return found[0] if found else None

    async def has_winner(self, name: str, home_id: int | None) -> bool:
        """Whether a name is a winner of a community, or of the public hall of fame."""
        statement = (
            select(Poll.id)
            .join(Candidate, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(is_named(name), *_conditions(HallScope(home_id=home_id, viewer_id=home_id)))
            .limit(1)
        )
        return await self._scalar(statement) is not None

    async def note_shown(
        self,
        community_id: int,
        channel_id: int,
        message_id: int,
        poll_ids: Collection[int] = (),
        *,
        names: Collection[str] = (),
        now: datetime,
    ) -> None:
        """Record which names a message shows now, of the latest `MOST_ANSWERS` of its channel.

        They are the winners of some polls, and dinosaurs of the community.
        """
        of_channel = WinnerAnswer.channel_id == channel_id
        ids = (channel_id, message_id, community_id)
        place = [literal(number, BigInteger) for number in ids]
        columns = ("channel_id", "message_id", "community_id", "poll_id", "key", "is_outdated")
        is_outdated = or_(Poll.winner.is_(None), not_(winner_stands_in(community_id)))
        rows = select(*place, Poll.id, literal(""), is_outdated).where(Poll.id.in_(poll_ids))
        locked = select(Poll.id).where(Poll.id.in_(poll_ids))
        answer, pairs = dict(zip(columns, ids, strict=False)), [(community_id, n) for n in names]
        oldest = (
            select(WinnerAnswer.message_id)
            .where(of_channel)
            .distinct()
            .order_by(WinnerAnswer.message_id.desc())
            .offset(MOST_ANSWERS - 1)
            .limit(1)
            .scalar_subquery()
        )
        async with self._database.writing() as session:
            # A name is removed either before this, or after it and then here as well.
            await lock_names(self._database, session, [community_id])
            await session.execute(locked.order_by(Poll.id).with_for_update(read=True))
            await session.execute(
                delete(WinnerAnswer).where(of_channel, WinnerAnswer.message_id == message_id)
            )
            noted = self._database.insert(WinnerAnswer).from_select(columns, rows)
            # Another member may have turned to the same page at the same time.
            found = noted.on_conflict_do_nothing().returning(WinnerAnswer.is_outdated)
            are_outdated = [*await session.scalars(found)]
            if pairs:
                removed = await removed_among(session, pairs)
                keys = {(community_id, folded(name)) for name in names}
                shown = [answer | {"key": key[1], "is_outdated": key in removed} for key in keys]
                await session.execute(insert(WinnerAnswer), shown)
                are_outdated += [each["is_outdated"] for each in shown]
            if any(are_outdated):
                it = and_(of_channel, WinnerAnswer.message_id == message_id)
                await put_outdated(session, it, now)
            await session.execute(
                delete(WinnerAnswer).where(of_channel, WinnerAnswer.message_id < oldest)
            )

    async def hatched_on(self, community_id: int, ref: tuple[int, int]) -> ShownName | None:
        """The only name that a message shows, if its dinosaur has hatched in the community.

        ref: its channel and the message.
        """
        is_it = (WinnerAnswer.channel_id, WinnerAnswer.message_id)
        shown = select(WinnerAnswer.key).where(tuple_(*is_it) == ref)
        keys = [key for (key,) in await self._rows(shown)]
        hatched = Discovery.community_id == community_id, Discovery.poll_id.is_(None)
        found = select(Discovery.name).where(*hatched, Discovery.key.in_(keys))
        name = await self._scalar(found) if len(keys) == 1 else None
        return None if name is None else name_in_poll(name)

    async def community_of_outdated(self, channel_id: int, message_id: int) -> int | None:
        """The community of a message that shows a removed name; `None` if it shows none."""
        is_it = WinnerAnswer.channel_id == channel_id, WinnerAnswer.message_id == message_id
        of_place = select(WinnerAnswer.community_id).where(*is_it, WinnerAnswer.is_outdated)
        return await self._scalar(of_place.limit(1))

    async def count(self, scope: HallScope) -> int:
        """Number of names."""
        statement = select(func.count()).select_from(Poll).where(*_conditions(scope))
        return await self._scalar(statement) or 0

    async def winners(self, community_id: int, typed: str, *, most: int = 25) -> list[ShownName]:
        """Winners of a community that have these letters, the newest first, and the hatched."""
        statement = (
            select(Candidate.name)
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(
                Poll.community_id == community_id,
                Candidate.key.contains(folded(typed), autoescape=True),
            )
            .order_by(Poll.closed_at.desc(), Poll.id)
            .limit(most)
        )
        hatched = (
            select(Discovery.name)
            .where(
                Discovery.community_id == community_id,
                Discovery.poll_id.is_(None),
                Discovery.key.contains(folded(typed), autoescape=True),
            )
            .order_by(Discovery.id.desc())
            .limit(most)
        )
        rows = [*await self._rows(statement), *await self._rows(hatched)]
        return [name_in_poll(name) for (name,) in rows]

    async def names_with_votes(self, home_id: int | None) -> list[tuple[str, int]]:
        """Dinosaurs of the public hall of fame and of a community, with their votes.

        These are extra names for a training.
        """
        scope = HallScope(home_id=home_id, viewer_id=home_id)
        statement = (
            select(Candidate.name, func.sum(Poll.winner_votes))
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(Poll.custom_model.is_(None), *_conditions(scope))
            .group_by(Candidate.name)
            .order_by(Candidate.name)
        )
        return [(name, int(votes or 0)) for name, votes in await self._rows(statement)]


async def forget_answer(session: AsyncSession, channel_id: int, message_id: int) -> None:
    """Forget a message that shows no name anymore."""
    await session.execute(
        delete(WinnerAnswer).where(
            WinnerAnswer.channel_id == channel_id, WinnerAnswer.message_id == message_id
        )
    )


def _champion(row: Row[*tuple[Any, ...]], words: WordFilter) -> Champion:
    """A row of `HallOfFame.best`, as readers with a word filter see it."""

    def filtered(written: str | None) -> Showable | None:
        return words.filtered(written, NOTHING) or None if written else None

    return Champion(
        poll_id=row.id,
        name=name_for(words, row.name),
        votes=row.winner_votes,
        crowned_at=row.closed_at,
        community_id=row.community_id,
        discoverer=person_in(row, filtered(row.discoverer)),
        is_dinosaur=row.custom_model is None,
        custom_model=filtered(row.custom_model),
        day=row.day,
    )


def _conditions(scope: HallScope) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Poll.winner.is_not(None)]
    if scope.community_id is None:
        conditions.append(or_(_is_public(), Poll.community_id == scope.home_id))
        if scope.viewer_id is not None:
            conditions.append(winner_stands_in(scope.viewer_id))
    else:
        conditions.append(Poll.community_id == scope.community_id)
    if scope.member_id is not None:
        conditions.append(Poll.member_id == scope.member_id)
    if scope.since is not None:
        conditions.append(Poll.closed_at >= scope.since)
    return conditions


def _is_public() -> ColumnElement[bool]:
    """Whether a name may be shown in other communities."""
    hidden = select(Community.id).where(Community.in_public_hall.is_(False))
    blocked = select(Block.community_id).where(Block.member_id == EVERYBODY)
    return and_(
        Poll.custom_model.is_(None),
        Poll.community_id.not_in(hidden),
        Poll.community_id.not_in(blocked),
        Poll.winner_votes >= PUBLIC_VOTES,
    )
