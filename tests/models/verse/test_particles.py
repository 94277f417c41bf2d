"""Drawing tokens under a mask, and resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.verse.word_lines import MIN_P, draw, invert, resample, uneven

U = np.linspace(0, 0.999, 400)


@pytest.mark.parametrize(
    ("logits", "allowed", "expected", "share"),
    [
        (np.log([0.5, 0.3, 0.15, 0.05]), [0, 1, 1, 0], [0, 2 / 3, 1 / 3, 0], 0.45),
        # Unlikely columns are left out.
        (np.log([1, MIN_P / 2, MIN_P / 4]), [1, 1, 1], [1, 0, 0], 1),
        # Unless all allowed ones are, here below what a float32 can express.
        ([0, -200, -200 - np.log(3)], [0, 1, 1], [0, 3 / 4, 1 / 4], np.exp(-200) * 4 / 3),
    ],
)
def test_draws_from_the_allowed_part(
    logits: list[float], allowed: list[int], expected: list[float], share: float
) -> None:
    rows = np.tile(np.array(logits, np.float32), (len(U), 1))
    x, log_share = draw(rows, np.tile(np.array(allowed, np.bool_), (len(U), 1)), U)
    frequencies = np.bincount(x, minlength=len(logits)) / len(U)
    np.testing.assert_allclose(frequencies, expected, atol=0.01 if expected[0] == 0 else 0)
    assert np.exp(log_share[0]) == pytest.approx(share, rel=1e-3)


def test_is_stuck_without_an_allowed_column() -> None:
    logits = np.array([[0, -np.inf], [0, 0]], np.float32)
    x, log_share = draw(logits, np.array([[False, True], [False, False]]), np.array([0.5, 0.5]))
    assert x.tolist() == [0, 0]
    assert np.isneginf(log_share).all()


def test_rows_are_drawn_independently() -> None:
    """Of different predictions, among which are rows with nothing to draw."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(50, 30)).astype(np.float32)
    allowed, u = rng.random((50, 30)) < rng.random((50, 1)), rng.random(50)
    allowed[[0, 20, 49]] = False
    x, log_share = draw(logits, allowed, u)
    for row in range(50):
        of_row = slice(row, row + 1)
        alone = draw(logits[of_row], allowed[of_row], u[of_row])
        assert (x[row], log_share[row]) == (alone[0][0], alone[1][0])


@given(st.lists(st.floats(-50, 0), min_size=2, max_size=12), st.floats(0, 0.999))
def test_resampling_keeps_the_expected_numbers(log_weight: list[float], offset: float) -> None:
    """Systematic: each particle is continued its expected number of times, rounded up or down."""
    weights = np.array(log_weight)
    chosen, log_w = resample(weights, offset)
    shares = np.exp(weights - weights.max())
    expected = len(weights) * shares / shares.sum()
    times = np.bincount(chosen, minlength=len(weights))
    assert (abs(times - expected) <= 1 + 1e-6).all()
    # The estimate of the whole weight stays the same.
    assert log_w + np.log(len(weights)) == pytest.approx(np.logaddexp.reduce(weights))


def test_groups_and_places() -> None:
    log_weight = np.array([-3.0, -3.1, -2.9, -3.0, 0.0, -9.0, -9.0, -9.0, -1.0])
    assert uneven(log_weight, np.array([0, 3, 4, 8])).tolist() == [2]
    cumulative = np.cumsum([0.0, 0.25, 0.0, 0.75, 0.0])
    assert invert(cumulative, np.array([0, 0.2, 0.25, 0.99, 1.0])).tolist() == [1, 1, 3, 3, 3]
