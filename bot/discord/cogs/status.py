"""`/status`."""

from functools import partial

from discord import app_commands
from discord.ext import commands

from bot.commands.core.info import NoOptions
from bot.commands.operation import status
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import anywhere


class Status(commands.Cog):
    """The state of the bot, for its owners."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @app_commands.command(name="status", description=status.INFO.description)
    @app_commands.default_permissions(administrator=True)  # hides it from most who may not use it
    @anywhere
    async def status(self, interaction: Interaction) -> None:
        """`/status`."""
        command = partial(status.status, self.bot.health)
        await self.bot.run_command(interaction, command, NoOptions())


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Status(bot))
