"""Descriptions of commands, for the command list, `/help` and documentation; and suggestions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice

from bot.chat.turn import Limits
from bot.formats import shortened


class Audience(IntEnum):
    """Who can use a command. `/help` shows members only the commands that they can use."""

    EVERYONE = 0
    MODERATORS = 1
    MANAGERS = 2
    ADMINISTRATORS = 3
    OWNERS = 4
    """Those who own the bot's application on the platform."""


@dataclass(frozen=True)
class CommandInfo:
    """Name, description and examples of a command."""

    name: str
    """As typed, without the slash. A subcommand includes its group: `models list`."""
    description: str
    options: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of the options, by name."""
    examples: tuple[tuple[str, str], ...] = ()
    """Commands to type with what each does, for `/help`."""
    audience: Audience = Audience.EVERYONE

    @property
    def last_name(self) -> str:
        """The name within its group."""
        return self.name.rpartition(" ")[2]


@dataclass(frozen=True)
class NoOptions:
    """Options of a command without options."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A suggestion."""

    label: str
    """The text that members see."""
    value: str
    """The value of the option."""


def within_limits(choices: Iterable[Choice], limits: Limits) -> list[Choice]:
    """As many choices as a platform shows, with shortened labels. Values are never cut."""
    usable = (choice for choice in choices if len(choice.value) <= limits.choice_label)
    return [
        Choice(shortened(choice.label, limits.choice_label), choice.value)
        for choice in islice(usable, limits.choices)
    ]
