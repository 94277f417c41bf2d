"""Errors whose messages can be translated: an English template, and the facts to fill in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from numbers import Integral

from data.phrases import Phrase, Showable, Translated, _, joined

Written = Callable[[str], Showable]
"""Makes what may be shown of a fact that is a text: a part of a list, the name of a file."""


@dataclass(frozen=True)
class Sentence:
    """A template in `str.format` syntax with its facts.

    The template can be from `ngettext`. A fact can be a `Sentence`, or a tuple of them, which are
    joined with spaces. Without facts the template is used as it is, so braces in it need no
    escaping.
    """

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def phrase(self, written: Written) -> Phrase:
        """The sentence for members."""
        template = _(self.template)
        if not self.facts:
            return template
        return template.format(**{name: _fact(each, written) for name, each in self.facts.items()})

    def __str__(self) -> str:
        """The sentence in English, for a terminal or a log."""
        return str(self.phrase(Translated))


class TemplatedError(Exception):
    """Base class of errors with a `Sentence` as their message.

    >>> error = TemplatedError("{title} has only {count:,} names.", title="a.txt", count=1200)
    >>> str(error)
    'a.txt has only 1,200 names.'
    """

    def __init__(self, template: str, **facts: object) -> None:
        self.sentence = Sentence(template, facts)
        super().__init__(str(self.sentence))

    def __reduce__(self) -> tuple[Callable[..., "TemplatedError"], tuple[object, ...]]:
        """Pickle the sentence: facts are keyword arguments, which `Exception` does not keep."""
        return _restored, (type(self), self.sentence)


class CorpusError(TemplatedError):
    """A corpus cannot be read or used. The message is for the member or operator who chose it."""


def _restored(kind: type[TemplatedError], sentence: Sentence) -> TemplatedError:
    return kind(sentence.template, **sentence.facts)


def _fact(fact: object, written: Written) -> Showable | float:
    match fact:
        case Sentence():
            return fact.phrase(written)
        case tuple():
            parts: list[Showable] = [part.phrase(written) for part in fact]
            return reduce(joined, parts)
        case Showable() | int() | float():
            return fact
        case Integral():
            return int(fact)
        case _:
            return written(str(fact))
