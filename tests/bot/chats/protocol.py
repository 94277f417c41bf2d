"""A chat platform with the bot on it, as tests of commands see it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from bot.chat.app import App
from bot.chat.commands import Choice
from bot.chat.message import Message
from bot.chat.turn import MessageRef, Platform, Terms
from bot.features.jobs import Jobs
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.slack.client import SlackBot
from tests.bot.fakes import FakeWriter
from tests.bot.world import World


@dataclass(frozen=True)
class ShownFile:
    """A file below a message."""

    name: str
    description: str
    read: Callable[[], Awaitable[bytes]] = field(repr=False)


@dataclass(frozen=True)
class Card:
    """A framed part of a message: what commands call an embed."""

    title: str = ""
    body: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    footer: str = ""


@dataclass(frozen=True)
class Shown:
    """A message as members read it, without the marks of the platform's markup.

    Times are written as [2026-01-01 00:10], whatever the platform makes of them.
    """

    text: str = ""
    cards: tuple[Card, ...] = ()
    buttons: tuple[str, ...] = ()
    files: tuple[ShownFile, ...] = ()
    is_private: bool = False
    """Whether only one member sees it."""
    source: object = field(default=None, repr=False, compare=False)
    """What the platform's stand-in calls it."""

    @property
    def card(self) -> Card:
        """Its only card."""
        (only,) = self.cards
        return only

    @property
    def title(self) -> str:
        return self.card.title

    @property
    def body(self) -> str:
        return self.card.body

    @property
    def lines(self) -> list[str]:
        return self.card.body.split("\n")

    @property
    def words(self) -> str:
        """All that it says, line by line."""
        said = [self.text]
        for card in self.cards:
            fields = [f"{name}: {value}" for name, value in card.fields.items()]
            said += [card.title, card.body, *fields, card.footer]
        return "\n".join(filter(None, said))


@dataclass(frozen=True)
class Answer(Shown):
    """The answer to a member: the first message, or the one that was changed."""

    others: tuple[Shown, ...] = ()
    """What else the member was told, in the order in which it came."""

    @classmethod
    def of(cls, messages: Sequence[Shown], files: tuple[ShownFile, ...]) -> "Answer":
        """What a member sees: some messages, which may be none, with `files` of all of them."""
        first, *others = messages or [Shown()]
        same = {name: getattr(first, name) for name in ("text", "cards", "buttons", "is_private")}
        return cls(**same, files=files, source=first.source, others=tuple(others))


@dataclass(frozen=True)
class Place:
    """A channel."""

    id: int
    """As commands know it."""
    name: str
    source: object = field(repr=False, compare=False)


class Actor(Protocol):
    """A member, and what they can do."""

    chat: Any
    """A `Chat`."""
    member: Any
    """What the platform's stand-in calls them."""
    id: int
    """As commands know them."""

    @property
    def name(self) -> str:
        return str(self.member.name)

    async def use(self, command: str, /, **options: object) -> Answer:
        """Use a command ("namer list") in the first channel.

        Values are those of the command; a person is an `Actor`, a channel a `Place`, and a file a
        pair of its name and its content.
        """
        return await self.use_in(self.chat.channel, command, **options)

    async def use_in(self, place: Place, command: str, /, **options: object) -> Answer:
        """The same in a channel."""

    async def is_refused(self, command: str, /, **options: object) -> bool:
        """Whether a value is out of bounds for the platform, or for the bot before anything else.

        Discord sends no such command, and Slack leaves it to the bot.
        """

    async def use_directly(self, command: str, /, **options: object) -> Answer:
        """The same in the direct messages with the bot."""

    async def open_menu(self, label: str, message: Shown) -> Answer:
        """Use a command in the menu of a message."""

    async def press(self, message: Shown, label: str) -> Answer:
        """Press a button. Raises if there is none with this label."""

    async def choose(self, message: Shown, menu: str, value: "str | Place") -> Answer:
        """Choose a value in the menu of a message that begins with `menu`."""

    async def fill(self, message: Shown, label: str, typed: str) -> Answer:
        """Press a button that opens a form, and submit a text."""

    async def suggestions(
        self, command: str, option: str, typed: str = "", **others: object
    ) -> Sequence[Choice]:
        """What is suggested for an option while something is typed, beside other options."""


class Chat(Protocol):
    """A community on one platform, with a channel, a member, and the bot."""

    world: World
    channel: Place
    name: str
    """`discord` or `slack`."""
    alice: Actor
    """A member without any right."""
    bot: Mangosaurus | SlackBot

    @property
    def app(self) -> App:
        return self.bot.app

    @property
    def writer(self) -> FakeWriter:
        return self.world.writer

    @property
    def platform(self) -> Platform:
        return self.bot.platform

    @property
    def terms(self) -> Terms:
        """The platform's words."""
        return self.platform.terms

    @property
    def jobs(self) -> Jobs:
        return cast("Jobs", self.bot.jobs)

    @property
    def community_id(self) -> int: ...

    @property
    def community(self) -> str:
        """Its name."""

    def now(self) -> datetime: ...

    async def add_member(self, name: str) -> Actor:
        """Somebody without any right."""

    async def add_bot(self, name: str) -> Actor:
        """Another bot."""

    async def add_moderator(self) -> Actor:
        """The least who may moderate."""

    async def add_manager(self) -> Actor:
        """The least who may change settings."""

    async def add_administrator(self) -> Actor: ...

    async def add_operator(self) -> Actor:
        """The owner of the bot, as the platform tells."""

    async def add_channel(self, name: str) -> Place: ...

    def history(self, place: Place | None = None) -> list[Shown]:
        """The messages that everybody sees in a channel, oldest first."""

    async def say(self, who: Actor, words: str) -> Shown:
        """An ordinary message of a member."""

    async def let_everyone_use(self, command: str) -> None:
        """Show a command to everybody, as communities can; it checks the rights itself."""

    async def show(self, message: Message) -> Shown:
        """Let the bot send any message to the channel."""
        await self.platform.send(MessageRef(self.channel.id, 0, self.community_id), message)
        return self.history()[-1]

    async def link(self, message: Shown) -> str:
        """The address of a message, as members copy it."""

    def files(self) -> list[ShownFile]:
        """All that the bot has shown in the channel."""
        return [file for message in self.history() for file in message.files]

    def versions(self, message: Shown) -> list[Shown]:
        """All that an answer looked like, from the first version on."""

    def action_of(self, message: Shown, label: str) -> str:
        """The action and state of a button."""

    def notified(self) -> list[str]:
        """Whom the messages of the bot have notified."""

    def delete(self, message: Shown) -> None:
        """A moderator deletes a message."""

    def rewrite_button(self, message: Shown, label: str, action: str) -> None:
        """Give a button the action and state (`names:5`) that an older version gave it."""

    async def settle(self) -> None:
        """Wait until the bot has nothing left to do at this time."""

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, with all that the bot does meanwhile."""

    async def restart_as_no_home(self) -> None:
        """Start again, with settings in which the community is no home."""

    async def restart(self, **changes: object) -> None:
        """End the process and start a new one, with some settings changed."""
