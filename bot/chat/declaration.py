"""Temporary: what declarations of trainings still use."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.chat import commands
from bot.chat.commands import Answer, Audience, Command, Kind, always
from bot.chat.info import CommandInfo, NoOptions

__all__ = ["Declaration", "Group", "Kind", "Option", "always"]


def Option(name: str, *args: Any, **options: Any) -> commands.Option:  # noqa: N802, ANN401
    """An option, which gets its description later."""
    return commands.Option(name, "", *args, **options)


def Declaration(  # noqa: N802
    info: CommandInfo,
    command: Answer[Any],
    build: Callable[..., object] = NoOptions,
    options: tuple[commands.Option, ...] = (),
) -> Command:
    """A command."""
    described = tuple(replace(each, description=info.options[each.name]) for each in options)
    return Command(
        info.name,
        info.description,
        command,
        described,
        build,
        examples=info.examples,
        audience=info.audience,
    )


def Group(  # noqa: N802
    info: CommandInfo, declarations: tuple[Command, ...], shown_to: Audience = Audience.EVERYONE
) -> commands.Group:
    """A group."""
    is_costly = info.name in ("retrain", "namer")
    return commands.Group(
        info.name, info.description, declarations, shown_to=shown_to, is_costly=is_costly
    )
