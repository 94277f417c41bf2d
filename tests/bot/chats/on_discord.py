"""Discord: the bot on a Discord in memory, as a `Chat`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import discord
import simcord

from bot.chat.commands import Choice
from bot.platforms.discord.client import Mangosaurus
from tests.bot.chats.protocol import Actor, Answer, Card, Chat, Place, Shown, ShownFile
from tests.bot.world import World

if TYPE_CHECKING:
    from tests.bot.conftest import Home

_MARKUP = re.compile(
    r"\\(?P<escaped>.)|`(?P<code>[^`\n]*)`|<t:(?P<time>\d+):[fR]>|<@!?(?P<user>\d+)>"
    r"|<#(?P<channel>\d+)>|\*+",
    re.DOTALL,
)


@dataclass
class DiscordActor(Actor):
    """A member of the server."""

    chat: "DiscordChat"
    member: simcord.MemberActor

    @property
    def id(self) -> int:  # type: ignore[override]
        return self.member.id

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
        source = _source(message)
        channel = (
            source.channel_id if isinstance(source, simcord.ResponseMessage) else source.channel.id
        )
        is_direct = self.chat.home.bot.get_channel(channel) is None
        presser = self.member.user if is_direct else self.member
        answer = self.chat.answer(await presser.click(source, label=label))
        await self.chat.settle()
        return answer

    async def choose(self, message: Shown, menu: str, value: str | Place) -> Answer:
        source = _source(message)
        shown = source if isinstance(source, discord.Message) else source.message
        (custom_id,) = (
            item.custom_id
            for row in shown.components
            for item in getattr(row, "children", ())
            if isinstance(item, discord.SelectMenu) and (item.placeholder or "").startswith(menu)
        )
        given = value.source if isinstance(value, Place) else value
        return self.chat.answer(await self.member.select(source, [given], custom_id=custom_id))

    async def fill(self, message: Shown, label: str, typed: str) -> Answer:
        opened = await self.member.click(_source(message), label=label)
        assert opened.modal is not None
        (row,) = opened.modal["components"]
        (field,) = row["components"]
        submitted = await self.member.submit_modal(opened, {field["custom_id"]: typed})
        return self.chat.answer(submitted)

    async def suggestions(
        self, command: str, option: str, typed: str = "", **others: object
    ) -> Sequence[Choice]:
        channel = self.chat.home.channel
        given = {name: self._given(each) for name, each in others.items()}
        found = await self.member.autocomplete(channel, command, option, typed, **given)
        return [Choice(each["name"], each["value"]) for each in found]

    async def open_menu(self, label: str, message: Shown) -> Answer:
        channel, source = self.chat.home.channel, _source(message)
        return self.chat.answer(await self.member.context_menu(channel, label, source))

    def _given(self, value: object) -> object:
        match value:
            case DiscordActor(member=member):
                return member
            case Place(source=source):
                return source
            case _:
                return value


class DiscordChat(Chat):
    """A server."""

    name = "discord"

    def __init__(self, home: "Home") -> None:
        self.home = home
        self.world: World = home.world
        self.channel = self._place(home.channel, "fossils")
        self.alice = DiscordActor(self, home.alice)

    @property
    def bot(self) -> Mangosaurus:  # type: ignore[override]
        return self.home.bot

    @property
    def community_id(self) -> int:
        return self.home.guild.id

    @property
    def community(self) -> str:
        return self.home.guild.name

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
        self.home.make_owner(owner.member)
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

    async def link(self, message: Shown) -> str:
        assert isinstance(message.source, discord.Message)
        return message.source.jump_url

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
        return self.home.env.backend.get_message(self.home.channel.id, _source(message).id)

    def delete(self, message: Shown) -> None:
        self.home.env.backend.delete_message(self.home.channel.id, _source(message).id)

    def rewrite_button(self, message: Shown, label: str, action: str) -> None:
        self.home.rewrite_button(_source(message).id, label, action)

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
        shown = [self.shown(each.message, each) for each in replies]
        return Answer.of(shown, tuple(file for each in shown for file in each.files))

    def shown(self, message: discord.Message, source: object = None) -> Shown:
        """A message as members read it."""
        items = [item for row in message.components for item in getattr(row, "children", ())]
        return Shown(
            self._plain(message.content),
            tuple(card for card in map(self._card, message.embeds) if card != Card()),
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
                user = self.home.env.backend.users.get(int(found["user"]))
                return f"@{user.name if user is not None else 'unknown-user'}"
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


def _source(message: Shown) -> discord.Message | simcord.ResponseMessage:
    assert isinstance(message.source, (discord.Message, simcord.ResponseMessage))
    return message.source
