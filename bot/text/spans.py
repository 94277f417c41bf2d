"""Styled text: sentences with fields, spans, times, lists.

The platform escapes it, so text of a member or a network can neither format nor mention anything. A
`Style` formats a span.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import reduce
from string import Formatter

from bot.text.technical import technical
from data.phrases import ENGLISH, NOTHING, Language, OfShowables, Phrase, Showable, _, in_language


class Style(Enum):
    """How a span looks. Each platform has its own marks for these."""

    PLAIN = auto()
    STRONG = auto()
    EMPHASIS = auto()
    CODE = auto()
    LINK = auto()


@dataclass(frozen=True, slots=True)
class Span(OfShowables):
    """Some text in one style."""

    text: Showable
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time, shown to each reader in their time zone: "in 4 seconds", which stays up to date."""

    at: datetime
    absolute: bool = False
    """Shown as date and time instead, for sentences with "since"."""


@dataclass(frozen=True)
class Filled(OfShowables):
    """A sentence with values for its fields, which may be styled."""

    sentence: Showable
    fields: Mapping[str, "Value"]


Text = tuple[Span | Timestamp | Filled, ...]
Value = Showable | int | float | Span | Timestamp | Text
"""The value of a field in a sentence."""


def text(*parts: Showable | Span | Timestamp | Filled, **fields: Value) -> Text:
    """Fill the fields of sentences. A value may be styled; formats are those of `str.format`.

    >>> plain(text("{name} won with {loss:.2f}.", name=strong("Mangosaurus"), loss=1.5))
    'Mangosaurus won with 1.50.'
    """
    return tuple([_part(part, fields) if isinstance(part, str) else part for part in parts])


def _part(words: Showable, fields: Mapping[str, Value]) -> Span | Filled:
    return Filled(words, fields) if fields and isinstance(words, Phrase) else Span(words)


def spans(words: Text, language: Language = ENGLISH) -> tuple[Span | Timestamp, ...]:
    """Text in a language, with all fields filled in."""
    return tuple(_spans(words, language))


def _spans(words: Text, language: Language) -> Iterator[Span | Timestamp]:
    for part in words:
        match part:
            case Span():
                yield Span(in_language(part.text, language), part.style)
            case Timestamp():
                yield part
            case Filled(sentence, fields):
                for literal, name, form, _conversion in Formatter().parse(
                    in_language(sentence, language)
                ):
                    spans: list[Span | Timestamp] = []
                    if name is not None:
                        value = _shown(fields[name], form or ",", language)
                        spans = [*_spans(value, language)]
                    if literal:
                        first = spans[0].text if spans and isinstance(spans[0], Span) else NOTHING
                        yield Span(language.before(literal, first))
                    yield from spans


def _shown(value: Value, form: str, language: Language) -> Text:
    match value:
        case Span() | Timestamp():
            return (value,)
        case tuple():
            return value
        case str():
            return (Span(value),)
        case number:
            return (Span(language.number(format(number, form))),)


def strong(words: Showable) -> Span:
    """Bold text."""
    return Span(words, Style.STRONG)


def emphasis(words: Showable) -> Span:
    """Italic text."""
    return Span(words, Style.EMPHASIS)


def code(words: Showable) -> Span:
    """Text to type exactly as shown."""
    return Span(words, Style.CODE)


def command(words: str) -> Span:
    """A command to type exactly as shown. A literal (`tests/bot/text/test_types.py`)."""
    return code(technical(words))


def codes(values: Sequence[Showable], *, either: bool = False) -> Text:
    """Texts to type exactly as shown, as a list with "and" before the last one, or with "or"."""
    *first, last = [code(value) for value in values]
    if not first:
        return (last,)
    template = _("{words} or {last}") if either else _("{words} and {last}")
    return text(template, words=series([(each,) for each in first]), last=last)


def series(parts: Sequence[Text]) -> Text:
    """Texts with commas between them, as `listed` puts them between words."""
    return reduce(lambda words, part: text(_("{words}, {next}"), words=words, next=part), parts)


def chained(parts: Sequence[Text], separator: Showable) -> Text:
    """Texts as one, with a separator between them."""
    first, *others = parts
    return first + tuple(span for part in others for span in (*text(separator), *part))


def link(address: Showable) -> Span:
    """A clickable link of the platform. Never text of a member."""
    return Span(address, Style.LINK)


# TRANSLATORS: A label, what it is about, and the colon of your language: Seed: 1. Keep this order.
LABELLED = _("{label}: {value}")


def plain(words: Text, language: Language = ENGLISH) -> str:
    """The same text without its styles, for a form, a terminal, a log or a test."""
    return "".join(
        [
            part.text if isinstance(part, Span) else part.at.isoformat(timespec="seconds")
            for part in spans(words, language)
        ]
    )
