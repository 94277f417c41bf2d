"""`/retrain`, with a subcommand for each task."""

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.training import retrain
from bot.commands.training.requests import LARGEST_SEED
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.turn import attachment_of
from models.tasks import TASKS, Task

Seed = app_commands.Range[int, 0, LARGEST_SEED]
Minutes = app_commands.Range[int, 1]


def _callback(bot: Mangosaurus, task: Task) -> Callable[..., Coroutine[Any, Any, None]]:
    """The function of a subcommand: its parameters are the options."""

    async def without_names(
        interaction: Interaction,
        corpus: discord.Attachment | None = None,
        seed: Seed | None = None,
        minutes: Minutes | None = None,
        force: bool = False,
    ) -> None:
        options = retrain.RetrainOptions(
            task.name, attachment_of(corpus), seed, minutes, force=force
        )
        await bot.run_command(interaction, retrain.retrain, options)

    async def with_names(
        interaction: Interaction,
        corpus: discord.Attachment | None = None,
        seed: Seed | None = None,
        minutes: Minutes | None = None,
        hall_of_fame: bool = False,
        force: bool = False,
    ) -> None:
        options = retrain.RetrainOptions(
            task.name, attachment_of(corpus), seed, minutes, hall_of_fame, force
        )
        await bot.run_command(interaction, retrain.retrain, options)

    return with_names if task.takes_extra_names else without_names


def group(bot: Mangosaurus) -> app_commands.Group:
    """The command group. Its visibility is a default; the command checks the rights."""
    info = retrain.GROUP_INFO
    found = app_commands.Group(
        name=info.name,
        description=info.description,
        guild_only=True,
        default_permissions=discord.Permissions(administrator=True),
    )
    for task in TASKS.values():
        info = retrain.info_of(task)
        command: app_commands.Command[Any, ..., None] = app_commands.Command(
            name=info.last_name, description=info.description, callback=_callback(bot, task)
        )
        found.add_command(app_commands.describe(**info.options)(command))
    return found


class Retrain(commands.Cog):
    """Trains the shared models."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.tree.add_command(group(bot))


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Retrain(bot))
