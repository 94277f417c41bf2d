"""Index of words by stresses and rhyme."""

from dataclasses import replace
from functools import reduce
from operator import or_

import numpy as np
import pytest
from models.verse.constrained.rhyme_and_metre import (
    MIN_WORDS,
    RhymeAndMetreIndex,
    rhyme_and_metre_of,
)

from data.phonetics import Reading
from models.networks.vocabulary import Vocabulary
from models.verse.constrained import rhyme_and_metre as module
from models.verse.constrained.metre import Metre
from tests.models.tiny import LETTERS, VERSE, lstm, poet
from tests.models.verse.versifier import READINGS, VERSIFIER, WORDS

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
BY_FREQUENCY = ("the", "xqzt", *list(SOUNDS)[1:])
INDEX = RhymeAndMetreIndex(BY_FREQUENCY, VERSE, lambda word: SOUNDS.get(word, ()))


def rhyme(word: str) -> int:
    return int(INDEX.rhyme[INDEX.index[word]])


def only(*words: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.zeros(len(INDEX.index) + 1, np.bool_)
    chosen[[INDEX.index[word] for word in words]] = True
    return chosen


def positions(word: str, readings: int | None = None) -> int:
    """Where in `METRE` a word can start."""
    return reduce(or_, (METRE.positions_of(r.stresses) for r in SOUNDS[word][:readings]), 0)


def test_unknown_words_are_left_out() -> None:
    assert set(INDEX.index) == set(SOUNDS)
    assert INDEX.rank["love"] == 2
    assert INDEX.stresses_of("being") == ("10", "1")
    assert INDEX.stresses_of("wind") == ("1",)
    assert INDEX.stresses_of("xqzt") == ()


def test_rhyme_by_first_reading() -> None:
    assert rhyme("love") == rhyme("above") >= 0
    assert rhyme("wind") != rhyme("find")
    assert rhyme("being") == rhyme("seeing")


def test_words_that_do_not_end_lines() -> None:
    assert rhyme("the") == rhyme("'bove") == -1
    filtered = RhymeAndMetreIndex(
        BY_FREQUENCY, VERSE, lambda w: SOUNDS.get(w, ()), lambda w: w != "love"
    )
    assert filtered.rhyme[filtered.index["love"]] == -1
    assert filtered.rhyme[filtered.index["above"]] >= 0


def test_rhyme_of_unknown_word() -> None:
    assert INDEX.rhyme_of("love") == rhyme("love")
    learned = RhymeAndMetreIndex(
        ["above", "the", "'bove"], VERSE, lambda word: SOUNDS.get(word, ())
    )
    assert learned.rhyme_of("love") == learned.rhyme[learned.index["above"]] >= 0
    assert learned.rhyme_of("'bove") == learned.rhyme_of("love")
    assert learned.rhyme_of("the") == learned.rhyme_of("xqzt") == learned.rhyme_of("") == -1


def test_rhyme_count() -> None:
    def rhyme_count(index: RhymeAndMetreIndex, word: str) -> int:
        return int(index.rhyme_count[index.index[word]])

    assert rhyme_count(INDEX, "love") == rhyme_count(INDEX, "above") == 2
    assert rhyme_count(INDEX, "memory") == 1
    assert rhyme_count(INDEX, "the") == 0
    assert INDEX.rhyme_count[-1] == 0


def test_endings() -> None:
    chosen = ["above", "being", "memory", "love"]
    endings = INDEX.endings(METRE, only(*chosen))
    assert len(endings) == len(SOUNDS) + 1
    for word, row in INDEX.index.items():
        n = len(SOUNDS[word][0].stresses)
        expected = positions(word, 1) & (METRE.ends >> n) if word in chosen else 0
        assert endings[row] == expected
    assert endings[INDEX.index["being"]] == 1 << 13  # the last foot of `wswsf`
    assert endings[INDEX.index["memory"]] == 1 << 1  # its last syllable, at the end of `wsws`
    assert endings[-1] == 0


def test_inner_words() -> None:
    viable = METRE.positions_before(1 << 3 | 1 << 12)
    inner = INDEX.inner_words(METRE, viable)
    for word in SOUNDS:
        expected = 0
        for reading in SOUNDS[word][: module.MAX_READINGS]:
            stresses = reading.stresses
            expected |= METRE.positions_of(stresses) & (viable >> len(stresses))
        assert inner.nodes[INDEX.trie.find(word)] & expected == expected
        assert inner.starts[INDEX.patterns[INDEX.index[word]]].max() <= expected
    memory = INDEX.trie.find("mem")
    assert inner.nodes[memory] == positions("memory") & (viable >> 3)
    assert inner.nodes[0] == 0


def test_no_word_fits_nowhere() -> None:
    assert not INDEX.patterns[-1].any()
    assert INDEX.inner_words(METRE, METRE.positions_before(METRE.ends)).starts[0] == 0
    assert INDEX.endings(METRE, np.ones(len(SOUNDS) + 1, np.bool_))[-1] == 0


def test_index_is_cached() -> None:
    index = rhyme_and_metre_of(VERSIFIER)
    assert index is rhyme_and_metre_of(VERSIFIER)
    assert index is not None
    assert set(index.index) == {word for word in WORDS if READINGS(word)}


def test_no_index_without_english() -> None:
    few = WORDS[: MIN_WORDS - 1]
    babble = [f"xq{a}{b}" for a in LETTERS.symbols[1:] for b in LETTERS.symbols[1:]]
    no_comma = Vocabulary(VERSE.symbols.replace(",", ""))
    assert rhyme_and_metre_of(poet()) is None
    assert rhyme_and_metre_of(replace(poet(), words=few)) is None
    assert rhyme_and_metre_of(replace(poet(), words=tuple(babble))) is None
    assert rhyme_and_metre_of(replace(poet(lstm(no_comma)), words=WORDS)) is None
    assert rhyme_and_metre_of(replace(poet(), words=WORDS)) is not None


def test_same_spelling() -> None:
    bears = RhymeAndMetreIndex(
        ["bears", "bear's", "bear"], VERSE, lambda _: [Reading("1", "EH1 R Z")]
    )
    assert bears.same_spelling(["bear's"]) == sorted(bears.index[w] for w in ("bears", "bear's"))
    assert bears.same_spelling(["xqzt", ""]) == []


def test_rare_word_does_not_end_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.verse.constrained.rhyme_and_metre.MAX_ENDING_RANK", 1)
    two = RhymeAndMetreIndex(["day", "gay"], VERSE, lambda _: [Reading("1", "EY1")])
    assert [two.rhyme[two.index[word]] >= 0 for word in ("day", "gay")] == [True, False]


def test_ending_weight_grows_with_rank() -> None:
    weights = [INDEX.ending_weight[INDEX.index[word]] for word in ("love", "above", "memory")]
    assert weights == sorted(weights)
    assert all(0 < weight <= 1 for weight in weights)


def test_letter_names_are_not_words() -> None:
    letters = RhymeAndMetreIndex(["a", "e", "i", "o", "x"], VERSE, lambda _: [Reading("1", "EY1")])
    assert set(letters.index) == {"a", "i", "o"}
