"""`Process`: the bot's services, until they are killed; `Chat`: what members see."""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import URL, event

from bot.chat import dispatch, stopping
from bot.chat.message import Button, Message
from bot.chat.turn import Deleted, Forbidden, MessageRef, Source, Unreachable
from bot.features import REGISTRY
from bot.features.jobs import Jobs
from bot.fleet.membership import Fleet
from bot.polls.hall_queries import MOST_ANSWERS
from bot.polls.poll_message import ACTION
from bot.polls.votes import parse
from bot.store import Store
from bot.words import WordFilter
from bot.writing import Caller
from bot.writing.service import NOBODY
from models.names.generator import NamesRequest, NamesResult
from models.weights import Trained
from tests.bot.fakes import FakeWriter
from tests.bot.killable import KillableDatabase
from tests.bot.turns import ADA, FakePlatform, FakeTurn
from tests.bot.world import World

COMES_AND_GOES = 4
COMMUNITIES = {
    1: ("Europe/Berlin", 2, 10, range(1000, 1200)),
    2: ("Australia/Lord_Howe", 2, 23, range(1010, 1030)),
    3: ("Africa/Cairo", 0, 10, range(1020, 1040)),
    COMES_AND_GOES: ("Asia/Kolkata", 9, 12, range(1040, 1060)),
}
"""Zone, local hour of the dinosaurs of the day, hours to vote, and members. Some are in several."""
Work = Coroutine[Any, Any, Any]
SYLLABLES = ("bel", "dor", "fen", "gal", "hir", "kum", "lys", "mar", "nim", "tov")
NONCE = timedelta(minutes=5)
"""How long the chat knows a message of the same nonce again."""
STOPPED_S = 5.0
"""Seconds in which the tasks of a killed process must have ended."""


@dataclass
class Chat:
    """The messages of all communities, and the time."""

    now: datetime
    communities: set[int]
    shown: dict[int, Message] = field(default_factory=dict)
    places: dict[int, MessageRef] = field(default_factory=dict)
    """Place of each message."""
    polls: dict[int, int] = field(default_factory=dict)
    """The message of each poll."""
    answers: list[int] = field(default_factory=list)
    """Messages that answer commands and may show winners, the oldest first."""
    sent: Counter[int] = field(default_factory=Counter)
    """Number of messages with each nonce, the poll's id."""
    closed_channels: set[int] = field(default_factory=set)
    """Channels that were deleted."""
    is_away: bool = False
    """Whether nobody can reach the chat."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(10**6))
    nonces: dict[tuple[int, int], tuple[datetime, int]] = field(default_factory=dict)

    def old_answers(self) -> set[int]:
        """Answers of which the bot no longer knows what they show."""
        by_channel: defaultdict[int, list[int]] = defaultdict(list)
        for number in filter(self.places.__contains__, self.answers):
            by_channel[self.places[number].channel_id].append(number)
        return {number for each in by_channel.values() for number in each[:-MOST_ANSWERS]}

    def delete(self, number: int) -> None:
        """Delete a message."""
        del self.shown[number], self.places[number]


class View(FakePlatform):
    """The chat as one process sees it."""

    def __init__(self, chat: Chat, process: "Process") -> None:
        super().__init__(shown=chat.shown, communities=tuple(chat.communities))
        self._chat, self._process = chat, process

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        """Post a message; one with a nonce once."""
        await self._reach(ref)
        chat, key = self._chat, (ref.channel_id, nonce or 0)
        at, number = chat.nonces.get(key, (chat.now - 2 * NONCE, 0))
        if nonce is None or chat.now - at > NONCE:
            number = next(chat.numbers)
            chat.places[number] = replace(ref, message_id=number)
            if nonce is not None:
                chat.nonces[key] = chat.now, number
                chat.sent[nonce] += 1
            self._show(number, message)
        await self._process.point()
        return number

    async def edit(self, ref: MessageRef, message: Message) -> None:
        """Replace a message."""
        await self._reach(ref)
        if ref.message_id not in self.shown:
            raise Deleted("unknown message")
        self._show(ref.message_id, message)
        await self._process.point()

    async def _reach(self, ref: MessageRef) -> None:
        await self._process.point()
        if self._chat.is_away:
            raise Unreachable("away")
        if ref.community_id not in self._chat.communities:
            raise Forbidden("not a member")
        if ref.channel_id in self._chat.closed_channels:
            raise Deleted("unknown channel")

    def _show(self, number: int, message: Message) -> None:
        self.shown[number] = message
        for button in message.buttons:
            if button.action == ACTION:
                self._chat.polls[parse(button.state)[0]] = number


@dataclass
class MonthTurn(FakeTurn):
    """A request whose public answer is a message of the chat."""

    chat: Chat = field(kw_only=True)

    async def respond(self, message: Message) -> MessageRef | None:
        """Answer."""
        await super().respond(message)
        if message.private or self.channel_id is None:
            return None
        ref = MessageRef(self.channel_id, 0, self.community_id)
        number = await self.platform.send(ref, message)
        if not any(button.action == ACTION for button in message.buttons):
            self.chat.answers.append(number)
        return replace(ref, message_id=number)

    async def edit_source(self, message: Message) -> None:
        """Replace the message of a button, which may be a private one."""
        if message.private or self.source is None:
            self.answers.append(message)
        else:
            await super().edit_source(message)


class Namer(FakeWriter):
    """Writes names that it has never written before."""

    def __init__(self) -> None:
        super().__init__()
        self._words, self._numbers = WordFilter(), itertools.count()

    async def names(
        self, request: NamesRequest, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> NamesResult:
        """Names of syllables, one for each digit of a number."""
        names = (
            "".join(SYLLABLES[int(digit)] for digit in f"{number:05}") + "saurus"
            for number in self._numbers
        )
        self.names_found = tuple(itertools.islice(filter(self._words.allows, names), request.count))
        return await super().names(request, trained, caller)


class _Fleet(Fleet):
    """Other processes share the database."""

    is_shared = True


class _Database(KillableDatabase):
    """A database that knows its connections, which a kill cuts."""

    def __init__(self, url: URL, process: "Process") -> None:
        super().__init__(url, process.point)
        self._process = process
        self.connections: list[Any] = []
        event.listen(self._engine.sync_engine, "connect", self._opened)

    def _opened(self, connection: Any, _record: object) -> None:  # noqa: ANN401 (of a driver)
        if self._process.is_dead:
            raise ConnectionError
        self.connections.append(connection)
        if self.is_sqlite:  # a kill is no power cut
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.close()


class Process:
    """The bot. When it is killed, nothing of it does anything more, and nothing is closed."""

    def __init__(self, chat: Chat, world: World, url: URL, *, is_shared: bool) -> None:
        self.chat = chat
        self.is_dead = False
        self.fuse: int | None = None
        """Number of moments until the process is killed."""
        self.database = _Database(url, self)
        self.view = View(chat, self)
        fleet = _Fleet() if is_shared else None
        self.app = world.app_with(world.settings, Store(self.database), fleet)
        self.jobs = Jobs(self.app, self.view)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def point(self) -> None:
        """A moment at which the process can be killed. Raises `CancelledError` when it is."""
        if self.fuse is not None and not self.is_dead:
            self.fuse -= 1
            if self.fuse < 0:
                self.kill()
        if self.is_dead:
            raise asyncio.CancelledError

    def kill(self) -> None:
        """Cut all connections, and let every task end at its next moment."""
        self.is_dead = True
        for connection in self.database.connections:
            if self.database.is_sqlite and (made := connection.driver_connection._connection):
                # A closed connection keeps its transaction as long as a statement of it exists.
                rollback = asyncio.get_running_loop().create_future(), made.rollback
                connection.driver_connection._tx.put_nowait(rollback)
            connection.terminate()
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    async def run(self, *works: Coroutine[Any, Any, Any]) -> None:
        """Run some requests or jobs side by side, until the process is killed."""
        self._tasks = {asyncio.create_task(work) for work in works}
        pending = self._tasks
        while pending and not self.is_dead:
            _done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if pending:
            await asyncio.wait(pending, timeout=STOPPED_S)
        if self.is_dead:
            await asyncio.sleep(0.1)  # the server may be committing what it was sent last
            return
        for task in self._tasks:
            task.result()

    async def stop(self) -> None:
        """Stop as after SIGTERM."""

        async def nothing() -> None:
            pass

        await stopping.finish(self.app)
        await stopping.close(self.app, [stopping.Front(self.jobs, nothing)])

    async def work(self, *, sweeps: bool) -> None:
        """One round of the background jobs."""
        await self.jobs.polls.close_due_polls()
        await self.jobs.dailies.post_due()
        await self.jobs.outbox.deliver_due()
        await self.jobs.answers.close_left()
        if sweeps:
            await self.jobs.communities.sweep()

    async def command(self, community: int, member: int, typed: str, /, **options: object) -> None:
        """Let a member use a command."""
        command, turn = REGISTRY.by_name[typed], self._turn(community, member)
        await dispatch.run(self.app, turn, command.answer, command.build(**options), name=typed)

    async def press(
        self, community: int, member: int, button: Button, number: int | None = None
    ) -> None:
        """Let a member press a button of a message, or of a private one."""
        turn = self._turn(community, member)
        if number is not None:
            ref = self.chat.places[number]
            turn.source, turn.channel_id = Source(ref), ref.channel_id
        await dispatch.press(self.app, turn, button.action, button.state)

    def _turn(self, community: int, member: int) -> MonthTurn:
        user = ADA if member == ADA.id else replace(ADA, id=member, display_name=f"M{member}")
        if member != ADA.id:
            user = replace(user, is_moderator=False, is_manager=False, is_administrator=False)
        channel = general(community)
        at = self.chat.now
        return MonthTurn(self.view, user, community, channel, created_at=at, chat=self.chat)


def general(community: int) -> int:
    """The channel in which members of a community ask."""
    return community * 10 + 1
