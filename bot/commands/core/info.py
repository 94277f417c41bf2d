"""Descriptions of commands: for the platform's command list, for `/help`, for documentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Audience(IntEnum):
    """Who can use a command. `/help` shows a member the commands that are for them."""

    EVERYONE = 0
    MANAGERS = 1
    ADMINISTRATORS = 2


@dataclass(frozen=True)
class CommandInfo:
    """What members read about a command."""

    name: str
    """As it is typed, without the slash; a subcommand behind its group: `models list`."""
    description: str
    options: Mapping[str, str] = field(default_factory=dict)
    """What each option means."""
    examples: tuple[tuple[str, str], ...] = ()
    """Commands to type, and what each does: a sentence for `/help`."""
    audience: Audience = Audience.EVERYONE

    @property
    def last_name(self) -> str:
        """The name within its group."""
        return self.name.rpartition(" ")[2]


@dataclass(frozen=True)
class NoOptions:
    """Options of a command without options."""
