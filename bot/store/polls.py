"""Cards of names, the votes on them, and how they end."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Executable, Select, func, select, update

from bot.store.database import Database
from bot.store.schema import Candidate, Community, CustomModel, Poll, Vote

DEFAULT_MINUTES = 10
"""How long a card takes votes, unless its guild has another wish."""
STALE = timedelta(days=1)
"""How long the end of a card is worth telling."""
LARGEST_BATCH = 100
"""Votes that are written in one transaction. PostgreSQL takes 32,767 values in a statement."""


@dataclass(frozen=True)
class PollRecord:
    """A card, its names, and how they stand."""

    id: int
    community_id: int
    channel_id: int
    message_id: int | None
    """`None` until the card has been sent."""
    member_id: int | None
    """Whoever asked for the names; `None` once that is forgotten."""
    discoverer: str | None
    """What this member was called then."""
    names: tuple[str, ...]
    """As they are shown, by position."""
    opened_at: datetime
    closes_at: datetime
    note: str = ""
    """A sentence below its names."""
    footer: str = ""
    state: str = ""
    """Of its button for more names."""
    custom_model_id: int | None = None
    custom_model: str | None = None
    """The list that the names are of, and what it is called; neither for dinosaurs."""
    votes: tuple[int, ...] = ()
    """By position."""
    closed_at: datetime | None = None
    winner: int | None = None
    """The position that was crowned."""
    announced_at: datetime | None = None


@dataclass(frozen=True)
class Ballot:
    """A member's vote for a position of a card."""

    poll_id: int
    member_id: int
    position: int


class Polls:
    """The cards of all guilds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._box: list[tuple[Ballot, datetime, asyncio.Future[bool]]] = []
        self._counting: asyncio.Task[None] | None = None

    async def minutes(self, community_id: int) -> int:
        """How long a card of a guild takes votes."""
        async with self._database.reading() as session:
            set_to = await session.scalar(
                select(Community.vote_minutes).where(Community.id == community_id)
            )
        return set_to or DEFAULT_MINUTES

    async def set_minutes(self, community_id: int, minutes: int) -> None:
        """Set that, from the next card on."""
        insert = self._database.insert(Community).values(id=community_id, vote_minutes=minutes)
        async with self._database.writing() as session:
            await session.execute(
                insert.on_conflict_do_update(
                    index_elements=[Community.id], set_={"vote_minutes": minutes}
                )
            )

    async def open(self, card: PollRecord) -> None:
        """Keep a new card, which has no votes."""
        async with self._database.writing() as session:
            session.add(
                Poll(
                    id=card.id,
                    community_id=card.community_id,
                    channel_id=card.channel_id,
                    message_id=card.message_id,
                    member_id=card.member_id,
                    discoverer=card.discoverer,
                    # Nothing, if the namer was deleted while the names were written.
                    custom_model_id=select(CustomModel.id)
                    .where(CustomModel.id == card.custom_model_id)
                    .scalar_subquery(),
                    custom_model=card.custom_model,
                    note=card.note,
                    footer=card.footer,
                    state=card.state,
                    opened_at=card.opened_at,
                    closes_at=card.closes_at,
                )
            )
            await session.flush()
            session.add_all(
                Candidate(poll_id=card.id, position=position, name=name)
                for position, name in enumerate(card.names)
            )

    async def sent(self, poll_id: int, message_id: int) -> None:
        """Note the message that shows a card."""
        async with self._database.writing() as session:
            await session.execute(
                update(Poll).where(Poll.id == poll_id).values(message_id=message_id)
            )

    async def find(self, poll_id: int) -> PollRecord | None:
        """A card as it stands now; `None` if there is none of that number."""
        found = await self._find(Poll.id == poll_id)
        return found[0] if found else None

    async def cast(self, ballot: Ballot, now: datetime) -> bool:
        """Count a vote, in place of the member's earlier one on the card; whether it was in time.

        When this returns, the vote outlives the process. Votes that arrive while others are being
        written are written together, so that hundreds at once take few transactions.
        """
        counted = asyncio.get_running_loop().create_future()
        self._box.append((ballot, now, counted))
        if self._counting is None or self._counting.done():
            # A task for as long as there are votes: none idles when nobody votes.
            self._counting = asyncio.create_task(self._count())
        # A member who goes away has voted nevertheless.
        return await asyncio.shield(counted)

    async def due(self, now: datetime) -> list[PollRecord]:
        """Open cards whose time is over."""
        return await self._find(Poll.closed_at.is_(None), Poll.closes_at <= now)

    async def unannounced(self, before: datetime) -> list[PollRecord]:
        """Cards that were closed before then, whose end nobody has told yet.

        What is older by more than `STALE` is left: it is no news any more.
        """
        return await self._find(
            Poll.closed_at < before, Poll.closed_at >= before - STALE, Poll.announced_at.is_(None)
        )

    async def next_closing(self) -> datetime | None:
        """When the next card closes; `None` if none is open."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(func.min(Poll.closes_at)).where(Poll.closed_at.is_(None))
            )

    async def close(self, poll_id: int, now: datetime) -> PollRecord | None:
        """Close a card and crown its winner, once; `None` if another has done it.

        Most votes win; of equals the one that had them first, and before that the upper one.
        """
        async with self._database.writing() as session:
            closed = await session.execute(
                update(Poll)
                .where(Poll.id == poll_id, Poll.closed_at.is_(None))
                .values(closed_at=now)
                .returning(Poll.id)
            )
            if closed.first() is None:
                return None
            ranked = await session.execute(
                select(Vote.position, func.count())
                .where(Vote.poll_id == poll_id)
                .group_by(Vote.position)
                .order_by(func.count().desc(), func.max(Vote.voted_at), Vote.position)
                .limit(1)
            )
            if (first := ranked.first()) is not None:
                await session.execute(
                    update(Poll)
                    .where(Poll.id == poll_id)
                    .values(winner=first[0], winner_votes=first[1])
                )
        return await self.find(poll_id)

    async def announced(self, poll_id: int, now: datetime) -> bool:
        """Note that the end of a card was told; whether nobody had told it before."""
        async with self._database.writing() as session:
            told = await session.execute(
                update(Poll)
                .where(Poll.id == poll_id, Poll.announced_at.is_(None))
                .values(announced_at=now)
                .returning(Poll.id)
            )
            return told.first() is not None

    async def not_announced(self, poll_id: int) -> None:
        """Take that back: it could not be told after all."""
        async with self._database.writing() as session:
            await session.execute(update(Poll).where(Poll.id == poll_id).values(announced_at=None))

    async def _count(self) -> None:
        while self._box:
            together, self._box = self._box[:LARGEST_BATCH], self._box[LARGEST_BATCH:]
            try:
                counts = await self._write([(ballot, at) for ballot, at, _ in together])
            except Exception as error:  # noqa: BLE001 (whoever waits gets it)
                for *_, counted in together:
                    if not counted.done():
                        counted.set_exception(error)
                continue
            for counts_too, (*_, counted) in zip(counts, together, strict=True):
                if not counted.done():
                    counted.set_result(counts_too)

    async def _write(self, ballots: Sequence[tuple[Ballot, datetime]]) -> list[bool]:
        """Write votes in one transaction; of each whether it was in time and for a name.

        One that is neither must not take the others with it.
        """
        cards = sorted({ballot.poll_id for ballot, _ in ballots})
        async with self._database.writing() as session:
            open_cards = await session.execute(
                select(Poll.id, Poll.closes_at)
                .where(Poll.id.in_(cards), Poll.closed_at.is_(None))
                .order_by(Poll.id)
                .with_for_update(read=True)  # so that a card is not closed meanwhile
            )
            closing = {card.id: card.closes_at for card in open_cards}
            names = await session.execute(
                select(Candidate.poll_id, Candidate.position).where(Candidate.poll_id.in_(closing))
            )
            choices = {(poll_id, position) for poll_id, position in names}
            counts = [
                (ballot.poll_id, ballot.position) in choices and at < closing[ballot.poll_id]
                for ballot, at in ballots
            ]
            # In one statement a row can be written once, so the last vote of a member is taken. In
            # the order of their keys, two processes never wait for each other in a circle.
            newest = {
                (ballot.poll_id, ballot.member_id): (ballot.position, at)
                for (ballot, at), counted in zip(ballots, counts, strict=True)
                if counted
            }
            if newest:
                await session.execute(self._upsert(newest))
        return counts

    def _upsert(self, votes: Mapping[tuple[int, int], tuple[int, datetime]]) -> Executable:
        """The statement that writes positions and times, by card and member."""
        insert = self._database.insert(Vote).values(
            [
                {"poll_id": card, "member_id": member, "position": position, "voted_at": at}
                for (card, member), (position, at) in sorted(votes.items())
            ]
        )
        return insert.on_conflict_do_update(
            index_elements=[Vote.poll_id, Vote.member_id],
            set_={"position": insert.excluded.position, "voted_at": insert.excluded.voted_at},
            # The same vote again is no later one: of equals, the first wins.
            where=Vote.position != insert.excluded.position,
        )

    async def _find(self, *conditions: ColumnElement[bool]) -> list[PollRecord]:
        async with self._database.reading() as session:
            cards = (await session.scalars(select(Poll).where(*conditions))).all()
            records = {card.id: _record(card) for card in cards}
            if not records:
                return []
            rows = await session.execute(_standing(list(records)))
            for poll_id, name, votes in rows:
                record = records[poll_id]
                records[poll_id] = replace(
                    record, names=(*record.names, name), votes=(*record.votes, votes)
                )
        return sorted(records.values(), key=lambda record: record.closes_at)


def _standing(card_ids: Sequence[int]) -> Select[int, str, int]:
    """Names and their votes, card by card, in the order of their positions."""
    return (
        select(Candidate.poll_id, Candidate.name, func.count(Vote.member_id))
        .outerjoin(
            Vote, (Vote.poll_id == Candidate.poll_id) & (Vote.position == Candidate.position)
        )
        .where(Candidate.poll_id.in_(card_ids))
        .group_by(Candidate.poll_id, Candidate.position, Candidate.name)
        .order_by(Candidate.poll_id, Candidate.position)
    )


def _record(card: Poll) -> PollRecord:
    """A card without its names."""
    return PollRecord(
        id=card.id,
        community_id=card.community_id,
        channel_id=card.channel_id,
        message_id=card.message_id,
        member_id=card.member_id,
        discoverer=card.discoverer,
        names=(),
        opened_at=card.opened_at,
        closes_at=card.closes_at,
        note=card.note,
        footer=card.footer,
        state=card.state,
        custom_model_id=card.custom_model_id,
        custom_model=card.custom_model,
        closed_at=card.closed_at,
        winner=card.winner,
        announced_at=card.announced_at,
    )
