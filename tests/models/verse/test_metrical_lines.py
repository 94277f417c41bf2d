"""Lines in metre: every one that a network can write of them fits its plan."""

import re
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.text import words_of
from models.networks.network import read
from models.networks.vocabulary import END
from models.verse.forms import FORMS
from models.verse.line_generator import Breadth, LineRequest, generate_lines
from models.verse.metre import Metre
from models.verse.metrical_lines import (
    LATE,
    LONGEST,
    MetricalWalk,
    Plan,
    Start,
)
from models.verse.rhyme_and_metre import rhyme_and_metre_of
from tests.models.tiny import VERSE
from tests.models.verse.versifier import READINGS, VERSIFIER

METRE = FORMS["shakespearean"].metre_of(0)
SHORT = Metre(("wsws", "wswsf"))
POETICS = rhyme_and_metre_of(VERSIFIER)
assert POETICS is not None
NETWORK = VERSIFIER.network
DAYS = POETICS.rhyme == POETICS.rhyme_of("day")
ANY = POETICS.richness > 0


def plan(
    metre: Metre = METRE,
    start: Start | None = None,
    chosen: NDArray[np.bool_] = ANY,
    closes: bool = False,
) -> Plan:
    assert POETICS is not None
    start = start or Start(metre.beginnings)
    return Plan(metre, start, POETICS.endings(metre, chosen), closes)


def written(a_plan: Plan, seed: int = 0, rows: int = 20) -> list[str]:
    """What follows the start of a plan."""
    assert POETICS is not None
    logits, state = read(NETWORK, END, NETWORK.initial_state(1))
    task = LineRequest(state, logits, 1.0, np.random.default_rng(seed))
    walk = MetricalWalk(VERSE, POETICS, [a_plan], rows)
    breadth = Breadth(rows, stems=rows // 4, branches=4)
    (found,) = generate_lines(NETWORK, [task], walk, breadth, longest=LONGEST, top_p=None)
    return [candidate.text for candidate in found]


def fits(metre: Metre, line: str) -> bool:
    """Whether some readings of the words of a line fill the metre."""

    def behind(places: int, word: str) -> int:
        shifted = (
            (places & metre.places_of(r.stresses)) << len(r.stresses) for r in READINGS(word)
        )
        return reduce(int.__or__, shifted, 0)

    return bool(reduce(behind, words_of(line), metre.beginnings) & metre.ends)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([METRE, SHORT, FORMS["limerick"].metre_of(0)]))
def test_a_line_is_made_of_real_words_that_scan_and_ends_in_a_chosen_one(
    seed: int, metre: Metre
) -> None:
    assert POETICS is not None
    lines = written(plan(metre, chosen=DAYS), seed, rows=8)
    assert lines
    for line in lines:
        assert all(word in POETICS.index for word in words_of(line))
        assert fits(metre, line)
        assert DAYS[POETICS.index[words_of(line)[-1]]]
        assert re.fullmatch(r"[a-z']+(?:[,.:;!?]? [a-z']+|-[a-z']+)*[,.:;!?]?", line)


@pytest.mark.parametrize("metre", [METRE, Metre(("ws", "wsws"))], ids=["sonnet", "two lengths"])
def test_a_line_that_closes_a_poem_ends_in_punctuation_that_closes(metre: Metre) -> None:
    lines = [line for seed in range(3) for line in written(plan(metre, closes=True), seed)]
    assert lines
    assert all(line[-1] in ".!?" for line in lines)
    assert any(line[-1] not in ".!?" for line in written(plan()))


def test_a_line_goes_on_with_the_letters_of_a_word_that_is_begun() -> None:
    rests = written(plan(start=Start(METRE.beginnings, prefix="memo")))
    assert rests
    assert all(re.match("r(y|ies)", rest) for rest in rests)
    assert all(fits(METRE, "memo" + rest) for rest in rests)


def test_behind_a_whole_word_comes_a_space_or_punctuation_and_never_twice() -> None:
    places = METRE.shift(METRE.beginnings, 2)
    behind_word = written(plan(start=Start(places, between=True)))
    behind_comma = written(plan(start=Start(places, between=True, punctuated=True)))
    assert {rest[0] for rest in behind_word} <= set(" ,.:;!?")
    assert {rest[0] for rest in behind_comma} == {" "}


def test_a_full_line_only_ends() -> None:
    full = Start(METRE.ends, between=True, full=True)
    assert set(written(plan(start=full))) <= set(",.:;!?") | {""}
    assert set(written(plan(start=full, closes=True))) <= set(".!?")
    punctuated = Start(METRE.ends, between=True, punctuated=True, full=True)
    assert set(written(plan(start=punctuated))) == {""}
    assert set(written(plan(start=punctuated, closes=True))) == {""}


def test_where_there_is_no_word_to_end_in_there_is_no_line() -> None:
    nowhere = plan(chosen=np.zeros_like(ANY))
    assert not nowhere.can_be_met(POETICS)  # type: ignore[arg-type]
    assert written(nowhere) == []


@pytest.mark.parametrize(
    ("start", "can"),
    [
        (Start(SHORT.beginnings), True),
        (Start(SHORT.beginnings, prefix="etern"), True),
        (Start(SHORT.shift(SHORT.beginnings, 3), prefix="etern"), False),
        (Start(SHORT.shift(SHORT.beginnings, 3), prefix="d"), True),
        (Start(SHORT.shift(SHORT.beginnings, 4), between=True), False),
        (Start(SHORT.shift(SHORT.beginnings, 4), between=True, full=True), True),
        (Start(0, between=True, full=True), True),
        (Start(0), False),
    ],
)
def test_a_plan_knows_whether_it_can_be_met(start: Start, can: bool) -> None:
    assert POETICS is not None
    a_plan = plan(SHORT, start)
    assert a_plan.can_be_met(POETICS) == can
    assert bool(written(a_plan)) == can


def test_the_fork_is_before_the_last_words_of_a_line() -> None:
    assert POETICS is not None
    walk = MetricalWalk(VERSE, POETICS, [plan(SHORT)], rows=1)
    row, line = np.array([0]), "the sun my day"
    forks = []
    for k, symbol in enumerate(VERSE.encode(line)):
        if walk.at_fork(row)[0]:
            forks.append(k)
        assert walk.allowed(row)[0, symbol]
        walk.advance(row, np.array([symbol]))
    begins = [k for k in range(len(line)) if k == 0 or line[k - 1] == " "]
    assert forks == [k for word, k in enumerate(begins) if len(begins) - word <= LATE]


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_rows_can_be_taken_in_any_order(seed: int) -> None:
    assert POETICS is not None
    rng = np.random.default_rng(seed)
    plans = [plan(SHORT), plan(METRE, Start(METRE.beginnings, prefix="d"), DAYS, closes=True)]
    walk = MetricalWalk(VERSE, POETICS, plans, rows=2)
    for _ in range(8):
        allowed = walk.allowed(np.arange(4))
        able = np.flatnonzero(allowed[:, 1:].any(axis=1))
        x = np.array([rng.choice(np.flatnonzero(allowed[row, 1:])) + 1 for row in able])
        walk.advance(able, x)
    order = np.array([3, 1, 1, 0])
    before = walk.allowed(np.arange(4))
    walk.take(order)
    np.testing.assert_array_equal(walk.allowed(np.arange(4)), before[order])
