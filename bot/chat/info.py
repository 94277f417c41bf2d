"""Temporary: what declarations of trainings still use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.chat.commands import Audience, Choice, NoOptions, within_limits

__all__ = ["Audience", "Choice", "CommandInfo", "NoOptions", "within_limits"]


@dataclass(frozen=True)
class CommandInfo:
    """Name, description and examples of a command."""

    name: str
    description: str
    options: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[tuple[str, str], ...] = ()
    audience: Audience = Audience.EVERYONE
