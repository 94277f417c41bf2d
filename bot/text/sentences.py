"""Sentences of `models/` and `data/`, whose facts may be what somebody has written."""

from collections.abc import Callable
from functools import reduce

from data.errors import Sentence
from data.phrases import Phrase, Showable, Words, _, joined


def worded(sentence: Sentence, written: Callable[[str], Showable]) -> Phrase:
    """A sentence as a phrase.

    written: makes what may be shown of a fact that is a text, a part of a list or the name of a
        file for example.
    """
    template = _(sentence.template)
    if not sentence.facts:
        return template
    return template.format(**{name: _fact(fact, written) for name, fact in sentence.facts.items()})


def _fact(fact: object, written: Callable[[str], Showable]) -> Words | float:
    match fact:
        case Sentence():
            return worded(fact, written)
        case tuple():
            parts: list[Words] = [worded(part, written) for part in fact]
            return reduce(joined, parts)
        case Showable() | int() | float():
            return fact
        case _:
            return written(str(fact))
