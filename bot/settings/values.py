"""Values of settings: how the text of each kind is read, and what is secret.

A parser takes text without spaces around it, and raises `ValueError` if that is no such value.
"""

import re
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
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
class Setting:
    """What is known about a setting besides its name and its type."""

    default: Any
    parse: Callable[[str], Any]
    expected: str
    """The accepted values, for error messages."""
    description: str
    """For `.env.example`, like the example."""
    example: str


def setting(
    default: T, parse: Callable[[str], T], *, expected: str, description: str, example: str
) -> T:
    """A field of a dataclass of settings."""
    about = Setting(default, parse, expected, description, example)
    declared: T = field(default=default, metadata={"setting": about})
    return declared


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers in a range."""

    def parse(text: str) -> int:
        number = int(text)
        if number < low or (high is not None and number > high):
            raise ValueError("out of range")
        return number

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of numbers in a range."""

    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:  # NaN is not, either
            raise ValueError("out of range")
        return value

    return parse


def one_of(*choices: Choice) -> Callable[[str], Choice]:
    """A parser of a few words, in capitals or not."""
    by_letters = {choice.casefold(): choice for choice in choices}

    def parse(text: str) -> Choice:
        if text.casefold() not in by_letters:
            raise ValueError("none of them")
        return by_letters[text.casefold()]

    return parse


def matching(pattern: str) -> Callable[[str], str]:
    """A parser of text that a regular expression matches as a whole."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError("another form")
        return text

    return parse


def token(beginning: str) -> Callable[[str], Secret]:
    """A parser of tokens of one kind, which were copied whole and with nothing else."""
    letters = r"[!#-&(-~]*"  # of ASCII, but no quotes

    def parse(text: str) -> Secret:
        return Secret(matching(re.escape(beginning) + letters)(text))

    return parse


def listed(parse: Callable[[str], Item]) -> Callable[[str], frozenset[Item]]:
    """A parser of items that are separated by commas."""

    def parse_all(text: str) -> frozenset[Item]:
        items, wrong = set[Item](), []
        for part in filter(None, map(str.strip, text.split(","))):
            try:
                items.add(parse(part))
            except ValueError:
                wrong.append(part)
        if wrong:
            raise WrongItems(*wrong)
        return frozenset(items)

    return parse_all


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
