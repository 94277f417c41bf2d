"""Scores of candidate lines, term by term."""

import math
from dataclasses import fields

import numpy as np
import pytest

from data.phonetics import Reading
from models.verse.constrained.line_generator import Candidate
from models.verse.constrained.rhyme_and_metre import RhymeAndMetreIndex
from models.verse.reranking import (
    DEFAULT_WEIGHTS,
    FUNCTION_WORDS,
    SMALL_WORDS,
    PreviousLines,
    RerankWeights,
    score,
)
from tests.models.tiny import VERSE

WORDS = [f"{a}{b}{c}" for a in "bcdfgh" for b in "aeiou" for c in "lmnprst"]
"""210 words, most common first."""
INDEX = RhymeAndMetreIndex(WORDS, VERSE, lambda _word: (Reading("1", "EH1"),))
SMALL, NOT_SMALL = WORDS[0], WORDS[SMALL_WORDS]
RARE = WORDS[-1]
LOG_P = -2.0
NO_LINES = PreviousLines([])


def only(**terms: float) -> RerankWeights:
    """Weights that are zero except for these terms."""
    return RerankWeights(**dict.fromkeys((f.name for f in fields(RerankWeights)), 0.0) | terms)


def candidate(text: str, log_p: float = LOG_P, last: float | None = None) -> Candidate:
    """A line whose characters have the same log p, except those of the last word."""
    log_ps = np.full(len(text) + 1, log_p)
    if last is not None:
        log_ps[text.rfind(" ") + 1 :] = last
    return Candidate(text, log_ps, np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))


def total(
    text: str, weights: RerankWeights, previous: PreviousLines = NO_LINES, prefix: str = ""
) -> float:
    """The score of a line beside its log p, in nats."""
    return (score(candidate(text), prefix, previous, INDEX, weights) - LOG_P) * (len(text) + 1)


def test_score_without_weights_is_log_p() -> None:
    short, long = candidate(RARE, -1.5), candidate(f"{RARE} {RARE} {RARE}", -1.5)
    for line in (short, long):
        assert score(line, "", PreviousLines([f"{RARE} {RARE}"]), INDEX, only()) == pytest.approx(
            -1.5
        )


def test_rare_words_score_higher() -> None:
    weights = only(rarity=2)
    assert total(f"{RARE} {SMALL}", weights) == pytest.approx(2 * math.log(len(WORDS)))
    assert total(f"{SMALL} {RARE}", weights) == pytest.approx(0)
    assert total(f"{RARE} {SMALL} {SMALL}", weights) == pytest.approx(2 * math.log(len(WORDS)))
    assert total("unknown unknown", weights) == pytest.approx(0)


def test_typed_words_do_not_count_as_rare() -> None:
    assert total(f"{SMALL} {SMALL}", only(rarity=2), prefix=f"{RARE} ") == pytest.approx(0)
    assert total(f"{RARE[1:]} {SMALL}", only(rarity=2), prefix=RARE[0]) == pytest.approx(0)


def test_last_word_has_extra_weight() -> None:
    forced = candidate(f"{RARE} {RARE},", last=-5)
    flat = score(forced, "", NO_LINES, INDEX, only())
    counted = score(forced, "", NO_LINES, INDEX, only(last_word=0.5))
    assert counted == pytest.approx(flat + 0.5 * -5 * len(f"{RARE},\n") / len(forced.log_p))


def test_repeated_content_word() -> None:
    function_word = WORDS[FUNCTION_WORDS - 1]
    previous = PreviousLines([f"{SMALL} {RARE}", function_word])
    weights = only(repeated_content_word=3)
    assert total(f"{RARE} {function_word}", weights, previous) == pytest.approx(-3)
    assert total(f"{RARE} and {RARE}", weights, previous) == pytest.approx(-6)
    assert total(WORDS[-2], weights, previous) == pytest.approx(0)


def test_repeated_word_in_line() -> None:
    weights = only(repeated_in_line=2)
    assert total(f"{RARE} {RARE} {RARE}", weights) == pytest.approx(-4)
    assert total(f"{SMALL} {SMALL}", weights) == pytest.approx(0)
    assert total(f"{NOT_SMALL} {NOT_SMALL}", weights) == pytest.approx(-2)
    assert total(RARE, weights, prefix=f"{RARE} ") == pytest.approx(-2)


def test_repeated_pair() -> None:
    a, b, c = WORDS[-3:]
    previous = PreviousLines([f"{a} {b}", f"{c} {a}"])
    weights = only(repeated_pair=1.5)
    assert total(f"{a}, {b}", weights, previous) == pytest.approx(-1.5)
    assert total(f"{b} {c}", weights, previous) == pytest.approx(0)
    assert total(b, weights, previous, prefix=f"{a} ") == pytest.approx(-1.5)


def test_same_first_word() -> None:
    previous = PreviousLines([f"{SMALL} {RARE}", SMALL, f"{RARE} {SMALL}", "", "..."])
    weights = only(same_first_word=1)
    assert total(f"{SMALL} {WORDS[3]}", weights, previous) == pytest.approx(-2)
    assert total(f"{WORDS[3]} {SMALL}", weights, previous) == pytest.approx(0)
    assert total(WORDS[3], weights, previous, prefix=f"{RARE} ") == pytest.approx(-1)


@pytest.mark.parametrize("text", ["", ",", ".", "?!"])
def test_score_of_punctuation_is_finite(text: str) -> None:
    for prefix in ("", f"{RARE} {RARE}", "..."):
        assert math.isfinite(score(candidate(text), prefix, PreviousLines(["a", prefix]), INDEX))


def test_default_weights_are_positive() -> None:
    assert all(getattr(DEFAULT_WEIGHTS, f.name) > 0 for f in fields(RerankWeights))


def test_doubled_word() -> None:
    assert total(f"{RARE} {RARE} {SMALL}", only(doubled_word=9)) == pytest.approx(-9)
    assert total(f"{RARE} {SMALL} {RARE}", only(doubled_word=9)) == pytest.approx(0)


@pytest.mark.parametrize(
    ("above", "line", "lost"),
    [
        ("", "what is it?", 0),
        ("", "why, then, he comes?", 0),
        ("", "o, shall he come?", 0),
        ("", "he comes to me?", 4),
        ("he comes.", "that thou canst not?", 4),
        ("what shall i do", "that he comes to me?", 0),
        ("what? he comes", "and goes to me?", 4),
        ("", "he comes. why?", 0),
    ],
)
def test_false_question(above: str, line: str, lost: float) -> None:
    assert total(line, only(false_question=4), PreviousLines([above])) == pytest.approx(-lost)
