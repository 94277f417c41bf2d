"""`/dinoname`."""

import secrets

from discord import app_commands
from discord.ext import commands

from bot.client import Interaction, Mangosaurus
from bot.commands import names
from bot.commands.reply import Button
from bot.pacing import in_time

PATIENCE = 1.0
"""Seconds before an answer that is still being written says so."""

Count = app_commands.Range[int, 1, names.MOST_NAMES]
Temperature = app_commands.Range[float, names.COLDEST, names.HOTTEST]


class Names(commands.Cog):
    """Names new dinosaurs."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[names.ACTION] = self.more

    @app_commands.command(description="Name dinosaurs that nobody has dug up yet.")
    @app_commands.describe(
        count="How many names (5 unless you say so)",
        starts_with="Letters that they begin with, for example: mango",
        temperature="From 0.1 (sober) to 2 (wild); 1 unless you say so",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def dinoname(
        self,
        interaction: Interaction,
        count: Count = 5,
        starts_with: str = "",
        temperature: Temperature = 1.0,
    ) -> None:
        """Answer `/dinoname`."""
        await self._answer(interaction, names.NamesAsk(count, starts_with, temperature))

    async def more(self, interaction: Interaction, button: Button) -> None:
        """Answer the button for more names."""
        await self._answer(interaction, names.NamesAsk.from_state(button.state))

    async def _answer(self, interaction: Interaction, ask: names.NamesAsk) -> None:
        names.check(ask, self.bot.words)
        with self.bot.rest(interaction, names.ACTION), self.bot.work.piece():
            reply = await in_time(
                names.answer(ask, secrets.randbelow(2**32), self.bot.writer),
                PATIENCE,
                on_delay=lambda: interaction.response.defer(thinking=True),
            )
            await self.bot.respond(interaction, reply)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Names(bot))
