"""`/poems` and `/export`."""

from discord import app_commands
from discord.ext import commands

from bot.commands.core.info import NoOptions
from bot.commands.verse import poems
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import anywhere, declared

FORMATS = [app_commands.Choice(name=kind, value=kind) for kind in poems.FORMATS]


class Poems(commands.Cog):
    """Kept poems."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(poems.POEMS_INFO)
    @anywhere
    async def poems_(self, interaction: Interaction) -> None:
        """`/poems`."""
        await self.bot.run_command(interaction, poems.poems, NoOptions())

    @declared(poems.EXPORT_INFO)
    @app_commands.choices(format=FORMATS)
    @anywhere
    async def export(self, interaction: Interaction, format: str = "text") -> None:  # noqa: A002
        """`/export`."""
        await self.bot.run_command(interaction, poems.export, poems.ExportOptions(format))


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Poems(bot))
