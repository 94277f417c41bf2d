"""What a line is worth beside its likelihood, term by term."""

import math
from dataclasses import fields

import numpy as np
import pytest

from data.phonetics import Reading
from models.verse.line_generator import Candidate
from models.verse.reranking import (
    FUNCTION_WORDS,
    SMALL_WORDS,
    TASTE,
    Poem,
    RerankWeights,
    score,
)
from models.verse.rhyme_and_metre import RhymeAndMetreIndex
from tests.models.tiny import VERSE

WORDS = [f"{a}{b}{c}" for a in "bcdfgh" for b in "aeiou" for c in "lmnprst"]
"""The commonest first; 210 of them."""
POETICS = RhymeAndMetreIndex(WORDS, VERSE, lambda _word: (Reading("1", "EH1"),))
SMALL, SMALLER_NOT = WORDS[0], WORDS[SMALL_WORDS]
RARE = WORDS[-1]
LOG_P = -2.0
NOTHING_SAID = Poem([])


def taste(**terms: float) -> RerankWeights:
    """A taste for nothing but these terms."""
    return RerankWeights(**dict.fromkeys((f.name for f in fields(RerankWeights)), 0.0) | terms)


def candidate(text: str, log_p: float = LOG_P, last: float | None = None) -> Candidate:
    """A line whose characters are equally likely, but for those of its last word."""
    of_characters = np.full(len(text) + 1, log_p)
    if last is not None:
        of_characters[text.rfind(" ") + 1 :] = last
    return Candidate(
        text, of_characters, np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32)
    )


def total(text: str, terms: RerankWeights, poem: Poem = NOTHING_SAID, begun: str = "") -> float:
    """What a line is worth beside its likelihood, in nats."""
    return (score(candidate(text), begun, poem, POETICS, terms) - LOG_P) * (len(text) + 1)


def test_without_taste_a_line_is_worth_its_likelihood_by_the_character() -> None:
    short, long = candidate(RARE, -1.5), candidate(f"{RARE} {RARE} {RARE}", -1.5)
    for line in (short, long):
        assert score(line, "", Poem([f"{RARE} {RARE}"]), POETICS, taste()) == pytest.approx(-1.5)


def test_a_rare_word_is_worth_more_than_a_common_one_but_at_the_end() -> None:
    terms = taste(rarity=2)
    assert total(f"{RARE} {SMALL}", terms) == pytest.approx(2 * math.log(len(WORDS)))
    assert total(f"{SMALL} {RARE}", terms) == pytest.approx(0)
    assert total(f"{RARE} {SMALL} {SMALL}", terms) == pytest.approx(2 * math.log(len(WORDS)))
    assert total("unknown unknown", terms) == pytest.approx(0)


def test_a_word_that_the_member_wrote_wins_nothing() -> None:
    assert total(f"{SMALL} {SMALL}", taste(rarity=2), begun=f"{RARE} ") == pytest.approx(0)
    assert total(f"{RARE[1:]} {SMALL}", taste(rarity=2), begun=RARE[0]) == pytest.approx(0)


def test_an_unlikely_last_word_counts_again() -> None:
    forced = candidate(f"{RARE} {RARE},", last=-5)
    flat = score(forced, "", NOTHING_SAID, POETICS, taste())
    counted = score(forced, "", NOTHING_SAID, POETICS, taste(ending=0.5))
    assert counted == pytest.approx(flat + 0.5 * -5 * len(f"{RARE},\n") / len(forced.log_p))


def test_a_content_word_of_the_poem_is_an_echo_and_a_function_word_is_none() -> None:
    function = WORDS[FUNCTION_WORDS - 1]
    poem = Poem([f"{SMALL} {RARE}", function])
    terms = taste(echo=3)
    assert total(f"{RARE} {function}", terms, poem) == pytest.approx(-3)
    assert total(f"{RARE} and {RARE}", terms, poem) == pytest.approx(-6)
    assert total(WORDS[-2], terms, poem) == pytest.approx(0)


def test_a_word_that_comes_again_within_its_line_costs_unless_it_is_small() -> None:
    terms = taste(repetition=2)
    assert total(f"{RARE} {RARE} {RARE}", terms) == pytest.approx(-4)
    assert total(f"{SMALL} {SMALL}", terms) == pytest.approx(0)
    assert total(f"{SMALLER_NOT} {SMALLER_NOT}", terms) == pytest.approx(-2)
    assert total(RARE, terms, begun=f"{RARE} ") == pytest.approx(-2)


def test_a_pair_of_words_of_the_poem_costs_but_not_over_the_end_of_a_line() -> None:
    a, b, c = WORDS[-3:]
    poem = Poem([f"{a} {b}", f"{c} {a}"])
    terms = taste(phrase=1.5)
    assert total(f"{a}, {b}", terms, poem) == pytest.approx(-1.5)
    assert total(f"{b} {c}", terms, poem) == pytest.approx(0)
    assert total(b, terms, poem, begun=f"{a} ") == pytest.approx(-1.5)


def test_each_line_above_that_begins_alike_costs() -> None:
    poem = Poem([f"{SMALL} {RARE}", SMALL, f"{RARE} {SMALL}", "", "..."])
    terms = taste(beginning=1)
    assert total(f"{SMALL} {WORDS[3]}", terms, poem) == pytest.approx(-2)
    assert total(f"{WORDS[3]} {SMALL}", terms, poem) == pytest.approx(0)
    assert total(WORDS[3], terms, poem, begun=f"{RARE} ") == pytest.approx(-1)


@pytest.mark.parametrize("text", ["", ",", ".", "?!"])
def test_a_line_to_which_only_punctuation_was_added_is_worth_something_finite(text: str) -> None:
    for begun in ("", f"{RARE} {RARE}", "..."):
        assert math.isfinite(score(candidate(text), begun, Poem(["a", begun]), POETICS))


def test_by_default_every_term_counts() -> None:
    assert all(getattr(TASTE, f.name) > 0 for f in fields(RerankWeights))


def test_a_word_that_stutters_is_hardly_ever_kept() -> None:
    assert total(f"{RARE} {RARE} {SMALL}", taste(stutter=9)) == pytest.approx(-9)
    assert total(f"{RARE} {SMALL} {RARE}", taste(stutter=9)) == pytest.approx(0)


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
def test_a_statement_takes_no_question_mark(above: str, line: str, lost: float) -> None:
    assert total(line, taste(statement=4), Poem([above])) == pytest.approx(-lost)
