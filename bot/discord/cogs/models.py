"""`/models`: list, info, activate, rollback."""

from collections.abc import Awaitable

from discord import app_commands
from discord.ext import commands

from bot.commands import models
from bot.commands.message import Button, Message
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.cogs.names import PATIENCE, Choice, choices
from bot.discord.cogs.retrain import check_asker
from bot.discord.rendering import render_edit
from bot.services.concurrency import in_time
from bot.store import Unavailable
from models.weights import Kind

VERSION = "Its number, or: shipped names, shipped sonnets"


@app_commands.guild_only()
class Models(
    commands.GroupCog,
    group_name=models.ACTION,
    group_description="The versions of my networks, and which of them is live.",
):
    """Shows and switches versions."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[models.ACTION] = self.pressed

    @app_commands.command(name="list", description="The versions that there are.")
    @app_commands.describe(kind="Of which network")
    async def list_(self, interaction: Interaction, kind: Kind) -> None:
        """Answer `/models list`."""
        with self.bot.cooldown(interaction, models.ACTION):
            await self._answer(interaction, models.listed(kind, 0, self.bot.versions), private=True)

    @app_commands.command(description="All about a version, and how it writes.")
    @app_commands.describe(version=VERSION)
    async def info(self, interaction: Interaction, version: str) -> None:
        """Answer `/models info`."""
        with self.bot.cooldown(interaction, models.ACTION):
            answer = models.described(version, self.bot.versions, self.bot.words)
            await self._answer(interaction, answer, private=True)

    @app_commands.command(description="Make a version live, at once and everywhere.")
    @app_commands.describe(version=VERSION)
    async def activate(self, interaction: Interaction, version: str) -> None:
        """Answer `/models activate`."""
        await self._activate(interaction, version, "activated")

    @app_commands.command(description="Go back to what was live before.")
    @app_commands.describe(kind="Of which network")
    async def rollback(self, interaction: Interaction, kind: Kind) -> None:
        """Answer `/models rollback`."""
        await check_asker(self.bot, interaction)
        answer = models.rolled_back(kind, self.bot.versions, interaction.user.id)
        await self._answer(interaction, answer)

    @info.autocomplete("version")
    @activate.autocomplete("version")
    async def versions(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer versions."""
        try:
            return choices(await models.offers(typed, self.bot.versions))
        except Unavailable:
            return []

    async def pressed(self, interaction: Interaction, button: Button) -> None:
        """Answer the button that makes a version live, or one that turns the pages of a list."""
        page = models.of_page(button.state)
        if page is None:
            await self._activate(interaction, models.of_use(button.state), "forced")
            return
        reply = await models.listed(*page, self.bot.versions)
        await interaction.response.edit_message(**render_edit(reply))

    async def _activate(self, interaction: Interaction, version: str, why: str) -> None:
        await check_asker(self.bot, interaction)
        answer = models.activated(version, self.bot.versions, interaction.user.id, why=why)
        await self._answer(interaction, answer)

    async def _answer(
        self, interaction: Interaction, answer: Awaitable[Message], *, private: bool = False
    ) -> None:
        with self.bot.work.track():
            reply = await in_time(
                answer,
                PATIENCE,
                on_delay=lambda: interaction.response.defer(ephemeral=private, thinking=True),
            )
            await self.bot.respond(interaction, reply)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Models(bot))
