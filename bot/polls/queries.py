"""Polls on generated names: opening, voting, closing."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.calls import Batches
from bot.store.database import Database
from bot.store.identities import WITH_SURROGATES
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of_member,
)
from bot.store.queries import Queries
from bot.store.schema import (
    EVERYBODY,
    FIRST_SURROGATE,
    Block,
    Candidate,
    Community,
    CustomModel,
    Poll,
    Vote,
)

Key = tuple[int, int]
"""Of a vote: poll and member."""


@dataclass(frozen=True)
class VoteOrigin:
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
    origin: VoteOrigin | None = None
    """Has to be the place of the poll; `None` counts anywhere."""


class OpenPoll(NamedTuple):
    """A locked poll."""

    closes_at: datetime
    community_id: int
    channel_id: int
    message_id: int | None

    def is_at(self, origin: VoteOrigin | None) -> bool:
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


def locked_open(poll_ids: Collection[int]) -> Select[int, datetime, int, int, int | None]:
    """Open polls, kept from being closed by another process."""
    return (
        select(Poll.id, Poll.closes_at, Poll.community_id, Poll.channel_id, Poll.message_id)
        .where(Poll.id.in_(poll_ids), Poll.closed_at.is_(None))
        .order_by(Poll.id)
        .with_for_update(read=True)
    )


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


STALE = timedelta(days=1)
"""How long after its end the result of a poll is still announced."""
SKEW = timedelta(minutes=1)
"""How far the clocks of two processes may differ."""
LARGEST_BATCH = 100
"""Votes, or polls, written in one transaction. PostgreSQL takes 32,767 values per statement."""


@dataclass(frozen=True)
class RecentPoll:
    """A poll, as moderators choose it from suggestions."""

    channel_id: int
    message_id: int
    names: tuple[str, ...]
    """Those that were not removed."""


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
    is_dissectable: bool = True
    """Whether members may see how the network chose their letters: not if another community has
    trained it, since that would tell what is on its list."""

    @property
    def standing(self) -> dict[int, str]:
        """The names that were not removed, by position."""
        return {i: name for i, name in enumerate(self.names) if i not in self.removed}


_NO_COLUMNS = ("names", "votes", "removed", "is_dissectable")
_STORED = tuple(f.name for f in fields(PollRecord) if f.name not in _NO_COLUMNS)
"""Fields with a column."""
_TRAINED_IN = (
    select(CustomModel.community_id).where(CustomModel.id == Poll.custom_model_id).scalar_subquery()
)
"""The community of the custom model of a poll."""


class Polls(Queries):
    """The polls of all communities."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._ballots = Batches(self._write, LARGEST_BATCH)
        self._opened = Batches(self._write_opened, LARGEST_BATCH)
        self._sent = Batches(self._write_sent, LARGEST_BATCH)

    async def open(self, poll: PollRecord) -> datetime:
        """Store a new poll without votes. Many at the same time take few transactions.

        Returns when it closes: by `closes_at`, unless its community has set another time.
        """
        return await self._opened.put(poll)

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

    async def recent(self, community_id: int, *, most: int = 25) -> list[RecentPoll]:
        """The latest polls of a community, the newest first."""
        latest = (
            select(Poll.id, Poll.channel_id, Poll.message_id)
            .where(Poll.community_id == community_id, Poll.message_id.is_not(None))
            .order_by(Poll.opened_at.desc(), Poll.id)
            .limit(most)
        )
        async with self._database.reading() as session:
            polls = (await session.execute(latest)).all()
            names: dict[int, list[str]] = {poll.id: [] for poll in polls}
            rows = await session.execute(
                select(Candidate.poll_id, Candidate.name)
                .where(Candidate.poll_id.in_(names), Candidate.removed_at.is_(None))
                .order_by(Candidate.poll_id, Candidate.position)
            )
            for poll_id, name in rows:
                names[poll_id].append(name)
        return [
            RecentPoll(poll.channel_id, poll.message_id, tuple(names[poll.id])) for poll in polls
        ]

    async def cast(self, ballot: Ballot, now: datetime) -> bool:
        """Count a vote and replace the member's earlier one. Returns whether it counted.

        It does not count if the poll is closed or elsewhere, or has no such position. When this
        returns, the vote is on disk. Votes that arrive during a transaction share the next one, so
        that hundreds of votes take few transactions.
        """
        return await self._ballots.put((ballot, now))

    async def retract(
        self, poll_id: int, member_id: int, now: datetime, origin: VoteOrigin | None = None
    ) -> bool:
        """Delete a member's vote on an open poll. Returns whether there was one.

        It takes its turn among the votes that `cast` writes.
        """
        return await self.cast(Ballot(poll_id, member_id, None, origin), now)

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
        return await self._scalar(
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

    async def _write_opened(self, polls: Sequence[PollRecord]) -> Sequence[datetime]:
        """Store new polls, with their names. Returns when each closes."""
        rows = [{field: getattr(poll, field) for field in _STORED} for poll in polls]
        names = [
            {"poll_id": poll.id, "position": position, "name": name}
            for poll in polls
            for position, name in enumerate(poll.names)
        ]
        minutes = select(Community.id, Community.vote_minutes).where(
            Community.id.in_({poll.community_id for poll in polls}),
            Community.vote_minutes.is_not(None),
        )
        async with self._database.writing() as session:
            set_to = {row.id: row.vote_minutes for row in await session.execute(minutes)}
            for row in rows:
                if row["community_id"] in set_to:
                    chosen = timedelta(minutes=set_to[row["community_id"]])
                    row["closes_at"] = row["opened_at"] + chosen
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
        return [row["closes_at"] for row in rows]

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
            opened = locked_open({ballot.poll_id for ballot, _ in ballots})
            polls = {row[0]: OpenPoll(*row[1:]) for row in await session.execute(opened)}
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
            polls = await session.execute(select(Poll, _TRAINED_IN).where(*conditions))
            records = {poll.id: _record(poll, trained_in) for poll, trained_in in polls}
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


def _record(poll: Poll, trained_in: int | None) -> PollRecord:
    """A poll without its names and votes. `trained_in`: the community of its custom model."""
    is_dissectable = trained_in in (None, poll.community_id)
    stored = {field: getattr(poll, field) for field in _STORED}
    return PollRecord(names=(), is_dissectable=is_dissectable, **stored)


def _on(platform: str) -> ColumnElement[bool]:
    """Whether a poll is on a platform."""
    if platform in WITH_SURROGATES:
        return Poll.channel_id >= FIRST_SURROGATE
    return Poll.channel_id < FIRST_SURROGATE


PUBLIC_VOTES = 2
"""Votes that a name needs for the public hall of fame. A member has one, so at least one is not
the discoverer's own."""


@dataclass(frozen=True)
class Champion:
    """A name that has won its poll."""

    name: str
    """As displayed."""
    votes: int
    crowned_at: datetime
    community_id: int
    member_id: int | None
    """The discoverer; `None` once forgotten."""
    discoverer: str | None
    """Display name of the discoverer when the poll was opened."""
    custom_model: str | None = None
    """Name of the custom model; `None` for a dinosaur."""


@dataclass(frozen=True)
class HallScope:
    """Which names to include.

    Names of other communities are only included if these take part in the public hall of fame, and
    never those of custom models.
    """

    community_id: int | None = None
    """Only names of this community; `None` for the public hall of fame: dinosaurs of all
    communities with at least `PUBLIC_VOTES`."""
    member_id: int | None = None
    """Only names discovered by this member."""
    home_id: int | None = None
    """Without `community_id`: also include all names of this community."""
    since: datetime | None = None
    """Only polls closed at this time or later."""


@dataclass(frozen=True)
class Winner:
    """A name in the hall of fame of a community, as moderators remove it."""

    poll_id: int
    position: int
    name: str


class HallOfFame(Queries):
    """The winning names of all polls."""

    async def best(self, scope: HallScope, *, skip: int = 0, most: int = 10) -> list[Champion]:
        """Names with the most votes first, then the older ones."""
        statement = (
            select(
                Candidate.name,
                Poll.winner_votes,
                Poll.closed_at,
                Poll.community_id,
                Poll.member_id,
                Poll.discoverer,
                Poll.custom_model,
            )
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(*_conditions(scope))
            .order_by(Poll.winner_votes.desc(), Poll.closed_at, Poll.id)
            .offset(skip)
            .limit(most)
        )
        rows = await self._rows(statement)
        return [
            Champion(name, votes, at, community, member, discoverer, custom_model)
            for name, votes, at, community, member, discoverer, custom_model in rows
            if votes is not None and at is not None
        ]

    async def latest(self, scope: HallScope) -> Champion | None:
        """The latest winner."""
        last = await self._scalar(select(func.max(Poll.closed_at)).where(*_conditions(scope)))
        if last is None:
            return None
        found = await self.best(replace(scope, since=last), most=1)
        return found[0] if found else None

    async def count(self, scope: HallScope) -> int:
        """Number of names."""
        statement = select(func.count()).select_from(Poll).where(*_conditions(scope))
        return await self._scalar(statement) or 0

    async def winners(
        self, community_id: int, *, typed: str = "", name: str | None = None, most: int = 25
    ) -> list[Winner]:
        """Winners of a community, the newest first.

        `typed` is a part of the name, `name` the whole name, both in any case.
        """
        lowered = func.lower(Candidate.name)
        wanted = (
            lowered.contains(typed.lower(), autoescape=True)
            if name is None
            else (lowered == name.lower()) | (Candidate.name == name)
        )
        statement = (
            select(Poll.id, Candidate.position, Candidate.name)
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(Poll.community_id == community_id, wanted)
            .order_by(Poll.closed_at.desc(), Poll.id)
            .limit(most)
        )
        return [Winner(*row) for row in await self._rows(statement)]

    async def chosen(self, home_id: int | None) -> list[tuple[str, int]]:
        """Dinosaurs of the public hall of fame and of a community, with their votes.

        These are extra names for a training.
        """
        statement = (
            select(Candidate.name, func.sum(Poll.winner_votes))
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(Poll.custom_model.is_(None), *_conditions(HallScope(home_id=home_id)))
            .group_by(Candidate.name)
            .order_by(Candidate.name)
        )
        return [(name, int(votes or 0)) for name, votes in await self._rows(statement)]


def _conditions(scope: HallScope) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Poll.winner.is_not(None)]
    if scope.community_id is None:
        conditions.append(or_(_is_public(), Poll.community_id == scope.home_id))
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


async def remove(
    session: AsyncSession, community_id: int | None, poll_id: int, position: int, now: datetime
) -> str | None:
    """Remove a name from a poll, with its votes; if it has won, the poll has no winner.

    Returns the name; `None` if the community has no such poll or name, or it was removed before.
    """
    # Locked before votes, as in `Polls.cast`: a vote is either deleted here or refused.
    winner = (
        await session.execute(
            select(Poll.winner)
            .where(Poll.id == poll_id, Poll.community_id == community_id)
            .with_for_update()
        )
    ).first()
    if winner is None:
        return None
    name: str | None = await session.scalar(
        update(Candidate)
        .where(
            Candidate.poll_id == poll_id,
            Candidate.position == position,
            Candidate.removed_at.is_(None),
        )
        .values(removed_at=now)
        .returning(Candidate.name)
    )
    if name is None:
        return None
    of_name = (Vote.poll_id == poll_id, Vote.position == position)
    await session.execute(
        select(Vote.member_id).where(*of_name).order_by(Vote.member_id).with_for_update()
    )
    await session.execute(delete(Vote).where(*of_name))
    if winner[0] == position:
        await session.execute(
            update(Poll).where(Poll.id == poll_id).values(winner=None, winner_votes=None)
        )
    return name


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of a member's votes, and of the polls that they opened."""
    return {
        "votes": await number_of(session, Vote.member_id == member_id),
        "polls": await number_of(session, Poll.member_id == member_id),
    }


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """A member's votes, and the polls that they opened."""
    return await rows_of_member(session, (Vote, Poll), member_id)


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete a member's votes, and their name in their polls.

    An open poll loses the vote. The number of votes of a closed poll's winner stays.
    """
    # Lock polls before votes, in the order of their keys, as `Polls.cast` does: any other order
    # could deadlock.
    for keys in (
        select(Poll.id).where(Poll.member_id == member_id).order_by(Poll.id),
        select(Vote.poll_id).where(Vote.member_id == member_id).order_by(Vote.poll_id),
    ):
        await session.execute(keys.with_for_update())
    await session.execute(delete(Vote).where(Vote.member_id == member_id))
    await session.execute(
        update(Poll).where(Poll.member_id == member_id).values(member_id=None, discoverer=None)
    )


async def communities(session: AsyncSession) -> set[int]:
    """The communities with polls."""
    return await communities_in(session, (Poll,))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the polls of communities, with their names and votes."""
    await delete_of_communities(session, (Poll,), gone)
