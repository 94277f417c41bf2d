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
from bot.discord.declarations import Choices
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

    @app_commands.command(name="create", description=custom_models.CREATE_INFO.description)
    @app_commands.describe(**custom_models.CREATE_INFO.options)
    async def create(
        self, interaction: Interaction, name: Name, file: File = None, text: Text | None = None
    ) -> None:
        """`/namer create`."""
        options = CorpusOptions(name, attachment_of(file), text)
        await self.bot.run_command(interaction, custom_models.create, options)

    @app_commands.command(name="import", description=custom_models.IMPORT_INFO.description)
    @app_commands.describe(**custom_models.IMPORT_INFO.options)
    async def import_(self, interaction: Interaction, name: Name, file: discord.Attachment) -> None:
        """`/namer import`."""
        options = ImportOptions(name, DiscordAttachment(file))
        await self.bot.run_command(interaction, custom_models.import_, options)

    @app_commands.command(name="export", description=custom_models.EXPORT_INFO.description)
    @app_commands.describe(**custom_models.EXPORT_INFO.options)
    async def export(self, interaction: Interaction, name: Name) -> None:
        """`/namer export`."""
        await self.bot.run_command(interaction, custom_models.export, NameOptions(name))

    @app_commands.command(name="list", description=custom_models.LIST_INFO.description)
    async def list_(self, interaction: Interaction) -> None:
        """`/namer list`."""
        await self.bot.run_command(interaction, custom_models.list_, NoOptions())

    @app_commands.command(name="info", description=custom_models.INFO_INFO.description)
    @app_commands.describe(**custom_models.INFO_INFO.options)
    async def info(self, interaction: Interaction, name: Name) -> None:
        """`/namer info`."""
        await self.bot.run_command(interaction, custom_models.info, NameOptions(name))

    @app_commands.command(name="retrain", description=custom_models.RETRAIN_INFO.description)
    @app_commands.describe(**custom_models.RETRAIN_INFO.options)
    async def retrain(
        self, interaction: Interaction, name: Name, file: File = None, text: Text | None = None
    ) -> None:
        """`/namer retrain`."""
        options = CorpusOptions(name, attachment_of(file), text)
        await self.bot.run_command(interaction, custom_models.retrain, options)

    @app_commands.command(name="share", description=custom_models.SHARE_INFO.description)
    @app_commands.describe(**custom_models.SHARE_INFO.options)
    async def share(self, interaction: Interaction, name: Name, on: bool = True) -> None:
        """`/namer share`."""
        await self.bot.run_command(interaction, custom_models.share, ShareOptions(name, on))

    @app_commands.command(name="delete", description=custom_models.DELETE_INFO.description)
    @app_commands.describe(**custom_models.DELETE_INFO.options)
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
