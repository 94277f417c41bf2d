"""Poems that members keep."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import poems
from bot.commands.message import Button
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.rendering import render_edit
from bot.formats import unescape

FORMATS = [app_commands.Choice(name=kind, value=kind) for kind in poems.FORMATS]


class Poems(commands.Cog):
    """Keeps poems for members."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[poems.KEEP.action] = self.keep
        bot.handlers[poems.ACTION] = self.press

    async def keep(self, interaction: Interaction, button: Button) -> None:
        """Answer the button that keeps a poem: it stands on the card that the button hangs on."""
        message = interaction.message
        embeds = message.embeds if message else []
        poem = unescape("\n".join(embed.description or "" for embed in embeds)).strip()
        title = next((embed.title for embed in embeds if embed.title), "A poem")
        with self.bot.work.track():
            reply = await poems.keep(
                interaction.user.id,
                interaction.guild_id,
                message.id if message else 0,
                title,
                poem,
                self.bot.store.poems,
                discord.utils.utcnow(),
            )
            await self.bot.respond(interaction, reply)

    @app_commands.command(name="poems", description="The poems that you have kept.")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def book(self, interaction: Interaction) -> None:
        """Answer `/poems`."""
        await self.bot.respond(
            interaction, await poems.book(interaction.user.id, 0, self.bot.store.poems)
        )

    @app_commands.command(description="The poems that you have kept, as a file.")
    @app_commands.describe(kind="text to read, json for machines; text unless you say so")
    @app_commands.choices(kind=FORMATS)
    @app_commands.rename(kind="format")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def export(self, interaction: Interaction, kind: str = "text") -> None:
        """Answer `/export`."""
        with self.bot.cooldown(interaction, "export"), self.bot.work.track():
            reply = await poems.export(interaction.user.id, kind, self.bot.store.poems)
            await self.bot.respond(interaction, reply)

    async def press(self, interaction: Interaction, button: Button) -> None:
        """Answer a button of the book, on the page that it is on."""
        with self.bot.work.track():
            reply = await poems.press(button.state, interaction.user.id, self.bot.store.poems)
            await interaction.response.edit_message(**render_edit(reply))


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Poems(bot))
