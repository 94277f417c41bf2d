"""The commands as Slack has them, and values for their options."""

import re
from collections.abc import Mapping

from hypothesis import strategies as st

from bot.chat.commands import Command, Kind, Option
from bot.features import REGISTRY
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.options import Value
from bot.platforms.slack.platform import TERMS

COMMANDS = REGISTRY.worded(TERMS)
NAMES = CommandNames(COMMANDS)
LONGEST = 100
PIECES = st.sampled_from(
    [*'"“”„«»\\:?<>&@# \n', "opening:", "form:", "temprature:", "a", "<@U12>", "&amp;", "0.5"]
)


def of(option: Option) -> st.SearchStrategy[Value]:
    """Values that an option accepts."""
    if option.choices:
        return st.sampled_from([choice.value for choice in option.choices])
    least, most = option.least, option.most
    match option.kind:
        case Kind.TEXT:
            longest = LONGEST if most is None else min(LONGEST, int(most))
            odd = st.lists(PIECES, max_size=8).map("".join)
            words = st.text(max_size=longest) | odd
            return words.filter(lambda word: int(least or 0) <= len(word) <= longest)
        case Kind.INTEGER:
            return st.integers(int(least or 0), 10**6 if most is None else int(most))
        case Kind.NUMBER:
            return st.floats(least, most)
        case kind:
            assert kind is Kind.SWITCH, option
            return st.booleans()


REFERENCES = {Kind.FILE, Kind.PERSON, Kind.CHANNEL}


def values_of(declaration: Command) -> st.SearchStrategy[dict[str, Value]]:
    """Values for some options of a command, but no files, people or channels."""
    typed = [option for option in declaration.options if option.kind not in REFERENCES]
    return st.fixed_dictionaries({}, optional={option.name: of(option) for option in typed})


def calls() -> st.SearchStrategy[tuple[Command, dict[str, Value]]]:
    """Commands with values."""
    return st.sampled_from([*COMMANDS.every_command()]).flatmap(
        lambda each: st.tuples(st.just(each), values_of(each))
    )


def as_typed(command: Command, values: Mapping[str, Value], names: CommandNames = NAMES) -> str:
    """A command as a member types it, with values that are no files, people or channels."""
    options = [f"{name}:{_written(value)}" for name, value in values.items()]
    return " ".join([names.slash(command.name), *options])


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    words = str(value)
    if isinstance(value, str) and re.search(r'[\s"“”„«»\\]|^$', words):
        words = words.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{words}"'
    return words
