"""`/settings`."""

from discord import app_commands
from discord.ext import commands

from bot.commands import settings
from bot.commands.filter_settings import CHOICES, LONGEST_LIST
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import declared

Words = app_commands.Range[str, 1, LONGEST_LIST]
Minutes = app_commands.Range[int, settings.SHORTEST, settings.LONGEST]


class Settings(commands.Cog):
    """Server settings."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(settings.INFO)
    @app_commands.choices(filter=[app_commands.Choice(name=name, value=name) for name in CHOICES])
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def settings(
        self,
        interaction: Interaction,
        vote_minutes: Minutes | None = None,
        public_hall: bool | None = None,
        shared_namers: bool | None = None,
        filter: str | None = None,  # noqa: A002 (the option's name)
        blocked_words: Words | None = None,
    ) -> None:
        """`/settings`."""
        options = settings.SettingsOptions(
            vote_minutes, public_hall, shared_namers, filter, blocked_words
        )
        await self.bot.run_command(interaction, settings.settings, options)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Settings(bot))
