"""Metrical lines: every line that a network can write fits its plan."""

import re
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.verse.constrained.metrical_lines import (
    BRANCH_SYLLABLES,
    MAX_LENGTH,
    MetricalConstraint,
    Plan,
    Start,
)
from models.verse.constrained.rhyme_and_metre import rhyme_and_metre_of
from numpy.typing import NDArray

from data.text import words_of
from models.networks.network import read
from models.networks.vocabulary import END
from models.verse.constrained.line_generator import CandidateCounts, LineRequest, generate_lines
from models.verse.constrained.metre import Metre
from models.verse.forms import FORMS
from tests.models.tiny import VERSE
from tests.models.verse.versifier import READINGS, VERSIFIER

METRE = FORMS["shakespearean"].metre_of(0)
SHORT = Metre(("wsws", "wswsf"))
INDEX = rhyme_and_metre_of(VERSIFIER)
assert INDEX is not None
NETWORK = VERSIFIER.network
DAYS = INDEX.rhyme == INDEX.rhyme_of("day")
ANY = INDEX.rhyme_count > 0


def plan(
    metre: Metre = METRE,
    start: Start | None = None,
    chosen: NDArray[np.bool_] = ANY,
    ends_poem: bool = False,
) -> Plan:
    assert INDEX is not None
    start = start or Start(metre.starts)
    return Plan(metre, start, INDEX.endings(metre, chosen), ends_poem)


def written(a_plan: Plan, seed: int = 0, rows: int = 20) -> list[str]:
    """Lines without their start, as planned."""
    assert INDEX is not None
    logits, state = read(NETWORK, END, NETWORK.initial_state(1))
    request = LineRequest(state, logits, 1.0, np.random.default_rng(seed))
    constraint = MetricalConstraint(VERSE, INDEX, [a_plan], rows)
    counts = CandidateCounts(rows, stems=rows // 4, branches=4)
    (found,) = generate_lines(
        NETWORK, [request], constraint, counts, max_length=MAX_LENGTH, top_p=None
    )
    return [candidate.text for candidate in found]


def fits(metre: Metre, line: str) -> bool:
    """Whether some readings of the words of a line fill the metre."""

    def advance(positions: int, word: str) -> int:
        shifted = (
            (positions & metre.positions_of(r.stresses)) << len(r.stresses) for r in READINGS(word)
        )
        return reduce(int.__or__, shifted, 0)

    return bool(reduce(advance, words_of(line), metre.starts) & metre.ends)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([METRE, SHORT, FORMS["limerick"].metre_of(0)]))
def test_line_scans_and_ends_in_chosen_word(seed: int, metre: Metre) -> None:
    assert INDEX is not None
    lines = written(plan(metre, chosen=DAYS), seed, rows=8)
    assert lines
    for line in lines:
        assert all(word in INDEX.index for word in words_of(line))
        assert fits(metre, line)
        assert DAYS[INDEX.index[words_of(line)[-1]]]
        assert re.fullmatch(r"[a-z']+(?:[,.:;!?]? [a-z']+|-[a-z']+)*[,.:;!?]?", line)


@pytest.mark.parametrize("metre", [METRE, Metre(("ws", "wsws"))], ids=["sonnet", "two lengths"])
def test_last_line_ends_with_full_stop(metre: Metre) -> None:
    lines = [line for seed in range(3) for line in written(plan(metre, ends_poem=True), seed)]
    assert lines
    assert all(line[-1] in ".!?" for line in lines)
    assert any(line[-1] not in ".!?" for line in written(plan()))


def test_prefix_is_completed() -> None:
    endings = written(plan(start=Start(METRE.starts, prefix="memo")))
    assert endings
    assert all(re.match("r(y|ies)", ending) for ending in endings)
    assert all(fits(METRE, "memo" + ending) for ending in endings)


def test_space_or_punctuation_after_word() -> None:
    positions = METRE.shift(METRE.starts, 2)
    after_word = written(plan(start=Start(positions, after_word=True)))
    after_comma = written(plan(start=Start(positions, after_word=True, punctuated=True)))
    assert {ending[0] for ending in after_word} <= set(" ,.:;!?")
    assert {ending[0] for ending in after_comma} == {" "}


def test_complete_line_only_ends() -> None:
    complete = Start(METRE.ends, after_word=True, complete=True)
    assert set(written(plan(start=complete))) <= set(",.:;!?") | {""}
    assert set(written(plan(start=complete, ends_poem=True))) <= set(".!?")
    punctuated = Start(METRE.ends, after_word=True, punctuated=True, complete=True)
    assert set(written(plan(start=punctuated))) == {""}
    assert set(written(plan(start=punctuated, ends_poem=True))) == {""}


def test_no_ending_no_line() -> None:
    impossible = plan(chosen=np.zeros_like(ANY))
    assert not impossible.is_possible(INDEX)  # type: ignore[arg-type]
    assert written(impossible) == []


@pytest.mark.parametrize(
    ("start", "possible"),
    [
        (Start(SHORT.starts), True),
        (Start(SHORT.starts, prefix="etern"), True),
        (Start(SHORT.shift(SHORT.starts, 3), prefix="etern"), False),
        (Start(SHORT.shift(SHORT.starts, 3), prefix="d"), True),
        (Start(SHORT.shift(SHORT.starts, 4), after_word=True), False),
        (Start(SHORT.shift(SHORT.starts, 4), after_word=True, complete=True), True),
        (Start(0, after_word=True, complete=True), True),
        (Start(0), False),
    ],
)
def test_plan_is_possible(start: Start, possible: bool) -> None:
    assert INDEX is not None
    a_plan = plan(SHORT, start)
    assert a_plan.is_possible(INDEX) == possible
    assert bool(written(a_plan)) == possible


def test_branch_point_is_before_last_words() -> None:
    assert INDEX is not None
    constraint = MetricalConstraint(VERSE, INDEX, [plan(SHORT)], rows=1)
    row, line = np.array([0]), "the sun my day"
    branch_points = []
    for k, symbol in enumerate(VERSE.encode(line)):
        if constraint.at_branch_point(row)[0]:
            branch_points.append(k)
        assert constraint.allowed(row)[0, symbol]
        constraint.advance(row, np.array([symbol]))
    starts = [k for k in range(len(line)) if k == 0 or line[k - 1] == " "]
    assert branch_points == [
        k for word, k in enumerate(starts) if len(starts) - word <= BRANCH_SYLLABLES
    ]


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_select_rows(seed: int) -> None:
    assert INDEX is not None
    rng = np.random.default_rng(seed)
    plans = [plan(SHORT), plan(METRE, Start(METRE.starts, prefix="d"), DAYS, ends_poem=True)]
    constraint = MetricalConstraint(VERSE, INDEX, plans, rows=2)
    for _ in range(8):
        allowed = constraint.allowed(np.arange(4))
        able = np.flatnonzero(allowed[:, 1:].any(axis=1))
        x = np.array([rng.choice(np.flatnonzero(allowed[row, 1:])) + 1 for row in able])
        constraint.advance(able, x)
    order = np.array([3, 1, 1, 0])
    before = constraint.allowed(np.arange(4))
    constraint.select(order)
    np.testing.assert_array_equal(constraint.allowed(np.arange(4)), before[order])
