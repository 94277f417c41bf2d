"""`/retrain names` and `/retrain sonnets`."""

import secrets

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Interaction, Mangosaurus
from bot.cogs.report import Report, announce, fetched, keep_up_to_date
from bot.commands import retrain
from bot.commands.reply import Button
from bot.retraining import Events, Order, Place

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
            await Report(message).show(retrain.interrupted())

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
                content = await fetched(corpus)
                order = await self.bot.retraining.with_corpus(order, corpus.filename, content)
            message = await announce(interaction, retrain.reply(retrain.Run(order)))
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
        """Keep the message up to date."""
        replies = retrain.answers(order, events, self.bot.words, discord.utils.utcnow)
        await keep_up_to_date(message, replies, self.bot.edit_interval)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Retrain(bot))
