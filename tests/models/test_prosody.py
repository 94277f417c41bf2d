"""Syllables, estimated from spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.prosody import count_syllables


@pytest.mark.parametrize(
    ("syllables", "words"),
    [
        (0, ["", " ", "'", "12 !?", "🦕"]),
        (1, ["i", "o", "thee", "fate", "faced", "times", "love", "shall", "th'", "brow", "hymn"]),
        (2, ["winters", "table", "hated", "beauty", "roses", "summer's", "heaven"]),
        (3, ["forgotten", "melody", "remember"]),
        (5, ["shall i compare thee"]),
        (
            10,
            ["shall i compare thee to a summer's day", "when forty winters shall besiege thy brow"],
        ),
    ],
)
def test_syllables_are_counted(syllables: int, words: list[str]) -> None:
    assert {word: count_syllables(word) for word in words} == dict.fromkeys(words, syllables)


@given(st.text("abey' ,-", max_size=20), st.text("abey' ,-", max_size=20))
def test_a_line_has_the_syllables_of_its_words(first: str, second: str) -> None:
    assert count_syllables(f"{first} {second}") == count_syllables(first) + count_syllables(second)


@given(st.from_regex("[a-z]+", fullmatch=True))
def test_every_word_has_a_syllable(word: str) -> None:
    assert count_syllables(word) >= 1
