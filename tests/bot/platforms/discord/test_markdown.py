"""Discord's markdown: escaping and splitting."""

import doctest
import re

from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord import rendering
from bot.platforms.discord.rendering import escape, split_lines


def test_doctests() -> None:
    assert doctest.testmod(rendering).failed == 0


def unescaped(text: str) -> str:
    """The text as Discord shows it: without the escaping backslashes."""
    shown, characters = "", iter(text)
    for character in characters:
        shown += next(characters) if character == "\\" else character
    return shown


@given(st.text() | st.text(alphabet="\\*_~|`>#-[]()<@1. https:/\n\r\t“”"))
def test_escaped_text_is_shown_as_typed(text: str) -> None:
    assert unescaped(escape(text)) == text


@given(st.text(alphabet="\\*_~|`>#-[]()<@1. https:/\n\t"))
def test_every_mark_is_escaped(text: str) -> None:
    escaped = escape(text)
    bare = [
        character
        for place, character in enumerate(escaped)
        if character in "*_~|`[]<@" and (place - len(escaped[:place].rstrip("\\"))) % 2 == 0
    ]
    assert not bare
    assert not re.search(r"(?<!\\)(?:\\\\)*://", escaped)
    assert not re.search(r"^\s*(>|#|-|\d+\.\s)", escaped, re.MULTILINE)


@given(st.lists(st.text(alphabet="ab\\*")), st.integers(2, 40))
def test_chunks_lose_nothing(lines: list[str], limit: int) -> None:
    chunks = split_lines(lines, limit)
    assert all(len(chunk) <= limit for chunk in chunks)
    assert "".join(chunks).replace("\n", "") == "".join(lines)


@given(st.lists(st.text(alphabet="ab*\\").map(escape)), st.integers(2, 40))
def test_chunks_keep_escapes_whole(lines: list[str], limit: int) -> None:
    for chunk in split_lines(lines, limit):
        for line in chunk.split("\n"):
            assert (len(line) - len(line.rstrip("\\"))) % 2 == 0


@given(st.lists(st.text(alphabet="ab", max_size=10), min_size=1), st.integers(10, 40))
def test_fitting_lines_are_not_cut(lines: list[str], limit: int) -> None:
    assert "\n".join(split_lines(lines, limit)) == "\n".join(lines)
