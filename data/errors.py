"""Errors whose messages can be translated: an English template, and the facts to fill in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce


@dataclass(frozen=True)
class Sentence:
    """A template in `str.format` syntax with its facts.

    The template can be from `ngettext`. A fact can be a `Sentence`, or a tuple of them, which are
    joined with spaces. Without facts the template is used as it is, so braces in it need no
    escaping.
    """

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def format(self, translate: Callable[[str], str] = str) -> str:
        """The text. `translate` gives the translation of a template, as gettext does."""
        template = translate(self.template)
        if not self.facts:
            return template
        return template.format(
            **{name: _formatted(fact, translate) for name, fact in self.facts.items()}
        )


class TemplatedError(Exception):
    """Base class of errors with a `Sentence` as their message.

    >>> error = TemplatedError("{title} has only {count:,} names.", title="a.txt", count=1200)
    >>> str(error)
    'a.txt has only 1,200 names.'
    """

    def __init__(self, template: str, **facts: object) -> None:
        self.sentence = Sentence(template, facts)
        super().__init__(self.sentence.format())

    def __reduce__(self) -> tuple[Callable[..., "TemplatedError"], tuple[object, ...]]:
        """Pickle the sentence: facts are keyword arguments, which `Exception` does not keep."""
        return _restored, (type(self), self.sentence)

    def translated(self, translate: Callable[[str], str]) -> str:
        """The message in another language; `translate` is for example `gettext`."""
        return self.sentence.format(translate)


class CorpusError(TemplatedError):
    """A corpus cannot be read or used. The message is for the member or operator who chose it."""


def _restored(kind: type[TemplatedError], sentence: Sentence) -> TemplatedError:
    return kind(sentence.template, **sentence.facts)


def _formatted(fact: object, translate: Callable[[str], str]) -> object:
    if isinstance(fact, Sentence):
        return fact.format(translate)
    if isinstance(fact, tuple):
        return reduce(partial(_joined, translate), [_formatted(part, translate) for part in fact])
    return fact


def _joined(translate: Callable[[str], str], first: object, second: object) -> str:
    return translate("{first} {second}").format(first=first, second=second)
