"""`/halloffame` and `/champion`."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import hall_of_fame
from bot.commands.message import Button, Message
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.cogs.names import PATIENCE
from bot.discord.rendering import render_edit
from bot.services.concurrency import in_time

PERIODS = [app_commands.Choice(name=when, value=key) for when, key in hall_of_fame.periods()]
SCOPES = [app_commands.Choice(name=where, value=key) for where, key in hall_of_fame.scopes()]


class Fame(commands.Cog):
    """Shows the names that members have chosen."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[hall_of_fame.ACTION] = self.turn

    @app_commands.command(description="The names that won the most votes.")
    @app_commands.describe(
        period="From when; all time unless you say so",
        scope="Whose; this server's unless you say so",
    )
    @app_commands.choices(period=PERIODS, scope=SCOPES)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def halloffame(
        self, interaction: Interaction, period: str = "ever", scope: str = "server"
    ) -> None:
        """Answer `/halloffame`."""
        mine = interaction.user.id if scope == "mine" else None
        ask = hall_of_fame.HallOfFameOptions(period, scope, member_id=mine)
        with self.bot.cooldown(interaction, hall_of_fame.ACTION), self.bot.work.track():
            await self.bot.respond(interaction, await self._hall(interaction, ask))

    async def turn(self, interaction: Interaction, button: Button) -> None:
        """Turn a page of the hall, on the card that it is on."""
        ask = hall_of_fame.HallOfFameOptions.from_state(button.state)
        hall_of_fame.check(ask, interaction.user.id)
        reply = await self._hall(interaction, ask)
        await interaction.response.edit_message(**render_edit(reply))

    @app_commands.command(description="Today's best name.")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def champion(self, interaction: Interaction) -> None:
        """Answer `/champion`."""
        with self.bot.cooldown(interaction, "champion"), self.bot.work.track():
            reply = await in_time(
                hall_of_fame.champion(
                    interaction.guild_id,
                    self.bot.store.hall_of_fame,
                    self.bot.words,
                    discord.utils.utcnow(),
                ),
                PATIENCE,
                on_delay=lambda: interaction.response.defer(thinking=True),
            )
            await self.bot.respond(interaction, reply)

    async def _hall(self, interaction: Interaction, ask: hall_of_fame.HallOfFameOptions) -> Message:
        return await hall_of_fame.hall(
            ask,
            interaction.guild_id,
            self.bot.store.hall_of_fame,
            self.bot.words,
            discord.utils.utcnow(),
        )


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Fame(bot))
