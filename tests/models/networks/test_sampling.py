"""Sampling: possible characters, frequencies, seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.networks.sampling import draw, probabilities, sample

LOGITS = arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 30)),
    elements=st.floats(-20, 20, width=32),
)
TEMPERATURES = st.floats(0.1, 2.0)


@given(LOGITS, TEMPERATURES, st.none() | st.floats(0, 1, exclude_min=True))
def test_probabilities_sum_to_one(
    logits: np.ndarray, temperature: float, top_p: float | None
) -> None:
    p = probabilities(logits, temperature, top_p)
    assert p.shape == logits.shape
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)


@given(LOGITS)
def test_lower_temperature_is_sharper(logits: np.ndarray) -> None:
    cold, warm = (probabilities(logits, t).max(axis=-1) for t in (0.5, 1.0))
    assert (cold >= warm * (1 - 1e-12)).all()


def test_probabilities() -> None:
    p = probabilities(np.log([[0.1, 0.2, 0.7]]))
    np.testing.assert_allclose(p, [[0.1, 0.2, 0.7]])
    p = probabilities(np.array([[5000.0, -5000.0]]), temperature=0.1)
    np.testing.assert_array_equal(p, [[1, 0]])


@given(LOGITS, st.floats(0.01, 0.999))
def test_top_p_is_smallest_set(logits: np.ndarray, top_p: float) -> None:
    plain, p = probabilities(logits), probabilities(logits, top_p=top_p)
    for before, after in zip(plain, p, strict=True):
        nucleus = np.sort(before[after > 0])
        assert nucleus.sum() >= top_p - 1e-9
        assert nucleus[1:].sum() < top_p + 1e-9  # without its least likely it falls short
        assert nucleus.min() >= before[after == 0].max(initial=0)


@given(LOGITS, st.integers(0, 2**32), st.floats(0.01, 1))
def test_draw_stays_in_nucleus(logits: np.ndarray, seed: int, top_p: float) -> None:
    p = probabilities(logits, top_p=top_p)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        choice = draw(p, rng.random(len(p)))
        assert (p[np.arange(len(p)), choice] > 0).all()


def test_sample_depends_on_seed() -> None:
    logits = np.zeros((40, 27))
    first, again, other = (sample(logits, np.random.default_rng(s)).tolist() for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_sample_frequencies() -> None:
    p = np.array([0.5, 0.0, 0.3, 0.2])
    with np.errstate(divide="ignore"):
        logits = np.tile(np.log(p), (20_000, 1))
    counts = np.bincount(sample(logits, np.random.default_rng(0)), minlength=4)
    assert counts[1] == 0
    np.testing.assert_allclose(counts / counts.sum(), p, atol=0.015)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("temperature", value) for value in (0, -1, float("nan"))),
        *(("top_p", value) for value in (0, 1.5)),
    ],
)
def test_option_out_of_range_raises(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{option} is {value}, expected .* for example"):
        probabilities(np.zeros((1, 3)), **{option: value})
