"""`/about` and `/help`."""

from discord.ext import commands

from bot.commands import about
from bot.commands import help as help_command
from bot.commands.core.info import NoOptions
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import anywhere, declared


class About(commands.Cog):
    """Information about the bot, and help."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(about.INFO)
    @anywhere
    async def about(self, interaction: Interaction) -> None:
        """`/about`."""
        await self.bot.run_command(interaction, about.about, NoOptions())

    @declared(help_command.INFO)
    @anywhere
    async def help_(self, interaction: Interaction) -> None:
        """`/help`."""
        await self.bot.run_command(interaction, help_command.help_, NoOptions())


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(About(bot))
