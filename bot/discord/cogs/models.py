"""`/models`."""

from discord import app_commands
from discord.ext import commands

from bot.commands.training import models
from bot.commands.training.models import LONGEST_VERSION, TaskOptions, VersionOptions
from bot.commands.training.version_report import MODELS
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import Choices, declared
from models.tasks import TASKS

Version = app_commands.Range[str, 1, LONGEST_VERSION]
TASK_CHOICES = [app_commands.Choice(name=task, value=task) for task in TASKS]


@app_commands.guild_only()
class Models(commands.GroupCog, group_name=MODELS, group_description=models.GROUP_INFO.description):
    """Versions of the shared models."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(models.LIST_INFO)
    @app_commands.choices(task=TASK_CHOICES)
    async def list_(self, interaction: Interaction, task: str) -> None:
        """`/models list`."""
        await self.bot.run_command(interaction, models.list_, TaskOptions(task))

    @declared(models.INFO_INFO)
    async def info(self, interaction: Interaction, version: Version) -> None:
        """`/models info`."""
        await self.bot.run_command(interaction, models.info, VersionOptions(version))

    @declared(models.ACTIVATE_INFO)
    async def activate(self, interaction: Interaction, version: Version) -> None:
        """`/models activate`."""
        await self.bot.run_command(interaction, models.activate, VersionOptions(version))

    @declared(models.ROLLBACK_INFO)
    @app_commands.choices(task=TASK_CHOICES)
    async def rollback(self, interaction: Interaction, task: str) -> None:
        """`/models rollback`."""
        await self.bot.run_command(interaction, models.rollback, TaskOptions(task))

    @info.autocomplete("version")
    @activate.autocomplete("version")
    async def versions(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest versions."""
        return await self.bot.suggest(interaction, models.suggest, typed)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Models(bot))
