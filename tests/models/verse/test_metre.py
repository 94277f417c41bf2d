"""Metre: where in a line words can stand, as sets of bits."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.verse.metre import Metre

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


def test_places_are_numbered_through_all_templates() -> None:
    metre = Metre(("wsws", "swws"))
    assert bits(metre.beginnings) == {0, 5}
    assert bits(metre.ends) == {4, 9}
    assert bits(metre.places_of("01")) == {0, 2, 7}
    assert bits(metre.places_of("100")) == {1, 5}
    assert bits(metre.places_of("0")) == {0, 1, 2, 3, 5, 6, 7, 8}


@given(METRES, STRESSES)
def test_a_word_stands_where_its_main_stress_is_strong(metre: Metre, stresses: str) -> None:
    expected = {
        number
        for number, i, template in numbered(metre)
        if stands(stresses, template[i : i + len(stresses)])
    }
    assert bits(metre.places_of(stresses)) == expected


@given(METRES, st.integers(0, 2**64 - 1), st.integers(0, 12))
def test_a_shift_stays_within_its_template(metre: Metre, places: int, syllables: int) -> None:
    expected = {
        number + syllables
        for number, i, template in numbered(metre)
        if number in bits(places) and i + syllables <= len(template)
    }
    assert bits(metre.shift(places, syllables)) == expected


@given(METRES, st.integers(0, 2**64 - 1))
def test_before_some_places_are_these_and_all_to_their_left(metre: Metre, places: int) -> None:
    expected = {
        number
        for number, i, template in numbered(metre)
        if any(number - i + later in bits(places) for later in range(i, len(template) + 1))
    }
    assert bits(metre.places_before(places)) == expected


@given(METRES, st.integers(0, 12))
def test_places_left_have_a_syllable_to_come_and_no_more_than_asked(
    metre: Metre, most: int
) -> None:
    expected = {n for n, i, template in numbered(metre) if 1 <= len(template) - i <= most}
    assert bits(metre.places_left(most)) == expected


@given(METRES, st.lists(STRESSES, max_size=6))
def test_a_line_comes_to_an_end_if_its_words_fill_a_template(metre: Metre, line: list[str]) -> None:
    def filled(template: str, words: list[str]) -> bool:
        if not words:
            return not template
        n = len(words[0])
        return stands(words[0], template[:n]) and filled(template[n:], words[1:])

    def behind(places: int, word: str) -> int:
        return (places & metre.places_of(word)) << len(word)

    places = reduce(behind, line, metre.beginnings)
    assert bool(places & metre.ends) == any(filled(t, line) for t in metre.templates)


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("0 0 01 0 0 0 10 0", True),  # shall I compare thee to a summer's day
        ("10 0 0 0 0 0 0 0 0", True),  # never a word of what I say to thee, a foot reversed
        ("0 10 0 0 0 0 0 0 0", True),
        ("0 01 0 0 0 0 0 0 0", False),  # its second syllable has the stress, and stands third
        ("0 0 0 0 0 0 0 0 0 10", True),  # a feminine ending
        ("0 0 0 0 0 0 0 0 0 0 0", False),  # a word of its own is none
        ("0 0 0 0 0 0 0 0 0", False),
    ],
)
def test_pentameter_is_what_one_hears(line: str, fits: bool) -> None:
    places = PENTAMETER.beginnings
    for word in line.split():
        places = (places & PENTAMETER.places_of(word)) << len(word)
    assert bool(places & PENTAMETER.ends) == fits


def test_a_feminine_ending_is_not_counted_among_the_syllables() -> None:
    assert PENTAMETER.syllables == 10
    assert Metre(("ws", "wswsf")).syllables == 4


@pytest.mark.parametrize("templates", [(), ("",), ("ws", ""), ("wxs",), ("WS",), ("w s",)])
def test_what_is_no_metre_is_refused(templates: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="made of w, s and f"):
        Metre(templates)


def test_there_is_room_for_sixty_four_places() -> None:
    full = Metre(("w" * 31, "s" * 31))
    assert bits(full.ends) == {31, 63}
    with pytest.raises(ValueError, match="more than 64 places"):
        Metre(("w" * 31, "s" * 32))
