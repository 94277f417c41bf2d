"""`/dinoname`."""

import asyncio
import secrets
from collections.abc import Callable, Iterable

from discord import app_commands
from discord.ext import commands

from bot.commands import autocomplete, names
from bot.commands.interfaces import WordFilter
from bot.commands.message import Button
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.cogs.votes import put_to_vote
from bot.services.concurrency import in_time
from models.names.generator import LONGEST_NAME, SHORTEST_NAME

PATIENCE = 1.0
"""Seconds before an answer that is still being written says so."""

Count = app_commands.Range[int, 1, names.MOST_NAMES]
Length = app_commands.Range[int, SHORTEST_NAME, LONGEST_NAME]
Temperature = app_commands.Range[float, names.COLDEST, names.HOTTEST]

Choice = app_commands.Choice[str]
Offers = Callable[[str, tuple[str, ...], WordFilter], list[autocomplete.Offer]]


class Names(commands.Cog):
    """Names new dinosaurs."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[names.ACTION] = self.more

    @app_commands.command(description="Name dinosaurs that nobody has dug up yet.")
    @app_commands.describe(
        count="How many names (5 unless you say so)",
        starts_with="Letters that they begin with, for example: mango",
        ends_with="Letters that they end with, for example: raptor",
        contains="Letters that stand anywhere in them, for example: drago",
        length="How many letters each has, from 3 to 26; any number unless you say so",
        temperature="How wild: from 0.1 (sober) to 2 (wild); 1 unless you say so",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def dinoname(
        self,
        interaction: Interaction,
        count: Count = 5,
        starts_with: str = "",
        ends_with: str = "",
        contains: str = "",
        length: Length | None = None,
        temperature: Temperature = 1.0,
    ) -> None:
        """Answer `/dinoname`."""
        ask = names.NamesOptions(count, starts_with, temperature, ends_with, contains, length)
        await self._answer(interaction, ask)

    @dinoname.autocomplete("starts_with")
    async def beginnings(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer how names begin."""
        return await self._offered(autocomplete.beginnings, typed)

    @dinoname.autocomplete("ends_with")
    async def endings(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer how names end."""
        return await self._offered(autocomplete.endings, typed)

    @dinoname.autocomplete("contains")
    async def middles(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer what names are made of."""
        return await self._offered(autocomplete.pieces, typed)

    async def _offered(self, offers: Offers, typed: str) -> list[Choice]:
        """What is offered for so much; finding it reads files the first time."""
        return choices(
            await asyncio.to_thread(offers, typed, self.bot.writer.genera, self.bot.words)
        )

    async def more(self, interaction: Interaction, button: Button) -> None:
        """Answer the button for more names."""
        await self._answer(interaction, names.NamesOptions.from_state(button.state))

    async def _answer(self, interaction: Interaction, ask: names.NamesOptions) -> None:
        names.check(ask, self.bot.words, self.bot.writer.genera)
        with self.bot.cooldown(interaction, names.ACTION), self.bot.work.track():
            answered = await in_time(
                names.answer(ask, secrets.randbelow(2**32), self.bot.writer),
                PATIENCE,
                on_delay=lambda: interaction.response.defer(thinking=True),
            )
            await put_to_vote(self.bot, interaction, answered)


def choices(offers: Iterable[autocomplete.Offer]) -> list[Choice]:
    """What is offered, as Discord lists it."""
    return [Choice(name=offer.label, value=offer.value) for offer in offers]


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Names(bot))
