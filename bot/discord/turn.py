"""A Discord interaction as a `bot.commands.core.turn.Turn`."""

from datetime import datetime

import discord

from bot.commands.core.message import Message
from bot.commands.core.received import clean
from bot.commands.core.turn import Forbidden, MessageRef, Source, User
from bot.discord.markdown import unescape
from bot.discord.platform import DiscordPlatform, delivery
from bot.discord.rendering import render, render_edit

LONGEST_FILE_NAME = 255
"""Characters of the name of an upload; the rest is cut."""

_UPDATES = {
    discord.InteractionResponseType.message_update,
    discord.InteractionResponseType.deferred_message_update,
}
"""Responses that edit the message with the pressed button."""


class DiscordTurn:
    """One interaction: a command, or a pressed button."""

    def __init__(
        self, interaction: discord.Interaction[discord.Client], platform: DiscordPlatform
    ) -> None:
        self.platform = platform
        self._interaction = interaction
        rights = interaction.permissions
        self.user = User(
            interaction.user.id,
            clean(interaction.user.display_name),
            is_moderator=rights.manage_messages or rights.manage_guild or rights.administrator,
            is_manager=rights.manage_guild or rights.administrator,
            is_administrator=rights.administrator,
        )

    @property
    def community_id(self) -> int | None:
        """The server, `None` in a direct message."""
        return self._interaction.guild_id

    @property
    def channel_id(self) -> int | None:
        """The channel or thread."""
        return self._interaction.channel_id

    @property
    def created_at(self) -> datetime:
        """When the member sent it."""
        return self._interaction.created_at

    @property
    def source(self) -> Source | None:
        """The message whose button was pressed."""
        message = self._interaction.message
        if message is None:
            return None
        ref = MessageRef(message.channel.id, message.id, self.community_id)
        title = unescape(next((embed.title for embed in message.embeds if embed.title), ""))
        body = unescape("\n".join(embed.description or "" for embed in message.embeds))
        footer = (message.embeds[-1].footer.text or "") if message.embeds else ""
        return Source(ref, clean(title), clean(body), clean(footer))

    async def defer(self, *, private: bool = False) -> None:
        """Show "thinking…"."""
        if not self._interaction.response.is_done():
            with delivery():
                await self._interaction.response.defer(ephemeral=private, thinking=True)

    async def acknowledge(self) -> None:
        """Acknowledge a pressed button without an answer."""
        if not self._interaction.response.is_done():
            with delivery():
                await self._interaction.response.defer()

    async def respond(self, message: Message) -> MessageRef | None:
        """Answer, replacing "thinking…". A message that is too long is split."""
        interaction = self._interaction
        with delivery():
            if interaction.response.type in _UPDATES:  # the message with the button stays
                first, *rest = render(message)
                sent = await interaction.followup.send(
                    **first, wait=True, ephemeral=message.private
                )
                number: int | None = sent.id
            elif interaction.response.is_done():
                shown = await interaction.edit_original_response(**render_edit(message))
                number = shown.id
                rest = render(message)[1:]
            else:
                first, *rest = render(message)
                response = await interaction.response.send_message(
                    **first, ephemeral=message.private
                )
                number = response.message_id
            for part in rest:
                await interaction.followup.send(**part, ephemeral=message.private)
        if number is None or self.channel_id is None:
            return None
        return MessageRef(self.channel_id, number, self.community_id)

    async def edit(self, message: Message) -> None:
        """Replace the answer."""
        with delivery():
            await self._interaction.edit_original_response(**render_edit(message))

    async def edit_source(self, message: Message) -> None:
        """Replace the message whose button was pressed."""
        response = self._interaction.response
        with delivery():
            if not response.is_done():
                await response.edit_message(**render_edit(message))
            elif response.type in _UPDATES:
                await self._interaction.edit_original_response(**render_edit(message))
            elif self._interaction.message is not None:
                await self._interaction.message.edit(**render_edit(message))

    async def announce(self, message: Message) -> MessageRef:
        """Send an ordinary message: answers to an interaction can be edited for 15 minutes only."""
        channel = self._interaction.channel
        if not isinstance(channel, discord.abc.Messageable):
            raise Forbidden("this channel takes no messages")
        with delivery():
            sent = await channel.send(**render(message)[0])
        return MessageRef(sent.channel.id, sent.id, self.community_id)


class DiscordAttachment:
    """An uploaded file: a `bot.commands.core.turn.Attachment`."""

    def __init__(self, attachment: discord.Attachment) -> None:
        self._attachment = attachment
        self.name = clean(attachment.filename[:LONGEST_FILE_NAME])
        self.size = attachment.size

    async def read(self) -> bytes:
        """Download it. Raises `DeliveryError`."""
        with delivery():
            return await self._attachment.read()


def attachment_of(upload: discord.Attachment | None) -> DiscordAttachment | None:
    """An optional upload, as commands take it."""
    return DiscordAttachment(upload) if upload is not None else None
