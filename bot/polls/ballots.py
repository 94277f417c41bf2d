"""Ballots: votes on polls, and retracted ones, applied in their order under row locks."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.schema import Poll, Vote

Key = tuple[int, int]
"""Of a vote: poll and member."""


@dataclass(frozen=True)
class Origin:
    """Where a vote comes from. One that was forged names the poll of another place."""

    community_id: int | None
    channel_id: int | None
    message_id: int | None
    """`None` for a private note below the poll, which has another id."""


@dataclass(frozen=True)
class Ballot:
    """A member's vote for a position of a poll."""

    poll_id: int
    member_id: int
    position: int | None
    """`None` to retract the vote."""
    origin: Origin | None = None
    """Has to be the place of the poll; `None` counts anywhere."""


class OpenPoll(NamedTuple):
    """A locked poll."""

    closes_at: datetime
    community_id: int
    channel_id: int
    message_id: int | None

    def is_at(self, origin: Origin | None) -> bool:
        """Whether a vote from there may be for this poll."""
        if origin is None:
            return True
        is_here = (origin.community_id, origin.channel_id) == (self.community_id, self.channel_id)
        messages = {origin.message_id, self.message_id}
        return is_here and (None in messages or len(messages) == 1)


def key_of(ballot: Ballot) -> Key:
    """Identifies the vote that a ballot changes."""
    return ballot.poll_id, ballot.member_id


def apply_ballots(
    ballots: Sequence[tuple[Ballot, datetime]], valid: Sequence[bool], stored: Set[Key]
) -> tuple[list[bool], dict[Key, tuple[int, datetime]], set[Key]]:
    """Apply valid ballots in their order to `stored`, the votes that they may retract.

    Returns whether each ballot counts, the votes to write and the stored votes to delete first.
    """
    counts: list[bool] = []
    votes: dict[Key, tuple[int, datetime]] = {}
    deleted: set[Key] = set()
    for (ballot, at), is_valid in zip(ballots, valid, strict=True):
        key = key_of(ballot)
        if not is_valid:
            counts.append(False)
        elif ballot.position is not None:
            votes[key] = ballot.position, at
            counts.append(True)
        else:
            counts.append(votes.pop(key, None) is not None or key in stored - deleted)
            deleted |= {key} & stored
    return counts, votes, deleted


def is_one_of(keys: Collection[Key]) -> ColumnElement[bool]:
    """The condition for some votes."""
    return tuple_(Vote.poll_id, Vote.member_id).in_(sorted(keys))


async def lock_open(session: AsyncSession, poll_ids: Collection[int]) -> dict[int, OpenPoll]:
    """Keep open polls from being closed by another process. Returns them by id."""
    polls = await session.execute(
        select(Poll.id, Poll.closes_at, Poll.community_id, Poll.channel_id, Poll.message_id)
        .where(Poll.id.in_(poll_ids), Poll.closed_at.is_(None))
        .order_by(Poll.id)
        .with_for_update(read=True)
    )
    return {poll.id: OpenPoll(*poll[1:]) for poll in polls}


async def lock_votes(session: AsyncSession, keys: Collection[Key]) -> set[Key]:
    """Keep votes from being changed by another process. Returns the keys of those that exist.

    The order of the keys avoids deadlocks, so only locked votes may be deleted.
    """
    if not keys:
        return set()
    votes = await session.execute(
        select(Vote.poll_id, Vote.member_id)
        .where(is_one_of(keys))
        .order_by(Vote.poll_id, Vote.member_id)
        .with_for_update()
    )
    return {(poll_id, member_id) for poll_id, member_id in votes}
