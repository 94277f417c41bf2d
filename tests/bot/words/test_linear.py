"""The word filter's time grows as the text does, whatever the text. No test here reads a clock."""

import re
import sys
from string import ascii_lowercase
from types import FrameType

import pytest

from benchmarks.filter_time import SHAPES, text_of
from bot.words import Strictness, WordFilter, matching, normalisation
from tests.patterns import is_linear

_FILTER = WordFilter(["mud*", "*m*d*"], ["dick"]).for_server(Strictness.STRICT, ["*u*m*"])


def steps(text: str, words: WordFilter = _FILTER) -> int:
    """Lines of Python that are executed while a text is filtered."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]  # a trace function returns another one, or None
    try:
        words.allows(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_are_linear(shape: str) -> None:
    """Four times the text takes about four times the steps; sixteen if they were quadratic."""
    short, long = text_of(shape, 300), text_of(shape, 1200)
    _FILTER.allows(long)  # caches, and what is loaded once
    assert steps(long) < 4.5 * steps(short) + 200


def test_patterns_whose_letters_are_missing_take_no_time() -> None:
    """A server can have 50 of them, and a list 50,000 names."""
    words = WordFilter().for_server(
        Strictness.NORMAL, [f"*a*a*a*a*nd{c}*" for c in ascii_lowercase]
    )
    text = 50 * "aaaa "
    words.allows(text)
    assert steps(text, words) < 3 * steps(text)


def patterns() -> list[str]:
    """The patterns that search texts; `_NAME` reads names of characters, which are short."""
    values = [value for name, value in vars(normalisation).items() if name != "_NAME"]
    found = [each for value in values for each in (value if isinstance(value, tuple) else [value])]
    return [each.pattern for each in found if isinstance(each, re.Pattern)]


@pytest.mark.parametrize("pattern", patterns())
def test_patterns_are_linear(pattern: str) -> None:
    assert is_linear(pattern)
    assert not any(map(is_linear, [r"(a*)*b", r"[!|]+(?![^ ])", r"\(.+\)"]))


def test_long_words_are_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of their many matches would copy the whole word."""
    seen: set[str] = set()

    def is_known(word: str) -> bool:
        seen.add(word)
        return False

    monkeypatch.setattr(matching, "is_known", is_known)
    long = "dick" * 300
    WordFilter().allows(f"saurus {long} saurus")
    assert {len(word) for word in seen} <= {len(word) for word in ("saurus", long)}
