"""Phrases: English texts that keep what is needed to translate them."""

import doctest
import pickle

import pytest

from bot.text.formats import human_join, measured, odds, percent, shortened, spaced
from bot.text.spans import Span, spans, strong, text
from data import errors
from data.errors import Sentence, TemplatedError
from data.phrases import ENGLISH, Language, Phrase, Showable, _, in_language, ngettext
from tests.texts import written

GERMAN = Language(
    "de",
    {
        "{count:,} vote for {name}": (
            "{count:,} Stimme für {name}",
            "{count:,} Stimmen für {name}",
        ),
        "server": "Server",
        "{words} and {last}": "{words} und {last}",
        "{words}, {next}": "{words}, {next}",
        "1 in {count:,.0f}": "1 zu {count:,.0f}",
        "12,345.6": "12.345,6",
        "47%": "47 %",
    },
)


def votes(count: int) -> Phrase:
    sentence = ngettext("{count:,} vote for {name}", "{count:,} votes for {name}", count)
    return sentence.format(count=count, name=_("server"))


@pytest.mark.parametrize(
    ("phrase", "english", "german"),
    [
        (votes(1), "1 vote for server", "1 Stimme für Server"),
        (votes(1234), "1,234 votes for server", "1.234 Stimmen für Server"),
        (_("unknown {field}"), "unknown {field}", "unknown {field}"),
        (
            human_join([written("a"), written("b"), _("server")]),
            "a, b and server",
            "a, b und Server",
        ),
        (human_join([_("server")]), "server", "Server"),
        (spaced([_("server"), written("1")], " · "), "server · 1", "Server · 1"),
        (percent(0.474), "47%", "47 %"),
        (percent(0.001), "<1%", "<1 %"),
        (odds(1 / 4312), "1 in 4,300", "1 zu 4.300"),
        (shortened(votes(2), 14), "2 votes for s…", "2 Stimmen für…"),
        (measured(_("server"), Phrase("13 ft")), "server", "Server"),
    ],
)
def test_said(phrase: Showable, english: str, german: str) -> None:
    assert (phrase, in_language(phrase, ENGLISH)) == (english, english)
    assert in_language(phrase, GERMAN) == german
    copy: Showable = pickle.loads(pickle.dumps(phrase))  # noqa: S301 (our own bytes)
    assert in_language(copy, GERMAN) == german


SPANISH = Language("es", {"{words} and {last}": "{words} y {last}", "{a} or {b}": "{a} o {b}"})


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("Iguanodon", "Minmi e Iguanodon"),
        ("Yinlong", "Minmi y Yinlong"),
        ("Hypsilophodon", "Minmi e Hypsilophodon"),
        ("historia", "Minmi e historia"),
        ("hielo", "Minmi y hielo"),
    ],
)
def test_spanish_and(last: str, said: str) -> None:
    assert in_language(human_join([written("Minmi"), written(last)]), SPANISH) == said
    assert (
        in_language(human_join([written("Minmi"), written(last)]), ENGLISH) == f"Minmi and {last}"
    )


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("Oviraptor", "a u Oviraptor"),
        ("haiku", "a o haiku"),
        ("8", "a u 8"),
        ("11", "a u 11"),
        ("110", "a o 110"),
    ],
)
def test_spanish_or(last: str, said: str) -> None:
    assert in_language(_("{a} or {b}").format(a=written("a"), b=written(last)), SPANISH) == said
    styled = spans(text(_("{a} or {b}"), a=written("a"), b=strong(written(last))), SPANISH)
    assert "".join(part.text for part in styled if isinstance(part, Span)) == said


def test_imperial_units() -> None:
    assert in_language(measured(Phrase("4 m"), Phrase("13 ft")), Language("en-US")) == "13 ft"


def test_formatted_once() -> None:
    with pytest.raises(TypeError, match="named fields"):
        Phrase("{}").format("a")


# Errors with templates


GERMAN_ERRORS = {
    "{title} has {count:,} lines. {problems}": "{title} hat {count} Zeilen. {problems}",
    "Line {line} is empty.": "Zeile {line} ist leer.",
    "{first} {second}": "{first} {second}",
}


class ToyError(TemplatedError):
    """An error of one kind."""


def toy_error() -> ToyError:
    problems = tuple(Sentence("Line {line} is empty.", {"line": line}) for line in (3, 7))
    return ToyError(
        "{title} has {count:,} lines. {problems}", title="{a}.txt", count=1200, problems=problems
    )


def test_doctests() -> None:
    assert doctest.testmod(errors).failed == 0


def test_str() -> None:
    assert str(toy_error()) == "{a}.txt has 1,200 lines. Line 3 is empty. Line 7 is empty."
    assert str(ToyError("No {fields} here.")) == "No {fields} here."


def test_translated() -> None:
    translated = in_language(toy_error().sentence.phrase(written), Language("de", GERMAN_ERRORS))
    assert translated == "{a}.txt hat 1200 Zeilen. Zeile 3 ist leer. Zeile 7 ist leer."


def test_pickle() -> None:
    """Errors come back from worker processes."""
    restored = pickle.loads(pickle.dumps(toy_error()))  # noqa: S301 (our own bytes)
    assert isinstance(restored, ToyError)
    assert (str(restored), restored.sentence) == (str(toy_error()), toy_error().sentence)
