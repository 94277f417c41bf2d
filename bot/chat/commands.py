"""Commands and buttons, as features declare them and as each platform registers them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum, auto
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

from bot.chat.errors import Explanations
from bot.chat.message import Message
from bot.chat.received import LONGEST_TYPED, clean
from bot.chat.turn import Limits, MessageRef, Terms, Turn
from bot.text.formats import shortened
from data.phrases import OfShowables, Phrase, Showable

Options = TypeVar("Options")
Answer = Callable[[Any, Turn, Options], Awaitable[None]]
"""Answers a command, given the `App`, the request and its options."""


class Audience(IntEnum):
    """Members who can use a command. `/help` shows each of them only the commands they can use."""

    EVERYONE = 0
    MODERATORS = 1
    MANAGERS = 2
    ADMINISTRATORS = 3
    OWNERS = 4
    """Owners of the bot's application on the platform."""


class Place(Enum):
    """The places where a command can be used."""

    ANYWHERE = auto()
    """Communities, direct messages, and where a member has installed the bot for themself."""
    COMMUNITY_OR_DIRECT = auto()
    """Communities that have added the bot, and direct messages with it."""
    COMMUNITY = auto()
    """Communities that have added the bot."""


class Kind(Enum):
    """The type of an option's value, as the function that builds the options gets it."""

    TEXT = auto()
    """Text: `str`."""
    INTEGER = auto()
    """A whole number: `int`."""
    NUMBER = auto()
    """A number: `float`."""
    SWITCH = auto()
    """Yes or no: `bool`."""
    FILE = auto()
    """A file: `Attachment`."""
    PERSON = auto()
    """A member: `ChosenMember`."""
    CHANNEL = auto()
    """`int`, the id of a channel in which messages can be sent."""


@dataclass(frozen=True, slots=True)
class ChosenMember:
    """A user whom a member has chosen."""

    id: int
    is_bot: bool = False
    is_manager: bool = False
    """Whether the user can manage the community, as `bot.chat.turn.User` has it."""


@dataclass(frozen=True, slots=True)
class Choice(OfShowables):
    """A suggestion, or a value of an option that has only some."""

    label: Showable
    """The text that members see. In an option's choices it may have fields: `{community}`."""
    value: str
    """The value of the option."""


Suggestions = Callable[[Any, Turn, str], Awaitable[Sequence[Choice]]]
"""Finds suggestions for what is typed so far."""
Typed = Mapping[str, str]
"""Texts in the other options while suggestions are asked for, by name."""
Suggest = Callable[[Typed], Suggestions]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command.

    least, most: bounds of a number, or of the length of a text. The command checks them again,
        since platforms differ in what they check.
    """

    name: str
    description: Phrase
    kind: Kind = Kind.TEXT
    is_required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[Choice, ...] = ()
    """The only values that are allowed; any if empty, or if others are suggested while typing."""
    suggest: Suggest | None = None
    is_main: bool = False
    """Whether words without an option's name are meant for this one, where one line is typed."""

    def suggestions(self, others: Typed) -> Suggestions:
        """The function that finds suggestions. `others` arrives as a platform sends it.

        The texts of other options are cleaned, and those that are too long left out.
        """
        assert self.suggest is not None  # noqa: S101 (checked by the caller)
        return self.suggest(
            {name: clean(each) for name, each in others.items() if len(each) <= LONGEST_TYPED}
        )


@dataclass(frozen=True)
class NoOptions:
    """Options of a command without options."""


@dataclass(frozen=True)
class Command:
    """A command, with everything that a platform registers and that `/help` shows."""

    name: str
    """The name as typed, without the slash. A subcommand includes its group: `models list`."""
    description: Phrase
    answer: Answer[Any]
    options: tuple[Option, ...] = ()
    build: Callable[..., object] = NoOptions
    """Makes the options of `answer` from keyword arguments. Those that the member has not given are
    absent."""
    examples: tuple[tuple[Showable, Showable], ...] = ()
    """Commands to type with what each does, for `/help`."""
    audience: Audience = Audience.EVERYONE
    place: Place = Place.ANYWHERE
    shown_to: Audience = Audience.EVERYONE
    """The members who see the command at first. It is only a default: communities change it, and
    the command checks the rights."""
    is_costly: bool = False
    """Whether the command takes the networks' time, which guests may not use."""
    needs_rights: bool = False
    """Whether the member's rights matter for the command."""

    @property
    def last_name(self) -> str:
        """The command's name within its group."""
        return self.name.rpartition(" ")[2]


@dataclass(frozen=True)
class Group:
    """Commands with a common first word. What it says holds for all of them."""

    name: str
    description: Phrase
    commands: tuple[Command, ...]
    place: Place = Place.COMMUNITY
    shown_to: Audience = Audience.EVERYONE
    is_costly: bool = False
    needs_rights: bool = True


@dataclass(frozen=True)
class Picked:
    """A message whose menu a member has opened."""

    ref: MessageRef
    is_own: bool
    """Whether the bot has sent the message."""


@dataclass(frozen=True)
class Menu:
    """A command in the menu of a message, in communities."""

    label: Phrase
    answer: Answer[Any]
    build: Callable[[Picked], object]
    shown_to: Audience = Audience.EVERYONE


Declared = Command | Group | Menu


@dataclass(frozen=True)
class Pressed:
    """A kind of button. `answer` gets the state that is in the button's id."""

    answer: Answer[str]
    is_costly: bool = False
    """Whether the button takes the networks' time, which guests may not use."""
    needs_rights: bool = True
    """Whether the member's rights matter for the button."""
    is_for_community: bool = False
    """Whether the button is about a whole community, and works in its direct messages."""
    is_vote: bool = False
    """Whether the message shows the result, and presses come in rushes."""


@dataclass(frozen=True)
class Registry:
    """All that members can ask for."""

    commands: tuple[Declared, ...]
    """All commands, in the order of the examples in `/help`."""
    buttons: Mapping[str, Pressed]
    """Buttons by the action in their ids. Buttons of old messages must keep working."""
    explanations: Explanations = field(default_factory=dict)
    """The sentence for each kind of error by which a feature refuses a request."""
    greeting: Message = Message()  # noqa: RUF009 (it is immutable)
    """The answer to a member who writes to the bot."""

    def worded(self, terms: Terms) -> "Registry":
        """The registry with choices in a platform's words."""
        words = {"community": terms.community, "communities": terms.communities}

        def option(each: Option) -> Option:
            return replace(each, choices=tuple(map(choice, each.choices)))

        def choice(each: Choice) -> Choice:
            label = each.label
            return Choice(label.format(**words) if isinstance(label, Phrase) else label, each.value)

        def command(each: Command) -> Command:
            return replace(each, options=tuple(map(option, each.options)))

        def declared(each: Declared) -> Declared:
            match each:
                case Command():
                    return command(each)
                case Group():
                    return replace(each, commands=tuple(map(command, each.commands)))
                case Menu():
                    return each

        return replace(self, commands=tuple(map(declared, self.commands)))

    def every_command(self) -> Iterator[Command]:
        """The commands, and those of groups."""
        for declared in self.commands:
            if isinstance(declared, Command):
                yield declared
            elif isinstance(declared, Group):
                yield from declared.commands

    @cached_property
    def by_name(self) -> Mapping[str, Command]:
        """Every command by its name."""
        return {command.name: command for command in self.every_command()}

    @cached_property
    def by_first_word(self) -> Mapping[str, Command | Group]:
        """Commands and groups by the first word."""
        return {each.name: each for each in self.commands if not isinstance(each, Menu)}

    def usable(self, *, is_guest: bool, is_direct: bool = False) -> Iterator[Command]:
        """The commands that guests may use, or all; in direct messages those that work there."""
        for command in self.every_command():
            declared = self.by_first_word[command.name.partition(" ")[0]]
            is_elsewhere = is_direct and declared.place is Place.COMMUNITY
            if not (is_elsewhere or (is_guest and declared.is_costly)):
                yield command


def always(suggestions: Suggestions) -> Suggest:
    """Suggestions that don't depend on the other options."""
    return lambda _typed: suggestions


def main_option(name: str, description: Phrase, most: int, suggestions: Suggestions) -> Option:
    """The main option of a command: a text that is always given, with suggestions."""
    suggest = always(suggestions)
    return Option(
        name, description, is_required=True, least=1, most=most, suggest=suggest, is_main=True
    )


def within_limits(choices: Iterable[Choice], limits: Limits) -> list[Choice]:
    """Keep as many choices as a platform shows, with shortened labels. Values are never cut."""
    usable = (choice for choice in choices if len(choice.value) <= limits.choice_label)
    return [
        Choice(shortened(choice.label, limits.choice_label), choice.value)
        for choice in islice(usable, limits.choices)
    ]
