"""Text formatting: lists, durations, probabilities, progress bars, shortening.

What is returned for members is a phrase, or becomes one if a phrase is given.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any, Self

from bot.text.technical import TechnicalText, technical
from data.phrases import (
    NOTHING,
    Language,
    Phrase,
    Showable,
    Translated,
    _,
    in_language,
    listed,
)

_BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

RAREST = 1e-6
"""Smaller probabilities are shown as this one."""


def human_join(words: Sequence[Showable], *, either: bool = False) -> Showable:
    """Words as a list, with "and" before the last one, or with "or".

    >>> human_join(["names", "sonnets", "plays"])
    'names, sonnets and plays'
    """
    *first, last = words or (NOTHING,)
    if not first:
        return last
    # TRANSLATORS: A list, of which {words} are all but the last one.
    template = _("{words} or {last}") if either else _("{words} and {last}")
    return template.format(words=listed(first), last=last)


def bracketed(words: Showable, note: Showable) -> Phrase:
    """Words with a note in brackets after them.

    >>> bracketed("Mangosaurus", "large theropod")
    'Mangosaurus (large theropod)'
    """
    # TRANSLATORS: A note after something, in the brackets of your language.
    return _("{words} ({note})").format(words=words, note=note)


def spaced(words: Sequence[Showable], separator: str = " ") -> Phrase:
    """Words in a row, with the same separator in every language.

    >>> spaced(["loss 1.2", "seed 3"], " · ")
    'loss 1.2 · seed 3'
    """
    fields = {f"word{number}": word for number, word in enumerate(words)}
    return Phrase(separator.join(f"{{{name}}}" for name in fields), fields=fields)


def visible(sentence: str) -> str:
    r"""A sentence for a terminal, with control characters of what it quotes as escapes.

    >>> visible("“Où”, version \x1b[2J")
    '“Où”, version \\x1b[2J'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in sentence)


def human_duration(seconds: float) -> Phrase:
    """A duration in its two largest units.

    >>> human_duration(4), human_duration(75), human_duration(7260), human_duration(180_000)
    ('4 s', '1 min 15 s', '2 h 1 min', '2 d 2 h')
    """
    left = max(0, round(seconds))
    # TRANSLATORS: The four units of a duration, short: days, hours, minutes and seconds.
    units = ((86_400, _("{count} d")), (3_600, _("{count} h")), (60, _("{count} min")))
    parts = []
    for size, unit in (*units, (1, _("{count} s"))):
        amount, left = divmod(left, size)
        parts.append((amount, unit))
    while len(parts) > 1 and parts[0][0] == 0:
        parts.pop(0)
    shown = [(amount, unit) for amount, unit in parts[:2] if amount or len(parts) == 1]
    return spaced([unit.format(count=amount) for amount, unit in shown])


_MONTHS = (
    *(_("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July")),
    *(_("August"), _("September"), _("October"), _("November"), _("December")),
)


def human_date(day: date) -> Phrase:
    """A date.

    >>> human_date(date(2026, 6, 1))
    '1 June 2026'
    """
    month = _MONTHS[day.month - 1]
    return _("{day} {month} {year}").format(day=day.day, month=month, year=day.year)


def percent(probability: float) -> Phrase:
    """A probability as text: `47%`, and `<1%` instead of `0%`."""
    if probability >= 0.005:
        return Phrase("{share:.0%}").format(share=probability)
    return Phrase("<{share:.0%}").format(share=0.01)


def odds(probability: float) -> Phrase:
    """A probability as text: `47%`, and `1 in 4,300` below one percent."""
    if probability >= 0.01:
        return percent(probability)
    inverse = 1 / max(probability, RAREST)
    digits = math.floor(math.log10(inverse)) - 1
    # TRANSLATORS: A probability, for example 1 in 4,300.
    return _("1 in {count:,.0f}").format(count=round(inverse, -digits))


def progress_bar(fraction: float, width: int = 20) -> TechnicalText:
    """A progress bar of `width` characters; `fraction` is clamped to 0 to 1.

    >>> progress_bar(0.5, 8)
    '████░░░░'
    """
    filled = round(min(max(fraction, 0.0), 1.0) * width)
    return technical("█" * filled + "░" * (width - filled))


def cut(text: str, limit: int) -> str:
    """The text if it has at most `limit` characters, else its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(words: Showable, limit: int) -> Showable:
    """What each reader sees of a text, `cut` to so many characters."""
    return _Shortened(words, limit)


class _Shortened(Showable):
    __slots__ = ("limit", "whole")
    limit: int
    whole: Showable

    def __new__(cls, whole: Showable, limit: int) -> Self:
        shortened = super().__new__(cls, cut(whole, limit))
        shortened.whole, shortened.limit = whole, limit
        return shortened

    def __reduce__(self) -> tuple[Any, ...]:
        return _Shortened, (self.whole, self.limit)

    def said(self, language: Language) -> Showable:
        return Translated(cut(in_language(self.whole, language), self.limit))


def measured(metric: Phrase, imperial: Phrase) -> Phrase:
    """A figure in metric units, or in imperial ones for readers who measure so."""
    return _Measured(metric, imperial)


class _Measured(Phrase):
    """A figure in both systems. As a `str` it is metric."""

    __slots__ = ("imperial", "metric")
    imperial: Phrase
    metric: Phrase

    def __new__(cls, metric: Phrase, imperial: Phrase) -> "_Measured":
        figure = super().__new__(cls, metric)
        figure.metric, figure.imperial = metric, imperial
        return figure

    def __reduce__(self) -> tuple[Any, ...]:
        return _Measured, (self.metric, self.imperial)

    def said(self, language: Language) -> Translated:
        return (self.imperial if language.is_imperial else self.metric).said(language)


def without_bidi_controls(text: str) -> str:
    """Remove characters that change the direction of the text after them.

    >>> without_bidi_controls("a\u202eb")
    'ab'
    """
    return text.translate(_BIDI_CONTROLS)
