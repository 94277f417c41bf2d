"""Phrases: English texts that each reader gets in their own language.

Sentences are arguments of `_()` or `ngettext()`, which return a `Phrase`. It is translated when it
is shown, so it may be made before it is known who reads it, or when a module is imported.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, reduce
from string import Formatter
from typing import Any, ClassVar, Self

log = logging.getLogger(__name__)


def not_one(count: int) -> int:
    """Which form fits a count in English: 0 for the singular, 1 for the plural."""
    return int(count != 1)


class Showable(str):
    """A text that members may see, which a bare `str` is not.

    That is a phrase, or a text of a type that only one module makes: a name, what was written by
    somebody and has passed a word filter, technical text (`tests/bot/text/test_types.py`).
    """

    __slots__ = ()

    def said(self, _language: "Language") -> "Showable":
        """The text as readers of a language see it."""
        return self


class OfShowables:
    """A base of dataclasses, whose fields of the type `Showable` are checked when one is made.

    The type checker lets a bare `str` pass that it knows as `Any`: a column of a row, say.
    """

    __slots__ = ()
    _showable: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls) -> None:
        cls._showable = tuple(
            name
            for name, kind in cls.__annotations__.items()
            if isinstance(kind, type) and issubclass(kind, Showable)
        )

    def __post_init__(self) -> None:
        must_be_showable(*[getattr(self, name) for name in self._showable])


def must_be_showable(*texts: Showable) -> None:
    """Raise `TypeError` for a bare `str`."""
    for words in texts:
        if not isinstance(words, Showable):
            raise TypeError(f"a {type(words).__name__} may not be shown")


class Translated(Showable):
    """A text in the language of its reader."""

    __slots__ = ()


_SPANISH = (
    (" y ", re.compile("[ií]|h[iíy](?!e)", re.IGNORECASE), " e "),
    (" o ", re.compile(r"h?[oó]|8|11\b", re.IGNORECASE), " u "),
)
"""Conjunctions of Spanish, the sounds that they are not said before, and what they are there."""


@dataclass(frozen=True, eq=False)
class Language:
    """A language with its catalogue. That of English, in which the source is written, is empty."""

    tag: str = "en"
    """`pt-BR`. The region decides about units, and the spelling of English."""
    sentences: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Translations by English sentence: several if it has plural forms."""
    plural_form: Callable[[int], int] = field(default=not_one, repr=False)
    """Which of the plural forms fits a count."""
    spelling: Callable[[str], str] = field(default=str, repr=False)
    """Changes the spelling of sentences, but not of their fields."""

    @property
    def is_imperial(self) -> bool:
        """Whether its readers measure in feet and pounds."""
        return self.tag == "en-US"

    def translation(self, sentence: str, plural: str = "", count: int = 1) -> Translated:
        """The translation of a sentence; itself if there is none, or none of its plural form."""
        found = self.sentences.get(sentence, "")
        if not isinstance(found, str):
            index = self.plural_form(count) if plural else 0
            found = found[index] if index < len(found) else ""
        sentence = found or (plural if plural and count != 1 else sentence)
        return Translated(self.spelling(sentence))

    def number(self, written: str) -> Translated:
        """A number as the language writes it, from how Python does: `1,234.5`, `47%`."""
        separators, percent = self._figures
        number = written.removesuffix("%").translate(separators)
        return Translated(percent.replace("47", number) if written.endswith("%") else number)

    def before(self, words: str, next_one: str) -> Translated:
        """Words as they are before others: in Spanish, "y" is "e" before "Iguanodon"."""
        if self.tag == "es":
            for conjunction, sound, other in _SPANISH:
                if words.endswith(conjunction) and sound.match(next_one):
                    return Translated(words.removesuffix(conjunction) + other)
        return Translated(words)

    @cached_property
    def _figures(self) -> tuple[Mapping[int, str], str]:
        number, share = self.translation(_NUMBER), self.translation(_SHARE)
        separators = {",": number[2:-5], ".": number[-2:-1]}
        return str.maketrans(separators), share


class Phrase(Showable):
    """A text that each reader gets in their own language. As a `str` it is English, as in the log.

    `format` returns a phrase, and so do the functions of `bot.text.formats`. Other methods of
    `str`, and f-strings, return English for every reader.
    """

    __slots__ = ("fields", "number", "plural", "template")
    template: str
    plural: str
    number: int
    fields: Mapping[str, Showable | float] | None

    def __new__(
        cls,
        template: str,
        plural: str = "",
        number: int = 1,
        fields: Mapping[str, Showable | float] | None = None,
    ) -> Self:
        """`number` decides between `template` and `plural`, if there is a plural."""
        english = plural if plural and number != 1 else str(template)
        phrase = super().__new__(cls, english if fields is None else english.format(**fields))
        phrase.template, phrase.plural, phrase.number = str(template), plural, number
        phrase.fields = fields
        return phrase

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the parts."""
        return Phrase, (self.template, self.plural, self.number, self.fields)

    def format(  # type: ignore[override]  # a `str` takes anything
        self, *args: object, **fields: Showable | float
    ) -> "Phrase":
        """A phrase with its fields filled in, which are named."""
        if args or self.fields is not None:
            raise TypeError("a phrase is formatted once, with named fields")
        return Phrase(self.template, self.plural, self.number, fields)

    def said(self, language: Language) -> Translated:
        """The phrase in a language; in English if its translation has other fields or forms."""
        try:
            return self._translated(language)
        except (LookupError, ValueError, ArithmeticError):
            _warn_once(language.tag, self.template)
            return Translated(self)

    def _translated(self, language: Language) -> Translated:
        template = language.translation(self.template, self.plural, self.number)
        if self.fields is None:
            return template
        parts = ""
        for literal, name, form, _conversion in Formatter().parse(template):
            value = "" if name is None else _formatted(self.fields[name], form or "", language)
            parts += language.before(literal, value) + value
        return Translated(parts)


def _formatted(value: Showable | float, form: str, language: Language) -> str:
    if isinstance(value, int | float):
        return language.number(format(value, form))
    return format(in_language(value, language), form)


@cache
def _warn_once(tag: str, sentence: str) -> None:
    log.warning("The translation into %s has wrong fields or forms: %r", tag, sentence)


def in_language(words: Showable, language: Language) -> Showable:
    """A text as readers of a language see it."""
    return words.said(language)


def _(sentence: str) -> Phrase:
    """A sentence for translation. Fields are in braces: `_("Won with {votes}.")`."""
    return sentence if isinstance(sentence, Phrase) else Phrase(sentence)


def ngettext(singular: str, plural: str, count: int) -> Phrase:
    """A sentence that depends on a count."""
    return Phrase(singular, plural, count)


NOTHING = Phrase("")


def joined(first: Showable, second: Showable) -> Showable:
    """Two sentences, one after the other. Either may be empty."""
    if not first or not second:
        return first or second
    # TRANSLATORS: Two sentences, one after the other, with what your language has in between.
    return _("{first} {second}").format(first=first, second=second)


def listed(words: Sequence[Showable]) -> Showable:
    """Words with commas between them.

    >>> listed(["names", "sonnets"])
    'names, sonnets'
    """
    nothing: Showable = NOTHING
    return reduce(_listed, words, nothing)


def _listed(words: Showable, next_one: Showable) -> Showable:
    if not words:
        return next_one
    # TRANSLATORS: Two parts of a list that goes on, with the comma of your language.
    return _("{words}, {next}").format(words=words, next=next_one)


# TRANSLATORS: Write this number with the separators of your language, for example 12.345,6.
_NUMBER = _("12,345.6")
# TRANSLATORS: Write this share as your language does, for example with a space before the sign.
_SHARE = _("47%")


ENGLISH = Language()
