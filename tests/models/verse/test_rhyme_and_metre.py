"""What a network's words sound like."""

from dataclasses import replace
from functools import reduce
from operator import or_

import numpy as np
import pytest

from data.phonetics import Reading
from models.networks.vocabulary import Vocabulary
from models.verse import rhyme_and_metre as module
from models.verse.metre import Metre
from models.verse.rhyme_and_metre import LEAST_WORDS, RhymeAndMetreIndex, rhyme_and_metre_of
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
COMMONEST_FIRST = ("the", "xqzt", *list(SOUNDS)[1:])
POETICS = RhymeAndMetreIndex(COMMONEST_FIRST, VERSE, lambda word: SOUNDS.get(word, ()))


def rhyme(word: str) -> int:
    return int(POETICS.rhyme[POETICS.index[word]])


def only(*words: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.zeros(len(POETICS.index) + 1, np.bool_)
    chosen[[POETICS.index[word] for word in words]] = True
    return chosen


def places(word: str, readings: int | None = None) -> int:
    """Where in `METRE` a word can begin."""
    return reduce(or_, (METRE.places_of(r.stresses) for r in SOUNDS[word][:readings]), 0)


def test_words_without_sounds_are_left_out_and_the_others_keep_their_rank() -> None:
    assert set(POETICS.index) == set(SOUNDS)
    assert POETICS.rank["love"] == 2
    assert POETICS.stresses_of("being") == ("10", "1")
    assert POETICS.stresses_of("wind") == ("1",)
    assert POETICS.stresses_of("xqzt") == ()


def test_words_rhyme_by_their_usual_sounds() -> None:
    assert rhyme("love") == rhyme("above") >= 0
    assert rhyme("wind") != rhyme("find")
    assert rhyme("being") == rhyme("seeing")


def test_no_line_ends_in_a_word_without_stress_or_in_half_a_quotation() -> None:
    assert rhyme("the") == rhyme("'bove") == -1
    choosy = RhymeAndMetreIndex(
        COMMONEST_FIRST, VERSE, lambda w: SOUNDS.get(w, ()), lambda w: w != "love"
    )
    assert choosy.rhyme[choosy.index["love"]] == -1
    assert choosy.rhyme[choosy.index["above"]] >= 0


def test_a_member_may_end_a_line_in_a_word_that_the_network_never_uses() -> None:
    assert POETICS.rhyme_of("love") == rhyme("love")
    learned = RhymeAndMetreIndex(
        ["above", "the", "'bove"], VERSE, lambda word: SOUNDS.get(word, ())
    )
    assert learned.rhyme_of("love") == learned.rhyme[learned.index["above"]] >= 0
    assert learned.rhyme_of("'bove") == learned.rhyme_of("love")
    assert learned.rhyme_of("the") == learned.rhyme_of("xqzt") == learned.rhyme_of("") == -1


def test_a_rhyme_is_as_rich_as_it_has_common_words() -> None:
    def richness(poetics: RhymeAndMetreIndex, word: str) -> int:
        return int(poetics.richness[poetics.index[word]])

    assert richness(POETICS, "love") == richness(POETICS, "above") == 2
    assert richness(POETICS, "memory") == 1
    assert richness(POETICS, "the") == 0
    assert POETICS.richness[-1] == 0


def test_a_line_ends_in_a_chosen_word_that_fits_there_by_its_usual_sounds() -> None:
    chosen = ["above", "being", "memory", "love"]
    endings = POETICS.endings(METRE, only(*chosen))
    assert len(endings) == len(SOUNDS) + 1
    for word, place in POETICS.index.items():
        n = len(SOUNDS[word][0].stresses)
        expected = places(word, 1) & (METRE.ends >> n) if word in chosen else 0
        assert endings[place] == expected
    assert endings[POETICS.index["being"]] == 1 << 13  # the last foot of `wswsf`
    assert endings[POETICS.index["memory"]] == 1 << 1  # its last syllable, at the end of `wsws`
    assert endings[-1] == 0


def test_a_word_stands_within_a_line_where_any_of_its_sounds_leads_on() -> None:
    alive = METRE.places_before(1 << 3 | 1 << 12)
    inner = POETICS.inner(METRE, alive)
    for word in SOUNDS:
        expected = 0
        for reading in SOUNDS[word][: module.MOST_READINGS]:
            stresses = reading.stresses
            expected |= METRE.places_of(stresses) & (alive >> len(stresses))
        assert inner.nodes[POETICS.trie.find(word)] & expected == expected
        assert inner.starts[POETICS.patterns[POETICS.index[word]]].max() <= expected
    memory = POETICS.trie.find("mem")
    assert inner.nodes[memory] == places("memory") & (alive >> 3)
    assert inner.nodes[0] == 0


def test_what_is_no_word_can_stand_nowhere() -> None:
    assert not POETICS.patterns[-1].any()
    assert POETICS.inner(METRE, METRE.places_before(METRE.ends)).starts[0] == 0
    assert POETICS.endings(METRE, np.ones(len(SOUNDS) + 1, np.bool_))[-1] == 0


def test_a_network_of_verse_has_poetics_made_once() -> None:
    poetics = rhyme_and_metre_of(VERSIFIER)
    assert poetics is rhyme_and_metre_of(VERSIFIER)
    assert poetics is not None
    assert set(poetics.index) == {word for word in WORDS if READINGS(word)}


def test_a_network_that_does_not_write_english_has_none() -> None:
    few = WORDS[: LEAST_WORDS - 1]
    babble = [f"xq{a}{b}" for a in LETTERS.symbols[1:] for b in LETTERS.symbols[1:]]
    no_comma = Vocabulary(VERSE.symbols.replace(",", ""))
    assert rhyme_and_metre_of(poet()) is None
    assert rhyme_and_metre_of(replace(poet(), words=few)) is None
    assert rhyme_and_metre_of(replace(poet(), words=tuple(babble))) is None
    assert rhyme_and_metre_of(replace(poet(lstm(no_comma)), words=WORDS)) is None
    assert rhyme_and_metre_of(replace(poet(), words=WORDS)) is not None


def test_words_that_only_an_apostrophe_tells_apart_are_spelt_alike() -> None:
    bears = RhymeAndMetreIndex(
        ["bears", "bear's", "bear"], VERSE, lambda _: [Reading("1", "EH1 R Z")]
    )
    assert bears.spelt_like(["bear's"]) == sorted(bears.index[w] for w in ("bears", "bear's"))
    assert bears.spelt_like(["xqzt", ""]) == []


def test_a_rare_word_ends_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.verse.rhyme_and_metre.ENDING", 1)
    two = RhymeAndMetreIndex(["day", "gay"], VERSE, lambda _: [Reading("1", "EY1")])
    assert [two.rhyme[two.index[word]] >= 0 for word in ("day", "gay")] == [True, False]


def test_a_common_word_is_let_end_a_line_less_readily_than_a_rare_one() -> None:
    weights = [POETICS.ending_weight[POETICS.index[word]] for word in ("love", "above", "memory")]
    assert weights == sorted(weights)
    assert all(0 < weight <= 1 for weight in weights)


def test_the_name_of_a_letter_is_no_word() -> None:
    letters = RhymeAndMetreIndex(["a", "e", "i", "o", "x"], VERSE, lambda _: [Reading("1", "EY1")])
    assert set(letters.index) == {"a", "i", "o"}
