"""Technical text: commands, links, versions, names of models, separators."""

from data.phrases import Showable


class TechnicalText(Showable):
    """A text of the bot that is the same in every language, and that nobody else has written."""

    __slots__ = ()


def technical(words: str) -> TechnicalText:
    """A literal, or an identifier that its caller has validated."""
    return TechnicalText(words)


NEWLINE, DOT = technical("\n"), technical(" · ")
"""Separators."""
