"""The word filter's time grows as the text does, whatever the text. No test here reads a clock."""

import re
import sys
from string import ascii_lowercase
from types import FrameType

import pytest

from bot.words import Strictness, WordFilter, matching, normalisation
from tests.patterns import is_linear

_FILTER = WordFilter(["mud*", "*m*d*"], ["dick"]).for_server(Strictness.STRICT, ["*u*m*"])

SHAPES = {
    "prose": ("", "the quick brown fox jumps over the lazy dog ", ""),
    "symbols in a word": ("a", "!", "a"),
    "symbols in many words": ("", "a!!!!!!a ", ""),
    "brackets": ("", "(a", ")"),
    "brackets in brackets": ("", "({[", "a"),
    "drawn letters": ("", "\\/|", "a"),
    "letters with spaces": ("", "a ", "bb"),
    "gaps": ("a", " ", "a"),
    "doubled letters": ("", "aabb", "a"),
    "one letter": ("", "a", ""),
    "digits": ("", "1", ""),
    "numbers": ("", "123 ", ""),
    "apostrophes": ("", "i'll ", ""),
    "accents": ("a", "\u0301", ""),
    "U+FDFA": ("", "\ufdfa", ""),
    "look-alikes": ("", "и", ""),
    "spelled words": ("", "f u c k ", ""),
    "blocked words": ("", "ass ", ""),
    "blocked words with symbols": ("a", "ass/", ""),
    "blocked words with numbers": ("", "ass123 ", ""),
    "blocked words in one, beside another": ("saurus ", "dick", " saurus"),
    "an allowed word": ("", "dick ", ""),
    "wildcards": ("", "mud", ""),
    "a blocked beginning": ("", "lolico ", ""),
    "its first part": ("", "lol ico ", ""),
    "masked words": ("", "m*d ", ""),
    "masked words in one": ("x", "f#cx", ""),
    "hyphens": ("a", "-b", ""),
    "letters over letters": ("", "a b ", ""),
    "words over letters": ("", "xyz q ", ""),
    "letters on their heads": ("", "ɐʞɔ", ""),
    "Greek and Cyrillic": ("", "χβжц ", ""),
    "a sound": ("", "phaq", ""),
    "roots of names": ("", "saurus", ""),
    "roots with vowels": ("x", "megao", "dick"),
}
"""A beginning, what is repeated, and an end: the worst texts that are known of each kind."""


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


@pytest.mark.parametrize(("begin", "unit", "end"), SHAPES.values(), ids=SHAPES)
def test_steps_are_linear(begin: str, unit: str, end: str) -> None:
    """Four times the text takes about four times the steps; sixteen if they were quadratic."""
    short, long = (begin + unit * (length // len(unit)) + end for length in (300, 1200))
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
