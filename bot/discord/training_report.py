"""How a training is told of: an ordinary message that is kept up to date, and uploads for it."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import discord

from bot.commands import retrain
from bot.commands.message import Message
from bot.discord.client import (
    LAST_TRIES,
    NO_NETWORK,
    Interaction,
    deliver,
    is_gone,
)
from bot.discord.rendering import render, render_edit
from bot.services.concurrency import latest_throttled

log = logging.getLogger(__name__)

EDITS = 3
"""Edits of the poem's pace between two edits of a training's message."""


async def announce(interaction: Interaction, reply: Message) -> discord.Message:
    """Send the message that will show the progress: an interaction lives 15 minutes only.

    Raises `Refusal` where nothing can be sent.
    """
    channel = interaction.channel
    if not isinstance(channel, discord.abc.Messageable):
        raise retrain.cannot_report()
    try:
        return await channel.send(**render(reply)[0])
    except discord.Forbidden as error:
        raise retrain.cannot_report() from error


async def keep_up_to_date(
    message: discord.Message, replies: AsyncIterator[Message], edit_interval: float
) -> None:
    """Show each reply in the message. One that cannot be edited does not end the training."""
    report = Report(message)
    reply, arrived = None, True
    async with aclosing(latest_throttled(replies, EDITS * edit_interval)) as paced:
        async for reply in paced:
            arrived = await report.show(reply)
    if reply is not None and not arrived:
        await report.show(reply, tries=LAST_TRIES)


class Report:
    """The message that a training reports in. When somebody deletes it, a second one is sent."""

    def __init__(self, message: discord.Message | discord.PartialMessage) -> None:
        self._message = message
        self._may_send = True

    async def show(self, reply: Message, *, tries: int = 1) -> bool:
        """Edit the message; whether that arrived, or never will."""
        try:
            return await deliver(partial(self._message.edit, **render_edit(reply)), tries=tries)
        except discord.HTTPException as error:
            log.info("The message of the training cannot be edited: %s", error)
            if not (is_gone(error) and self._may_send):
                return True
        self._may_send = False
        try:
            self._message = await self._message.channel.send(**render(reply)[0])
        except (discord.HTTPException, *NO_NETWORK) as error:
            log.info("Nor can a new one be sent: %s", error)
        return True


async def fetched(upload: discord.Attachment) -> bytes:
    """What was uploaded. Raises `Refusal` if it is not to be had."""
    try:
        return await upload.read()
    except (discord.HTTPException, *NO_NETWORK) as error:
        log.info("An upload could not be fetched: %s", error)
        raise retrain.unfetched(upload.filename) from error
