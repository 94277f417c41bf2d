"""Polls on generated names: opening, voting, closing, pruning."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.community.queries import DEFAULT_VOTES, hatches_in
from bot.creatures.genome import folded
from bot.discoveries import queries as discoveries
from bot.outbox.queries import Kind, put
from bot.polls.removal_queries import (
    STANDS,
    is_named,
    is_removed_name,
    lock_names,
    removed_among,
    void,
)
from bot.polls.winner import Decision, Tally, decide
from bot.store.calls import Batches
from bot.store.database import Database
from bot.store.identities import on_platform
from bot.store.members import MemberBatches
from bot.store.people import Person, known_member, person_in
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of_member,
)
from bot.store.queries import Queries, patient
from bot.store.schema import (
    EVERYWHERE,
    Candidate,
    Community,
    CustomModel,
    Discovery,
    Poll,
    RemovedName,
    Vote,
    WinnerAnswer,
)
from bot.text.written import already_filtered
from bot.words import WordFilter
from bot.words.names import ShownName, name_for, name_in_poll
from data.phrases import NOTHING, Showable

Key = tuple[int, int]
"""Key of a vote: poll and member."""
Choice = tuple[int, datetime]
"""A vote's position, and when it was cast."""
T = TypeVar("T")

DOUBLE_PRESS = timedelta(seconds=1)
"""A second press on the chosen name within this time is no wish to take the vote back."""


@dataclass(frozen=True)
class VoteOrigin:
    """The place that a vote comes from. A forged vote names the poll of another place."""

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
    """Place of the vote, which has to be that of the poll; `None` counts anywhere."""


class OpenPoll(NamedTuple):
    """A locked poll."""

    closes_at: datetime
    community_id: int
    channel_id: int
    message_id: int | None

    def is_at(self, origin: VoteOrigin | None) -> bool:
        """Whether a vote from a place may be for this poll."""
        if origin is None:
            return True
        is_here = (origin.community_id, origin.channel_id) == (self.community_id, self.channel_id)
        messages = {origin.message_id, self.message_id}
        return is_here and (None in messages or len(messages) == 1)


class Outcome(IntEnum):
    """Result of a ballot."""

    REFUSED = 0
    COUNTED = 1
    TAKEN_BACK = 2


def key_of(ballot: Ballot) -> Key:
    """Identifies the vote that a ballot changes."""
    return ballot.poll_id, ballot.member_id


def apply_ballots(
    ballots: Sequence[tuple[Ballot, datetime]], valid: Sequence[bool], stored: Mapping[Key, Choice]
) -> tuple[list[Outcome], dict[Key, Choice], set[Key]]:
    """Apply valid ballots in their order to `stored`, the votes of these members.

    A vote for the name that the member has chosen takes it back. Returns what each ballot has done,
    the votes to write and the stored votes to delete first.
    """
    outcomes: list[Outcome] = []
    votes = dict(stored)
    deleted: set[Key] = set()
    for (ballot, at), is_valid in zip(ballots, valid, strict=True):
        key, outcome = key_of(ballot), Outcome.REFUSED
        position, since = votes.get(key, (None, at))
        if not is_valid:
            pass
        elif ballot.position is None or (
            ballot.position == position and at - since >= DOUBLE_PRESS
        ):
            if votes.pop(key, None) is not None:
                outcome = Outcome.TAKEN_BACK
                deleted |= {key} & stored.keys()
        else:
            outcome = Outcome.COUNTED
            if ballot.position != position:  # repeating a vote does not make it later
                votes[key] = ballot.position, at
        outcomes.append(outcome)
    changed = {
        key: vote for key, vote in votes.items() if stored.get(key) != vote or key in deleted
    }
    return outcomes, changed, deleted


def is_one_of(keys: Collection[Key]) -> ColumnElement[bool]:
    """Condition: a vote is one of some."""
    return tuple_(Vote.poll_id, Vote.member_id).in_(sorted(keys))


def locked_open(poll_ids: Collection[int]) -> Select[int, datetime, int, int, int | None]:
    """Open polls, kept from being closed by another process."""
    return (
        select(Poll.id, Poll.closes_at, Poll.community_id, Poll.channel_id, Poll.message_id)
        .where(Poll.id.in_(poll_ids), Poll.closed_at.is_(None))
        .order_by(Poll.id)
        .with_for_update(read=True)
    )


async def lock_votes(session: AsyncSession, keys: Collection[Key]) -> dict[Key, Choice]:
    """Keep votes from being changed by another process. Returns those that exist.

    The order of the keys avoids deadlocks, so only locked votes may be deleted.
    """
    if not keys:
        return {}
    votes = await session.execute(
        select(Vote.poll_id, Vote.member_id, Vote.position, Vote.voted_at)
        .where(is_one_of(keys))
        .order_by(Vote.poll_id, Vote.member_id)
        .with_for_update()
    )
    return {(poll, member): (position, at) for poll, member, position, at in votes}


STALE = timedelta(days=1)
"""How long after its end the result of a poll is still announced."""
SKEW = timedelta(minutes=1)
"""How far the clocks of two processes may differ."""
LARGEST_BATCH = 100
"""Votes, or polls, written or deleted in one transaction. PostgreSQL takes 32,767 values per
statement."""
MOST_OF_MEMBER, MOST_IN_CHANNEL = 10, 1_500
"""Open polls of a member in a community, and of a channel: a thousand members may ask at once."""


class NoNameLeft(Exception):  # noqa: N818 (it is a state, not a fault)
    """All names of a poll were removed before it was opened, or are somebody's."""


class TooManyPolls(Exception):  # noqa: N818 (it is a state, not a fault)
    """The channel or the member has as many open polls as are allowed."""

    def __init__(self, most: int, *, is_of_member: bool) -> None:
        """`is_of_member`: whether it is the member who may have no more, or else the channel."""
        super().__init__()
        self.most = most
        self.is_of_member = is_of_member


@dataclass(frozen=True)
class RecentPoll:
    """A poll, as moderators choose it from suggestions."""

    channel_id: int
    message_id: int
    names: tuple[ShownName, ...]
    """The names that were not removed."""


@dataclass(frozen=True)
class PollRecord:
    """A poll with its names and their votes."""

    id: int
    community_id: int
    channel_id: int
    message_id: int | None
    """`None` until the message has been sent."""
    member_id: int | None
    """The discoverer, who requested the names; `None` once forgotten, and with a `day`."""
    discoverer: str | None
    """Display name of the discoverer, only while the poll is being opened. See `finder`."""
    names: tuple[Showable, ...]
    """Names by position. In a poll that was read, they are what may be shown (`ShownName`)."""
    opened_at: datetime
    closes_at: datetime
    votes_needed: int = DEFAULT_VOTES
    """Votes of others than the discoverer that a winner needs."""
    note: Showable = NOTHING
    """Text below the names."""
    footer: str = ""
    """State of the button Details; a sentence in polls of 0.7.0, which have no such button."""
    state: str = ""
    """State of the button that generates more names."""
    custom_model_id: int | None = None
    """`None` for dinosaurs or a deleted model."""
    custom_model: Showable | None = None
    """Name of the custom model; `None` for dinosaurs."""
    votes: tuple[int, ...] = ()
    """Number of votes by position."""
    closed_at: datetime | None = None
    winner: int | None = None
    """Position of the winning name; `None` while open or without enough votes."""
    announced_at: datetime | None = None
    announcement_id: int | None = None
    """The message with the winner's plaque; `None` until it has been sent."""
    day: date | None = None
    """The local date whose dinosaur it chooses; `None` if a member has asked for the names."""
    removed: frozenset[int] = frozenset()
    """Positions of names that a moderator removed. They keep their place, and get no votes."""
    is_dissectable: bool = True
    """Whether members may see how the network chose their letters: not if another community has
    trained it, since that would tell what is on its list."""
    finder: Person | None = field(default=None, compare=False)
    """The discoverer, as others may know them."""
    own_vote: int | None = None
    """Position that the discoverer voted for."""
    last_votes: tuple[datetime | None, ...] = ()
    """Time of each name's last vote, by position; `None` for one without votes."""
    offers_eggs: bool = False
    """Whether it has a button for a nest: that of a `day`, where eggs hatch."""

    @property
    def standing(self) -> dict[int, Showable]:
        """The names that may be shown, by position."""
        return {
            i: name
            for i, name in enumerate(self.names)
            if i not in self.removed and getattr(name, "instead", None) is None
        }

    @property
    def decision(self) -> Decision:
        """Which name wins with these votes, and why. A moderator may take its victory back."""
        votes = enumerate(zip(self.votes, self.last_votes, strict=True))
        tallies = [
            Tally(number, position == self.own_vote, last_at, position in self.removed)
            for position, (number, last_at) in votes
        ]
        return decide(tallies, self.votes_needed)


_NO_COLUMNS = {
    *("names", "votes", "last_votes", "removed", "own_vote"),
    *("is_dissectable", "finder", "offers_eggs"),
}
_STORED = tuple(f.name for f in fields(PollRecord) if f.name not in _NO_COLUMNS)
"""Fields with a column."""
_TRAINED_IN = (
    select(CustomModel.community_id).where(CustomModel.id == Poll.custom_model_id).scalar_subquery()
)
"""The community of the custom model of a poll."""
_FINDER = known_member(Poll)
_OFFERS_EGGS = and_(
    Poll.day.is_not(None),
    ~select(Community.id)
    .where(Community.id == Poll.community_id, not_(hatches_in(Poll.channel_id)))
    .exists(),
).label("offers_eggs")


class Polls(Queries):
    """The polls of all communities."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._ballots = MemberBatches(
            database, self._write, LARGEST_BATCH, lambda cast: cast[0].member_id
        )
        self._opened = MemberBatches(
            database, self._write_opened, LARGEST_BATCH, lambda poll: poll.member_id
        )
        self._sent = Batches(self._write_sent, LARGEST_BATCH)

    async def open(self, poll: PollRecord) -> PollRecord:
        """Store a new poll without votes. Many at the same time take few transactions.

        Returns it as it is stored: its community decides when it closes, and which votes it needs,
        and names are left out that are removed there, or of dinosaurs that somebody owns. Raises
        `NoNameLeft`, `TooManyPolls` and `Forgotten`.
        """
        return await self._opened.put(poll)

    async def open_daily(self, poll: PollRecord) -> PollRecord | None:
        """Store a new poll that chooses the dinosaur of its `day`, which closes as it says.

        Returns it as it is stored, without names that are removed or owned there; `None` if its
        community has one for this day already. Raises `NoNameLeft`.
        """
        needed = select(Community.votes_needed).where(Community.id == poll.community_id)
        async with self._database.writing() as session:
            (poll,) = await self._without_removed(session, [poll])
            if not poll.names:
                raise NoNameLeft
            poll = _with_settings(poll, None, await session.scalar(needed))
            opened = await session.scalar(
                self._database.insert(Poll)
                .values(_row(poll))
                .on_conflict_do_nothing(index_elements=[Poll.community_id, Poll.day])
                .returning(Poll.id)
            )
            if opened is None:
                return None
            await session.execute(insert(Candidate), _names_of([poll]))
            await put(
                session,
                Kind.DAILY,
                select(Poll.id, Poll.channel_id).where(Poll.id == poll.id),
                poll.opened_at,
                poll.closes_at,
            )
        return poll

    async def sent(self, poll_id: int, message_id: int) -> None:
        """Record the message that shows a poll. It is edited if a name was removed meanwhile."""
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
            names: dict[int, list[ShownName]] = {poll.id: [] for poll in polls}
            rows = await session.execute(
                select(Candidate.poll_id, Candidate.name)
                .where(Candidate.poll_id.in_(names), STANDS)
                .order_by(Candidate.poll_id, Candidate.position)
            )
            for poll_id, name in rows:
                names[poll_id].append(name_in_poll(name))
        return [
            RecentPoll(poll.channel_id, poll.message_id, tuple(names[poll.id])) for poll in polls
        ]

    async def has_dinosaur(self, community_id: int, name: str) -> bool | None:
        """Whether a name stands in a poll on dinosaurs of a community, or in its museum.

        `False` if a moderator removed it, `None` if it never did.
        """
        of_name = of_dinosaurs(select(Candidate.poll_id), community_id).where(is_named(name))
        found = select(Discovery.id).where(
            Discovery.community_id == community_id, Discovery.key == folded(name)
        )
        is_known = or_(of_name.exists(), found.exists(), is_removed_name(community_id, name))
        stands_now = or_(of_name.where(STANDS).exists(), found.exists())
        ((stands, known),) = await self._rows(select(stands_now, is_known))
        return stands if known else None

    async def removed_since(self, community_id: int | None, since: datetime) -> Sequence[str]:
        """The names that moderators of a community have removed since a time."""
        names = select(Candidate.name).join(Poll, Poll.id == Candidate.poll_id)
        removed = Poll.community_id == community_id, Candidate.removed_at >= since
        kept = select(RemovedName.name).where(
            RemovedName.community_id == community_id, RemovedName.removed_at >= since
        )
        found = [*await self._rows(names.where(*removed)), *await self._rows(kept)]
        return [name for (name,) in found]

    async def recent_dinosaurs(
        self, words: WordFilter, community_id: int, letters: str, *, most: int = 25
    ) -> list[ShownName]:
        """Names of a community's latest polls on dinosaurs with these letters, the newest first.

        Without those that its filter blocks by now.
        """
        statement = (
            of_dinosaurs(select(Candidate.name), community_id)
            .where(
                STANDS,
                func.lower(Candidate.name).contains(letters, autoescape=True),
            )
            .order_by(Poll.opened_at.desc(), Poll.id, Candidate.position)
            .limit(most)
        )
        rows = await self._rows(statement)
        names = await asyncio.to_thread(lambda: [name_for(words, name) for (name,) in rows])
        return [name for name in names if name.instead is None]

    async def cast(self, ballot: Ballot, now: datetime) -> Outcome:
        """Count a vote and replace the member's earlier one, or take back the same one.

        It is refused if the poll is closed or elsewhere, or has no such position. When this
        returns, the vote is on disk. Votes that arrive during a transaction share the next one, so
        that hundreds of votes take few transactions. Raises `Forgotten`.
        """
        return await self._ballots.put((ballot, now))

    async def retract(
        self, poll_id: int, member_id: int, now: datetime, origin: VoteOrigin | None = None
    ) -> bool:
        """Delete a member's vote on an open poll. Returns whether there was one.

        It takes its turn among the votes that `cast` writes.
        """
        return bool(await self.cast(Ballot(poll_id, member_id, None, origin), now))

    async def due(self, now: datetime, platform: str = "discord") -> list[PollRecord]:
        """Open polls on a platform whose time is up.

        So is that of polls that were opened later than now: the clock has stepped back since, and
        they would stay open for as long as it was ahead.
        """
        is_over = or_(Poll.closes_at <= now, Poll.opened_at > now + SKEW)
        return await self._find(
            Poll.closed_at.is_(None), is_over, on_platform(platform, Poll.channel_id)
        )

    async def next_closing(self, platform: str = "discord") -> datetime | None:
        """The time at which a platform's next poll closes; `None` if none is open."""
        return await self._scalar(
            select(func.min(Poll.closes_at)).where(
                Poll.closed_at.is_(None), on_platform(platform, Poll.channel_id)
            )
        )

    async def close(self, poll_id: int, now: datetime) -> PollRecord | None:
        """Close a poll, decide its winner, and put the result into the outbox.

        Returns `None` if it was closed before. If the winner is a dinosaur, its community has
        discovered it.
        """
        async with self._database.writing() as session:
            closed = await session.scalar(
                update(Poll)
                .where(Poll.id == poll_id, Poll.closed_at.is_(None))
                .values(closed_at=now)
                .returning(Poll.id)
            )
            if closed is None:
                return None
            (poll,) = await _records(session, Poll.id == poll_id)  # which is locked now
            if (winner := poll.decision.winner) is not None:
                await session.execute(
                    update(Poll)
                    .where(Poll.id == poll_id)
                    .values(winner=winner, winner_votes=poll.votes[winner])
                )
                await discoveries.discover(self._database, session, poll_id)
            await put_result(session, Poll.id == poll_id, now, poll.closes_at + STALE)
        return replace(poll, winner=winner)

    async def void(self, poll_id: int, now: datetime) -> None:
        """Take the victory back: the message of the poll was deleted.

        If another poll of the community has the same winner, the name was discovered in that one.
        """
        won = select(Candidate.name, Poll.community_id).join(
            Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position)
        )
        async with self._database.writing() as session:
            mine = (await session.execute(won.where(Poll.id == poll_id))).first()
            if mine is None:
                return
            of_name = (
                Poll.community_id == mine.community_id,
                Poll.custom_model.is_(None),
                is_named(mine.name),
            )
            # Also those that it may be discovered in: their members may forget it meanwhile.
            locked = won.where(or_(Poll.id == poll_id, and_(*of_name))).order_by(Poll.id)
            await session.execute(locked.with_for_update(of=Poll))
            # Of polls that close meanwhile, none takes what is taken back for discovered.
            await discoveries.lock(self._database, session, mine.community_id)
            if await void(session, poll_id, now) is None:
                return
            other = won.with_only_columns(Poll.id).where(*of_name)
            other_id = await session.scalar(other.order_by(Poll.closed_at, Poll.id).limit(1))
            if other_id is not None:
                await discoveries.discover(self._database, session, other_id)

    @patient
    async def prune(self, before: datetime) -> int:
        """Delete polls that closed before a time without a winner. Returns their number.

        In small transactions: members who vote wait for each.
        """
        count, is_full = 0, True
        old = (
            select(Poll.id)
            .where(Poll.closed_at < before, Poll.winner.is_(None))
            .limit(LARGEST_BATCH)
            .with_for_update(skip_locked=True)
        )
        while is_full:
            async with self._database.writing() as session:
                ids = [*await session.scalars(old)]
                if ids:
                    await session.execute(delete(Poll).where(Poll.id.in_(ids)))
                number = len(ids)
            count, is_full = count + number, number == LARGEST_BATCH
        return count

    async def _write_opened(
        self, session: AsyncSession, polls: Sequence[PollRecord]
    ) -> Sequence[PollRecord | Exception]:
        """Store new polls, with their names, as far as their members and channels may have more."""
        settings = select(Community.id, Community.vote_minutes, Community.votes_needed).where(
            Community.id.in_({poll.community_id for poll in polls})
        )
        polls = await self._without_removed(session, polls)
        known = {row.id: row for row in await session.execute(settings)}
        if models := {poll.custom_model_id for poll in polls} - {None}:
            found = await session.scalars(
                select(CustomModel.id)
                .where(CustomModel.id.in_(models))
                .with_for_update(read=True, key_share=True)
            )
            models = {*found}
        members, channels = {p.member_id for p in polls}, {p.channel_id for p in polls}
        of_members = await _open_by(session, members, Poll.member_id, Poll.community_id)
        in_channels = await _open_by(session, channels, Poll.channel_id)
        outcomes: list[PollRecord | Exception] = []
        for poll in polls:
            if not poll.names:
                outcomes.append(NoNameLeft())
                continue
            member, channel = (poll.member_id, poll.community_id), (poll.channel_id,)
            if of_members[member] >= MOST_OF_MEMBER:
                outcomes.append(TooManyPolls(MOST_OF_MEMBER, is_of_member=True))
                continue
            if in_channels[channel] >= MOST_IN_CHANNEL:
                outcomes.append(TooManyPolls(MOST_IN_CHANNEL, is_of_member=False))
                continue
            of_members[member] += poll.member_id is not None
            in_channels[channel] += 1
            if poll.custom_model_id not in models:  # deleted while it wrote the names
                poll = replace(poll, custom_model_id=None)
            if (chosen := known.get(poll.community_id)) is not None:
                poll = _with_settings(poll, chosen.vote_minutes, chosen.votes_needed)
            outcomes.append(poll)
        opened = [poll for poll in outcomes if isinstance(poll, PollRecord)]
        if opened:
            await session.execute(insert(Poll), [*map(_row, opened)])
        if names := _names_of(opened):
            await session.execute(insert(Candidate), names)
        return outcomes

    async def _without_removed(
        self, session: AsyncSession, polls: Sequence[PollRecord]
    ) -> list[PollRecord]:
        """New polls without removed or owned names, under locks.

        They let nobody remove another name, or hatch it.
        """
        await lock_names(self._database, session, {poll.community_id for poll in polls})
        names = [(poll.community_id, name) for poll in polls for name in poll.names]
        removed = await removed_among(session, names)
        owned = await discoveries.discovered_among(session, names, owned=True)

        def stands(poll: PollRecord, name: str) -> bool:
            key = poll.community_id, folded(name)
            return key not in removed and (poll.custom_model is not None or key not in owned)

        left = [tuple(name for name in poll.names if stands(poll, name)) for poll in polls]
        return [
            replace(poll, names=names, votes=(0,) * len(names)) if names != poll.names else poll
            for poll, names in zip(polls, left, strict=True)
        ]

    async def _write_sent(self, sent: Sequence[tuple[int, int]]) -> Sequence[None]:
        """Record the messages of polls. Messages with a name removed since are edited."""
        # The order of the keys avoids deadlocks with removals.
        rows = [{"poll": poll_id, "message": message_id} for poll_id, message_id in sorted(sent)]
        shown = update(Poll.__table__).where(Poll.id == bindparam("poll"))  # type: ignore[arg-type]
        async with self._database.writing() as session:
            connection = await session.connection()
            await connection.execute(shown.values(message_id=bindparam("message")), rows)
            removed = (
                select(Poll.id, Poll.opened_at)
                .join(Candidate, Candidate.poll_id == Poll.id)
                .where(Poll.id.in_([row["poll"] for row in rows]), not_(STANDS))
                .distinct()
            )
            for poll_id, at in await session.execute(removed):  # while they were being sent
                await put_result(session, Poll.id == poll_id, at, at)
        return [None] * len(sent)

    async def _write(
        self, session: AsyncSession, ballots: Sequence[tuple[Ballot, datetime]]
    ) -> list[Outcome]:
        """Apply ballots in their order. Returns what each has done."""
        opened = locked_open({ballot.poll_id for ballot, _ in ballots})
        polls = {row[0]: OpenPoll(*row[1:]) for row in await session.execute(opened)}
        candidates = await session.execute(
            select(Candidate.poll_id, Candidate.position).where(
                Candidate.poll_id.in_(polls), STANDS
            )
        )
        positions = {(poll_id, position) for poll_id, position in candidates}
        valid = [
            (poll := polls.get(ballot.poll_id)) is not None
            and at < poll.closes_at
            and poll.is_at(ballot.origin)
            and (ballot.position is None or (ballot.poll_id, ballot.position) in positions)
            for ballot, at in ballots
        ]
        stored = await lock_votes(session, {key_of(ballot) for ballot, _ in ballots})
        outcomes, votes, deleted = apply_ballots(ballots, valid, stored)
        if deleted:
            await session.execute(delete(Vote).where(is_one_of(deleted)))
        if votes:
            await session.execute(self._upsert(votes))
        return outcomes

    def _upsert(self, votes: Mapping[Key, Choice]) -> Executable:
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
            return await _records(session, *conditions)


async def _records(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[PollRecord]:
    """Polls with their names and votes, sorted by their closing time."""
    polls = await session.execute(
        select(Poll, _TRAINED_IN.label("trained_in"), _FINDER, _OFFERS_EGGS).where(*conditions)
    )
    records = {row.Poll.id: _record(row) for row in polls}
    rows = await session.execute(_counted_votes(list(records))) if records else ()
    for poll_id, name, removed_at, votes, last_at, own in rows:
        record = records[poll_id]
        removed = set() if removed_at is None else {len(record.names)}
        records[poll_id] = replace(
            record,
            names=(*record.names, name_in_poll(name, is_removed=removed_at is not None)),
            votes=(*record.votes, votes),
            last_votes=(*record.last_votes, last_at),
            removed=record.removed | removed,
            own_vote=len(record.names) if own else record.own_vote,
        )
    return sorted(records.values(), key=lambda record: record.closes_at)


def _counted_votes(
    poll_ids: Sequence[int],
) -> Select[int, str, datetime | None, int, datetime | None, int]:
    """Rows of poll, name, removal, number of votes, the last one, and those of the discoverer.

    In the order of the positions.
    """
    return (
        select(
            Candidate.poll_id,
            Candidate.name,
            Candidate.removed_at,
            func.count(Vote.member_id),
            func.max(Vote.voted_at),
            func.count().filter(Vote.member_id == Poll.member_id),
        )
        .join(Poll, Poll.id == Candidate.poll_id)
        .outerjoin(
            Vote, (Vote.poll_id == Candidate.poll_id) & (Vote.position == Candidate.position)
        )
        .where(Candidate.poll_id.in_(poll_ids))
        .group_by(Candidate.poll_id, Candidate.position, Candidate.name, Candidate.removed_at)
        .order_by(Candidate.poll_id, Candidate.position)
    )


def of_dinosaurs(candidates: Select[T], community_id: int) -> Select[T]:
    """Restrict a query of candidates to a community's polls on dinosaurs."""
    return candidates.join(Poll, Poll.id == Candidate.poll_id).where(
        Poll.community_id == community_id, Poll.custom_model.is_(None)
    )


async def _open_by(
    session: AsyncSession, values: Collection[int | None], *columns: InstrumentedAttribute[Any]
) -> Counter[tuple[int | None, ...]]:
    """The number of open polls by columns, the first of which has one of the values."""
    found = await session.execute(
        select(func.count(), *columns)
        .where(Poll.closed_at.is_(None), columns[0].in_(values))
        .group_by(*columns)
    )
    return Counter({tuple(key): number for number, *key in found})


def _with_settings(poll: PollRecord, minutes: int | None, votes: int | None) -> PollRecord:
    """A new poll with the length and the votes needed that its community has set."""
    if minutes is not None:
        poll = replace(poll, closes_at=poll.opened_at + timedelta(minutes=minutes))
    return poll if votes is None else replace(poll, votes_needed=votes)


def _row(poll: PollRecord) -> dict[str, Any]:
    """A poll without its names."""
    return {field: getattr(poll, field) for field in _STORED}


def _names_of(polls: Sequence[PollRecord]) -> list[dict[str, Any]]:
    """The names of polls as rows."""
    return [
        {"poll_id": poll.id, "position": position, "name": name, "key": folded(name)}
        for poll in polls
        for position, name in enumerate(poll.names)
    ]


def _record(row: Row[Any]) -> PollRecord:
    """A poll without its names and votes."""
    poll = row.Poll
    stored = {field: getattr(poll, field) for field in _STORED}
    stored["discoverer"] = None  # who may be hidden: only `finder` is for others
    return PollRecord(
        names=(),
        is_dissectable=row.trained_in in (None, EVERYWHERE, poll.community_id),
        offers_eggs=row.offers_eggs,
        finder=person_in(row, already_filtered(poll.discoverer) if poll.discoverer else None),
        **stored,
    )


def checked_again(poll: PollRecord, words: WordFilter) -> PollRecord:
    """A poll as a word filter of now shows it, which may block more names than when it opened."""
    checked = {i: name_for(words, name) for i, name in poll.standing.items()}
    names = (checked.get(i, name) for i, name in enumerate(poll.names))
    return replace(poll, names=tuple(names))


async def put_result(
    session: AsyncSession, which: ColumnElement[bool], due_at: datetime, until: datetime
) -> None:
    """Put polls into the outbox: their messages, and their winners."""
    await put(session, Kind.RESULT, select(Poll.id, Poll.channel_id).where(which), due_at, until)


async def note_shown(session: AsyncSession, poll_id: int, message_id: int, now: datetime) -> None:
    """Record the message that shows a poll. It is edited if a name was removed meanwhile."""
    await session.execute(update(Poll).where(Poll.id == poll_id).values(message_id=message_id))
    removed = select(Candidate.poll_id).where(not_(STANDS))
    await put_result(session, and_(Poll.id == poll_id, Poll.id.in_(removed)), now, now)


async def announced(
    session: AsyncSession, poll_id: int, now: datetime, message_id: int | None = None
) -> None:
    """Record that a result was announced, and the message with the plaque, if there is one."""
    values: dict[str, Any] = {"announced_at": func.coalesce(Poll.announced_at, now)}
    if message_id is not None:
        values["announcement_id"] = message_id
    closed = update(Poll).where(Poll.id == poll_id, Poll.closed_at.is_not(None))
    await session.execute(closed.values(values))


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
    """Delete a member's votes, their open polls without votes of others, and their name elsewhere.

    An open poll loses the vote. The number of votes of a closed poll's winner stays. Polls that
    nobody knows to be the member's would not count towards `MOST_OF_MEMBER`.
    """
    # Lock polls before votes, in the order of their keys, as `Polls.cast` does: any other order
    # could deadlock.
    for keys in (
        select(Poll.id).where(Poll.member_id == member_id).order_by(Poll.id),
        select(Vote.poll_id).where(Vote.member_id == member_id).order_by(Vote.poll_id),
    ):
        await session.execute(keys.with_for_update())
    await session.execute(delete(Vote).where(Vote.member_id == member_id))
    is_open = (Poll.member_id == member_id, Poll.closed_at.is_(None))
    has_votes = select(Vote.poll_id).where(Vote.poll_id == Poll.id).exists()
    await session.execute(delete(Poll).where(*is_open, ~has_votes))
    await session.execute(
        update(Poll)
        .where(*is_open)
        .values(votes_needed=Poll.votes_needed + 1)  # the bot no longer knows a vote of theirs
    )
    await session.execute(
        update(Poll).where(Poll.member_id == member_id).values(member_id=None, discoverer=None)
    )


async def communities(session: AsyncSession) -> set[int]:
    """The communities with polls, removed names, or answers that show winners."""
    return await communities_in(session, (Poll, RemovedName, WinnerAnswer))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete polls of communities, with their names and votes, and their removed names."""
    await delete_of_communities(session, (Poll, RemovedName, WinnerAnswer), gone)
