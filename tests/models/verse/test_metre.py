"""Metre: positions of words in a line, as sets of bits."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.verse.forms import Metre

PENTAMETER = Metre(("wswswswsws", "swwswswsws", "wswswswswsf", "swwswswswsf"))
TEMPLATE = st.builds(
    str.__add__, st.text("ws", min_size=1, max_size=11), st.sampled_from(["", "f"])
)
METRES = st.lists(TEMPLATE, min_size=1, max_size=4).map(lambda t: Metre(tuple(t)))
STRESSES = st.text("012", min_size=1, max_size=4)


def bits(places: int) -> set[int]:
    return {i for i in range(64) if places >> i & 1}


def numbered(metre: Metre) -> list[tuple[int, int, str]]:
    """Number, place in its template, and template of every place, in the documented order."""
    places = [(i, t) for t in metre.templates for i in range(len(t) + 1)]
    return [(number, i, template) for number, (i, template) in enumerate(places)]


def stands(stresses: str, gap: str) -> bool:
    """Whether a word may fill a gap of a template."""
    if len(gap) < len(stresses):
        return False
    if len(stresses) == 1:
        return gap in ("w", "s")
    for stress, place in zip(stresses, gap, strict=True):
        if (stress == "1" and place != "s") or (stress != "0" and place == "f"):
            return False
    return True


def test_positions_are_numbered_consecutively() -> None:
    metre = Metre(("wsws", "swws"))
    assert bits(metre.starts) == {0, 5}
    assert bits(metre.ends) == {4, 9}
    assert bits(metre.positions_of("01")) == {0, 2, 7}
    assert bits(metre.positions_of("100")) == {1, 5}
    assert bits(metre.positions_of("0")) == {0, 1, 2, 3, 5, 6, 7, 8}


@given(METRES, STRESSES)
def test_main_stress_is_strong(metre: Metre, stresses: str) -> None:
    expected = {
        number
        for number, i, template in numbered(metre)
        if stands(stresses, template[i : i + len(stresses)])
    }
    assert bits(metre.positions_of(stresses)) == expected


@given(METRES, st.integers(0, 2**64 - 1), st.integers(0, 12))
def test_shift_stays_within_template(metre: Metre, places: int, syllables: int) -> None:
    expected = {
        number + syllables
        for number, i, template in numbered(metre)
        if number in bits(places) and i + syllables <= len(template)
    }
    assert bits(metre.shift(places, syllables)) == expected


@given(METRES, st.integers(0, 2**64 - 1))
def test_positions_before(metre: Metre, places: int) -> None:
    expected = {
        number
        for number, i, template in numbered(metre)
        if any(number - i + later in bits(places) for later in range(i, len(template) + 1))
    }
    assert bits(metre.positions_before(places)) == expected


@given(METRES, st.lists(STRESSES, max_size=6))
def test_line_ends_if_words_fill_template(metre: Metre, line: list[str]) -> None:
    def filled(template: str, words: list[str]) -> bool:
        if not words:
            return not template
        n = len(words[0])
        return stands(words[0], template[:n]) and filled(template[n:], words[1:])

    def advance(positions: int, word: str) -> int:
        return (positions & metre.positions_of(word)) << len(word)

    positions = reduce(advance, line, metre.starts)
    assert bool(positions & metre.ends) == any(filled(t, line) for t in metre.templates)


def test_syllables_without_feminine_ending() -> None:
    assert PENTAMETER.syllables == 10
    assert Metre(("ws", "wswsf")).syllables == 4


def test_any_stress_fits() -> None:
    free = Metre(("--", "---", "-----"))
    assert free.after(free.starts, ["010"]) == free.shift(free.starts, 3)
    assert free.after(free.starts, ["10"]) & free.ends
    # A line of a member's is not continued by a syllable or two, but by three.
    assert free.shift(free.starts, 3) & free.full
    assert not free.shift(free.starts, 2) & free.full


def test_invalid_metre_raises() -> None:
    wrong: list[tuple[str, ...]] = [(), ("",), ("ws", ""), ("wxs",), ("WS",), ("w s",)]
    for templates in wrong:
        with pytest.raises(ValueError, match="made of w, s, f and -"):
            Metre(templates)
    full = Metre(("w" * 31, "s" * 31))
    assert bits(full.ends) == {31, 63}
    with pytest.raises(ValueError, match="more than 64 positions"):
        Metre(("w" * 31, "s" * 32))
