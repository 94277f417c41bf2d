"""`Month`: what members and moderators do in a simulated month, and what must hold afterwards."""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.progress import Progress
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from bot.chat.message import Button
from bot.polls.poll_message import ACTION
from bot.privacy import privacy
from bot.settings import Settings
from bot.store import Database
from bot.store.members import Deletions
from bot.store.schema import Base, Block, Candidate, Discovery, ModerationEntry, Poll
from bot.text.spans import plain
from data.phrases import NOTHING
from tests.bot.turns import ADA, lines_of
from tests.bot.world import World
from tests.databases import Templates
from tools.month.owners import Owners
from tools.month.processes import COMES_AND_GOES, COMMUNITIES, Chat, Namer, Process, Work

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = date(2027, 3, 22)
"""In the month after it, clocks are put forward in Berlin, and back on Lord Howe."""
T = TypeVar("T")


class Month:
    """Everything that happens, and what was wrong.

    A process that is killed does nothing more; `is_torn` says that one was in this step, so that
    what it left is not looked at before the next one.
    """

    def __init__(self, folder: Path, url: URL, start: date, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.chat = Chat(datetime.combine(start, time(), UTC), {*COMMUNITIES})
        settings = Settings(state_dir=folder, cooldown_seconds=0)
        self.world = World(
            settings, Templates(folder, ""), writer=Namer(), now=lambda: self.chat.now
        )
        self.url, self.audit = url, Database(url)
        self.processes: list[Process] = []
        self.number = 1 if self.audit.is_sqlite else 2
        self.down_until = self.away_until = self.chat.now
        self.is_torn, self.sweeps = False, True
        self.gone: set[int] = set()
        """Members who were forgotten, and do nothing anymore."""
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        self.owners = Owners(
            self.chat, self.audit, self.random, self._any_process, self.note, self.counts
        )

    async def run(self, days: int, progress: Progress) -> None:
        """Let the days pass."""
        handler = _Errors(self)
        logging.getLogger("bot").addHandler(handler)
        for left in ("asyncio", "sqlalchemy"):  # a kill leaves tasks and connections behind
            logging.getLogger(left).setLevel(logging.CRITICAL)
        await self._start()
        for community in COMMUNITIES:
            await self._set_daily(community)
        for day in progress.track(range(days)):
            midnight = self.chat.now
            while self.chat.now < midnight + DAY:
                await self._step()
            for happening in self._plan(day):
                await self._start()
                await happening
            await self._look()
        logging.getLogger("bot").removeHandler(handler)
        for process in self.processes:
            await process.stop()
        await self.audit.close()

    def note(self, what: str) -> None:
        """Note something that is wrong."""
        self.wrong.append(f"{self.chat.now:%Y-%m-%d %H:%M} {what}")

    # Processes

    async def _start(self) -> None:
        """Start the processes that do not run."""
        self.processes = [process for process in self.processes if not process.is_dead]
        while len(self.processes) < self.number:
            is_shared = self.number > 1
            self.processes.append(Process(self.chat, self.world, self.url, is_shared=is_shared))
            await self.processes[-1].app.store[Deletions].catch_up()
            self.sweeps = True
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
        self.counts["kills"] += killed

    def _any_process(self) -> Process:
        return self._one_of(self.processes)

    def _one_of(self, things: Sequence[T]) -> T:
        return things[int(self.random.integers(len(things)))]

    async def _step(self, *, is_quiet: bool = False) -> None:
        """Some minutes later: members act, then background jobs run in all processes.

        `is_quiet`: without members, outages and kills.
        """
        # After a kill, soon: the chat knows what was sent last only for minutes.
        minutes = 3 if self.is_torn else int(self.random.integers(30, 105))
        self.chat.now += timedelta(minutes=minutes, microseconds=int(self.random.integers(10**6)))
        self.chat.is_away = self.chat.now < self.away_until
        if self.chat.now < self.down_until:
            return
        await self._start()
        if not self.chat.is_away and not is_quiet:
            await self._run([*self._requests(), *await self.owners.requests(self.gone)])
            await self._start()
        await self._run([(each, each.work(sweeps=self.sweeps)) for each in self.processes])
        self.sweeps = self.is_torn or self.random.random() < 0.1
        chance = 1.0 if is_quiet else self.random.random()
        if chance < 0.003:  # an outage of a few minutes to seven hours
            for process in self.processes:
                process.kill()
            self.down_until = self.chat.now + 7 * HOUR * self.random.random() ** 2
            self.counts["outages"] += 1
        elif chance < 0.006:
            self.away_until = self.chat.now + 3 * HOUR * self.random.random()
            self.counts["outages of the platform"] += 1
        elif chance < 0.014:
            process = self._any_process()
            await process.stop()
            process.is_dead = True
            self.counts["restarts"] += 1

    # Members and moderators

    def _requests(self) -> list[tuple[Process, Work]]:
        """Members ask for names and vote, all at the same moment."""
        works: list[tuple[Process, Work]] = []
        for community in sorted(self.chat.communities):
            *_, members = COMMUNITIES[community]
            askers = self.random.choice(members, int(self.random.poisson(0.2)))
            for member in {*map(int, askers)} - self.gone:
                process = self._any_process()
                works.append((process, process.command(community, member, "dinoname")))
        for number, community, buttons in self._open_polls():
            *_, members = COMMUNITIES[community]
            voters = self.random.choice(members, int(self.random.poisson(1.0)))
            for member in {*map(int, voters)} - self.gone:
                process, button = self._any_process(), self._one_of(buttons)
                works.append((process, process.press(community, member, button, number)))
                self.counts["votes"] += 1
        return works

    def _open_polls(self) -> list[tuple[int, int, list[Button]]]:
        """Messages with buttons to vote, their communities, and these buttons."""
        chat = self.chat
        found = []
        for number in sorted({*chat.polls.values()} & chat.shown.keys()):
            community = chat.places[number].community_id
            buttons = [each for each in chat.shown[number].buttons if each.action == ACTION]
            if buttons and community in chat.communities:
                found.append((number, community, buttons))
        return found

    def _plan(self, day: int) -> list[Work]:
        """Plan what happens at the end of a day, while nothing else does."""
        if self.chat.now < max(self.down_until, self.away_until):
            return []
        plan: list[Work] = [self._remove_name(), self._remove_name()]
        if day % 9 in (3, 6):
            plan.append(self._come_or_go(leaves=day % 9 == 3))
        if day % 3 == 0:
            plan += [self._delete_message(), self.owners.moderate()]
        if day % 4 == 2:
            plan.append(self._forget())
        return plan

    async def _set_daily(self, community: int) -> None:
        zone, hour, hours, _members = COMMUNITIES[community]
        await self._any_process().command(
            community,
            ADA.id,
            "settings",
            daily_channel=community * 10 + 2,
            daily_zone=zone,
            daily_hour=hour,
            daily_hours=hours,
            vote_minutes=60 + 30 * community,
        )

    async def _come_or_go(self, *, leaves: bool) -> None:
        """A community removes the bot, or adds it again."""
        if leaves != (COMES_AND_GOES in self.chat.communities):
            return
        self.chat.communities ^= {COMES_AND_GOES}
        await self._start()
        communities = self._any_process().jobs.communities
        await (communities.left if leaves else communities.joined)(COMES_AND_GOES)

    async def _remove_name(self) -> None:
        """A moderator removes a name, most often one that has won."""
        won = self.random.random() < 0.7
        columns = Poll.community_id, Candidate.poll_id, Candidate.position
        names = select(*columns).join(Poll).where(Candidate.removed_at.is_(None))
        names = names.where(Poll.message_id.is_not(None))
        names = names.where(Poll.community_id.in_(self.chat.communities))
        async with self.audit.reading() as session:
            has_won = Poll.winner == Candidate.position if won else Poll.closed_at.is_(None)
            found = (await session.execute(names.where(has_won).order_by(*columns))).all()
        if found:
            community, poll, position = self._one_of(found)
            button = Button(NOTHING, "moderate", f"name:{poll}:{position}")
            await self._any_process().press(community, ADA.id, button)
            self.counts["names removed"] += 1

    async def _delete_message(self) -> None:
        """A moderator deletes the message of an open poll: nothing wins."""
        if polls := self._open_polls():
            self.chat.delete(self._one_of(polls)[0])
            self.counts["messages deleted"] += 1

    async def _forget(self) -> None:
        """A member deletes their data, and leaves."""
        member = self._one_of(sorted({*COMMUNITIES[1][-1]} - self.gone))
        await self._any_process().press(1, member, Button(NOTHING, privacy.ACTION, "yes"))
        self.gone.add(member)
        self.counts["members forgotten"] += 1

    # What must hold

    async def _look(self) -> None:
        """Look at messages and tables, once the bot is back and nothing is torn."""
        self.down_until = self.away_until = self.chat.now
        self.is_torn = self.sweeps = True
        while self.is_torn:
            await self._step(is_quiet=True)
        async with self.audit.reading() as session:
            polls = (await session.scalars(select(Poll))).all()
            names = select(Candidate.name, Poll.community_id, Poll.id).join(Poll)
            rows = await session.execute(names.where(Candidate.removed_at.is_not(None)))
            removed = rows.all()
            self.counts["discoveries"] = await session.scalar(select(func.count(Discovery.id))) or 0
            for table in Base.metadata.sorted_tables:
                if table.name in (Block.__tablename__, ModerationEntry.__tablename__):
                    continue
                for column in table.columns:
                    if column.name in ("member_id", "owner_id"):
                        found = select(column).where(column.in_(self.gone))
                        for member in await session.scalars(found):
                            self.note(f"{table.name} has the forgotten {member}")
        self.counts["dailies"] = max(
            self.counts["dailies"], sum(poll.day is not None for poll in polls)
        )
        gone = {(name, community) for name, community, _poll in removed}
        await self.owners.look(self.gone, gone)
        self._look_at_messages(gone | self.owners.removed)
        without_picture = {poll for *_, poll in removed}
        for poll in polls:
            if poll.community_id != COMES_AND_GOES:
                self._look_at_poll(poll, may_have_picture=poll.id not in without_picture)

    def _look_at_poll(self, poll: Poll, *, may_have_picture: bool) -> None:
        """Look whether a poll was closed in time, its result shown, and its winner announced.

        Where it is unclear whether it was, as after a kill, the poll shows the plaque instead.
        """
        sent = self.chat.sent[poll.id]
        if sent > 1:
            self.note(f"the winner of poll {poll.id} was announced {sent} times")
        if poll.closed_at is None and poll.closes_at < self.chat.now - HOUR:
            self.note(f"poll {poll.id} is still open")
        message = self.chat.shown.get(self.chat.polls.get(poll.id, 0))
        if message is None or poll.closed_at is None or poll.closed_at > self.chat.now - DAY:
            return
        is_known = poll.message_id is not None  # else a kill came before it was noted
        if is_known and any(button.action == ACTION for button in message.buttons):
            self.note(f"poll {poll.id} does not show its result")
        if poll.winner is not None and may_have_picture and not (sent or message.files):
            self.note(f"the winner of poll {poll.id} was not announced")

    def _look_at_messages(self, removed: set[tuple[str, int]]) -> None:
        """No message shows a removed name, unless the bot no longer knows what it shows."""
        chat = self.chat
        for number in chat.shown.keys() - chat.old_answers():
            message, community = chat.shown[number], chat.places[number].community_id
            parts = [plain(message.content), *(button.label for button in message.buttons)]
            words = " ".join([*parts, lines_of(message) if message.embeds else ""])
            for name in {*re.findall(r"\w+", words)}:
                if (name, community) in removed and community in chat.communities:
                    self.note(f"{name}, which was removed, is in {words[:99]!r}")


class _Errors(logging.Handler):
    """Errors in the log are wrong, except those of a process that is being killed."""

    def __init__(self, month: Month) -> None:
        super().__init__(logging.ERROR)
        self._month = month

    def emit(self, record: logging.LogRecord) -> None:
        if not any(process.is_dead for process in self._month.processes):
            error = record.exc_info[1] if record.exc_info else ""
            self._month.note(f"log: {record.getMessage()} {error!r}")
