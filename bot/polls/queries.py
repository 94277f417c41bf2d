"""Polls on generated names: opening, voting, closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.polls.ballots import (
    Ballot,
    Key,
    Origin,
    apply_ballots,
    is_one_of,
    key_of,
    lock_open,
    lock_votes,
)
from bot.store.calls import Batches
from bot.store.database import Database
from bot.store.identities import WITH_SURROGATES
from bot.store.queries import Queries
from bot.store.schema import FIRST_SURROGATE, Candidate, CustomModel, Poll, Vote

STALE = timedelta(days=1)
"""How long after its end the result of a poll is still announced."""
SKEW = timedelta(minutes=1)
"""How far the clocks of two processes may differ."""
LARGEST_BATCH = 100
"""Votes, or polls, written in one transaction. PostgreSQL takes 32,767 values per statement."""


@dataclass(frozen=True)
class PollRecord:
    """A poll with its names and their votes."""

    id: int
    community_id: int
    channel_id: int
    message_id: int | None
    """`None` until the message has been sent."""
    member_id: int | None
    """The discoverer, who requested the names; `None` once forgotten."""
    discoverer: str | None
    """Display name of the discoverer when the poll was opened."""
    names: tuple[str, ...]
    """As displayed, by position."""
    opened_at: datetime
    closes_at: datetime
    note: str = ""
    """Text below the names."""
    footer: str = ""
    state: str = ""
    """State of the button that generates more names."""
    custom_model_id: int | None = None
    """`None` for dinosaurs or a deleted model."""
    custom_model: str | None = None
    """Name of the custom model; `None` for dinosaurs."""
    votes: tuple[int, ...] = ()
    """By position."""
    closed_at: datetime | None = None
    winner: int | None = None
    """Position of the winning name; `None` while open or without votes."""
    announced_at: datetime | None = None
    announcement_id: int | None = None
    """The message with the winner's plaque; `None` until it has been sent."""
    removed: frozenset[int] = frozenset()
    """Positions of names that a moderator removed. They keep their place, and get no votes."""

    @property
    def standing(self) -> dict[int, str]:
        """The names that were not removed, by position."""
        return {i: name for i, name in enumerate(self.names) if i not in self.removed}


_STORED = tuple(f.name for f in fields(PollRecord) if f.name not in ("names", "votes", "removed"))
"""Fields with a column."""


class Polls(Queries):
    """The polls of all communities."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._ballots = Batches(self._write, LARGEST_BATCH)
        self._opened = Batches(self._write_opened, LARGEST_BATCH)
        self._sent = Batches(self._write_sent, LARGEST_BATCH)

    async def open(self, poll: PollRecord) -> None:
        """Store a new poll without votes. Many at the same time take few transactions."""
        await self._opened.put(poll)

    async def sent(self, poll_id: int, message_id: int) -> None:
        """Record the message that shows a poll."""
        await self._sent.put((poll_id, message_id))

    async def find(self, poll_id: int) -> PollRecord | None:
        """A poll by its id, with its current votes."""
        found = await self._find(Poll.id == poll_id)
        return found[0] if found else None

    async def on_message(self, community_id: int, message_id: int) -> PollRecord | None:
        """The poll of a community that a message shows, or whose winner it announces."""
        found = await self._find(
            Poll.community_id == community_id,
            or_(Poll.message_id == message_id, Poll.announcement_id == message_id),
        )
        return found[0] if found else None

    async def cast(self, ballot: Ballot, now: datetime) -> bool:
        """Count a vote and replace the member's earlier one. Returns whether it counted.

        It does not count if the poll is closed or elsewhere, or has no such position. When this
        returns, the vote is on disk. Votes that arrive during a transaction share the next one, so
        that hundreds of votes take few transactions.
        """
        return await self._ballots.put((ballot, now))

    async def retract(
        self, poll_id: int, member_id: int, now: datetime, origin: Origin | None = None
    ) -> bool:
        """Delete a member's vote on an open poll. Returns whether there was one.

        It takes its turn among the votes that `cast` writes.
        """
        return await self.cast(Ballot(poll_id, member_id, None, origin), now)

    async def vote_of(self, poll_id: int, member_id: int) -> int | None:
        """The position that a member voted for; `None` without a vote."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(Vote.position).where(Vote.poll_id == poll_id, Vote.member_id == member_id)
            )

    async def due(self, now: datetime, platform: str = "discord") -> list[PollRecord]:
        """Open polls on a platform whose time is up.

        So is that of polls that were opened later than now: the clock has stepped back since, and
        they would stay open for as long as it was ahead.
        """
        is_over = or_(Poll.closes_at <= now, Poll.opened_at > now + SKEW)
        return await self._find(Poll.closed_at.is_(None), is_over, _on(platform))

    async def unannounced(self, before: datetime, platform: str = "discord") -> list[PollRecord]:
        """Polls closed before a time, but not longer than `STALE`, and not announced yet."""
        return await self._find(
            Poll.closed_at < before,
            Poll.closed_at >= before - STALE,
            Poll.announced_at.is_(None),
            _on(platform),
        )

    async def next_closing(self, platform: str = "discord") -> datetime | None:
        """When the next poll on a platform closes; `None` if none is open."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(func.min(Poll.closes_at)).where(Poll.closed_at.is_(None), _on(platform))
            )

    async def close(self, poll_id: int, now: datetime) -> PollRecord | None:
        """Close a poll and determine its winner. Returns `None` if it was closed before.

        The name with the most votes wins. In a tie, the one that reached its count first wins; if
        that was at the same moment, the upper one.
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

    async def void(self, poll_id: int) -> None:
        """Take the victory back: the message of the poll was deleted, or its winner removed."""
        async with self._database.writing() as session:
            await session.execute(
                update(Poll).where(Poll.id == poll_id).values(winner=None, winner_votes=None)
            )

    async def announcement_sent(self, poll_id: int, message_id: int) -> bool:
        """Record the message with the plaque. Returns whether the poll still has a winner."""
        async with self._database.writing() as session:
            winner = await session.scalar(
                update(Poll)
                .where(Poll.id == poll_id)
                .values(announcement_id=message_id)
                .returning(Poll.winner)
            )
            return winner is not None

    async def announced(self, poll_id: int, now: datetime) -> bool:
        """Claim the announcement of a result. Returns whether nobody else has."""
        async with self._database.writing() as session:
            claimed = await session.execute(
                update(Poll)
                .where(Poll.id == poll_id, Poll.announced_at.is_(None))
                .values(announced_at=now)
                .returning(Poll.id)
            )
            return claimed.first() is not None

    async def not_announced(self, poll_id: int) -> None:
        """Give the claim back because the announcement failed."""
        async with self._database.writing() as session:
            await session.execute(update(Poll).where(Poll.id == poll_id).values(announced_at=None))

    async def _write_opened(self, polls: Sequence[PollRecord]) -> Sequence[None]:
        """Store new polls, with their names."""
        rows = [{field: getattr(poll, field) for field in _STORED} for poll in polls]
        names = [
            {"poll_id": poll.id, "position": position, "name": name}
            for poll in polls
            for position, name in enumerate(poll.names)
        ]
        async with self._database.writing() as session:
            if models := {poll.custom_model_id for poll in polls} - {None}:
                found = await session.scalars(
                    select(CustomModel.id)
                    .where(CustomModel.id.in_(models))
                    .with_for_update(read=True, key_share=True)
                )
                kept = {*found}
                for row in rows:  # NULL if the model was deleted while it wrote the names
                    if row["custom_model_id"] not in kept:
                        row["custom_model_id"] = None
            await session.execute(insert(Poll), rows)
            if names:
                await session.execute(insert(Candidate), names)
        return [None] * len(polls)

    async def _write_sent(self, sent: Sequence[tuple[int, int]]) -> Sequence[None]:
        """Record the messages that show polls."""
        rows = [{"poll": poll_id, "message": message_id} for poll_id, message_id in sent]
        shown = update(Poll.__table__).where(Poll.id == bindparam("poll"))  # type: ignore[arg-type]
        async with self._database.writing() as session:
            connection = await session.connection()
            await connection.execute(shown.values(message_id=bindparam("message")), rows)
        return [None] * len(sent)

    async def _write(self, ballots: Sequence[tuple[Ballot, datetime]]) -> list[bool]:
        """Apply ballots in their order, in one transaction. Returns whether each one counted."""
        async with self._database.writing() as session:
            polls = await lock_open(session, {ballot.poll_id for ballot, _ in ballots})
            candidates = await session.execute(
                select(Candidate.poll_id, Candidate.position).where(
                    Candidate.poll_id.in_(polls), Candidate.removed_at.is_(None)
                )
            )
            positions = {(poll_id, position) for poll_id, position in candidates}
            counts = [
                (poll := polls.get(ballot.poll_id)) is not None
                and at < poll.closes_at
                and poll.is_at(ballot.origin)
                and (ballot.position is None or (ballot.poll_id, ballot.position) in positions)
                for ballot, at in ballots
            ]
            retracted = {key_of(ballot) for ballot, _ in ballots if ballot.position is None}
            stored = await lock_votes(session, retracted)
            counts, votes, deleted = apply_ballots(ballots, counts, stored)
            if deleted:
                await session.execute(delete(Vote).where(is_one_of(deleted)))
            if votes:
                await session.execute(self._upsert(votes))
        return counts

    def _upsert(self, votes: Mapping[Key, tuple[int, datetime]]) -> Executable:
        """The statement that writes positions and times, by poll and member.

        One statement can write a row only once. The order of the keys avoids deadlocks.
        """
        row = self._database.insert(Vote).values(
            [
                {"poll_id": poll, "member_id": member, "position": position, "voted_at": at}
                for (poll, member), (position, at) in sorted(votes.items())
            ]
        )
        return row.on_conflict_do_update(
            index_elements=[Vote.poll_id, Vote.member_id],
            set_={"position": row.excluded.position, "voted_at": row.excluded.voted_at},
            # Repeating a vote does not make it later: in a tie, the earlier name wins.
            where=Vote.position != row.excluded.position,
        )

    async def _find(self, *conditions: ColumnElement[bool]) -> list[PollRecord]:
        async with self._database.reading() as session:
            polls = (await session.scalars(select(Poll).where(*conditions))).all()
            records = {poll.id: _record(poll) for poll in polls}
            if not records:
                return []
            rows = await session.execute(_standings(list(records)))
            for poll_id, name, removed_at, votes in rows:
                record = records[poll_id]
                removed = set() if removed_at is None else {len(record.names)}
                records[poll_id] = replace(
                    record,
                    names=(*record.names, name),
                    votes=(*record.votes, votes),
                    removed=record.removed | removed,
                )
        return sorted(records.values(), key=lambda record: record.closes_at)


def _standings(poll_ids: Sequence[int]) -> Select[int, str, datetime | None, int]:
    """Rows of poll, name, time of removal and number of votes, in the order of the positions."""
    return (
        select(Candidate.poll_id, Candidate.name, Candidate.removed_at, func.count(Vote.member_id))
        .outerjoin(
            Vote, (Vote.poll_id == Candidate.poll_id) & (Vote.position == Candidate.position)
        )
        .where(Candidate.poll_id.in_(poll_ids))
        .group_by(Candidate.poll_id, Candidate.position, Candidate.name, Candidate.removed_at)
        .order_by(Candidate.poll_id, Candidate.position)
    )


def _record(poll: Poll) -> PollRecord:
    """A poll without its names and votes."""
    return PollRecord(names=(), **{field: getattr(poll, field) for field in _STORED})


def _on(platform: str) -> ColumnElement[bool]:
    """Whether a poll is on a platform."""
    if platform in WITH_SURROGATES:
        return Poll.channel_id >= FIRST_SURROGATE
    return Poll.channel_id < FIRST_SURROGATE
