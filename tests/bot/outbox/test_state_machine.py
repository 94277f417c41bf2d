"""State machine of the outbox: kills around every transaction and call, lost answers, removals.

Two processes share a database. Nothing is sent twice, nothing stays untold, and once everything
has settled nothing shows what was removed.
"""

import asyncio
import itertools
import os
import shutil
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import URL

from bot.chat.message import Message
from bot.chat.turn import Deleted, Forbidden, Limited, MessageRef, Unanswered, Unreachable
from bot.community.queries import Action, Communities, RecordEntry
from bot.features.jobs import Jobs
from bot.moderation.queries import Moderation
from bot.outbox.queries import Outbox
from bot.polls.hall_queries import HallOfFame
from bot.polls.queries import Ballot, PollRecord, Polls
from bot.settings import Settings
from bot.store import Store, url_of
from bot.store.database import FILE
from bot.text.spans import plain, strong, text
from tests.bot.chats.sqlite_in_loop import run_sqlite_in_loop
from tests.bot.killable import KillableDatabase
from tests.bot.turns import COMMUNITY, FakePlatform, lines_of
from tests.bot.world import World
from tests.databases import Templates, emptied, migrated, postgres_of
from tests.texts import named

T = TypeVar("T")
BEGIN = datetime(2026, 12, 2, 9, tzinfo=UTC)
CHANNELS, LOG = (51, 52), 53
MO = 13
FEW = st.integers(0, 30)
EXAMPLES = int(os.environ.get("MANGOSAURUS_EXAMPLES", "15"))


@dataclass
class Chat:
    """All messages, and what may go wrong with the next ones."""

    now: datetime = BEGIN
    shown: dict[int, Message] = field(default_factory=dict)
    nonces: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    sent: Counter[int] = field(default_factory=Counter)
    """Messages by nonce."""
    reports: int = 0
    nonce_s: float = 240.0
    """How long nonces are known; 0 for a platform without."""
    is_away: bool = False
    loses: int = 0
    """Number of answers that get lost."""
    limited: set[int] = field(default_factory=set)
    """Channels that take no edits."""
    closed: set[int] = field(default_factory=set)
    """Channels where the bot may send nothing."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1000))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Process:
    """The bot's jobs, until a fuse ends them."""

    def __init__(self, chat: Chat, world: World, url: URL) -> None:
        self.fuse: int | None = None
        self.is_dead = False
        self.chat = chat
        self.database = KillableDatabase(url, self.point)
        if self.database.is_sqlite:  # whose lock would block the loop that both processes run in
            self.database._turn = chat.turn
        self.view = View(chat, self)
        self.app = world.app_with(world.settings, Store(self.database))
        self.jobs = Jobs(self.app, self.view)

    async def point(self) -> None:
        """A point at which the process can be killed."""
        await asyncio.sleep(0)
        if self.fuse is not None:
            self.fuse -= 1
            self.is_dead |= self.fuse < 0
        if self.is_dead:
            raise asyncio.CancelledError


class View(FakePlatform):
    """The chat as a process sees it."""

    name = "discord"

    def __init__(self, chat: Chat, process: Process) -> None:
        super().__init__(shown=chat.shown)
        self.limits = replace(self.limits, nonce_s=chat.nonce_s)
        self.chat, self.process = chat, process

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        await self._reach()
        assert nonce is not None
        if ref.channel_id in self.chat.closed:
            raise Forbidden
        at, number = self.chat.nonces.get(nonce, (BEGIN - timedelta(days=1), 0))
        if not self.chat.nonce_s or self.chat.now - at > timedelta(seconds=self.chat.nonce_s):
            number = next(self.chat.numbers)
            self.chat.nonces[nonce] = self.chat.now, number
            self.chat.sent[nonce] += 1
            if ref.channel_id == LOG:  # which tells what was removed
                self.chat.reports += 1
            else:
                self.shown[number] = message
        await self._answer(is_sending=True)
        return number

    async def edit(self, ref: MessageRef, message: Message) -> None:
        await self._reach()
        if ref.channel_id in self.chat.limited:
            raise Limited
        if ref.message_id not in self.shown:
            raise Deleted
        self.shown[ref.message_id] = message
        await self._answer(is_sending=False)

    async def _reach(self) -> None:
        await self.process.point()
        if self.chat.is_away:
            raise Unreachable

    async def _answer(self, *, is_sending: bool) -> None:
        await self.process.point()
        if self.chat.loses:
            self.chat.loses -= 1
            raise Unanswered if is_sending and not self.chat.nonce_s else Unreachable


class OutboxMachine(RuleBasedStateMachine):
    """Polls close, moderators remove names and delete messages, and everything fails."""

    def __init__(self, url: URL | None) -> None:
        """`url` is that of a database on PostgreSQL; without one it is a file."""
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        run_sqlite_in_loop(self.patch)
        self.folder = Path(mkdtemp())
        self.runner = asyncio.Runner()
        self.url = url or url_of(None, self.folder)
        if url is None:
            (self.folder / FILE).write_bytes(migrated())
        else:
            self.run(emptied(url))
        self.chat = Chat()
        world = World(Settings(state_dir=self.folder), Templates(self.folder, ""))
        world.now = lambda: self.chat.now
        self.world = world
        self.processes = [Process(self.chat, world, self.url) for _ in range(2)]
        self.run(self.store[Communities].change(COMMUNITY, log_channel_id=LOG))
        self.polls: list[int] = []
        self.removed: set[str] = set()
        self.deleted: set[int] = set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.settle()
        self.check()
        for process in self.processes:
            self.run(process.database.close())
        self.runner.close()
        shutil.rmtree(self.folder)
        self.patch.undo()

    @property
    def store(self) -> Store:
        return self.processes[0].app.store

    def poll_at(self, picked: int) -> int | None:
        return self.polls[picked % len(self.polls)] if self.polls else None

    @rule(channel=st.sampled_from(CHANNELS), has_votes=st.booleans(), minutes=st.integers(1, 9))
    def open_poll(self, channel: int, minutes: int, *, has_votes: bool) -> None:
        number = 10 * (len(self.polls) + 1)
        names = named(f"A{number}saurus", f"B{number}saurus")
        poll = PollRecord(
            id=number,
            community_id=COMMUNITY,
            channel_id=channel,
            message_id=number + 1,
            member_id=None,
            discoverer=None,
            names=names,
            opened_at=self.chat.now,
            closes_at=self.chat.now + timedelta(minutes=minutes),
        )
        self.chat.shown[number + 1] = Message()
        self.polls.append(number)
        self.run(self.store[Polls].open(poll))
        if has_votes:
            self.run(self.store[Polls].cast(Ballot(number, 7, 0), self.chat.now))
            self.run(self.store[Polls].cast(Ballot(number, 8, 0), self.chat.now))
            self.run(self.store[Polls].cast(Ballot(number, 9, 1), self.chat.now))

    @rule(seconds=st.sampled_from((1, 30, 121, 200, 300, 7200)))
    def let_time_pass(self, seconds: int) -> None:
        self.chat.now += timedelta(seconds=seconds)

    @rule(fuse=st.none() | FEW, other=st.none() | FEW)
    def work(self, fuse: int | None, other: int | None) -> None:
        """Both processes do what is due at the same time, and may be killed meanwhile."""
        for process, each in zip(self.processes, (fuse, other), strict=True):
            process.fuse = each
        self.run(self._work())

    async def _work(self) -> None:
        async def work(process: Process) -> None:
            with suppress(asyncio.CancelledError):
                await process.jobs.polls.close_due_polls()
                await process.jobs.outbox.deliver_due()

        await asyncio.gather(*map(work, self.processes))
        for number, process in enumerate(self.processes):
            process.fuse = None
            if process.is_dead:
                await process.database.close()
                self.processes[number] = Process(self.chat, self.world, self.url)

    @rule(picked=FEW, position=st.integers(0, 1), while_working=st.booleans())
    def remove_name(self, picked: int, position: int, *, while_working: bool) -> None:
        """A moderator removes a name, perhaps while it is announced."""
        if (poll := self.poll_at(picked)) is None:
            return
        entry = RecordEntry(Action.REMOVE_NAME, MO, self.chat.now, COMMUNITY)

        async def remove() -> None:
            for _ in range(picked):
                await asyncio.sleep(0)
            await self.store[Moderation].remove_name(poll, position, entry)

        async def both() -> None:
            await asyncio.gather(self._work(), remove())

        self.run(both() if while_working else remove())
        self.removed.add(f"{'AB'[position]}{poll}saurus")

    @rule(picked=FEW)
    def show_winner(self, picked: int) -> None:
        """An answer shows what has won."""
        poll = self.run(self.store[Polls].find(self.poll_at(picked) or 0))
        if poll is None or poll.winner is None:
            return
        number = next(self.chat.numbers)
        self.chat.shown[number] = Message(text(strong(poll.names[poll.winner])))
        hall = self.store[HallOfFame]
        self.run(hall.note_shown(COMMUNITY, CHANNELS[0], number, [poll.id], now=self.chat.now))

    @rule(picked=FEW)
    def delete_message(self, picked: int) -> None:
        if (poll := self.poll_at(picked)) is not None:
            self.chat.shown.pop(poll + 1, None)
            self.deleted.add(poll)

    @rule(is_away=st.booleans())
    def go_or_come(self, *, is_away: bool) -> None:
        self.chat.is_away = is_away

    @rule(answers=st.integers(1, 3))
    def lose_answers(self, answers: int) -> None:
        self.chat.loses = answers

    @rule(has_nonces=st.booleans())
    def choose_platform(self, *, has_nonces: bool) -> None:
        """The platform has nonces or not, from before the first message on."""
        if not self.polls:
            self.chat.nonce_s = 240.0 if has_nonces else 0.0
            for process in self.processes:
                process.view.limits = replace(process.view.limits, nonce_s=self.chat.nonce_s)

    @rule(channel=st.sampled_from(CHANNELS), kind=st.sampled_from(("limited", "closed")))
    def change_channel(self, channel: int, kind: str) -> None:
        """A channel takes no more edits, or no messages, or does again."""
        changed: set[int] = getattr(self.chat, kind)
        changed ^= {channel}

    def settle(self) -> None:
        """Let everything work again, for long enough."""
        self.chat.is_away, self.chat.loses = False, 0
        self.chat.limited.clear()
        self.chat.closed.clear()
        for minutes in (10, 3, 3, 3, 3, 3):
            self.chat.now += timedelta(minutes=minutes)
            self.run(self._work())

    def check(self) -> None:
        assert all(count == 1 for count in self.chat.sent.values()), "sent twice"
        assert self.run(self.store[Outbox].next_due("discord", self.chat.now)) is None
        assert self.chat.reports <= len(self.removed)
        for number in self.polls:
            poll = self.run(self.store[Polls].find(number))
            assert poll is not None
            if poll.closed_at is None:
                continue
            assert poll.announced_at is not None
            message = self.chat.shown.get(number + 1)
            if message is None:
                continue
            assert plain(message.content).startswith("The poll is closed")
            if poll.winner is not None:
                is_told = self.chat.sent[number] or message.files
                assert is_told or poll.removed, "neither sent nor shown"
        for message in self.chat.shown.values():
            words = plain(message.content) + (lines_of(message) if message.embeds else "")
            assert not [name for name in self.removed if name in words], "shown after a removal"


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_outbox(where: str, templates: Templates) -> None:
    url = postgres_of(templates) if where == "postgres" else None
    chosen = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None)
    try:
        run_state_machine_as_test(partial(OutboxMachine, url), settings=chosen)  # type: ignore[arg-type]
    finally:
        if url is not None:
            asyncio.run(emptied(url))
