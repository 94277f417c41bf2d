"""Text formatting."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import formats
from bot.text.formats import human_duration, human_join, odds, percent, progress_bar, shortened
from tests.texts import written


def test_doctests() -> None:
    assert doctest.testmod(formats).failed == 0


@pytest.mark.parametrize(
    ("words", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_human_join(words: list[str], joined: str) -> None:
    assert human_join([*map(written, words)]) == joined


@pytest.mark.parametrize(
    ("seconds", "formatted"),
    [(-3, "0 s"), (0.4, "0 s"), (60, "1 min"), (3599.9, "1 h"), (86_400, "1 d")],
)
def test_human_duration(seconds: float, formatted: str) -> None:
    assert human_duration(seconds) == formatted


@given(st.floats(allow_nan=False), st.integers(1, 50))
def test_progress_bar_width(share: float, width: int) -> None:
    assert len(progress_bar(share, width)) == width


@given(st.text(), st.integers(1, 50))
def test_shortened_text_fits(words: str, limit: int) -> None:
    assert len(shortened(written(words), limit)) <= limit


def test_probabilities_as_text() -> None:
    written = [percent(p) for p in (0.0, 0.004, 0.006, 0.474, 1.0)]
    assert written == ["<1%", "<1%", "1%", "47%", "100%"]
    written = [odds(p) for p in (1.0, 0.474, 0.01, 0.0099, 1 / 4312, 1e-6, 0.0)]
    rare = ["1 in 100", "1 in 4,300", "1 in 1,000,000", "1 in 1,000,000"]
    assert written == ["100%", "47%", "1%", *rare]
