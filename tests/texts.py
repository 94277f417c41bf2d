"""Texts that may be shown, for tests."""

from bot.text.written import FilteredText
from bot.words import WordFilter
from bot.words.names import ShownName, name_in_poll

WORDS = WordFilter()


def named(*names: str) -> tuple[ShownName, ...]:
    """Names of a poll."""
    return tuple(map(name_in_poll, names))


def written(text: str) -> FilteredText:
    """What somebody has written."""
    return FilteredText(text)
