"""Small text helpers."""

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import formats
from bot.formats import (
    bar,
    escape,
    human_duration,
    human_join,
    plural,
    shortened,
    split_lines,
    unescape,
)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(formats).failed == 0


@pytest.mark.parametrize(
    ("words", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_words_are_joined_as_one_says_them(words: list[str], joined: str) -> None:
    assert human_join(words) == joined


@pytest.mark.parametrize(("count", "said"), [(0, "0 names"), (1, "1 name"), (1000, "1,000 names")])
def test_a_count_takes_the_right_noun(count: int, said: str) -> None:
    assert plural(count, "name") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0 s"), (0.4, "0 s"), (60, "1 min"), (3599.9, "1 h"), (86_400, "1 d")],
)
def test_a_duration_has_no_empty_units(seconds: float, said: str) -> None:
    assert human_duration(seconds) == said


@given(st.floats(allow_nan=False), st.integers(1, 50))
def test_a_bar_is_as_wide_as_asked(share: float, width: int) -> None:
    assert len(bar(share, width)) == width


@given(st.text(), st.integers(1, 50))
def test_shortened_text_fits(words: str, limit: int) -> None:
    assert len(shortened(words, limit)) <= limit


def unescaped(text: str) -> str:
    """What Discord shows: a backslash hides itself before punctuation."""
    shown, characters = "", iter(text)
    for character in characters:
        shown += next(characters) if character == "\\" else character
    return shown


@given(st.text())
def test_escaped_text_is_shown_as_it_was(words: str) -> None:
    assert unescaped(escape(words)) == words


@given(st.text() | st.text(alphabet="\\*_~|`>#-[]()<@1. https:/\n\r\t“”"))
def test_what_was_escaped_comes_back_as_it_was(words: str) -> None:
    assert unescape(escape(words)) == words


@given(st.text(alphabet="\\*_~|`>#-[]()<@1. https:/\n\t"))
def test_no_mark_is_left_with_a_meaning(words: str) -> None:
    escaped = escape(words)
    bare = [
        character
        for place, character in enumerate(escaped)
        if character in "*_~|`[]<@" and (place - len(escaped[:place].rstrip("\\"))) % 2 == 0
    ]
    assert not bare
    assert not re.search(r"(?<!\\)(?:\\\\)*://", escaped)
    assert not re.search(r"^\s*(>|#|-|\d+\.\s)", escaped, re.MULTILINE)


@given(st.lists(st.text(alphabet="ab\\*")), st.integers(2, 40))
def test_chunks_fit_and_lose_nothing(lines: list[str], limit: int) -> None:
    chunks = split_lines(lines, limit)
    assert all(len(chunk) <= limit for chunk in chunks)
    assert "".join(chunks).replace("\n", "") == "".join(lines)


@given(st.lists(st.text(alphabet="ab*\\").map(escape)), st.integers(2, 40))
def test_chunks_never_part_a_backslash_from_what_it_escapes(lines: list[str], limit: int) -> None:
    for chunk in split_lines(lines, limit):
        for line in chunk.split("\n"):
            assert (len(line) - len(line.rstrip("\\"))) % 2 == 0


@given(st.lists(st.text(alphabet="ab", max_size=10), min_size=1), st.integers(10, 40))
def test_lines_that_fit_are_never_cut(lines: list[str], limit: int) -> None:
    assert "\n".join(split_lines(lines, limit)) == "\n".join(lines)
