"""`/halloffame` and `/champion`."""

from discord import app_commands
from discord.ext import commands

from bot.commands.core.info import NoOptions
from bot.commands.polls import hall_of_fame
from bot.commands.polls.hall_of_fame import HallOfFameOptions, period_label, scope_label
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import anywhere, declared
from bot.discord.platform import TERMS

PERIODS = [app_commands.Choice(name=period_label(key), value=key) for key in hall_of_fame.PERIODS]
SCOPES = [
    app_commands.Choice(name=scope_label(key, TERMS), value=key) for key in hall_of_fame.SCOPES
]


class HallOfFame(commands.Cog):
    """Names that won polls."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(hall_of_fame.INFO)
    @app_commands.choices(period=PERIODS, scope=SCOPES)
    @anywhere
    async def halloffame(
        self, interaction: Interaction, period: str = "ever", scope: str = "here"
    ) -> None:
        """`/halloffame`."""
        options = HallOfFameOptions(period, scope)
        await self.bot.run_command(interaction, hall_of_fame.hall_of_fame, options)

    @declared(hall_of_fame.CHAMPION_INFO)
    @anywhere
    async def champion(self, interaction: Interaction) -> None:
        """`/champion`."""
        await self.bot.run_command(interaction, hall_of_fame.champion, NoOptions())


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(HallOfFame(bot))
