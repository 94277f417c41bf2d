"""Values of settings: how the text of each kind is read, and what is secret.

`ValueKind.parse` takes text without spaces around it, and raises `ValueError` if that is no such
value.
"""

import re
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
N = TypeVar("N", int, float)
Value = TypeVar("Value", covariant=True)
Choice = TypeVar("Choice", bound=str)
Item = TypeVar("Item", bound=Hashable)

MOST_SHARDS = 10_000


@dataclass(frozen=True)
class Secret:
    """A token, or an address with a password, which no log may show."""

    value: str = field(repr=False)


class WrongItems(ValueError):  # noqa: N818 (it lists them)
    """Items of a list that are wrong: its arguments."""


@dataclass(frozen=True)
class ValueKind(Generic[Value]):
    """How values of a kind are read, and what a message about another text calls them."""

    expected: str
    parse: Callable[[str], Value]


@dataclass(frozen=True)
class Setting:
    """Facts about a setting besides its name and its type."""

    default: Any
    kind: ValueKind[Any]
    description: str
    """Description for `.env.example`, which also shows the example."""
    example: str


def setting(default: T, kind: ValueKind[T], description: str, *, example: str) -> T:
    """A field of a dataclass of settings."""
    about = Setting(default, kind, description, example)
    declared: T = field(default=default, metadata={"setting": about})
    return declared


def in_range(number: type[N], low: N, high: N, what: str) -> ValueKind[N]:
    """Numbers from `low` to `high`."""

    def parse(text: str) -> N:
        value = number(text)
        if not low <= value <= high:  # NaN is not, either
            raise ValueError("out of range")
        return value

    return ValueKind(f"{what} from {low} to {high}", parse)


def one_of(*choices: Choice) -> ValueKind[Choice]:
    """A few words, in capitals or not."""
    by_letters = {choice.casefold(): choice for choice in choices}

    def parse(text: str) -> Choice:
        if text.casefold() not in by_letters:
            raise ValueError("none of them")
        return by_letters[text.casefold()]

    return ValueKind(f"{', '.join(choices[:-1])} or {choices[-1]}", parse)


def matching(pattern: str, what: str) -> ValueKind[str]:
    """Text that a regular expression matches as a whole."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError("another form")
        return text

    return ValueKind(what, parse)


def token(beginning: str, what: str) -> ValueKind[Secret]:
    """Tokens of one kind, which were copied whole and with nothing else."""
    whole = matching(re.escape(beginning) + r"[!#-&(-~]*", what)  # of ASCII, but no quotes
    return ValueKind(
        f"{what}, which begins with {beginning}", lambda text: Secret(whole.parse(text))
    )


def listed(item: ValueKind[Item]) -> ValueKind[frozenset[Item]]:
    """Items that are separated by commas."""

    def parse(text: str) -> frozenset[Item]:
        items, wrong = set[Item](), []
        for part in filter(None, map(str.strip, text.split(","))):
            try:
                items.add(item.parse(part))
            except ValueError:
                wrong.append(part)
        if wrong:
            raise WrongItems(*wrong)
        return frozenset(items)

    return ValueKind(f"{item.expected}, separated by commas", parse)


def parse_shards(text: str) -> frozenset[int]:
    """`0-3, 8` → 0, 1, 2, 3 and 8. Raises `ValueError` for text that is no list of shards."""
    shards = frozenset(n for part in text.split(",") if part.strip() for n in _range(part))
    if text.strip() and not shards:
        raise ValueError("no shards")
    return shards


def _range(part: str) -> range:
    first, dash, last = part.partition("-")
    low, high = int(first), int(last if dash else first)
    if not 0 <= low <= high < MOST_SHARDS:
        raise ValueError("no range of shards")
    return range(low, high + 1)


def format_shards(shard_ids: Collection[int]) -> str:
    """`0-3, 8` of the shards 0, 1, 2, 3 and 8."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(shard_ids):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ", ".join(f"{low}-{high}" if high > low else f"{low}" for low, high in ranges)
