"""Declarations of commands, of which each platform makes its command list, forms and so on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from bot.chat.dispatch import Command, Suggestions
from bot.chat.info import Audience, Choice, CommandInfo, NoOptions
from bot.chat.received import LONGEST_TYPED, clean
from bot.chat.turn import MessageRef


class Kind(Enum):
    """The type of an option's value, as the function that builds the options gets it."""

    TEXT = auto()
    """`str`."""
    INTEGER = auto()
    """`int`."""
    NUMBER = auto()
    """`float`."""
    SWITCH = auto()
    """`bool`."""
    FILE = auto()
    """`Attachment`."""
    PERSON = auto()
    """`Person`."""
    CHANNEL = auto()
    """`int`, the id of a channel in which messages can be sent."""


class Place(Enum):
    """Where a command can be used."""

    ANYWHERE = auto()
    """Communities, direct messages, and where a member has installed the bot for themself."""
    COMMUNITY_OR_DIRECT = auto()
    """Communities that have added the bot, and direct messages with it."""
    COMMUNITY = auto()
    """Communities that have added the bot."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user whom a member has chosen."""

    id: int
    is_bot: bool = False


Typed = Mapping[str, str]
"""What is typed in the other options while suggestions are asked for, by name."""
Suggest = Callable[[Typed], Suggestions]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command. Its description is in the `CommandInfo`.

    least, most: bounds of a number, or of the length of a text. The command checks them again,
        since platforms differ in what they check.
    """

    name: str
    kind: Kind = Kind.TEXT
    is_required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[Choice, ...] = ()
    """The only values, if there are any."""
    suggest: Suggest | None = None
    is_main: bool = False
    """Whether words without an option's name are meant for this one, where one line is typed."""

    def suggestions(self, others: Typed) -> Suggestions:
        """What finds suggestions for it. `others` arrives as a platform sends it.

        The texts of other options are cleaned, and those that are too long left out.
        """
        assert self.suggest is not None  # noqa: S101 (checked by the caller)
        return self.suggest(
            {name: clean(each) for name, each in others.items() if len(each) <= LONGEST_TYPED}
        )


@dataclass(frozen=True)
class Declaration:
    """A command, with everything that a platform registers.

    build: makes the options of `command` from keyword arguments; those that the member has not
        given are absent.
    shown_to: who sees the command at first. It is only a default: communities change it, and the
        command checks the rights.
    """

    info: CommandInfo
    command: Command[Any]
    build: Callable[..., object] = NoOptions
    options: tuple[Option, ...] = ()
    place: Place = Place.ANYWHERE
    shown_to: Audience = Audience.EVERYONE


@dataclass(frozen=True)
class Group:
    """Commands with a common first word. `place` and `shown_to` are those of all of them."""

    info: CommandInfo
    declarations: tuple[Declaration, ...]
    place: Place = Place.COMMUNITY
    shown_to: Audience = Audience.EVERYONE


@dataclass(frozen=True)
class Picked:
    """A message whose menu a member has opened."""

    ref: MessageRef
    is_own: bool
    """Whether the bot has sent it."""


@dataclass(frozen=True)
class Menu:
    """A command in the menu of a message, in communities."""

    label: str
    command: Command[Any]
    build: Callable[[Picked], object]
    shown_to: Audience = Audience.EVERYONE


Declared = Declaration | Group | Menu


def always(suggestions: Suggestions) -> Suggest:
    """Suggestions that don't depend on the other options."""
    return lambda _typed: suggestions
