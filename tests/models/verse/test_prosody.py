"""Prosody: rhyme, syllables and metre."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_sonnets
from data.lexicon import count_syllables, load_lexicon
from data.pronunciation import with_fallbacks
from data.text import words_of
from models.verse.prosody import is_iambic, is_real, pairs_of, rhymes, scans, syllable_counts
from tests.optional import downloaded

LEXICON = load_lexicon()
READINGS = LEXICON.readings
WORDS = ["the", "of", "love", "beauty", "mov'd", "fire", "compare", "memory", "xqzt", "fair'st"]
VERSE = st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join)


@pytest.mark.parametrize(
    ("pairs", "rhyme"),
    [
        ("day may, increase decease, mov'd prov'd, know'st grow'st, fix'd mix'd", True),
        ("knight night, passion fashion, making taking", True),  # feminine rhymes
        ("butterfly die", True),  # a secondary stress on a primary one
        ("live give, present content", True),  # by another reading than the first
        ("love prove, memory die, day days", False),  # to the eye alone
        ("sing going", False),  # without a stress
        ("day day, xqzt xqzt, xqzt yqzt, xqzt day", False),
    ],
)
def test_rhymes(pairs: str, rhyme: bool) -> None:
    for a, b in map(str.split, pairs.split(", ")):
        assert rhymes(a, b, READINGS) == rhyme, (a, b)


@pytest.mark.parametrize(
    ("scheme", "pairs"),
    [
        ("ABAB CDCD EFEF GG", ((0, 2), (1, 3), (4, 6), (5, 7), (8, 10), (9, 11), (12, 13))),
        ("AABBA", ((0, 1), (2, 3), (1, 4))),
        ("ABC", ()),
        ("", ()),
    ],
)
def test_pairs_of_scheme(scheme: str, pairs: tuple[tuple[int, int], ...]) -> None:
    assert pairs_of(scheme) == pairs


def test_is_real() -> None:
    assert is_real("mov'd", READINGS)
    assert not is_real("mangosaurus", READINGS)
    assert is_real("mangosaurus", READINGS, {"mangosaurus"})


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("", {0}),
        ("shall i compare thee to a summer's day?", {10}),
        ("lovest", {1, 2}),
        ("fire, fire!", {2, 3, 4}),
        ("self-love", {2}),
        ("mangosaurus", {4}),  # by its spelling
    ],
)
def test_syllable_counts_of_all_readings(line: str, counts: set[int]) -> None:
    assert syllable_counts(line, READINGS) == counts


@given(VERSE, VERSE)
def test_syllable_counts_add_up(first: str, second: str) -> None:
    a, b, both = (syllable_counts(x, READINGS) for x in (first, second, f"{first}, {second}"))
    assert both == {x + y for x in a for y in b}


@pytest.mark.parametrize(
    ("line", "iambic"),
    [
        ("shall i compare thee to a summer's day?", True),
        ("making a famine where abundance lies,", True),  # the first foot reversed
        ("to be, or not to be, that is the question:", True),  # a feminine ending
        ("a woman's face with nature's own hand painted", True),
        ("the memory of beauty is a rose", True),  # no stress in a strong place
        ("and then o'erlook the beauty of the rose", True),
        ("the mangosaurus in the summer rose", True),
        ("in beauty of the summer of a rose is", True),
        ("", False),
        ("beauty beauty beauty beauty beauty", False),
        ("shall i compare thee to a day?", False),
        ("shall i compare thee to a summer's day and night?", False),
        ("compare beauty, compare beauty, compare", False),
    ],
)
def test_is_iambic(line: str, iambic: bool) -> None:
    assert is_iambic(line, READINGS) == iambic


@pytest.mark.parametrize(
    ("line", "fits"), [("a beauty of a rose", True), ("beauty, begin", True), ("beauty", False)]
)
def test_scans_any_metre(line: str, fits: bool) -> None:
    assert scans(line, ["wswsws", "swws"], READINGS) == fits


@given(st.text(max_size=60))
def test_measures_take_any_text(text: str) -> None:
    assert all(count >= 0 for count in syllable_counts(text, READINGS))
    assert is_iambic(text, READINGS) in (True, False)
    assert not rhymes(text, text, READINGS)


def test_shakespeare_figures() -> None:
    """Those of the module's docstring."""
    poems = [poem.strip().split("\n") for poem in downloaded(load_sonnets).items]
    poems = [poem for poem in poems if len(poem) == 14]
    readings = with_fallbacks(LEXICON.entry, endings_only=True)
    lines = [line for poem in poems for line in poem]
    ends = [[words_of(line)[-1] for line in poem] for poem in poems]
    pairs = [(end[i], end[j]) for end in ends for i, j in pairs_of("ABAB CDCD EFEF GG")]
    shares = (
        np.mean([rhymes(a, b, readings) for a, b in pairs]),
        np.mean([bool(syllable_counts(x, readings) & {10, 11}) for x in lines]),
        np.mean([is_iambic(line, readings) for line in lines]),
    )
    assert shares == pytest.approx((0.78, 0.95, 0.88), abs=0.006)


# Syllables by spelling. --------------------------------------------------------------------------


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
def test_count_syllables(syllables: int, words: list[str]) -> None:
    assert {word: count_syllables(word) for word in words} == dict.fromkeys(words, syllables)


@given(st.text("abey' ,-", max_size=20), st.text("abey' ,-", max_size=20))
def test_syllables_of_line_add_up(first: str, second: str) -> None:
    assert count_syllables(f"{first} {second}") == count_syllables(first) + count_syllables(second)


@given(st.from_regex("[a-z]+", fullmatch=True))
def test_every_word_has_a_syllable(word: str) -> None:
    assert count_syllables(word) >= 1
