"""Sampling of candidate lines."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.networks.network import log_softmax, read
from models.networks.vocabulary import END
from models.verse.free_lines import FreeLine, FreeLineRequest, Indices, generate_lines
from tests.models.tiny import VERSE, lstm

NETWORK = lstm()
ROWS = 4
MAX_LENGTH = 40


class Letters:
    """Rows with a given number of letters, then an end. Implements `LineConstraint`."""

    def __init__(self, wanted: Sequence[int], rows: int, letters: str = "abcde") -> None:
        self.wanted = np.repeat(wanted, rows)
        self.written = np.zeros(len(self.wanted), np.int64)
        self.letters = np.isin(np.arange(len(VERSE)), VERSE.encode(letters))
        self.end = np.arange(len(VERSE)) == VERSE.end

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        complete = self.written[rows] >= self.wanted[rows]
        return np.where(complete[:, np.newaxis], self.end, self.letters)

    def advance(self, rows: Indices, x: Indices) -> None:
        assert (self.letters | self.end)[x].all()
        self.written[rows] += 1


def request(text: str = "shall i", seed: int = 0, temperature: float = 1.0) -> FreeLineRequest:
    logits, state = read(NETWORK, END + text, NETWORK.initial_state(1))
    return FreeLineRequest(state, logits, temperature, np.random.default_rng(seed))


def lines(
    requests: Sequence[FreeLineRequest],
    wanted: Sequence[int],
    rows: int = ROWS,
    max_length: int = MAX_LENGTH,
    top_p: float | None = None,
    letters: str = "abcde",
) -> list[list[FreeLine]]:
    constraint = Letters(wanted, rows, letters)
    return generate_lines(NETWORK, requests, constraint, rows, max_length=max_length, top_p=top_p)


def texts(candidates: Sequence[FreeLine]) -> list[str]:
    return [candidate.text for candidate in candidates]


def test_lines_are_allowed() -> None:
    (found,) = lines([request()], [12])
    assert len(found) == ROWS
    assert len(set(texts(found))) > 1
    assert all(len(text) == 12 and set(text) <= set("abcde") for text in texts(found))


def test_lines_depend_on_generator() -> None:
    drawn = [texts(lines([request(seed=seed)], [12])[0]) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_line_does_not_depend_on_batch() -> None:
    settings = [("shall i", 1, 0.5, 12), ("when", 2, 1.5, 3), ("o", 3, 1.0, 30)]
    together = lines(
        [request(*setting[:3]) for setting in settings],
        [setting[3] for setting in settings],
    )
    for setting, found in zip(settings, together, strict=True):
        (alone,) = lines([request(*setting[:3])], [setting[3]])
        assert texts(found) == texts(alone)
        for a, b in zip(found, alone, strict=True):
            np.testing.assert_allclose(a.log_p, b.log_p, rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 2.0])
def test_log_p_at_temperature_one(temperature: float) -> None:
    """Teacher-forced over all symbols, whatever was allowed."""
    start = request("when forty winters", temperature=temperature)
    for candidate in lines([start], [12])[0]:
        logits, state = start.logits, start.state
        for k, x in enumerate(VERSE.encode(candidate.text + END)):
            assert candidate.log_p[k] == pytest.approx(log_softmax(logits)[0, x], abs=1e-4)
            logits, state = NETWORK.step(np.array([x]), state)
        assert len(candidate.log_p) == len(candidate.text) + 1
        np.testing.assert_allclose(candidate.logits, logits, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(candidate.state, state, rtol=1e-3, atol=1e-5)


def test_too_long_line_is_dropped() -> None:
    within, beyond = lines([request(), request()], [11, 12], max_length=12)
    assert len(within) == ROWS
    assert beyond == []


def test_stuck_row_is_dropped() -> None:
    stuck, fine = lines([request(), request()], [9, 0], letters="")
    assert stuck == []
    assert texts(fine) == [""] * ROWS


def test_top_p_applies_to_allowed_characters() -> None:
    allowed = "abcde"
    (found,) = lines([request()], [1], 50, top_p=0.05, letters=allowed)
    most_likely = max(allowed, key=lambda c: request().logits[0, VERSE.encode(c)[0]])
    assert set(texts(found)) == {most_likely}


def test_low_temperature_varies_less() -> None:
    (cold,) = lines([request(temperature=0.01)], [12], 10)
    (hot,) = lines([request(temperature=5.0)], [12], 10)
    assert len(set(texts(cold))) < len(set(texts(hot)))
