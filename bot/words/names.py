"""Names of polls and museums, as they may be shown."""

from typing import Any, Self

from bot.words.filter import WordFilter
from data.phrases import Language, Phrase, Showable, _

REMOVED = _("removed by a moderator")
BLOCKED = _("a name blocked by the word filter")


class ShownName(Showable):
    """A name of a poll or a museum. As a `str` it is the name as it is spelled, for buttons and
    comparisons; readers see `instead` of one that may not be shown to them.
    """

    __slots__ = ("instead",)
    instead: Phrase | None

    def __new__(cls, spelling: str, instead: Phrase | None = None) -> Self:
        """Only for this module: queries use `name_in_poll` and `name_for`."""
        name = super().__new__(cls, spelling)
        name.instead = instead
        return name

    def __reduce__(self) -> tuple[Any, ...]:
        return ShownName, (str(self), self.instead)

    def said(self, language: Language) -> Showable:
        return self if self.instead is None else self.instead.said(language)


REMOVED_NAME = ShownName("", REMOVED)
"""A name that is not stored anymore."""


def name_in_poll(spelling: str, *, is_removed: bool = False) -> ShownName:
    """A name of a poll or a museum, for its own community, whose filter it passed when written."""
    return ShownName(spelling, REMOVED if is_removed else None)


def name_for(words: WordFilter, spelling: str) -> ShownName:
    """A name as those see it who have a word filter. It takes a while."""
    return ShownName(spelling, None if words.allows(spelling) else BLOCKED)
