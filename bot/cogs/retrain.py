"""`/retrain names` and `/retrain sonnets`."""

import logging
import secrets
from contextlib import aclosing
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import (
    LAST_TRIES,
    NO_NETWORK,
    Interaction,
    Mangosaurus,
    deliver,
    is_gone,
)
from bot.cogs.render import render, render_edit
from bot.commands import retrain
from bot.commands.reply import Button, Reply
from bot.pacing import newest
from bot.retraining import Events, Order, Place

log = logging.getLogger(__name__)

EDITS = 3
"""Edits of the poem's pace between two edits of a training's message."""

Seed = app_commands.Range[int, 0, retrain.LARGEST_SEED]
Minutes = app_commands.Range[int, 1]


@app_commands.guild_only()
@app_commands.default_permissions(administrator=True)  # hides it; who may is checked at run time
class Retrain(
    commands.GroupCog,
    group_name=retrain.ACTION,
    group_description="Train one of my networks anew (for administrators).",
):
    """Trains the networks anew."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[retrain.ACTION] = self.stop

    async def cog_load(self) -> None:
        """Mark the message of a run that ended with the process before this one."""
        place = await self.bot.retraining.interrupted_at()
        if place is not None:
            channel = self.bot.get_partial_messageable(place.channel)
            message = channel.get_partial_message(place.message)
            await _Report(message).show(retrain.interrupted())

    @app_commands.command(description="Train on names: mine, or a list of yours.")
    @app_commands.describe(
        corpus="A text file with one name a line; mine unless you give one",
        seed="The same seed gives the same network",
        minutes="How long at most",
    )
    async def names(
        self,
        interaction: Interaction,
        corpus: discord.Attachment | None = None,
        seed: Seed | None = None,
        minutes: Minutes | None = None,
    ) -> None:
        """Answer `/retrain names`."""
        await self._answer(interaction, retrain.RetrainAsk("names", minutes, seed), corpus)

    @app_commands.command(description="Train on verse: mine, or a text of yours.")
    @app_commands.describe(
        corpus="A text file of verse; mine unless you give one",
        seed="The same seed gives the same network",
        minutes="How long at most",
    )
    async def sonnets(
        self,
        interaction: Interaction,
        corpus: discord.Attachment | None = None,
        seed: Seed | None = None,
        minutes: Minutes | None = None,
    ) -> None:
        """Answer `/retrain sonnets`."""
        await self._answer(interaction, retrain.RetrainAsk("sonnets", minutes, seed), corpus)

    async def stop(self, interaction: Interaction, button: Button) -> None:
        """Answer the button that stops a run."""
        await self._check_asker(interaction)
        retrain.check_running(self.bot.retraining.running)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.bot.retraining.stop(retrain.stop_reason(interaction.user.display_name))
        await self.bot.respond(interaction, retrain.stopped())

    async def _answer(
        self,
        interaction: Interaction,
        ask: retrain.RetrainAsk,
        corpus: discord.Attachment | None,
    ) -> None:
        await self._check_asker(interaction)
        seed = secrets.randbelow(retrain.LARGEST_SEED)
        order = retrain.order_of(ask, seed, self.bot.settings.retrain_minutes)
        if self.bot.retraining.running:
            await self.bot.respond(interaction, retrain.already_running())
            return
        with self.bot.work.piece(), self.bot.retraining.claimed():
            await interaction.response.defer(ephemeral=True, thinking=True)
            if corpus is not None:
                retrain.check_upload(corpus.filename, corpus.size)
                content = await _fetched(corpus)
                order = await self.bot.retraining.with_corpus(order, corpus.filename, content)
            message = await _announce(interaction, order)
            self.bot.retraining.start(
                order,
                lambda events: self._follow(order, events, message),
                Place(message.channel.id, message.id),
            )
            await self.bot.respond(interaction, retrain.begun(message.jump_url))

    async def _check_asker(self, interaction: Interaction) -> None:
        asker = retrain.Asker(
            is_owner=await self.bot.is_owner(interaction.user),
            is_administrator=interaction.permissions.administrator,
            guild_id=interaction.guild_id,
        )
        guilds = [guild.id for guild in self.bot.guilds]
        retrain.check_asker(asker, self.bot.settings.home_guilds, guilds)

    async def _follow(self, order: Order, events: Events, message: discord.Message) -> None:
        """Keep the message up to date. A message that cannot be edited does not end the run."""
        report = _Report(message)
        replies = retrain.answers(order, events, self.bot.words, discord.utils.utcnow)
        reply, arrived = None, True
        async with aclosing(newest(replies, EDITS * self.bot.edit_interval)) as paced:
            async for reply in paced:
                arrived = await report.show(reply)
        if reply is not None and not arrived:
            await report.show(reply, tries=LAST_TRIES)


async def _announce(interaction: Interaction, order: Order) -> discord.Message:
    """Send the message that will show the progress: an interaction lives 15 minutes only."""
    channel = interaction.channel
    if not isinstance(channel, discord.abc.Messageable):
        raise retrain.cannot_report()
    try:
        return await channel.send(**render(retrain.reply(retrain.Run(order)))[0])
    except discord.Forbidden as error:
        raise retrain.cannot_report() from error


class _Report:
    """The message that a training reports in. When somebody deletes it, a second one is sent."""

    def __init__(self, message: discord.Message | discord.PartialMessage) -> None:
        self._message = message
        self._may_send = True

    async def show(self, reply: Reply, *, tries: int = 1) -> bool:
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


async def _fetched(corpus: discord.Attachment) -> bytes:
    try:
        return await corpus.read()
    except (discord.HTTPException, *NO_NETWORK) as error:
        log.info("An upload could not be fetched: %s", error)
        raise retrain.unfetched(corpus.filename) from error


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Retrain(bot))
