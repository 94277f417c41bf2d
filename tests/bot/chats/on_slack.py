"""Slack: the bot in a simulated workspace without sockets, as a `Chat`."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.chat.commands import Choice, Command, Kind, Menu
from bot.platforms.slack.names import MENU, SHORTCUT
from bot.platforms.slack.views import modals
from bot.platforms.slack.views.rendering import decoded, encoded
from simulators.slack.blocks import elements
from simulators.slack.records import Interaction, Message, View
from simulators.slack.server import LocalSlack
from simulators.slack.workspace import Channel, Member
from tests.bot.chats.protocol import Actor, Answer, Chat, Place, Shown
from tests.bot.chats.slack_reading import Reader, label_of, shown_file
from tests.bot.chats.slack_transport import BASE_URL, MemoryBot, MemorySession
from tests.bot.chats.still_time import StillTime
from tests.bot.platforms.slack.commands import as_typed
from tests.bot.world import World

IN_FORM = {Kind.FILE, Kind.PERSON, Kind.CHANNEL}
"""Options that cannot be typed in a line."""


@dataclass
class SlackActor(Actor):
    """A member of the workspace."""

    chat: "SlackChat"
    member: Member
    id: int

    async def use_in(self, place: Place, command: str, /, **options: object) -> Answer:
        channel = _channel(place)
        before = self.chat.snapshot()
        await self.ask(command, options, channel)
        return self.chat.answer(self.member, before)

    async def is_refused(self, command: str, /, **options: object) -> bool:
        answer = await self.use(command, **options)
        return answer.is_private and bool(answer.text) and not answer.cards

    async def use_directly(self, command: str, /, **options: object) -> Answer:
        direct = Place(0, "direct", self.chat.slack.workspace.direct(self.member))
        return await self.use_in(direct, command, **options)

    async def ask(
        self, command: str, options: Mapping[str, object], channel: Channel
    ) -> Interaction:
        """Type a command, or fill in its form if that is the only way."""
        chat = self.chat
        declaration = chat.declaration(command)
        kinds = {option.name: option.kind for option in declaration.options}
        given = {name: value for name, value in options.items() if kinds[name] not in IN_FORM}
        line = as_typed(declaration, given, chat.bot.platform.commands)  # type: ignore[arg-type]
        if given == options:
            asked = chat.type(self.member, line, channel)
            await chat.settle()
            return asked
        opened = await self._ask_for_form(command, channel)
        if opened.view is None:  # it is refused
            return opened
        filled = {name: self._filled(value) for name, value in options.items()}
        asked = chat.slack.submit(self.member, opened.view, filled)
        await chat.settle()
        assert not asked.errors, asked.errors
        return asked

    async def open_form(self, command: str) -> View:
        """The form of a command."""
        opened = await self._ask_for_form(command)
        assert opened.view is not None, "no form was opened"
        return opened.view

    async def _ask_for_form(self, command: str, channel: Channel | None = None) -> Interaction:
        slash = self.chat.bot.platform.commands.slash(command)
        opened = self.chat.type(self.member, f"{slash} ?", channel)
        await self.chat.settle()
        return opened

    async def press(self, message: Shown, label: str) -> Answer:
        before = self.chat.snapshot()
        source = _source(message)
        self.chat.slack.press(self.member, source, _button(message, label)["action_id"])
        await self.chat.settle()
        return self.chat.answer(self.member, before, source)

    async def choose(self, message: Shown, menu: str, value: str | Place) -> Answer:
        before, source = self.chat.snapshot(), _source(message)
        (action,) = (
            element["action_id"]
            for _block, element in elements(source.blocks)
            if element.get("placeholder", {}).get("text", "").startswith(menu)
        )
        self.chat.slack.press(self.member, source, action, self._filled(value))
        await self.chat.settle()
        return self.chat.answer(self.member, before, source)

    async def fill(self, message: Shown, label: str, typed: str) -> Answer:
        before, source = self.chat.snapshot(), _source(message)
        opened = self.chat.slack.press(self.member, source, _button(message, label)["action_id"])
        await self.chat.settle()
        assert opened.view is not None, "no form was opened"
        asked = self.chat.slack.submit(self.member, opened.view, {modals.TEXT: typed})
        await self.chat.settle()
        assert not asked.errors, asked.errors
        return self.chat.answer(self.member, before, source)

    async def suggestions(
        self, command: str, option: str, typed: str = "", **others: object
    ) -> Sequence[Choice]:
        form = await self.open_form(command)
        for name, value in others.items():
            self.chat.slack.press(self.member, form, name, value)
            await self.chat.settle()
        self.chat.slack.state.suggest(self.member, form, option, typed)
        await self.chat.settle()
        self.chat.slack.close_view(self.member, form)
        return self.chat.offered

    async def open_menu(self, label: str, message: Shown) -> Answer:
        chat = self.chat
        before = chat.snapshot()
        chat.slack.shortcut(self.member, chat.menu(label), _source(message))
        await chat.settle()
        return chat.answer(self.member, before)

    def _filled(self, value: object) -> object:
        match value:
            case (str() as name, bytes() as content):
                return self.chat.slack.upload(self.member, name, content)
            case SlackActor(member=member):
                return member.id
            case Place(source=Channel() as channel):
                return channel.id
            case bool():
                return "yes" if value else "no"
            case _:
                return value


@dataclass
class SlackChat(Chat):
    """A workspace."""

    world: World
    time: StillTime
    slack: LocalSlack
    session: MemorySession
    bot: MemoryBot
    name: str = field(default="slack", init=False)
    channel: Place = field(init=False)
    alice: SlackActor = field(init=False)
    is_home: bool = True
    """Whether its administrators may train; from the next start on."""
    offered: Sequence[Choice] = ()
    """The last suggestions, without what was typed: a select of Slack needs that among them."""
    states: list[Message] = field(default_factory=list)
    """A copy of each message of the bot as it was sent, and after each edit."""

    @property
    def community_id(self) -> int:
        assert self.bot.platform.community_id is not None
        return self.bot.platform.community_id

    @classmethod
    async def started(cls, world: World, time: StillTime) -> "SlackChat":
        slack = LocalSlack(port=0, clock=lambda: time.now().timestamp(), rate_limited=False)
        slack.move_to(BASE_URL)
        slack.state.messages.processing = 0  # no time passes while an answer waits
        session = MemorySession(slack)
        world.now = time.now
        bot = MemoryBot(slack, session, app=world.make_app(), is_home=True)
        chat = cls(world, time, slack, session, bot)
        slack.state.messages.listeners.append(lambda message: chat.states.append(copy(message)))
        await chat.bot.start()
        await time.settle()
        chat.channel = await chat._place(slack.channel)
        chat.alice = await chat.add_member("alice")
        return chat

    async def close(self) -> None:
        """Stop the bot. Raises what its handlers have raised, and what Slack would warn of."""
        await self.bot.close()
        await self.app.inference.close()
        for error in self.bot.memory.errors:
            raise error
        assert self.slack.warnings == []

    @property
    def community(self) -> str:
        return self.slack.workspace.name

    def now(self) -> datetime:
        return self.time.now()

    async def add_member(
        self, name: str, *, is_admin: bool = False, is_owner: bool = False
    ) -> SlackActor:
        member = self.slack.workspace.add_member(name, is_admin=is_admin, is_owner=is_owner)
        platform = self.bot.platform
        return SlackActor(self, member, await platform.identities.user(platform.team, member.id))

    async def add_bot(self, name: str) -> SlackActor:
        made = await self.add_member(name)
        member = replace(made.member, is_bot=True)
        self.slack.workspace.members[member.id] = member
        return SlackActor(self, member, made.id)

    async def add_moderator(self) -> SlackActor:
        return await self.add_member("mo", is_admin=True)

    async def add_manager(self) -> SlackActor:
        return await self.add_member("max", is_admin=True)

    async def add_administrator(self) -> SlackActor:
        return await self.add_member("ada", is_admin=True)

    async def add_operator(self) -> SlackActor:
        return await self.add_member("olivia", is_owner=True)

    async def add_channel(self, name: str) -> Place:
        return await self._place(self.slack.workspace.add_channel(name))

    def history(self, place: Place | None = None) -> list[Shown]:
        channel = _channel(place or self.channel)
        return [
            self.shown(message)
            for message in self.slack.messages
            if message.channel is channel and not message.is_ephemeral and message.author.is_bot
        ]

    async def say(self, who: Actor, words: str) -> Shown:
        assert isinstance(who, SlackActor)
        return self.shown(self.slack.say(who.member, words))

    async def let_everyone_use(self, command: str) -> None:
        """Everybody sees all commands on Slack."""

    async def link(self, message: Shown) -> str:
        source = _source(message)
        place = {"channel": source.channel.id, "message_ts": source.ts}
        return str((await self.bot.api._ask("chat.getPermalink", **place))["permalink"])

    def versions(self, message: Shown) -> list[Shown]:
        return [self.shown(each) for each in self.states if each.ts == _source(message).ts]

    def action_of(self, message: Shown, label: str) -> str:
        return decoded(_button(message, label)["value"])

    def notified(self) -> list[str]:
        # Ephemeral messages notify nobody.
        shown = [message for message in self.states if message.only_for is None]
        return [name for message in shown for name in message.mentions]

    def delete(self, message: Shown) -> None:
        self.slack.state.messages.remove(_source(message))

    def rewrite_button(self, message: Shown, label: str, action: str) -> None:
        _button(message, label)["value"] = encoded(action)

    async def settle(self) -> None:
        await self.time.settle()

    async def pass_time(self, seconds: float) -> None:
        await self.time.advance(seconds)

    async def restart_as_no_home(self) -> None:
        self.is_home = False
        await self.restart()

    async def restart(self, **changes: object) -> None:
        await self.close()
        app = self.world.make_app(**changes)
        self.bot = MemoryBot(self.slack, self.session, app=app, is_home=self.is_home)
        await self.bot.start()
        await self.settle()

    def declaration(self, name: str) -> Command:
        """A command, by its full name."""
        command = self.bot.requests.registry.by_name.get(name)
        assert command is not None, name
        return command

    def menu(self, label: str) -> str:
        """What Slack calls a command in the menu of a message."""
        if label == "Write a sonnet from this":
            return SHORTCUT
        menus = [
            str(each.label)
            for each in self.bot.requests.registry.commands
            if isinstance(each, Menu)
        ]
        return f"{MENU}{menus.index(label)}"

    def type(self, member: Member, line: str, channel: Channel | None = None) -> Interaction:
        """A line in the composer."""
        command, _space, text = line.partition(" ")
        return self.slack.command(member, command, text, channel)

    def snapshot(self) -> dict[str, int]:
        """How often each message was edited so far."""
        return {message.ts: len(message.edits) for message in self.slack.messages}

    def answer(
        self, member: Member, before: Mapping[str, int], source: Message | None = None
    ) -> Answer:
        """What a member sees that was not there `before`: first the pressed message, if changed."""
        direct = self.slack.workspace.direct(member)
        visible = [
            message
            for message in self.slack.messages
            if message.author.is_bot
            and message.only_for in (None, member)
            and (message.channel.direct_with is None or message.channel is direct)
            and before.get(message.ts) != len(message.edits)
        ]
        visible.sort(
            key=lambda each: (each is not source, each.ts in before, not each.is_ephemeral)
        )
        sent = [file for each in visible if not each.blocks for file in each.files]
        sent += [file for each in visible for file in each.pictures]
        files = [file for file in sent if not file.is_deleted]
        shown = [self.shown(message) for message in visible if message.blocks]
        return Answer.of(shown, tuple(map(shown_file, files)))

    def shown(self, message: Message) -> Shown:
        """A message as members read it."""
        return Reader(self.slack.workspace).shown(message)

    async def _place(self, channel: Channel) -> Place:
        platform = self.bot.platform
        number = await platform.identities.channel(platform.team, channel.id)
        return Place(number, channel.name, channel)


def _source(message: Shown) -> Message:
    assert isinstance(message.source, Message)
    return message.source


def _button(message: Shown, label: str) -> dict[str, Any]:
    (found,) = (each for each in _source(message).buttons if label_of(each) == label)
    return found


def _channel(place: Place) -> Channel:
    assert isinstance(place.source, Channel)
    return place.source
