"""The words of messages, for the shortcut that continues them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack import requests
from bot.platforms.slack.requests import words_of
from tests.patterns import is_linear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shall I compare thee", "Shall I compare thee"),
        ("Shall\n  I\tcompare", "Shall I compare"),
        ("<@U123> shall I", "shall I"),
        ("<@U123|mary> and <#C12|general>, <!here>", "mary and general,"),
        ("see <https://example.org/a_b|this page> now", "see this page now"),
        ("see <https://example.org>", "see"),
        ("*bold*, _slanted_, ~gone~ and `code`", "bold, slanted, gone and code"),
        ("snake_case and 2*3*4 stay", "snake_case and 2*3*4 stay"),
        ("hot :sunny: and :+1::skin-tone-2:", "hot and"),
        ("at 10:30:15 :", "at 10:30:15 :"),
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("&lt;@U123&gt;", "<@U123>"),
        ("", ""),
        ("snake_case__kept", "snake_case__kept"),
        ("__under__ ~~gone~~", "under gone"),
        ("a**b a_*b *_a_*", "ab a*b a"),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert words_of(text) == expected


@given(st.text() | st.text(alphabet="<>|:*_&@a \n"))
def test_any_text(text: str) -> None:
    words = words_of(text)
    assert "\n" not in words
    assert len(words) <= len(text)


def test_rows_of_marks_take_linear_time() -> None:
    """A message has up to 40,000 characters, and is read on the event loop."""
    assert is_linear(requests._EMPHASIS.pattern)
