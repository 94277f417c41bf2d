"""The word filter's time grows as the text does, whatever the text. No test here reads a clock."""

import re
import sys
from types import FrameType

import pytest

from bot.services.word_filter import Strictness, WordFilter, normalisation
from bot.services.word_filter import words as matching

SHAPES = {
    "symbols in a word": ("a", "!", "a"),
    "symbols between words": ("", "a!!! ", ""),
    "brackets that stay open": ("", "(a", ""),
    "brackets in brackets": ("", "({[", ""),
    "drawn letters": ("", "\\/|", ""),
    "letters with spaces": ("", "a ", "bb"),
    "gaps": ("a", " ", "a"),
    "doubled letters": ("", "aabb", "a"),
    "one letter": ("", "a", ""),
    "digits": ("", "1", ""),
    "numbers": ("", "123 ", ""),
    "apostrophes": ("", "i'll ", ""),
    "accents": ("a", "\u0301", ""),
    "expansions": ("", "\ufdfa", ""),
    "look-alikes": ("", "и", ""),
    "blocked words": ("", "ass ", ""),
    "blocked words in one": ("mega", "ass", "saurus"),
    "one long word beside another": ("", "dick", " saurus"),
    "spelled words": ("", "f u c k ", ""),
    "allowed words": ("", "dick ", ""),
    "wildcards": ("", "mud", ""),
    "roots of names": ("", "saurus", ""),
    "roots with vowels": ("x", "megao", "dick"),
}
"""A beginning, what is repeated, and an end: what hostile members would send."""
_FILTER = WordFilter(["mud*", "*m*d*"], ["dick"]).for_server(Strictness.STRICT, ["*u*m*"])


def steps(text: str) -> int:
    """Lines of Python that are executed while a text is filtered."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]  # a trace function returns another one, or None
    try:
        _FILTER.allows(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_are_linear(shape: str) -> None:
    """Four times the text takes about four times the steps; sixteen if they were quadratic."""
    begin, unit, end = SHAPES[shape]

    def text(length: int) -> str:
        return begin + unit * (length // len(unit)) + end

    _FILTER.allows(text(1200))  # caches, and what is loaded once
    assert steps(text(1200)) < 4.5 * steps(text(300)) + 200


def is_linear(pattern: str) -> bool:
    """Whether each repetition without a limit begins after a character that it cannot take.

    Else a search that fails behind it begins anew at each character that it has read.
    """
    tokens = re._parser.parse(pattern)  # type: ignore[attr-defined]
    linear = sum(map(_is_stopped, tokens, [*tokens][1:]))
    return bool(str(tokens).count("MAXREPEAT") == linear)


def _is_stopped(before: object, token: tuple[object, tuple[object, object, object]]) -> bool:
    """Whether a token, as `re` parses it, repeats any character but some, among them `before`."""
    operation, repetition = token
    if str(operation) != "MAX_REPEAT":
        return False
    *_limits, body = repetition
    ((inner, characters),) = body if len(body) == 1 else [("", "")]  # type: ignore[arg-type,misc,attr-defined]
    return str(inner) == "IN" and str(characters[0]) == "(NEGATE, None)" and before in characters


def patterns() -> list[str]:
    """The patterns that search texts; `_NAME` reads names of characters, which are short."""
    values = [value for name, value in vars(normalisation).items() if name != "_NAME"]
    found = [each for value in values for each in (value if isinstance(value, tuple) else [value])]
    return [each.pattern for each in found if isinstance(each, re.Pattern)]


@pytest.mark.parametrize("pattern", patterns())
def test_patterns_are_linear(pattern: str) -> None:
    assert is_linear(pattern)


@pytest.mark.parametrize(
    "pattern", [r"[!|]+(?![^ ])", r"(?:([^ ])\1)+(?![^ ])", r"\(.+\)", r"\(([^()]*)*\)", r"(a*)*b"]
)
def test_quadratic_patterns_are_noticed(pattern: str) -> None:
    assert not is_linear(pattern)


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
