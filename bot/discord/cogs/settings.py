"""`/settings`."""

from discord import app_commands
from discord.ext import commands

from bot.commands import settings
from bot.discord.client import Interaction, Mangosaurus

Minutes = app_commands.Range[int, settings.SHORTEST, settings.LONGEST]


class Settings(commands.Cog):
    """Server settings."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @app_commands.command(name="settings", description=settings.INFO.description)
    @app_commands.describe(**settings.INFO.options)
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def settings(
        self,
        interaction: Interaction,
        vote_minutes: Minutes | None = None,
        public_hall: bool | None = None,
        shared_namers: bool | None = None,
    ) -> None:
        """`/settings`."""
        options = settings.SettingsOptions(vote_minutes, public_hall, shared_namers)
        await self.bot.run_command(interaction, settings.settings, options)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Settings(bot))
