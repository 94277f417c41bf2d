"""Shared declarations of commands: contexts, and bounds of options."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from discord import app_commands

from bot.commands.core.info import CommandInfo
from bot.commands.naming.name_options import (
    HIGHEST_TEMPERATURE,
    LONGEST_CHOICE,
    LONGEST_TYPED,
    LOWEST_TEMPERATURE,
    MOST_NAMES,
)
from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from models.names.generator import LONGEST_NAME, SHORTEST_NAME

if TYPE_CHECKING:
    from discord.app_commands.commands import CommandCallback, GroupT

T = TypeVar("T")
P = ParamSpec("P")

Count = app_commands.Range[int, 1, MOST_NAMES]
Length = app_commands.Range[int, SHORTEST_NAME, LONGEST_NAME]
AnyLength = app_commands.Range[int, 1, LONGEST_ENTRY]
Temperature = app_commands.Range[float, LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE]
Letters = app_commands.Range[str, 0, LONGEST_TYPED]
Name = app_commands.Range[str, 0, LONGEST_ENTRY]
CustomModel = app_commands.Range[str, 1, LONGEST_CHOICE]

Choices = list[app_commands.Choice[str]]


def declared(
    info: CommandInfo,
) -> "Callable[[CommandCallback[GroupT, P, T]], app_commands.Command[GroupT, P, T]]":
    """A command with the name of an info, its description and those of its options."""

    def decorate(
        callback: "CommandCallback[GroupT, P, T]",
    ) -> "app_commands.Command[GroupT, P, T]":
        make = app_commands.command(name=info.last_name, description=info.description)
        return app_commands.describe(**info.options)(make(callback))

    return decorate


def anywhere(command: T) -> T:
    """A command that also works in direct messages, and where a member has installed the bot."""
    contexts = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    return app_commands.allowed_installs(guilds=True, users=True)(contexts(command))
