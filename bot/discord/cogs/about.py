"""`/about` and `/help`."""

import asyncio
import platform
from collections.abc import Mapping

import discord
import numpy as np
from discord import app_commands
from discord.ext import commands

from bot.commands.about import about_reply, help_reply
from bot.discord.client import Interaction, Mangosaurus
from bot.evaluation.report.headline import Figure, read_headline
from models.weights import Kind

LIBRARIES = {
    "Python": platform.python_version(),
    "discord.py": discord.__version__,
    "NumPy": np.__version__,
}


class About(commands.Cog):
    """Says what the bot is and what it can do."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @app_commands.command(description="What I am made of, and how good I am.")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def about(self, interaction: Interaction) -> None:
        """Answer `/about`."""
        bot = self.bot
        headlines = await asyncio.to_thread(_headlines, bot.writer.digests)
        reply = about_reply(
            bot.version,
            bot.started_at,
            len(bot.guilds),
            bot.writer.cards,
            LIBRARIES,
            headlines,
            bot.versions.served,
        )
        await bot.respond(interaction, reply)

    @app_commands.command(name="help", description="What I can do, with examples.")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help_(self, interaction: Interaction) -> None:
        """Answer `/help`."""
        await self.bot.respond(interaction, help_reply())


def _headlines(digests: Mapping[Kind, str]) -> dict[Kind, tuple[Figure, ...]]:
    """The scoreboard's figures of the weights that are served."""
    return {kind: read_headline(kind, digest) for kind, digest in digests.items()}


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(About(bot))
