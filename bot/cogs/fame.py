"""`/halloffame` and `/champion`."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Interaction, Mangosaurus
from bot.cogs.render import render_edit
from bot.commands import fame
from bot.commands.reply import Button

PERIODS = [app_commands.Choice(name=when, value=key) for when, key in fame.periods()]
SCOPES = [app_commands.Choice(name=where, value=key) for where, key in fame.scopes()]


class Fame(commands.Cog):
    """Shows the names that members have chosen."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[fame.ACTION] = self.turn

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
        ask = fame.FameAsk(period, scope, member_id=mine)
        with self.bot.work.piece():
            reply = await fame.hall(
                ask, interaction.guild_id, self.bot.store.fame, discord.utils.utcnow()
            )
            await self.bot.respond(interaction, reply)

    async def turn(self, interaction: Interaction, button: Button) -> None:
        """Turn a page of the hall, on the card that it is on."""
        ask = fame.FameAsk.from_state(button.state)
        reply = await fame.hall(
            ask, interaction.guild_id, self.bot.store.fame, discord.utils.utcnow()
        )
        await interaction.response.edit_message(**render_edit(reply))

    @app_commands.command(description="Today's best name.")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def champion(self, interaction: Interaction) -> None:
        """Answer `/champion`."""
        with self.bot.work.piece():
            reply = await fame.champion(
                interaction.guild_id, self.bot.store.fame, discord.utils.utcnow()
            )
            await self.bot.respond(interaction, reply)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Fame(bot))
