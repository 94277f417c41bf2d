"""`Ledger`: what must be true, from what members did and when; compared with the database."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.store import Database
from bot.store.schema import Community, Discovery, Poll, Vote

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
LATEST = timedelta(hours=2)
KEPT = 30 * DAY
"""How long polls without a winner, and communities that removed the bot, are kept."""
QUIET, DAILY_LIMIT, LIMIT = 7, 3, 200
MOST_WRONG = 50


@dataclass
class Club:
    """A community."""

    id: int
    zone: str
    hour: int
    hours: int
    members: list[int]
    daily_from: date | None = None
    stopped: str | None = None
    channel: int = 0
    """Channel of the dinosaurs of the day."""
    left_at: datetime | None = None
    days: dict[date, int] = field(default_factory=dict)
    """The poll of each day."""


@dataclass
class Entry:
    """A poll."""

    id: int
    club: Club
    channel: int
    asker: int | None
    names: tuple[str, ...]
    closes: datetime
    day: date | None
    needed: int = 1
    votes: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    """Position and time, by member."""
    removed: set[int] = field(default_factory=set)
    closed: datetime | None = None
    winner: int | None = None
    is_shown: bool = False
    """Whether the bot knows its message."""
    is_deleted: bool = False
    """Whether that was deleted before the end."""

    def position_of(self, member: int) -> int | None:
        """Position that a member votes for."""
        return self.votes.get(member, (None,))[0]


@dataclass
class Found:
    """A creature."""

    name: str
    poll: Entry
    at: datetime
    member: int | None
    owner: int | None


@cache
def moment_of(day: date, hour: int, zone: str) -> datetime | None:
    """The first quarter of an hour at which clocks show this day and at least this hour."""
    start = datetime.combine(day, time(), UTC) - 15 * timedelta(hours=1)
    for number in range(4 * 54):
        local = (moment := start + number * QUARTER).astimezone(ZoneInfo(zone))
        if local.date() == day and local.hour >= hour:
            return moment
    return None


class Ledger:
    """Everything that happened."""

    def __init__(self, clubs: Iterable[Club]) -> None:
        self.clubs = {club.id: club for club in clubs}
        self.polls: dict[int, Entry] = {}
        self.museum: dict[tuple[int, str], Found] = {}
        """By community and name in lower case, in the order of discovery."""
        self.gone: set[int] = set()
        """Members who were forgotten, and do nothing anymore."""
        self.removed: set[tuple[int, str]] = set()
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()

    def note(self, what: str, now: datetime) -> None:
        """Note something that is wrong."""
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(f"{now:%Y-%m-%d %H:%M} {what}")

    def due(self, club: Club, now: datetime) -> date | None:
        """The day whose names must come now, unless they have."""
        if club.daily_from is None or club.left_at is not None:
            return None
        today = now.astimezone(ZoneInfo(club.zone)).date()
        for day in (today, today - DAY):
            moment = moment_of(day, club.hour, club.zone)
            if moment and moment <= now <= moment + LATEST and day >= club.daily_from:
                return day
        return None

    def switch_on(self, club: Club, now: datetime, channel: int) -> None:
        """A manager sets the dinosaur of the day (again): it begins with the next moment."""
        last = max(club.days, default=None)
        today = now.astimezone(ZoneInfo(club.zone)).date()
        days = (today + number * DAY for number in range(-1, 4))
        club.daily_from = next(
            day
            for day in days
            if (moment := moment_of(day, club.hour, club.zone)) and moment > now and day != last
        )
        club.channel, club.stopped = channel, None

    def is_quiet(self, club: Club) -> bool:
        """Whether nothing has won on the last seven days that had a vote which members saw."""
        start = club.daily_from or date.max
        polls = [
            self.polls[n] for day, n in sorted(club.days.items()) if day >= start if n in self.polls
        ]
        seen = [poll for poll in polls if poll.closed and poll.is_shown][-QUIET:]
        return len(seen) == QUIET and all(poll.winner is None for poll in seen)

    def vote(self, poll: Entry, member: int, position: int, now: datetime) -> None:
        """A vote, which is accepted until the end; the same one takes it back."""
        if now >= poll.closes or position in poll.removed:
            return
        if poll.position_of(member) == position:
            del poll.votes[member]
        else:
            poll.votes[member] = position, now

    def close(self, poll: Entry, now: datetime) -> None:
        """The end of a vote. What wins is discovered, unless the museum has it."""
        poll.closed = now
        ranked = []
        for position in {position for position, _at in poll.votes.values()}:
            voters = {m: at for m, (chosen, at) in poll.votes.items() if chosen == position}
            if len(voters.keys() - {poll.asker}) >= poll.needed:
                ranked.append((-len(voters), max(voters.values()), position))
        if not ranked:
            return
        poll.winner = min(ranked)[2]
        self.counts["winners"] += 1
        member = poll.asker
        here = [found for (club, _name), found in self.museum.items() if club == poll.club.id]
        today = sum(f.member == member and f.at.date() == now.date() for f in here)
        owned = sum(found.owner == member for found in here)
        is_owned = member is not None and today < DAILY_LIMIT and owned < LIMIT
        if member is not None and not is_owned:
            self.counts["beyond 3 a day" if today >= DAILY_LIMIT else "beyond 200"] += 1
        name = poll.names[poll.winner]
        self.museum[poll.club.id, name.lower()] = Found(
            name, poll, now, member, member if is_owned else None
        )
        self.counts["discoveries"] += 1

    def take_back(self, poll: Entry) -> None:
        """A poll whose message was deleted has no winner: the bot notices when it announces it."""
        if poll.winner is not None:
            del self.museum[poll.club.id, poll.names[poll.winner].lower()]
            poll.winner = None

    def remove(self, poll: Entry, position: int) -> None:
        """A moderator removes a name."""
        poll.removed.add(position)
        poll.votes = {m: vote for m, vote in poll.votes.items() if vote[0] != position}
        if poll.winner == position:
            poll.winner = None
        self.museum.pop((poll.club.id, poll.names[position].lower()), None)
        self.removed.add((poll.club.id, poll.names[position]))

    def forget(self, member: int) -> None:
        """A member's data is deleted."""
        for poll in [*self.polls.values()]:
            poll.votes.pop(member, None)
            if poll.asker == member:
                poll.asker = None
                if not poll.closed:
                    poll.needed += 1
                    if not poll.votes:
                        del self.polls[poll.id]
        for found in self.museum.values():
            if found.member == member:
                found.member, found.owner = None, None

    def sweep(self, now: datetime) -> None:
        """Delete what is kept for 30 days only."""
        for club in self.clubs.values():
            if club.left_at is not None and club.left_at < now - KEPT:
                self.polls = {n: poll for n, poll in self.polls.items() if poll.club is not club}
                self.museum = {k: found for k, found in self.museum.items() if k[0] != club.id}
                club.daily_from, club.stopped, club.left_at = None, None, None
                club.days.clear()
                self.counts["communities forgotten"] += 1
        for number, poll in [*self.polls.items()]:
            if poll.closed and poll.winner is None and poll.closed < now - KEPT:
                del self.polls[number]
                if poll.day is not None:
                    poll.club.days.pop(poll.day, None)

    async def compare(self, database: Database, now: datetime, *, deeply: bool) -> None:
        """Compare with the database: every discovery and community; deeply, every poll and vote."""
        found, club, poll, polls = Discovery, Community, Poll, self.polls.values()
        where = found.community_id, found.key
        what = found.name, found.poll_id, found.found_at, found.member_id, found.owner_id
        expected: dict[Sequence[Any], set[Any]] = {
            (*where, *what): {
                (*key, f.name, f.poll.id, f.at, f.member, f.owner) for key, f in self.museum.items()
            },
            (club.id, club.daily_from, club.daily_stopped, club.left_at.is_(None)): {
                (c.id, c.daily_from, c.stopped, c.left_at is None) for c in self.clubs.values()
            },
        }
        if deeply:
            columns = poll.id, poll.member_id, poll.day, poll.closed_at, poll.winner
            expected[columns] = {(p.id, p.asker, p.day, p.closed, p.winner) for p in polls}
            expected[Vote.poll_id, Vote.member_id, Vote.position] = {
                (p.id, member, vote[0]) for p in polls for member, vote in p.votes.items()
            }
        unknown = {(number, None, None, True) for number in self.clubs}  # need not be stored
        async with database.reading() as session:
            for read, rows in expected.items():
                stored = {tuple(row) for row in await session.execute(select(*read))}
                for row in (rows ^ stored) - unknown:
                    how = "not stored" if row in rows else "stored"
                    self.note(f"{read[0]} {how}: {row}", now)
        self.counts["comparisons"] += 1
