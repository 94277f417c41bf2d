"""`/retrain names` and `/retrain sonnets`."""

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Interaction, Mangosaurus
from bot.cogs.render import render, render_edit
from bot.commands import retrain
from bot.commands.reply import Button, Refusal, Reply, text
from bot.pacing import newest
from bot.retraining import Events, Order
from data.corpora import parse_corpus
from data.files import write_atomically
from models.weights import Kind

log = logging.getLogger(__name__)

EDITS = 3
"""Edits of the poem's pace between two edits of a training's message."""
MOST_SEEDS = 2**31
CORPUS_KINDS: Mapping[Kind, Literal["names", "verse"]] = {"names": "names", "sonnets": "verse"}


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
        self._record = bot.settings.state_dir / "retraining.json"
        bot.handlers[retrain.ACTION] = self.stop

    async def cog_load(self) -> None:
        """Mark the message of a run that ended with the process before this one."""
        try:
            where = json.loads(await asyncio.to_thread(self._record.read_text))
            message = self.bot.get_partial_messageable(where["channel"]).get_partial_message(
                where["message"]
            )
            await message.edit(**render_edit(retrain.interrupted()))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, discord.HTTPException) as error:
            log.info("The message of an interrupted training could not be marked: %s", error)
        await self._forget()

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
        seed: app_commands.Range[int, 0, MOST_SEEDS] | None = None,
        minutes: app_commands.Range[int, 1] | None = None,
    ) -> None:
        """Answer `/retrain names`."""
        await self._answer(interaction, "names", corpus, seed, minutes)

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
        seed: app_commands.Range[int, 0, MOST_SEEDS] | None = None,
        minutes: app_commands.Range[int, 1] | None = None,
    ) -> None:
        """Answer `/retrain sonnets`."""
        await self._answer(interaction, "sonnets", corpus, seed, minutes)

    async def stop(self, interaction: Interaction, button: Button) -> None:
        """Answer the button that stops a run."""
        await self._check_asker(interaction)
        if not self.bot.retraining.running:
            raise Refusal("No training is running any more.")
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.bot.retraining.stop(f"{interaction.user.display_name} pressed Stop.")
        await self.bot.respond(interaction, Reply(content=text("Stopped."), private=True))

    async def _answer(
        self,
        interaction: Interaction,
        kind: Kind,
        corpus: discord.Attachment | None,
        seed: int | None,
        minutes: int | None,
    ) -> None:
        await self._check_asker(interaction)
        minutes = retrain.check_order(kind, minutes, self.bot.settings.retrain_minutes)
        with self.bot.work.piece(), self.bot.retraining.claimed():
            await interaction.response.defer(ephemeral=True, thinking=True)
            order = Order(kind, minutes, secrets.randbelow(MOST_SEEDS) if seed is None else seed)
            if corpus is not None:
                order = await self._with_corpus(order, corpus)
            message = await self._announce(interaction, order)
            self.bot.retraining.start(order, lambda events: self._follow(order, events, message))
            await self.bot.respond(interaction, retrain.begun(message.jump_url))

    async def _check_asker(self, interaction: Interaction) -> None:
        if interaction.guild_id is None:
            raise Refusal("I can be retrained from a server only.")
        asker = retrain.Asker(
            is_owner=await self.bot.is_owner(interaction.user),
            is_administrator=interaction.permissions.administrator,
            guild_id=interaction.guild_id,
        )
        guilds = [guild.id for guild in self.bot.guilds]
        retrain.check_asker(asker, self.bot.settings.home_guilds, guilds)

    async def _with_corpus(self, order: Order, upload: discord.Attachment) -> Order:
        """Read and check the uploaded corpus, so that a bad one is refused at once."""
        name = retrain.check_upload(upload.filename, upload.size)
        raw = await upload.read()
        await asyncio.to_thread(parse_corpus, raw, upload.filename, CORPUS_KINDS[order.kind])
        path = self.bot.retraining.folder / "corpus" / name
        await asyncio.to_thread(write_atomically, path, raw)
        return replace(order, corpus=path)

    async def _announce(self, interaction: Interaction, order: Order) -> discord.Message:
        """Send the message that will show the progress: an interaction lives 15 minutes only."""
        channel = interaction.channel
        if not isinstance(channel, discord.abc.Messageable):
            raise Refusal("I cannot write in this channel; ask me in another one.")
        try:
            return await channel.send(**render(retrain.waiting(order))[0])
        except discord.Forbidden as error:
            raise Refusal(
                "A training reports in this channel, and I may not write here. Allow me to view "
                "it, to send messages, embed links and attach files, or ask me in another channel."
            ) from error

    async def _follow(self, order: Order, events: Events, message: discord.Message) -> None:
        """Keep the message up to date. A message that cannot be edited does not end the run."""
        await self._remember(message)
        replies = retrain.answers(order, events, self.bot.words, discord.utils.utcnow)
        async with aclosing(newest(replies, EDITS * self.bot.edit_interval)) as paced:
            async for reply in paced:
                try:
                    await message.edit(**render_edit(reply))
                except discord.HTTPException as error:
                    log.info("The message of the training cannot be edited: %s", error)
        await self._forget()

    async def _remember(self, message: discord.Message) -> None:
        """Note where the message is, for the next start to mark it if this process dies."""
        where = json.dumps({"channel": message.channel.id, "message": message.id})
        try:
            await asyncio.to_thread(write_atomically, self._record, where.encode())
        except OSError as error:
            log.warning("The training's message could not be noted: %s", error)

    async def _forget(self) -> None:
        with suppress(OSError):
            await asyncio.to_thread(self._record.unlink)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Retrain(bot))
