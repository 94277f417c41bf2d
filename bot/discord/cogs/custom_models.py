"""`/namer`."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.core.info import NoOptions
from bot.commands.training import custom_models
from bot.commands.training.custom_model_options import (
    LONGEST_NAME,
    LONGEST_TEXT,
    CorpusOptions,
    ImportOptions,
    NameOptions,
    ShareOptions,
)
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import Choices, declared
from bot.discord.turn import DiscordAttachment, attachment_of

Name = app_commands.Range[str, 1, LONGEST_NAME]
Text = app_commands.Range[str, 1, LONGEST_TEXT]
File = discord.Attachment | None


@app_commands.guild_only()
class CustomModels(
    commands.GroupCog,
    group_name=custom_models.NAMER,
    group_description=custom_models.GROUP_INFO.description,
):
    """Custom models of a server."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(custom_models.CREATE_INFO)
    async def create(
        self, interaction: Interaction, name: Name, file: File = None, text: Text | None = None
    ) -> None:
        """`/namer create`."""
        options = CorpusOptions(name, attachment_of(file), text)
        await self.bot.run_command(interaction, custom_models.create, options)

    @declared(custom_models.IMPORT_INFO)
    async def import_(self, interaction: Interaction, name: Name, file: discord.Attachment) -> None:
        """`/namer import`."""
        options = ImportOptions(name, DiscordAttachment(file))
        await self.bot.run_command(interaction, custom_models.import_, options)

    @declared(custom_models.EXPORT_INFO)
    async def export(self, interaction: Interaction, name: Name) -> None:
        """`/namer export`."""
        await self.bot.run_command(interaction, custom_models.export, NameOptions(name))

    @declared(custom_models.LIST_INFO)
    async def list_(self, interaction: Interaction) -> None:
        """`/namer list`."""
        await self.bot.run_command(interaction, custom_models.list_, NoOptions())

    @declared(custom_models.INFO_INFO)
    async def info(self, interaction: Interaction, name: Name) -> None:
        """`/namer info`."""
        await self.bot.run_command(interaction, custom_models.info, NameOptions(name))

    @declared(custom_models.RETRAIN_INFO)
    async def retrain(
        self, interaction: Interaction, name: Name, file: File = None, text: Text | None = None
    ) -> None:
        """`/namer retrain`."""
        options = CorpusOptions(name, attachment_of(file), text)
        await self.bot.run_command(interaction, custom_models.retrain, options)

    @declared(custom_models.SHARE_INFO)
    async def share(self, interaction: Interaction, name: Name, on: bool = True) -> None:
        """`/namer share`."""
        await self.bot.run_command(interaction, custom_models.share, ShareOptions(name, on))

    @declared(custom_models.DELETE_INFO)
    async def delete(self, interaction: Interaction, name: Name) -> None:
        """`/namer delete`."""
        await self.bot.run_command(interaction, custom_models.delete, NameOptions(name))

    @export.autocomplete("name")
    @info.autocomplete("name")
    @retrain.autocomplete("name")
    @share.autocomplete("name")
    @delete.autocomplete("name")
    async def names(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest custom models."""
        return await self.bot.suggest(interaction, custom_models.suggest, typed)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(CustomModels(bot))
