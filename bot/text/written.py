"""Filtered text: what members and networks write."""

from data.phrases import Showable


class FilteredText(Showable):
    """A text of a member or a network that the word filter of where it is shown has let pass."""

    __slots__ = ()


def accepted(text: str) -> FilteredText:
    """A text that a word filter lets pass, or let pass when it was stored for the same community.

    Features call `WordFilter.filtered`.
    """
    return FilteredText(text)
