"""A chat platform without a chat: turns and messages that a test can look into."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import discord

from bot.chat.app import App
from bot.chat.commands import Answer, Pressed
from bot.chat.message import Button, Form, Message
from bot.chat.received import stored_number
from bot.chat.translation import ENGLISH, Language
from bot.chat.turn import AnswerRef, CommunityInfo, Gone, MessageRef, OnPending, Source, Terms, User
from bot.platforms.discord.platform import LIMITS
from bot.store.people import Person
from bot.text.spans import Span, link, plain
from bot.text.technical import TechnicalText, technical
from tests.texts import written

COMMUNITY, CHANNEL = 1, 5
ADA = User(7, "ada", is_moderator=True, is_manager=True, is_administrator=True)
BOB = User(8, "bob")


@dataclass
class FakePlatform:
    """Keeps the messages of the bot, by number."""

    shown: dict[int, Message] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    """Every state of every message."""
    operators: set[int] = field(default_factory=set)
    closed: list[tuple[AnswerRef, Message]] = field(default_factory=list)
    name = "fake"
    limits = LIMITS
    terms = Terms(
        platform=written("Fake"),
        community=written("club"),
        communities=written("clubs"),
        reload=written("reload"),
    )
    communities: tuple[int, ...] = (COMMUNITY,)
    sees_all_communities = True
    shard_latencies: dict[int, float | None] = field(default_factory=dict)
    whole_answer_s = 0.0
    is_connected = True
    is_reachable = True
    latency: float | None = 0.05
    spares_requests: bool = False
    new: dict[int, Sequence[int]] = field(default_factory=dict)
    """Communities that have added the bot at `joined_at`, with their channels."""
    joined_at: datetime = field(default_factory=discord.utils.utcnow)
    nonces: dict[int, int] = field(default_factory=dict)
    """Messages by their nonces, which it knows until a test forgets them."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100))

    def serves_community(self, community_id: int) -> bool:
        return True

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        if nonce is not None and nonce in self.nonces:
            return self.nonces[nonce]
        number = next(self._numbers)
        if nonce is not None:
            self.nonces[nonce] = number
        self._show(number, message)
        return number

    async def edit(self, ref: MessageRef, message: Message) -> None:
        if ref.message_id not in self.shown:
            raise Gone("unknown message")
        self._show(ref.message_id, message)

    async def may_leave_pictures(self, ref: MessageRef, started_at: datetime) -> bool:
        return False

    async def close_answer(self, ref: AnswerRef, message: Message) -> None:
        self.closed.append((ref, message))

    async def language_of(self, community_id: int | None) -> Language:
        return ENGLISH

    async def link(self, ref: MessageRef) -> TechnicalText:
        return technical(f"fake://{ref.channel_id}/{ref.message_id}")

    async def find(self, address: str) -> MessageRef | None:
        channel, _slash, message = address.removeprefix("fake://").partition("/")
        return MessageRef(int(channel), int(message), COMMUNITY) if message.isdecimal() else None

    def mention(self, person: Person) -> Span:
        return link(technical(f"@{person.id}"))

    def mention_channel(self, channel_id: int) -> Span:
        return link(technical(f"#{channel_id}"))

    async def is_in_community(self, ref: MessageRef) -> bool:
        return ref.community_id in self.communities

    async def is_operator(self, user_id: int) -> bool:
        return user_id in self.operators

    async def community_of(self, typed: str) -> int | None:
        return stored_number(typed)

    async def shown_id(self, number: int) -> TechnicalText:
        return technical(str(number))

    def describe(self, community_id: int) -> CommunityInfo | None:
        known = community_id in self.communities
        return CommunityInfo(community_id, f"Club {community_id}", 3) if known else None

    def newcomers(self, since: datetime) -> dict[int, Sequence[int]]:
        return self.new if since < self.joined_at else {}

    async def leave(self, community_id: int) -> None:
        self.communities = tuple(c for c in self.communities if c != community_id)

    @property
    def titles(self) -> list[str]:
        """The titles of the messages as they are now."""
        return [message.embeds[0].title for message in self.shown.values()]

    def _show(self, number: int, message: Message) -> None:
        self.shown[number] = message
        self.history.append(message)


@dataclass
class FakeTurn:
    """A request of a member, and its answers."""

    platform: FakePlatform
    user: User = ADA
    community_id: int | None = COMMUNITY
    channel_id: int | None = CHANNEL
    sees_channel: bool = True
    attaches_files: bool = True
    can_admit_bot: bool = True
    created_at: datetime = field(default_factory=discord.utils.utcnow)
    source: Source | None = None
    answers: list[Message] = field(default_factory=list)
    edits_answers: bool = True
    unanswered: AnswerRef | None = None
    private_answer: AnswerRef | None = None
    on_pending: OnPending | None = None
    asked: Form | None = None

    async def language(self, *, private: bool = False) -> Language:
        return ENGLISH

    def moderates(self, channel_id: int) -> bool:
        return self.user.is_moderator

    async def defer(self, *, private: bool = False, retry: Button | None = None) -> None:
        """Nothing to show, but to be recorded."""
        if self.on_pending is not None:
            await self.on_pending(AnswerRef(self.channel_id, None, "a token"), retry)

    async def acknowledge(self) -> None:
        """Nothing to show."""

    async def ask(self, form: Form) -> None:
        self.asked = form

    async def respond(self, message: Message) -> MessageRef | None:
        self.answers.append(message)
        return None

    async def edit(self, message: Message) -> None:
        self.answers[-1:] = [message]

    async def show_waiting(self, message: Message) -> None:
        await self.edit(message)

    async def edit_source(self, message: Message) -> None:
        assert self.source is not None
        await self.platform.edit(self.source.ref, message)

    async def announce(self, message: Message) -> MessageRef:
        ref = MessageRef(CHANNEL, 0, self.community_id)
        return replace(ref, message_id=await self.platform.send(ref, message))

    @property
    def sentence(self) -> str:
        """The text of the last answer."""
        return plain(self.answers[-1].content)


def lines_of(message: Message) -> str:
    """The lines of a message's embed."""
    return "\n".join(map(plain, message.embeds[0].lines))


def press_on(turn: FakeTurn, number: int) -> FakeTurn:
    """A turn for a button under a message."""
    return replace(turn, source=Source(MessageRef(CHANNEL, number, turn.community_id)), answers=[])


def with_buttons(app: App, **answers: Answer[str]) -> App:
    """The services, whose only buttons are these."""
    buttons = {action: Pressed(answer) for action, answer in answers.items()}
    app.registry = replace(app.registry, buttons=buttons)
    return app
