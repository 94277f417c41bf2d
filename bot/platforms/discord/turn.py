"""A Discord interaction as a `bot.chat.turn.Turn`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import discord
from discord import InteractionResponseType

from bot.chat.errors import form_too_late
from bot.chat.message import Button, Form, Message
from bot.chat.received import clean
from bot.chat.translation import Language, language_of
from bot.chat.turn import AnswerRef, Forbidden, MessageRef, OnPending, Source, Unreachable, User
from bot.monitoring import requests
from bot.platforms.discord.platform import (
    TRANSFER_S,
    DiscordPlatform,
    delivery,
    limit_of,
    locale_of,
)
from bot.platforms.discord.rendering import modal_of, render, render_edit

T = TypeVar("T")

LONGEST_FILE_NAME = 255
"""Characters of the name of an upload; the rest is cut."""

LATE_S = 1.0
"""Seconds after which a first response has no time left for files: Discord gives up after three."""

_UPDATES = {InteractionResponseType.message_update, InteractionResponseType.deferred_message_update}
"""Responses that edit the message with the pressed button."""
_DEFERRALS = {
    InteractionResponseType.deferred_channel_message,
    InteractionResponseType.deferred_message_update,
}
_ACKNOWLEDGED = 40060
"""Discord's code for a second first response."""


class DiscordTurn:
    """One interaction: a command, or a pressed button."""

    can_admit_bot = True

    def __init__(
        self, interaction: discord.Interaction[discord.Client], platform: DiscordPlatform
    ) -> None:
        self.platform = platform
        self.community_id = interaction.guild_id
        """The server, `None` in a direct message."""
        self.channel_id = interaction.channel_id
        """The channel or thread."""
        self.created_at = interaction.created_at
        """Time at which the member sent the request."""
        self.community_locale = locale_of(interaction.guild, interaction.guild_locale)
        self._interaction = interaction
        self._late_at = time.monotonic() + LATE_S
        self.on_pending: OnPending | None = None
        self._responding = asyncio.Lock()
        """Held during a first response: there is only one."""
        self._tried: InteractionResponseType | None = None
        self._presumed: InteractionResponseType | None = None
        """The type of a first response that has arrived although its confirmation was lost."""
        self._followup: discord.WebhookMessage | None = None
        """The answer, if the first response updates the message with the button."""
        # Those in the server: `interaction.permissions` includes what a channel grants. None are
        # known of a server that the bot is not in, or whose roles have not arrived yet.
        member = interaction.user
        rights = discord.Permissions.none()
        if isinstance(member, discord.Member):
            rights = member.guild_permissions
        self.user = User(
            interaction.user.id,
            clean(interaction.user.display_name),
            is_moderator=rights.manage_messages or rights.manage_guild or rights.administrator,
            is_manager=rights.manage_guild or rights.administrator,
            is_administrator=rights.administrator,
            locale=str(interaction.locale),
        )
        self._is_private = False
        """Whether only the member sees the answer."""

    @property
    def sees_channel(self) -> bool:
        """Whether the bot has the permission to view the channel."""
        rights = self._interaction.app_permissions
        return _sees(self._interaction.channel, rights) or rights.administrator

    @property
    def attaches_files(self) -> bool:
        """Whether the bot has the permission to attach files."""
        rights = self._interaction.app_permissions
        return rights.attach_files or rights.administrator

    @property
    def edits_answers(self) -> bool:
        """Always: an interaction has an answer."""
        return True

    @property
    def unanswered(self) -> None:
        """Discord tells members of requests without a response."""

    @property
    def private_answer(self) -> AnswerRef | None:
        """The answer beside the message with the pressed button."""
        if self._followup is None:
            return None
        return AnswerRef(
            self.channel_id,
            self._followup.id,
            self._interaction.token,
            locale=self.user.locale,
        )

    def moderates(self, channel_id: int) -> bool:
        """Whether the user sees a channel and may delete messages of others there."""
        interaction, member = self._interaction, self._interaction.user
        if channel_id == interaction.channel_id:
            return interaction.permissions.manage_messages or self.user.is_manager
        guild = interaction.guild
        channel = guild.get_channel_or_thread(channel_id) if guild is not None else None
        if channel is None or not isinstance(member, discord.Member):  # or an archived thread
            return self.user.is_administrator
        try:
            rights = channel.permissions_for(member)
        except discord.ClientException:  # a thread whose channel is unknown
            return self.user.is_administrator
        if isinstance(channel, discord.Thread) and channel.is_private():
            return rights.view_channel and rights.manage_threads and rights.manage_messages
        return _sees(channel, rights) and (rights.manage_messages or self.user.is_manager)

    @property
    def source(self) -> Source | None:
        """The message whose button was pressed."""
        message = self._interaction.message
        if message is None:
            return None
        return Source(MessageRef(message.channel.id, message.id, self.community_id))

    async def language(self, *, private: bool = False) -> Language:
        """The member's language, or else that of the server; in direct messages the member's.

        A server of which no language is known has the member's.
        """
        if private or self.community_id is None:
            return language_of(self.user.locale)
        return await self._language_of_all(self.user.locale)

    async def _language_of_all(self, own: str = "") -> Language:
        """The language of the server; `own` until enough of its members have asked."""
        known = await self.platform.known_language(self.community_id)
        return language_of(known.chosen or self.community_locale or known.usual(own))

    async def defer(self, *, private: bool = False, retry: Button | None = None) -> None:
        """Show "thinking…"."""
        interaction, number = self._interaction, None
        locale = (await self.language(private=private)).tag

        async def send() -> None:
            nonlocal number
            # Before it is shown: the process may be killed right after.
            await self._pending(
                AnswerRef(self.channel_id, None, interaction.token, locale=locale), retry
            )
            shown = await interaction.response.defer(ephemeral=private, thinking=True)
            number = shown.message_id if shown is not None else None

        if await self._first(InteractionResponseType.deferred_channel_message, send):
            self._is_private = private
            is_member = self.community_id in self.platform.communities
            if is_member and self.sees_channel and not private and number is not None:
                # Once the token has expired, an ordinary edit will do.
                ref = AnswerRef(self.channel_id, number, interaction.token, locale=locale)
                await self._pending(ref, retry)

    async def acknowledge(self) -> None:
        """Acknowledge a pressed button without an answer."""
        response = self._interaction.response
        await self._first(InteractionResponseType.deferred_message_update, response.defer)

    async def respond(self, message: Message) -> MessageRef | None:
        """Answer, replacing "thinking…". A message that is too long is split."""
        interaction, limit = self._interaction, limit_of(message)
        message = self._without_unknown_channels(message)
        self._is_private |= message.private
        language = await self.language(private=self._is_private)
        if self._sends_files_late(message):
            await self.defer(private=self._is_private)
        number: int | None = None
        parts: list[dict[str, Any]] = []

        async def send() -> None:
            nonlocal number, parts
            parts = render(message, language)
            sent = await interaction.response.send_message(**parts[0], ephemeral=message.private)
            number = sent.message_id

        is_first = await self._first(InteractionResponseType.channel_message, send, limit)
        async with delivery(limit):
            if not is_first:
                # Anew: an attempt that was refused may have read files.
                parts = render(message, language)
                number = await self._send_later(message, parts, language)
            for part in parts[1:]:
                await interaction.followup.send(**part, ephemeral=message.private)
        if number is None or self.channel_id is None:
            return None
        return MessageRef(self.channel_id, number, self.community_id)

    def _without_unknown_channels(self, message: Message) -> Message:
        """The message, with no channel chosen in its menus that the server no longer has.

        Nor a thread: menus do not offer those, and Discord failed for one (discord-api-docs#6719).
        """
        guild = self._interaction.guild
        if guild is None or not message.selects:
            return message
        selects = [
            each
            if each.choices or guild.get_channel(int(each.chosen or 0))
            else replace(each, chosen="")
            for each in message.selects
        ]
        return replace(message, selects=tuple(selects))

    def _sends_files_late(self, message: Message) -> bool:
        """Whether the files of a first response may not arrive in time."""
        is_late = time.monotonic() >= self._late_at
        return bool(message.files) and self._type is None and is_late

    async def _send_later(
        self, message: Message, parts: Sequence[dict[str, Any]], language: Language
    ) -> int:
        """Send the first part of an answer after the first response. Returns its number."""
        interaction = self._interaction
        if self._type in _UPDATES:  # the message with the button stays
            self._followup = await interaction.followup.send(
                **parts[0], wait=True, ephemeral=message.private
            )
            return self._followup.id
        shown = await self._replace(interaction.edit_original_response, message, language)
        return shown.id

    async def edit(self, message: Message) -> None:
        """Replace the answer."""
        if self._type in _UPDATES and self._followup is None:  # nothing to replace yet
            await self.respond(message)
            return
        language = await self.language(private=self._is_private or message.private)
        async with delivery(limit_of(message)):
            shown = self._followup
            edit = shown.edit if shown is not None else self._interaction.edit_original_response
            await self._replace(edit, message, language)

    async def show_waiting(self, message: Message) -> None:
        """Show the place in the queue, until the answer replaces it."""
        await self.edit(message)

    async def edit_source(self, message: Message) -> None:
        """Replace the message whose button was pressed."""
        interaction, limit = self._interaction, limit_of(message)
        message = self._without_unknown_channels(message)
        source = interaction.message
        is_private = source is not None and source.flags.ephemeral
        if is_private or self.community_id is None:
            language = await self.language(private=True)
        else:  # as later edits, or each voter would change the language of a poll
            language = await self._language_of_all()
        if self._sends_files_late(message):
            await self.acknowledge()

        async def send() -> None:
            await interaction.response.edit_message(**render_edit(message, language))

        if await self._first(InteractionResponseType.message_update, send, limit):
            return
        edit: Callable[..., Awaitable[object]]
        if self._type in _UPDATES:
            edit = interaction.edit_original_response
        elif interaction.message is not None:
            edit = interaction.message.edit
        else:
            return
        async with delivery(limit):
            await self._replace(edit, message, language)

    async def ask(self, form: Form) -> None:
        """Open a form."""
        language = await self.language(private=True)

        async def send() -> None:
            await self._interaction.response.send_modal(modal_of(form, language))

        if not await self._first(InteractionResponseType.modal, send):
            raise form_too_late()

    async def _replace(
        self, edit: Callable[..., Awaitable[T]], message: Message, language: Language
    ) -> T:
        return await self.platform.replace(self.channel_id, edit, message, language)

    async def announce(self, message: Message) -> MessageRef:
        """Send an ordinary message: answers to an interaction can be edited for 15 minutes only."""
        channel = self._interaction.channel
        if not isinstance(channel, discord.abc.Messageable):
            raise Forbidden("this channel takes no messages")
        language = await self.language()
        async with delivery(limit_of(message)):
            sent = await channel.send(**render(message, language)[0])
        ref = AnswerRef(sent.channel.id, sent.id, is_announced=True, locale=language.tag)
        await self._pending(ref, None)
        return MessageRef(sent.channel.id, sent.id, self.community_id)

    async def _pending(self, ref: AnswerRef, retry: Button | None) -> None:
        if self.on_pending is not None:
            await self.on_pending(ref, retry)

    @property
    def _type(self) -> InteractionResponseType | None:
        """The type of the first response; `None` before it."""
        return self._presumed or self._interaction.response.type

    async def _first(
        self,
        kind: InteractionResponseType,
        send: Callable[[], Awaitable[object]],
        limit: float | None = None,
    ) -> bool:
        """Send the first response, unless there is one. Returns whether it was sent.

        A deferral without an answer is taken for one that has arrived: it is too late for another.
        """
        async with self._responding:
            if self._type is not None:
                return False
            self._tried = self._tried or kind
            try:
                async with delivery(limit):
                    try:
                        await send()
                    except discord.HTTPException as error:
                        if error.code != _ACKNOWLEDGED:
                            raise
                        self._presumed = self._tried  # it had arrived unconfirmed
                        return False
            except Unreachable as error:
                if kind not in _DEFERRALS or not isinstance(error.__cause__, TimeoutError):
                    raise
                self._presumed = self._tried
                return True
        requests.acknowledge()
        return True


def _sees(channel: object, rights: discord.Permissions) -> bool:
    """Whether the rights allow to read a channel. The chat of a voice channel needs one more."""
    is_voice = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    return rights.view_channel and (rights.connect or not is_voice)


class DiscordAttachment:
    """An uploaded file: a `bot.chat.turn.Attachment`."""

    def __init__(self, attachment: discord.Attachment) -> None:
        self._attachment = attachment
        self.name = clean(attachment.filename[:LONGEST_FILE_NAME])
        self.size = attachment.size

    async def read(self) -> bytes:
        """Download the file. Raises `DeliveryError`."""
        async with delivery(TRANSFER_S):
            return await self._attachment.read()
