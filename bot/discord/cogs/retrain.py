"""`/retrain names` and `/retrain sonnets`."""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import retrain
from bot.commands.message import Button
from bot.commands.votes import signature
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.training_report import (
    Report,
    announce,
    fetched,
    keep_up_to_date,
)
from bot.services.concurrency import PeriodicTask
from bot.services.training.retraining import Events, MessageRef, Order
from bot.store.versions import SILENCE

FORCE = "Whether the new weights go live even if they are worse"

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

        self._watch: PeriodicTask | None = None

    async def cog_load(self) -> None:
        """Mark the messages of runs that ended with their process, now and from time to time."""
        await self._mark(await self.bot.retraining.interrupted())
        if self.bot.versions.interval is not None:
            # A run whose disk is lost is known by its silence, and not before.
            self._watch = PeriodicTask(self._look, SILENCE.total_seconds())

    async def cog_unload(self) -> None:
        """Watch no longer."""
        if self._watch is not None:
            await self._watch.close()

    @app_commands.command(description="Train on names: mine, or a list of yours.")
    @app_commands.describe(
        corpus="A text file with one name a line; mine unless you give one",
        seed="The same seed gives the same network",
        minutes="How long at most",
        hall_of_fame="Whether to read the names that members have chosen as well",
        force=FORCE,
    )
    async def names(
        self,
        interaction: Interaction,
        corpus: discord.Attachment | None = None,
        seed: Seed | None = None,
        minutes: Minutes | None = None,
        hall_of_fame: bool = False,
        force: bool = False,
    ) -> None:
        """Answer `/retrain names`."""
        ask = retrain.RetrainOptions("names", minutes, seed, force)
        await self._answer(interaction, ask, corpus, hall_of_fame=hall_of_fame)

    @app_commands.command(description="Train on verse: mine, or a text of yours.")
    @app_commands.describe(
        corpus="A text file of verse; mine unless you give one",
        seed="The same seed gives the same network",
        minutes="How long at most",
        force=FORCE,
    )
    async def sonnets(
        self,
        interaction: Interaction,
        corpus: discord.Attachment | None = None,
        seed: Seed | None = None,
        minutes: Minutes | None = None,
        force: bool = False,
    ) -> None:
        """Answer `/retrain sonnets`."""
        ask = retrain.RetrainOptions("sonnets", minutes, seed, force)
        await self._answer(interaction, ask, corpus)

    async def stop(self, interaction: Interaction, button: Button) -> None:
        """Answer the button that stops a run."""
        await check_asker(self.bot, interaction)
        retrain.check_running(self.bot.retraining.running)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.bot.retraining.stop(
            retrain.stop_reason(signature(interaction.user.display_name, self.bot.words))
        )
        await self.bot.respond(interaction, retrain.stopped())

    async def _look(self) -> None:
        await self._mark(await self.bot.retraining.fallen_silent())

    async def _mark(self, places: Iterable[MessageRef]) -> None:
        for place in places:
            channel = self.bot.get_partial_messageable(place.channel)
            message = channel.get_partial_message(place.message)
            await Report(message).show(retrain.interrupted())

    async def _answer(
        self,
        interaction: Interaction,
        ask: retrain.RetrainOptions,
        corpus: discord.Attachment | None,
        *,
        hall_of_fame: bool = False,
    ) -> None:
        await check_asker(self.bot, interaction)
        seed = secrets.randbelow(retrain.LARGEST_SEED)
        order = retrain.order_of(ask, seed, self.bot.settings.retrain_minutes)
        order = replace(order, member_id=interaction.user.id)
        if self.bot.retraining.running:
            await self.bot.respond(interaction, retrain.already_running())
            return
        with self.bot.work.track(), self.bot.retraining.claimed():
            await interaction.response.defer(ephemeral=True, thinking=True)
            if corpus is not None:
                retrain.check_upload(corpus.filename, corpus.size)
                content = await fetched(corpus)
                order = await self.bot.retraining.with_corpus(order, corpus.filename, content)
            if hall_of_fame:
                chosen = await self.bot.store.hall_of_fame.chosen()
                names = await asyncio.to_thread(retrain.hall_of_fame, chosen, self.bot.words)
                order = await self.bot.retraining.with_names(order, names)
            message = await announce(interaction, retrain.reply(retrain.Run(order)))
            self.bot.retraining.start(
                order,
                lambda events: self._follow(order, events, message),
                MessageRef(message.channel.id, message.id, interaction.guild_id),
            )
            await self.bot.respond(interaction, retrain.begun(message.jump_url))

    async def _follow(self, order: Order, events: Events, message: discord.Message) -> None:
        """Keep the message up to date."""
        replies = retrain.answers(order, events, self.bot.words, discord.utils.utcnow)
        await keep_up_to_date(message, replies, self.bot.edit_interval)


async def check_asker(bot: Mangosaurus, interaction: Interaction) -> None:
    """Raise `Refusal` unless whoever asks may retrain, and choose what is live."""
    asker = retrain.Asker(
        is_owner=await bot.is_owner(interaction.user),
        is_administrator=interaction.permissions.administrator,
        community_id=interaction.guild_id,
    )
    guilds = [guild.id for guild in bot.guilds]
    retrain.check_asker(asker, bot.settings.home_guilds, guilds)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Retrain(bot))
