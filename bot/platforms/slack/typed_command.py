r"""Slash commands with their options in one line of text, as Slack sends them.

    /dinoname starts_with:draco count:3        options by name, as /help prints them
    /sonnet Shall I compare thee               words without a name are for the main option
    /sonnet opening:"To be: or not" form:free  a value in quotes; \" is a quotation mark in it
    /namer create elves                        a subcommand is the first word
    /dinoname ?                                asks for a form

Words after the name of an option for text belong to it, up to the next name. Of repeated options,
the last counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from bot.chat.commands import Command, Group, Registry
from bot.chat.message import UserError, code
from bot.chat.received import LONGEST_TEXT
from bot.chat.translation import _
from bot.formats import human_join
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.options.conversion import Value, shown
from bot.platforms.slack.options.line import FORM, read_line, unescaped, written


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed command.

    command: `None` for a group without a subcommand: `wants_form` is true then.
    values: those that were typed, by the names of their options.
    wants_form: whether the member asks for a form, or left out what the command needs.
    group: the group of a subcommand.
    """

    command: Command | None
    values: Mapping[str, Value] = field(default_factory=dict)
    wants_form: bool = False
    group: Group | None = None


def parse(registry: Registry, command: str, line: str, names: CommandNames | None = None) -> Typed:
    """Read a slash command. Raises `UserError`, with a sentence that says what is accepted.

    command: as Slack sends it, for example `/mango-about`.
    line: the text after it, in which Slack escapes `&`, `<` and `>`.
    """
    names = names or CommandNames()
    word = names.word_of(command)
    found = registry.by_first_word.get(word or "")
    if found is None:
        raise UserError(
            _("The bot has no command {command}. See what it can do with {help}."),
            command=shown(unescaped(command)),
            help=code(names.slash("help")),
        )
    if len(line) > LONGEST_TEXT:
        raise UserError(
            _("A command can have at most {limit:,} characters, and yours has {count:,}."),
            limit=LONGEST_TEXT,
            count=len(line),
        )
    if isinstance(found, Command):
        return _call(found, line.strip(), names)
    first, rest = (*line.split(maxsplit=1), "", "")[:2]
    if first in ("", FORM):
        return Typed(None, wants_form=True, group=found)
    return replace(_call(_subcommand(found, first, names), rest.strip(), names), group=found)


def as_typed(
    command: Command, values: Mapping[str, Value], names: CommandNames | None = None
) -> str:
    """A command as a member types it, which `parse` reads as these values. Files are left out."""
    names = names or CommandNames()
    each = ((name, written(value)) for name, value in values.items())
    options = (f"{name}:{value}" for name, value in each if value is not None)
    return " ".join((names.slash(command.name), *options))


def _subcommand(group: Group, typed: str, names: CommandNames) -> Command:
    known = {each.last_name: each for each in group.commands}
    if (found := known.get(typed.casefold())) is not None:
        return found
    command = names.slash(group.name)
    if alike := get_close_matches(typed.casefold(), known, n=1):
        raise UserError(
            _("{command} can't be followed by {typed}; did you mean {nearest}?"),
            command=code(command),
            typed=shown(unescaped(typed)),
            nearest=code(f"{command} {alike[0]}"),
        )
    raise UserError(
        _("Type {words} after {command}, for example {example}"),
        command=code(command),
        words=human_join([*known], _("or")),
        example=code(f"{command} {next(iter(known))}"),
    )


def _call(command: Command, line: str, names: CommandNames) -> Typed:
    if line == FORM:
        return Typed(command, wants_form=True)
    values = read_line(command, line, names.slash(command.name))
    lacks = any(each.is_required and each.name not in values for each in command.options)
    return Typed(command, values, wants_form=lacks)
