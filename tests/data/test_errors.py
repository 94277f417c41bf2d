"""Errors with templates: formatting, translation, pickling."""

import doctest
import pickle

from data import errors
from data.errors import Sentence, TemplatedError
from data.phrases import Language, in_language
from tests.texts import written

GERMAN = {
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
    translated = in_language(toy_error().sentence.phrase(written), Language("de", GERMAN))
    assert translated == "{a}.txt hat 1200 Zeilen. Zeile 3 ist leer. Zeile 7 ist leer."


def test_pickle() -> None:
    """Errors come back from worker processes."""
    restored = pickle.loads(pickle.dumps(toy_error()))  # noqa: S301 (our own bytes)
    assert isinstance(restored, ToyError)
    assert (str(restored), restored.sentence) == (str(toy_error()), toy_error().sentence)
