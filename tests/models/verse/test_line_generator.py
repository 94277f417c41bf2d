"""Drawing lines: the same again from the same generators, whatever shares the batch."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.networks.network import log_softmax, read
from models.networks.vocabulary import END
from models.verse.line_generator import (
    Breadth,
    Candidate,
    Indices,
    LineRequest,
    generate_lines,
)
from tests.models.tiny import VERSE, lstm

NETWORK = lstm()
PLAIN = Breadth(rows=4)
FORKED = Breadth(rows=6, stems=2, branches=3)
FORK = 5
"""Characters before the fork."""
LONGEST = 40


class Letters:
    """Rows that write letters, as many as each task wants, and then an end. A `Walk`."""

    def __init__(self, wanted: Sequence[int], rows: int, letters: str = "abcde") -> None:
        self.wanted = np.repeat(wanted, rows)
        self.written = np.zeros(len(self.wanted), np.int64)
        self.letters = np.isin(np.arange(len(VERSE)), VERSE.encode(letters))
        self.end = np.arange(len(VERSE)) == VERSE.end

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        full = self.written[rows] >= self.wanted[rows]
        return np.where(full[:, np.newaxis], self.end, self.letters)

    def advance(self, rows: Indices, x: Indices) -> None:
        assert (self.letters | self.end)[x].all()
        self.written[rows] += 1

    def at_fork(self, rows: Indices) -> NDArray[np.bool_]:
        at_fork: NDArray[np.bool_] = self.written[rows] == FORK
        return at_fork

    def take(self, rows: Indices) -> None:
        self.wanted, self.written = self.wanted[rows], self.written[rows]


def task(text: str = "shall i", seed: int = 0, temperature: float = 1.0) -> LineRequest:
    logits, state = read(NETWORK, END + text, NETWORK.initial_state(1))
    return LineRequest(state, logits, temperature, np.random.default_rng(seed))


def lines(
    tasks: Sequence[LineRequest],
    wanted: Sequence[int],
    breadth: Breadth = PLAIN,
    longest: int = LONGEST,
    top_p: float | None = None,
    letters: str = "abcde",
) -> list[list[Candidate]]:
    walk = Letters(wanted, breadth.rows, letters)
    return generate_lines(NETWORK, tasks, walk, breadth, longest=longest, top_p=top_p)


def texts(candidates: Sequence[Candidate]) -> list[str]:
    return [candidate.text for candidate in candidates]


@pytest.mark.parametrize("breadth", [PLAIN, FORKED])
def test_lines_are_drawn_from_what_is_allowed(breadth: Breadth) -> None:
    (found,) = lines([task()], [12], breadth)
    assert len(found) == max(breadth.rows, breadth.stems * breadth.branches)
    assert len(set(texts(found))) > 1
    assert all(len(text) == 12 and set(text) <= set("abcde") for text in texts(found))


@pytest.mark.parametrize("breadth", [PLAIN, FORKED])
def test_the_same_generator_draws_the_same_lines_and_another_others(breadth: Breadth) -> None:
    drawn = [texts(lines([task(seed=seed)], [12], breadth)[0]) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


@pytest.mark.parametrize("breadth", [PLAIN, FORKED])
def test_what_shares_the_batch_does_not_change_a_line(breadth: Breadth) -> None:
    kinds = [("shall i", 1, 0.5, 12), ("when", 2, 1.5, 3), ("o", 3, 1.0, 30)]
    together = lines([task(*kind[:3]) for kind in kinds], [kind[3] for kind in kinds], breadth)
    for kind, found in zip(kinds, together, strict=True):
        (alone,) = lines([task(*kind[:3])], [kind[3]], breadth)
        assert texts(found) == texts(alone)
        for a, b in zip(found, alone, strict=True):
            np.testing.assert_allclose(a.log_p, b.log_p, rtol=1e-4)


def test_the_ways_on_from_a_fork_share_the_likeliest_stems() -> None:
    (drawn,) = lines([task(seed=5)], [FORK], Breadth(FORKED.rows))  # the same numbers, so far
    by_likelihood = sorted(drawn, key=lambda c: -c.log_p[:FORK].mean())
    best = texts(by_likelihood)[: FORKED.stems]
    (found,) = lines([task(seed=5)], [12], FORKED)
    assert len(found) == FORKED.stems * FORKED.branches
    assert {candidate.text[:FORK] for candidate in found} == set(best)
    assert len({candidate.text[FORK:] for candidate in found}) > FORKED.stems


def test_a_line_that_ends_before_the_fork_is_kept_beside_those_that_go_on() -> None:
    short, long = lines([task(seed=1), task(seed=2)], [FORK - 1, FORK + 3], FORKED)
    assert len(short) == FORKED.rows
    assert {len(text) for text in texts(short)} == {FORK - 1}
    assert len(long) == FORKED.stems * FORKED.branches


@pytest.mark.parametrize("temperature", [0.1, 1.0, 2.0])
def test_log_p_is_the_networks_own_at_temperature_one(temperature: float) -> None:
    """Teacher-forced over all symbols, whatever was allowed."""
    begun = task("when forty winters", temperature=temperature)
    for candidate in lines([begun], [12], FORKED)[0]:
        logits, state = begun.logits, begun.state
        for k, x in enumerate(VERSE.encode(candidate.text + END)):
            assert candidate.log_p[k] == pytest.approx(log_softmax(logits)[0, x], abs=1e-4)
            logits, state = NETWORK.step(np.array([x]), state)
        assert len(candidate.log_p) == len(candidate.text) + 1
        np.testing.assert_allclose(candidate.logits, logits, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(candidate.state, state, rtol=1e-3, atol=1e-5)


def test_a_line_that_does_not_come_to_an_end_in_time_is_none() -> None:
    within, beyond = lines([task(), task()], [11, 12], longest=12)
    assert len(within) == PLAIN.rows
    assert beyond == []


@pytest.mark.parametrize("breadth", [PLAIN, FORKED])
def test_a_row_that_may_write_nothing_ends_without_a_line(breadth: Breadth) -> None:
    stuck, fine = lines([task(), task()], [9, 0], breadth, letters="")
    assert stuck == []
    assert texts(fine) == [""] * breadth.rows


def test_the_rare_rest_is_measured_among_what_is_allowed() -> None:
    allowed = "abcde"
    (found,) = lines([task()], [1], Breadth(rows=50), top_p=0.05, letters=allowed)
    likeliest = max(allowed, key=lambda c: task().logits[0, VERSE.encode(c)[0]])
    assert set(texts(found)) == {likeliest}


def test_a_low_temperature_keeps_to_the_likeliest() -> None:
    (cold,) = lines([task(temperature=0.01)], [12], Breadth(rows=10))
    (hot,) = lines([task(temperature=5.0)], [12], Breadth(rows=10))
    assert len(set(texts(cold))) < len(set(texts(hot)))
