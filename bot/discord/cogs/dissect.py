"""`/dissect`."""

from discord.ext import commands

from bot.commands.naming import dissect
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import Choices, Name, anywhere, declared


class Dissect(commands.Cog):
    """Dissections of names."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(dissect.INFO)
    @anywhere
    async def dissect_(self, interaction: Interaction, name: Name) -> None:
        """`/dissect`."""
        options = dissect.DissectOptions(name)
        await self.bot.run_command(interaction, dissect.dissect, options)

    @dissect_.autocomplete("name")
    async def names(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest real names."""
        return await self.bot.suggest(interaction, dissect.suggest, typed)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Dissect(bot))
