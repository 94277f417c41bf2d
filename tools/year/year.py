"""`Year`: what happens, step by step, and what is looked at afterwards."""

import asyncio
import logging
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.progress import Progress
from sqlalchemy import or_, select
from sqlalchemy.engine import URL

from bot.chat.message import Button
from bot.polls.poll_message import ACTION
from bot.privacy import privacy
from bot.settings import Settings
from bot.store import Database
from bot.store.members import Deletions
from bot.store.schema import Base, Block, Candidate, Community, ModerationEntry, Poll, Vote
from bot.text.spans import plain
from data.phrases import NOTHING
from tests.bot.turns import ADA, lines_of
from tests.bot.world import World
from tests.databases import Templates
from tools.year.ledger import DAY, MOST_WRONG, Club, Entry, Ledger
from tools.year.processes import Chat, Namer, Process

HOUR = timedelta(hours=1)
START = date(2027, 1, 1)
MEMBERS, FIRST_MEMBER = 200, 1000
QUIET, COMES_AND_GOES, COMES_LATE, LOSES_CHANNEL = 5, 6, 7, 8
CLUBS = (
    # What the clocks of Berlin skip and have twice, at 2; those of Lord Howe move by half an hour,
    # and those of Cairo and Santiago at midnight.
    (1, "Europe/Berlin", 2, 10, 0, MEMBERS),
    (2, "America/New_York", 1, 8, 0, 20),
    (3, "Australia/Lord_Howe", 2, 23, 10, 30),
    (4, "Africa/Cairo", 0, 10, 20, 40),
    (QUIET, "UTC", 23, 1, 30, 40),
    (COMES_AND_GOES, "Europe/London", 1, 5, 40, 60),
    (COMES_LATE, "Asia/Kolkata", 9, 12, 50, 70),
    (LOSES_CHANNEL, "America/Santiago", 0, 6, 60, 80),
)
"""Number, zone, local hour, hours to vote, and members from and to."""
KEEN, KEEN_DAYS = FIRST_MEMBER, 90
"""A member who asks five times a day, and for how long: until the collection is full."""
Work = Coroutine[Any, Any, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class YearOptions:
    """How long, from when, and with which chances."""

    days: int = 366
    start: date = START
    seed: int = 0


class Year:
    """Everything that happens in a simulated year, with the ledger that is kept of it."""

    def __init__(self, folder: Path, url: URL, options: YearOptions) -> None:
        self.options, self.url = options, url
        self.random = np.random.default_rng(options.seed)
        clubs = (
            Club(number, zone, hour, hours, [*range(FIRST_MEMBER + a, FIRST_MEMBER + b)])
            for number, zone, hour, hours, a, b in CLUBS
        )
        self.ledger = Ledger(clubs)
        self.chat = Chat(
            datetime.combine(options.start, time(), UTC), {number for number, *_ in CLUBS}
        )
        settings = Settings(state_dir=folder, cooldown_seconds=0)
        self.world = World(
            settings, Templates(folder, ""), writer=Namer(), now=lambda: self.chat.now
        )
        self.audit = Database(url)
        self.processes: list[Process] = []
        self.number = 1 if self.audit.is_sqlite else 2
        self.down_until = self.away_until = self.chat.now
        self.is_torn = False
        """Whether a process was killed in this step."""
        self.sweeps = True

    @property
    def now(self) -> datetime:
        """The time."""
        return self.chat.now

    async def run(self, progress: Progress) -> Ledger:
        """Let the year pass."""
        handler = _Errors(self)
        logging.getLogger("bot").addHandler(handler)
        for left in ("asyncio", "sqlalchemy"):  # a kill leaves tasks and connections behind
            logging.getLogger(left).setLevel(logging.CRITICAL)
        task = progress.add_task("days", total=self.options.days)
        await self._start()
        for club in self.ledger.clubs.values():
            await self._set_daily(club, club.id * 10 + 2, all_of_it=True)
        for day in range(self.options.days):
            if len(self.ledger.wrong) >= MOST_WRONG:
                break
            midnight = datetime.combine(self.options.start, time(), UTC) + day * DAY
            self.chat.now = max(self.now, midnight)
            planned = [*self._plan(day)]
            while self.now < midnight + DAY:
                if planned and self.now.hour >= 24 - len(planned) * 2:
                    await self._alone(planned.pop())
                await self._step()
            deeply = day % 30 == 29 or day == self.options.days - 1
            await self._look(deeply=deeply)
            progress.update(task, advance=1)
            if deeply:
                found, wrong = self.ledger.counts["discoveries"], self.ledger.wrong[-3:]
                progress.console.print(f"{self.now:%Y-%m-%d}: {found} discoveries", *wrong)
        logging.getLogger("bot").removeHandler(handler)
        for process in self.processes:
            await process.stop()
        await self.audit.close()
        return self.ledger

    # Processes

    async def _start(self) -> None:
        """Start those that do not run."""
        self.processes = [process for process in self.processes if not process.is_dead]
        while len(self.processes) < self.number:
            is_shared = self.number > 1
            self.processes.append(Process(self.chat, self.world, self.url, is_shared=is_shared))
            await self.processes[-1].app.store[Deletions].catch_up()
            self.sweeps = True
            self.ledger.counts["starts"] += 1
        for process in self.processes:
            process.view.communities = tuple(self.chat.communities)
            process.view.is_connected = not self.chat.is_away

    async def _run(self, works: Sequence[tuple[Process, Work]]) -> None:
        """Run works of all processes side by side, one of which may be killed meanwhile."""
        if self.random.random() < 0.02:
            self._any_process().fuse = int(self.random.integers(0, 25))
        mine = [[work for process, work in works if process is each] for each in self.processes]
        await asyncio.gather(*(p.run(*each) for p, each in zip(self.processes, mine, strict=True)))
        for process in self.processes:
            process.fuse = None
        killed = sum(process.is_dead for process in self.processes)
        self.is_torn = killed > 0
        self.ledger.counts["kills"] += killed

    def _any_process(self) -> Process:
        return self._one_of(self.processes)

    def _one_of(self, things: Sequence[T]) -> T:
        return things[int(self.random.integers(len(things)))]

    async def _step(self) -> None:
        """Some minutes later: members act, then background jobs run in all processes."""
        # After a kill, soon: the chat knows what was sent last only for minutes.
        minutes = 3 if self.is_torn else int(self.random.integers(30, 105))
        self.chat.now += timedelta(minutes=minutes, microseconds=int(self.random.integers(10**6)))
        self.chat.is_away = self.now < self.away_until
        if self.now < self.down_until:
            return
        await self._start()
        if not self.chat.is_away:
            await self._members_act()
        await self._start()
        await self._run([(each, each.work(sweeps=self.sweeps)) for each in self.processes])
        await self._note_round()
        self.sweeps = self.is_torn or self.random.random() < 0.1
        chance = self.random.random()
        if chance < 0.003:  # an outage of a few minutes to seven hours
            for process in self.processes:
                process.kill()
            self.down_until = self.now + 7 * HOUR * self.random.random() ** 2
            self.ledger.counts["outages"] += 1
        elif chance < 0.004:
            self.away_until = self.now + 3 * HOUR * self.random.random()
            self.ledger.counts["outages of the platform"] += 1
        elif chance < 0.012:
            process = self._any_process()
            await process.stop()
            process.is_dead = True
            self.ledger.counts["restarts"] += 1

    # Members

    async def _members_act(self) -> None:
        """Members ask for names and vote, all at the same moment."""
        ledger, random = self.ledger, self.random
        works: list[tuple[Process, Work]] = []
        asked: set[tuple[int, int]] = set()
        """Communities and members."""
        allowed: dict[tuple[int, int], set[int | None]] = {}
        """Positions that a vote may have if a process was killed, by poll and member."""
        for club in self._current_clubs():
            number = int(random.poisson(0.3 if club.id == 1 else 0.05))
            askers = [int(each) for each in random.choice(club.members, number)]
            is_early = (self.now.date() - self.options.start).days < KEEN_DAYS
            if club.id == 1 and is_early and random.random() < 0.25:
                askers.append(KEEN)
            for member in {*askers} - ledger.gone:
                asked.add((club.id, member))
                process = self._any_process()
                works.append((process, process.command(club.id, member, "dinoname")))
        for poll in self._open_polls():
            votes = random.poisson(self._eagerness(poll))
            for member in {*map(int, random.choice(poll.club.members, votes))} - ledger.gone:
                position, process = int(random.integers(len(poll.names))), self._any_process()
                button = Button(NOTHING, ACTION, f"{poll.id}:{position}")
                number = self.chat.polls[poll.id]
                works.append((process, process.press(poll.club.id, member, button, number)))
                before = poll.position_of(member)
                ledger.vote(poll, member, position, self.now)
                allowed[poll.id, member] = {before, poll.position_of(member)}
                ledger.counts["votes"] += 1
        await self._run(works)
        await self._note_requests(asked, allowed)

    def _current_clubs(self) -> list[Club]:
        return [self.ledger.clubs[number] for number in sorted(self.chat.communities)]

    def _open_polls(self) -> list[Entry]:
        return [
            poll
            for poll in self.ledger.polls.values()
            if not poll.closed
            and poll.club.id in self.chat.communities
            and self.chat.polls.get(poll.id) in self.chat.shown
            and poll.channel not in self.chat.closed_channels
        ]

    def _eagerness(self, poll: Entry) -> float:
        """Votes to expect until the next step."""
        if poll.day is not None:
            return 0.0 if poll.club.id == QUIET else 0.4
        return 1.5 if poll.asker == KEEN else 1.0

    async def _note_requests(
        self, asked: set[tuple[int, int]], allowed: dict[tuple[int, int], set[int | None]]
    ) -> None:
        """Note new polls, and look whether all votes are stored that have to be."""
        new = await self._note_polls(asked)
        if not self.is_torn and new != asked:
            self.ledger.note(f"no poll of {asked - new}", self.now)
        self.ledger.counts["polls"] += len(new)
        polls = {poll for poll, _member in allowed}
        async with self.audit.reading() as session:
            rows = await session.scalars(select(Vote).where(Vote.poll_id.in_(polls)))
            stored = {(row.poll_id, row.member_id): (row.position, row.voted_at) for row in rows}
        for (number, member), positions in allowed.items():
            poll, vote = self.ledger.polls[number], stored.get((number, member))
            if not self.is_torn:
                positions = {poll.position_of(member)}
            if (vote[0] if vote else None) not in positions:
                self.ledger.note(f"vote {number} {member}: {vote}, not {positions}", self.now)
            poll.votes.pop(member, None)
            if vote is not None:
                poll.votes[member] = vote

    async def _note_polls(self, asked: set[tuple[int, int]]) -> set[tuple[int, int]]:
        """Note polls that the ledger does not know. Returns who has asked for them."""
        ledger, new = self.ledger, set()
        async with self.audit.reading() as session:
            recent = or_(Poll.closed_at.is_(None), Poll.opened_at >= self.now - HOUR)
            rows = (await session.scalars(select(Poll).where(recent))).all()
            unknown = [row for row in rows if row.id not in ledger.polls]
            names = await session.scalars(
                select(Candidate)
                .where(Candidate.poll_id.in_([row.id for row in unknown]))
                .order_by(Candidate.position)
            )
            by_poll: dict[int, list[str]] = {}
            for each in names:
                by_poll.setdefault(each.poll_id, []).append(each.name)
        for row in unknown:
            club, by = ledger.clubs[row.community_id], (row.community_id, row.member_id or 0)
            if row.day is not None:
                if row.day in club.days or row.day != ledger.due(club, self.now):
                    ledger.note(f"daily of {row.day} in {club.id} is double or early", self.now)
                club.days[row.day] = row.id
                ledger.counts["dailies"] += 1
            elif by not in asked or by in new:
                ledger.note(f"a poll of {by} from nowhere", self.now)
            new.add(by)
            facts = row.channel_id, row.member_id, tuple(by_poll[row.id]), row.closes_at, row.day
            ledger.polls[row.id] = Entry(row.id, club, *facts, needed=row.votes_needed)
        for row in rows:
            ledger.polls[row.id].is_shown = row.message_id is not None
        return new

    # Background jobs

    async def _note_round(self) -> None:
        """Note what the jobs have done, and look whether they have done everything due."""
        ledger, now = self.ledger, self.now
        async with self.audit.reading() as session:
            closed = {*await session.scalars(select(Poll.id).where(Poll.closed_at == now))}
            kept = {*await session.scalars(select(Poll.id))} if self.sweeps else set()
            has_stopped = select(Community.id).where(Community.daily_stopped.is_not(None))
            stopped = {*await session.scalars(has_stopped)}

        def stop(club: Club, reason: str) -> None:
            if not self.is_torn or club.id in stopped:
                club.daily_from, club.stopped = None, reason
                ledger.counts[f"stopped: {reason}"] += 1

        for poll in sorted(ledger.polls.values(), key=lambda poll: poll.closes):
            if poll.id in closed and poll.closes > now:
                ledger.note(f"poll {poll.id} was closed early", now)
            if poll.id in closed:
                ledger.close(poll, now)
                if poll.day and not self.chat.is_away and ledger.is_quiet(poll.club):
                    stop(poll.club, "quiet")
            elif not poll.closed and poll.closes <= now and not self.is_torn:
                ledger.note(f"poll {poll.id} is still open", now)
        for poll in ledger.polls.values():
            if poll.id in closed and poll.is_deleted:
                ledger.take_back(poll)
        due = [(club, day) for club in ledger.clubs.values() if (day := ledger.due(club, now))]
        for club, day in due:
            if day not in club.days and ledger.is_quiet(club):  # it was killed as the vote closed
                stop(club, "quiet")
        await self._note_polls(set())
        for club, day in due:
            if day in club.days and club.channel in self.chat.closed_channels:
                stop(club, "closed")
            has_to_come = club.daily_from and not self.is_torn and not self.chat.is_away
            if day not in club.days and has_to_come:
                ledger.note(f"no daily of {day} in {club.id}", now)
        if self.sweeps and not self.is_torn:
            before = {*ledger.polls}
            ledger.sweep(now)
            if lost := (before & {*ledger.polls}) - kept:
                ledger.note(f"polls are lost: {lost}", now)

    # What happens to a community

    def _plan(self, day: int) -> list[Work]:
        """Plan the events of a day."""
        clubs, random = self.ledger.clubs, self.random
        plan: list[Work] = []
        if day % 60 in (3, 12 + day // 60 * 3):
            plan.append(self._come_or_go(clubs[COMES_AND_GOES], leaves=day % 60 == 3))
        if day in (40, 200, 90, 245):
            plan.append(self._come_or_go(clubs[COMES_LATE], leaves=day in (40, 200)))
        if day in (5, 9, 105, 109):
            plan.append(self._close_channel(clubs[LOSES_CHANNEL], day))
        if day % 40 == 11 and clubs[QUIET].stopped:
            plan.append(self._set_daily(clubs[QUIET], clubs[QUIET].channel))
        plan += [self._remove_name(), self._remove_name()]
        if day % 3 == 0:
            plan.append(self._delete_message())
        if day % 9 == 2:
            plan.append(self._forget(stays=bool(random.random() < 0.5)))
        return plan

    async def _alone(self, happening: Work) -> None:
        """Let something happen while nothing else does."""
        if self.now < max(self.down_until, self.away_until):
            happening.close()
            return
        await self._start()
        await happening

    async def _set_daily(self, club: Club, channel: int, *, all_of_it: bool = False) -> None:
        options: dict[str, object] = {"daily_channel": channel}
        if all_of_it:
            options |= {"daily_zone": club.zone, "daily_hour": club.hour, "daily_hours": club.hours}
            options["vote_minutes"] = 60 + 30 * club.id
        await self._any_process().command(club.id, ADA.id, "settings", **options)
        self.ledger.switch_on(club, self.now, channel)

    async def _come_or_go(self, club: Club, *, leaves: bool) -> None:
        """A community removes the bot, or adds it again; the event may be lost with a process."""
        if leaves != (club.id in self.chat.communities):
            return
        self.chat.communities ^= {club.id}
        is_off = self.random.random() < 0.3  # the next start sees it
        if is_off:
            for process in self.processes:
                process.kill()
        await self._start()
        communities = self._any_process().jobs.communities
        if is_off:
            await communities.sweep()
        elif leaves:
            await communities.left(club.id)
        else:
            await communities.joined(club.id)
        has_data = bool(club.days) or club.daily_from is not None
        club.left_at = self.now if leaves else None
        self.ledger.counts["communities left" if leaves else "communities back"] += 1
        if not leaves and not has_data:
            await self._set_daily(club, club.id * 10 + 2, all_of_it=True)

    async def _close_channel(self, club: Club, day: int) -> None:
        """The channel of the dinosaurs is deleted; some days later a manager chooses another."""
        if day in (5, 105):
            self.chat.closed_channels.add(club.channel)
            for number, place in [*self.chat.places.items()]:
                if place.channel_id == club.channel:
                    self.chat.delete(number)
            for poll in self.ledger.polls.values():
                poll.is_deleted |= poll.channel == club.channel and poll.closed is None
        else:
            await self._set_daily(club, club.channel + 1000)

    async def _remove_name(self) -> None:
        """A moderator removes a name, most often one that has won."""
        here, polls = self.chat.communities, self.ledger.polls.values()
        if not (shown := [poll for poll in polls if poll.is_shown and poll.club.id in here]):
            return
        poll = self._one_of(shown)
        position = (poll.winner or 0) if self.random.random() < 0.7 else 0
        if position not in poll.removed:
            button = Button(NOTHING, "moderate", f"name:{poll.id}:{position}")
            await self._any_process().press(poll.club.id, ADA.id, button)
            self.ledger.remove(poll, position)
            self.ledger.counts["names removed"] += 1

    async def _delete_message(self) -> None:
        """A moderator deletes the message of an open poll: nothing wins."""
        if polls := [poll for poll in self._open_polls() if poll.is_shown]:
            poll = self._one_of(polls)
            poll.is_deleted = True
            self.chat.delete(self.chat.polls[poll.id])
            self.ledger.counts["messages deleted"] += 1

    async def _forget(self, *, stays: bool) -> None:
        """A member deletes their data, and leaves or begins anew."""
        members = [m for m in self.ledger.clubs[1].members if m not in self.ledger.gone | {KEEN}]
        member = int(self.random.choice(members))
        await self._any_process().press(1, member, Button(NOTHING, privacy.ACTION, "yes"))
        self.ledger.forget(member)
        if not stays:
            self.ledger.gone.add(member)
        self.ledger.counts["members forgotten"] += 1

    # What is looked at

    async def _look(self, *, deeply: bool) -> None:
        """Compare the database with the ledger, and each month the messages."""
        if self.now < max(self.down_until, self.away_until):
            self.down_until = self.away_until = self.now
        self.sweeps = deeply or self.is_torn
        while self.sweeps:
            await self._step()
            self.sweeps = self.is_torn
        await self.ledger.compare(self.audit, self.now, deeply=deeply)
        if deeply:
            await self._look_for_removed()
            self._look_for_results()

    def _look_for_results(self) -> None:
        """Each poll that a day ago was over shows its result, and each winner was announced.

        Where it is unclear whether it was, as after a kill, the poll shows the plaque instead.
        """
        ledger, by_polls_only = self.ledger, 0
        for poll in ledger.polls.values():
            is_old = poll.is_shown and poll.closed is not None and poll.closed < self.now - DAY
            message = self.chat.shown.get(self.chat.polls.get(poll.id, 0))
            if not is_old or message is None or poll.club.id in (COMES_AND_GOES, COMES_LATE):
                continue
            if any(button.action == ACTION for button in message.buttons):
                ledger.note(f"poll {poll.id} does not show its result", self.now)
            # The pictures of a poll go with a removed name.
            is_told = self.chat.sent[poll.id] or message.files or poll.removed
            if poll.winner is not None and not is_told:
                ledger.note(f"the winner of poll {poll.id} was not announced", self.now)
            by_polls_only += not self.chat.sent[poll.id] and bool(message.files)
        ledger.counts["results shown by polls only"] = by_polls_only

    async def _look_for_removed(self) -> None:
        """Removed names in messages, forgotten members in the database, what came twice."""
        ledger, chat = self.ledger, self.chat
        removed = {name: club for club, name in ledger.removed}
        for number in chat.shown.keys() - chat.old_answers():
            message = chat.shown[number]
            parts = [plain(message.content), *(button.label for button in message.buttons)]
            words = " ".join([*parts, lines_of(message) if message.embeds else ""])
            for name in {*re.findall(r"\w+", words)} & removed.keys():
                if chat.places[number].community_id == removed[name]:
                    ledger.note(f"{name}, which was removed, is in {words[:99]!r}", self.now)
        async with self.audit.reading() as session:
            for table in Base.metadata.sorted_tables:
                if table.name in (Block.__tablename__, ModerationEntry.__tablename__):
                    continue
                for column in table.columns:
                    if column.name in ("member_id", "owner_id") and ledger.gone:
                        rows = await session.scalars(select(column).where(column.in_(ledger.gone)))
                        for member in rows:
                            ledger.note(f"{table.name} has the forgotten {member}", self.now)
        for number, count in chat.sent.items():
            if count > 1 + ((poll := ledger.polls.get(number)) is None or poll.day is not None):
                ledger.note(f"poll {number} was posted or announced {count} times", self.now)


class _Errors(logging.Handler):
    """Errors in the log are wrong, except those of a process that is being killed."""

    def __init__(self, year: Year) -> None:
        super().__init__(logging.ERROR)
        self._year = year

    def emit(self, record: logging.LogRecord) -> None:
        if not any(process.is_dead for process in self._year.processes):
            said = record.getMessage()
            error = record.exc_info[1] if record.exc_info else ""
            self._year.ledger.note(f"log: {said} {error!r}", self._year.now)
