"""Index of the words that a network can write, by stresses and rhyme."""

from collections.abc import Callable
from functools import reduce
from operator import or_

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.pronunciation import Reading, is_archaic
from models.networks.words import SPECIAL, WordVocabulary
from models.verse import word_index as module
from models.verse.forms import Metre
from models.verse.word_index import (
    MAX_READINGS,
    MENTIONS,
    MIN_WORDS,
    Output,
    WordIndex,
    english_index,
    stresses_in_verse,
)
from tests.models.tiny import LETTERS, word_lstm
from tests.models.verse.versifier import LEXICON, MARKS, READINGS, WORDS

METRE = Metre(("wsws", "swws", "wswsf"))
SOUNDS = {
    "the": (Reading("0", "DH AH0"),),
    "love": (Reading("1", "AH1 V"),),
    "above": (Reading("01", "AH1 V"),),
    "'bove": (Reading("1", "AH1 V"),),
    "wind": (Reading("1", "IH1 N D"), Reading("1", "AY1 N D")),
    "find": (Reading("1", "AY1 N D"),),
    "being": (Reading("10", "IY1 IH0 NG"), Reading("1", "IY1 NG")),
    "seeing": (Reading("10", "IY1 IH0 NG"),),
    "memory": (Reading("100", "EH1 M ER0 IY0"),),
    "many": tuple(Reading("1" + "0" * n, f"EH1 {n}") for n in range(9)),
}
VOCABULARY = WordVocabulary.of([",", "the", "xqzt", ".", "(", "-", *list(SOUNDS)[1:]])


def sounds(word: str) -> tuple[Reading, ...]:
    return SOUNDS.get(word, ())


INDEX = WordIndex(VOCABULARY, sounds)


def alike(*words: str, rhyme: str = "EY1", **choices: Callable[[str], bool]) -> WordIndex:
    """An index of some words that all sound alike."""

    def readings(word: str) -> tuple[Reading, ...]:
        return (Reading("1", rhyme),) if word not in SPECIAL else ()

    return WordIndex(WordVocabulary.of(words), readings, **choices)


def rhyme(word: str, index: WordIndex = INDEX) -> int:
    return int(index.rhyme[index.column[word]])


def texts(index: WordIndex, columns: NDArray[np.bool_]) -> set[str]:
    return {index.texts[column] for column in np.flatnonzero(columns)}


def test_syllables_by_first_reading() -> None:
    expected = {text: len(found[0].stresses) for text, found in SOUNDS.items()}
    expected |= dict.fromkeys(("\n", *",.-", *MENTIONS), 0)
    assert {text: int(INDEX.counted[k]) for text, k in INDEX.column.items()} == expected

    assert INDEX.stresses_of("being") == ("10", "2")
    assert INDEX.stresses_of("wind") == ("1",)
    assert INDEX.stresses_of("xqzt") == ()


@pytest.mark.parametrize(
    ("word", "stresses"),
    [("the", "0"), ("his", "0"), ("was", "2"), ("old", "2"), ("man", "1"), ("said", "1")],
)
def test_stress_of_single_syllables(word: str, stresses: str) -> None:
    """By what a word says: an adjective may stand before a beat, a noun or a verb is one."""
    assert stresses_in_verse(word, "1") == stresses
    assert stresses_in_verse(word, "010") == "010"


def test_rhyme_by_first_reading() -> None:
    assert rhyme("love") == rhyme("above") >= 0
    assert rhyme("wind") != rhyme("find")
    assert rhyme("being") == rhyme("seeing")


def test_words_that_do_not_end_lines() -> None:
    """A word without a stress does not, nor one that is refused."""
    assert rhyme("the") == rhyme("\n", INDEX) == rhyme(",") == -1
    some = WordIndex(VOCABULARY, sounds, may_end=lambda word: word != "love")
    assert rhyme("love", some) == -1
    assert rhyme("above", some) >= 0
    assert not some.endings(METRE)[[some.column["love"], some.column["the"]]].any()

    # Nor one that is not written.
    some = WordIndex(VOCABULARY, sounds, may_write=lambda word: word != "love")
    assert set(INDEX.texts) - set(some.texts) == {"love"}
    assert some.rhyme_of("love") == rhyme("above", some) >= 0


def test_rhyme_of_unknown_word() -> None:
    assert INDEX.rhyme_of("love") == rhyme("love")
    learned = WordIndex(WordVocabulary.of(["above", "the"]), sounds)
    assert learned.rhyme_of("love") == rhyme("above", learned) >= 0
    assert learned.rhyme_of("'bove") == learned.rhyme_of("love")
    assert learned.rhyme_of("the") == learned.rhyme_of("xqzt") == learned.rhyme_of("") == -1
    assert learned.rhyme_of("find") == -1


def test_rhyme_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(index: WordIndex) -> dict[str, int]:
        return {word: int(index.rhyme_count[index.column[word]]) for word in index.texts}

    threes, twos = ("love", "above", "'bove"), ("being", "seeing")
    ones = ("wind", "find", "memory", "many")
    expected = {0: ("\n", *",.-", *MENTIONS, "the"), 1: ones, 2: twos, 3: threes}
    assert counts(INDEX) == {word: n for n, words in expected.items() for word in words}
    # Rare words rhyme, but do not make a word one that is easily rhymed with.
    monkeypatch.setattr(module, "COMMON_WORDS", VOCABULARY.index["above"])
    assert counts(WordIndex(VOCABULARY, sounds))["above"] == 1


def test_rare_word_does_not_end_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENDING_RANK", len(SPECIAL) + 1)
    two = alike("day", "gay")
    assert [rhyme(word, two) >= 0 for word in ("day", "gay")] == [True, False]


def test_tokens_that_are_no_words() -> None:
    """*'love'* is *love* in quotation marks; *'tis* is a word, as *tis* is rarer."""
    assert set(alike("a", "e", "i", "o", "x").texts) == {"\n", *MENTIONS, "a", "i", "o"}
    index = alike("'tis", "love", "'love", "love'", "tis", "'bove", "th'")
    assert set(index.texts) == {"\n", *MENTIONS, "'tis", "love", "tis", "'bove", "th'"}


def test_words_by_spelling() -> None:
    bears = alike("bears", "bear's", "bear")
    found = bears.same_spelling(["bear's"])
    assert sorted(found) == sorted(bears.column[w] for w in ("bears", "bear's"))
    assert bears.same_spelling(["xqzt", ""]) == []
    index = alike("mem", "memory", "memories", "men", "m")
    assert texts(index, index.starting_with("mem")) == {"memory", "memories"}
    assert texts(index, index.starting_with("memory")) == set()
    assert texts(index, index.starting_with("x")) == set()


# Metre. ------------------------------------------------------------------------------------------


def starts(word: str, readings: int | None = None) -> int:
    """Where in `METRE` a word can start."""
    return reduce(or_, (METRE.positions_of(r.stresses) for r in SOUNDS[word][:readings]), 0)


def test_endings() -> None:
    """By the first reading, as rhymes are."""
    endings = INDEX.endings(METRE)
    assert endings.shape == (len(INDEX.texts),)
    for text, column in INDEX.column.items():
        expected = 0
        if text in SOUNDS and text != "the":
            expected = starts(text, 1) & (METRE.ends >> len(SOUNDS[text][0].stresses))
        assert endings[column] == expected, text
    assert endings[INDEX.column["being"]] == 1 << 13  # the last foot of `wswsf`
    assert endings[INDEX.column["memory"]] == 1 << 1  # its last syllable, at the end of `wsws`


POSITIONS = st.integers(0, 2**16 - 1)
"""`METRE` has 16 positions."""


def after(index: WordIndex, metre: Metre, positions: int, column: int) -> int:
    """The positions of one line after a word."""
    fits = index.positions(metre)[np.newaxis]
    at = np.array([positions], np.uint64)
    (found,) = index.after(fits, np.array([0]), at, np.array([column]))
    return int(found)


@given(POSITIONS, POSITIONS)
def test_inner_words_leave_room_for_ending(positions: int, ending: int) -> None:
    """By any of their first readings."""
    viable = METRE.positions_before(ending)
    inner = INDEX.inner(METRE, positions, ending)
    for text, column in INDEX.column.items():
        there = 0
        for reading in SOUNDS.get(text, ())[:MAX_READINGS]:
            fits = METRE.positions_of(reading.stresses) & positions
            there |= fits << len(reading.stresses)
        assert inner[column] == bool(there & viable), text


@given(POSITIONS, st.sampled_from(sorted(SOUNDS)))
def test_after_word(positions: int, word: str) -> None:
    there = 0
    for reading in SOUNDS[word][:MAX_READINGS]:
        there |= (METRE.positions_of(reading.stresses) & positions) << len(reading.stresses)
    assert after(INDEX, METRE, positions, INDEX.column[word]) == there


def test_after_the_last_word() -> None:
    """A mark or the end; after a mark the end; a poem ends with a mark that closes."""
    for may_mark, closing, expected in (
        (False, "", "\n"),
        (False, ".?!", "\n"),
        (True, "", "\n,."),
        (True, ".?!", "."),
    ):
        found = INDEX.after_ending(may_mark=may_mark, closing=closing)
        assert texts(INDEX, found) == {*expected}


# English. ----------------------------------------------------------------------------------------

BABBLE = tuple(f"xq{a}{b}" for a in LETTERS.symbols[1:] for b in LETTERS.symbols[1:])


def english(*more: str, may_write: Callable[[str], bool] = bool) -> WordIndex:
    index = english_index(WordVocabulary.of([*MARKS, *WORDS, *more]), may_write)
    assert index is not None
    return index


def test_english_words() -> None:
    assert set(english(*BABBLE).texts) == {"\n", *",;:.?!-", *MENTIONS, *WORDS}
    refused = set(english().texts) - set(english(may_write="love".__ne__).texts)
    assert refused == {"love"}


def test_no_index_without_english() -> None:
    assert len(BABBLE) > MIN_WORDS
    assert english_index(WordVocabulary.of(BABBLE)) is None
    assert english_index(WordVocabulary.of([*BABBLE, *WORDS[: MIN_WORDS - 1]])) is None
    assert english_index(WordVocabulary.of(WORDS[:MIN_WORDS])) is not None
    assert english_index(WordVocabulary.of([])) is None


def test_inflected_words_are_written() -> None:
    """Early modern forms of a word, but no old spellings."""
    forms = ("lov'd", "lovest", "loveth", "o'er", "'twixt", "canst", "beauty's")
    spellings = ("vigour", "offence")
    assert all(map(READINGS, spellings))
    written = set(english(*forms, *spellings).texts)
    assert written >= set(forms)
    assert written.isdisjoint(spellings)


def test_words_that_end_english_lines() -> None:
    """*Lov'd* is not in the dictionary itself, and *women's* needs another word after it."""
    enders, others = ("replay", "heaven", "of"), ("lov'd", "women's", "'tis", "a")
    index = english(*(word for word in enders + others if word not in WORDS))
    assert all(map(READINGS, enders + others))
    assert [word for word in enders + others if rhyme(word, index) >= 0] == [*enders]


def test_archaic_words() -> None:
    index = english("lov'd", "doth")
    found = texts(index, index.archaic)
    assert found > {"thou", "thee", "thy", "lov'd", "doth"}
    assert found == {text for text in index.texts if is_archaic(text, LEXICON.entry)}
    assert not INDEX.archaic.any()


def test_output_of_columns() -> None:
    network = word_lstm(VOCABULARY)
    h = np.random.default_rng(0).normal(size=(3, network.E.shape[1])).astype(np.float32)
    expected = network.logits(h)[:, INDEX.tokens]
    expected[:, INDEX.mentions] = -np.inf
    np.testing.assert_allclose(Output(network, INDEX).logits(h), expected, rtol=1e-5, atol=1e-6)
