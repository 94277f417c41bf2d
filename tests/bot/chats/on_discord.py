"""Discord: the bot on a Discord in memory, as a `Chat`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import discord
import simcord

from bot.chat.app import App
from bot.chat.commands import Choice
from bot.chat.message import Message
from bot.chat.turn import MessageRef, Platform, Terms
from bot.features.jobs import Jobs
from tests.bot.chats.protocol import Actor, Answer, Card, Place, Shown, ShownFile
from tests.bot.fakes import FakeWriter
from tests.bot.world import World

if TYPE_CHECKING:
    from tests.bot.conftest import Home

_MARKUP = re.compile(
    r"\\(?P<escaped>.)|`(?P<code>[^`\n]*)`|<t:(?P<time>\d+):[fR]>|<@!?(?P<user>\d+)>"
    r"|<#(?P<channel>\d+)>|\*+",
    re.DOTALL,
)


@dataclass
class DiscordActor:
    """A member of the server."""

    chat: "DiscordChat"
    member: simcord.MemberActor

    @property
    def id(self) -> int:
        return self.member.id

    @property
    def name(self) -> str:
        return self.member.name

    async def use(self, command: str, /, **options: object) -> Answer:
        return await self.use_in(self.chat.channel, command, **options)

    async def use_in(self, place: Place, command: str, /, **options: object) -> Answer:
        channel = place.source
        assert isinstance(channel, simcord.ChannelHandle)
        given = {name: self._given(value) for name, value in options.items()}
        return self.chat.answer(await self.member.slash(channel, command, **given))

    async def is_refused(self, command: str, /, **options: object) -> bool:
        try:
            await self.use(command, **options)
        except simcord.OptionError:
            return True
        return False

    async def use_directly(self, command: str, /, **options: object) -> Answer:
        given = {
            name: value.member.user if isinstance(value, DiscordActor) else self._given(value)
            for name, value in options.items()
        }
        return self.chat.answer(await self.member.user.slash(command, **given))

    async def press(self, message: Shown, label: str) -> Answer:
        source = message.source
        assert isinstance(source, (discord.Message, simcord.ResponseMessage))
        channel = (
            source.channel_id if isinstance(source, simcord.ResponseMessage) else source.channel.id
        )
        is_direct = self.chat.home.bot.get_channel(channel) is None
        presser = self.member.user if is_direct else self.member
        answer = self.chat.answer(await presser.click(source, label=label))
        await self.chat.settle()
        return answer

    async def suggestions(
        self, command: str, option: str, typed: str = "", **others: str
    ) -> Sequence[Choice]:
        channel = self.chat.home.channel
        found = await self.member.autocomplete(channel, command, option, typed, **others)
        return [Choice(each["name"], each["value"]) for each in found]

    async def open_menu(self, label: str, message: Shown) -> Answer:
        assert isinstance(message.source, (discord.Message, simcord.ResponseMessage))
        return self.chat.answer(
            await self.member.context_menu(self.chat.home.channel, label, message.source)
        )

    def _given(self, value: object) -> object:
        match value:
            case DiscordActor(member=member):
                return member
            case Place(source=source):
                return source
            case _:
                return value


class DiscordChat:
    """A server."""

    name = "discord"

    def __init__(self, home: "Home") -> None:
        self.home = home
        self.world: World = home.world
        self.channel = self._place(home.channel, "fossils")
        self.alice = DiscordActor(self, home.alice)

    @property
    def app(self) -> App:
        return self.home.app

    @property
    def writer(self) -> FakeWriter:
        return self.home.writer

    @property
    def community_id(self) -> int:
        return self.home.guild.id

    @property
    def community(self) -> str:
        return self.home.guild.name

    @property
    def terms(self) -> Terms:
        return self.home.bot.platform.terms

    @property
    def platform(self) -> Platform:
        return self.home.bot.platform

    @property
    def jobs(self) -> Jobs:
        return self.home.bot.jobs

    def now(self) -> datetime:
        return self.home.env.now()

    async def add_member(self, name: str) -> DiscordActor:
        is_plain = re.fullmatch(r"[a-z0-9_. ]+", name) is not None
        user = self.home.env.create_user(
            name if is_plain else "mallory", global_name=None if is_plain else name
        )
        return DiscordActor(self, self.home.guild.add_member(user))

    async def add_bot(self, name: str) -> DiscordActor:
        user = self.home.env.create_user(name, bot=True)
        return DiscordActor(self, self.home.guild.add_member(user))

    async def add_moderator(self) -> DiscordActor:
        return DiscordActor(self, self.home.moderator())

    async def add_manager(self) -> DiscordActor:
        return DiscordActor(self, self.home.member_with("max", manage_guild=True))

    async def add_administrator(self) -> DiscordActor:
        return DiscordActor(self, self.home.administrator())

    async def add_operator(self) -> DiscordActor:
        owner = await self.add_member("olivia")
        self.home.bot.owner_id = owner.id
        return owner

    async def add_channel(self, name: str) -> Place:
        return self._place(self.home.guild.create_text_channel(name), name)

    def history(self, place: Place | None = None) -> list[Shown]:
        channel = (place or self.channel).source
        assert isinstance(channel, simcord.ChannelHandle)
        return [self.shown(message) for message in channel.history() if message.author.bot]

    async def say(self, who: Actor, words: str) -> Shown:
        assert isinstance(who, DiscordActor)
        return self.shown(await who.member.send(self.home.channel, words))

    async def let_everyone_use(self, command: str) -> None:
        name = command.partition(" ")[0]
        guild = self.home.guild
        for each in await self.home.bot.tree.fetch_commands():
            if each.name == name:
                guild.set_command_permissions(each.id, {guild.default_role: True})

    async def show(self, message: Message) -> Shown:
        await self.platform.send(MessageRef(self.channel.id, 0, self.community_id), message)
        return self.history()[-1]

    async def link(self, message: Shown) -> str:
        assert isinstance(message.source, discord.Message)
        return message.source.jump_url

    def files(self) -> list[ShownFile]:
        return [file for message in self.history() for file in message.files]

    def versions(self, message: Shown) -> list[Shown]:
        edits = [each.json for each in self.home.env.http_requests if each.method == "PATCH"]
        return [self._sent(edit) for edit in edits if edit]

    def _sent(self, edit: Mapping[str, Any]) -> Shown:
        rows = edit["components"] or ()
        return Shown(
            self._plain(edit.get("content") or ""),
            tuple(self._card(discord.Embed.from_dict(each)) for each in edit["embeds"]),
            tuple(each["label"] for row in rows for each in row["components"]),
        )

    def action_of(self, message: Shown, label: str) -> str:
        (found,) = (
            button["custom_id"]
            for row in self.stored(message).components
            for button in row["components"]
            if button["label"] == label
        )
        return str(found)

    def notified(self) -> list[str]:
        messages = self.home.channel.history()
        everyone = ["everyone" for message in messages if message.mention_everyone]
        named = [
            each for message in messages for each in (*message.mentions, *message.role_mentions)
        ]
        return everyone + [each.name for each in named]

    def stored(self, message: Shown) -> Any:  # noqa: ANN401 (the simulator's own record)
        """A message as the simulator has it, for changing it."""
        assert isinstance(message.source, (discord.Message, simcord.ResponseMessage))
        return self.home.env.backend.get_message(self.home.channel.id, message.source.id)

    def delete(self, message: Shown) -> None:
        assert isinstance(message.source, (discord.Message, simcord.ResponseMessage))
        self.home.env.backend.delete_message(self.home.channel.id, message.source.id)

    def rewrite_button(self, message: Shown, label: str, action: str) -> None:
        assert isinstance(message.source, (discord.Message, simcord.ResponseMessage))
        self.home.rewrite_button(message.source.id, label, action)

    async def settle(self) -> None:
        await self.home.env.settle()

    async def pass_time(self, seconds: float) -> None:
        await self.home.pass_time(seconds)

    async def restart_as_no_home(self) -> None:
        await self.restart(home_guilds=frozenset())

    async def restart(self, **changes: object) -> None:
        await self.home.restart(**changes)

    def answer(self, result: simcord.InteractionResult) -> Answer:
        """What a member sees after a command or a pressed button."""
        replies = [*([result.response] if result.response else []), *result.followups]
        first, *others = [self.shown(each.message, each) for each in replies] or [Shown()]
        return Answer(
            first.text,
            first.cards,
            first.buttons,
            tuple(file for each in (first, *others) for file in each.files),
            first.is_private,
            first.source,
            tuple(others),
        )

    def shown(self, message: discord.Message, source: object = None) -> Shown:
        """A message as members read it."""
        items = [item for row in message.components for item in getattr(row, "children", ())]
        return Shown(
            self._plain(message.content),
            tuple(map(self._card, message.embeds)),
            tuple(item.label or "" for item in items if isinstance(item, discord.Button)),
            tuple(
                ShownFile(file.filename, file.description or "", file.read)
                for file in message.attachments
            ),
            message.flags.ephemeral,
            source or message,
        )

    def _card(self, embed: discord.Embed) -> Card:
        fields = {str(each.name): self._plain(each.value or "") for each in embed.fields}
        title, body = self._plain(embed.title or ""), self._plain(embed.description or "")
        return Card(title, body, fields, embed.footer.text or "")

    def _plain(self, markdown: str) -> str:
        return _MARKUP.sub(self._written, markdown)

    def _written(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "time":
                return f"[{datetime.fromtimestamp(int(found['time']), UTC):%Y-%m-%d %H:%M}]"
            case "user":
                user = self.home.env.backend.users[int(found["user"])]
                return f"@{user.name}"
            case "channel":
                channel = self.home.bot.get_channel(int(found["channel"]))
                return f"#{channel}"
            case "escaped":
                return found["escaped"]
            case "code":
                return found["code"].replace("ˋ", "`")
            case _mark:
                return ""

    @staticmethod
    def _place(channel: simcord.ChannelHandle, name: str) -> Place:
        return Place(channel.id, name, channel)
