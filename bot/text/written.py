"""Filtered text: what members and networks write."""

from data.phrases import Showable


class FilteredText(Showable):
    """A text of a member or a network that the word filter of where it is shown has let pass."""

    __slots__ = ()


def already_filtered(text: str) -> Showable:
    """A text of which the caller knows that a word filter let it pass where it is shown.

    Nothing is checked here. It may be a phrase as well. Features call `WordFilter.filtered`.
    """
    return text if isinstance(text, Showable) else FilteredText(text)


def for_managers(text: str) -> FilteredText:
    """A text that those who run a community or the bot see as it is, to decide about it."""
    return FilteredText(text)


def own_words(text: str) -> FilteredText:
    """What a member has typed, in an answer that only they see: what could not be read of it."""
    return FilteredText(text)
