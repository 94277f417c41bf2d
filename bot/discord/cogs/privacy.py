"""`/privacy`."""

from discord.ext import commands

from bot.commands import privacy
from bot.commands.core.info import NoOptions
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import anywhere, declared


class Privacy(commands.Cog):
    """A member's own data."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(privacy.INFO)
    @anywhere
    async def privacy_(self, interaction: Interaction) -> None:
        """`/privacy`."""
        await self.bot.run_command(interaction, privacy.privacy, NoOptions())


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Privacy(bot))
