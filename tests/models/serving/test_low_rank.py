"""Low-rank approximation of matrices: the best of its rank, and the product with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from models.networks.words import NONE, SLOTS, SUBJECT_WORDS, WordLSTM, WordVocabulary
from models.serving.low_rank import BLOCK, MOST_ROWS, BlockMatrix, low_rank, times
from models.serving.quantization import Rounded, dequantize, quantize
from models.serving.words import FastWordLSTM
from tests.models.tiny import FEATURES, VERSE, WITH_FEATURES, WORDS, fast_lstm, lstm, word_lstm


def matrix(n: int, m: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, m)).astype(np.float32)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(0, 5))
def test_is_the_best_of_its_rank(n: int, m: int, rank: int, seed: int) -> None:
    """The error is that of the singular values left out (Eckart & Young)."""
    whole = matrix(n, m, seed)
    factors = low_rank(whole, rank)
    product = np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]
    singular = np.linalg.svd(whole, compute_uv=False)
    left_out = 0.0 if len(factors) == 1 else float(np.sqrt((singular[rank:] ** 2).sum()))
    assert np.linalg.norm(whole - product) == pytest.approx(left_out, abs=1e-4)


def test_has_fewer_numbers_or_is_the_matrix_itself() -> None:
    for whole in (matrix(30, 8), matrix(8, 30)):
        assert sum(factor.size for factor in low_rank(whole, 4)) == 4 * (30 + 8)
        (itself,) = low_rank(whole, 8)
        np.testing.assert_array_equal(itself, whole)


@pytest.mark.parametrize("shape", [(1, 1), (20, 6), (7, 100), (321, 65), (700, 130)])
@pytest.mark.parametrize("rows", [1, 5, MOST_ROWS + 1])
def test_times(rows: int, shape: tuple[int, int]) -> None:
    whole, x = matrix(*shape), matrix(rows, shape[0], 1)
    blocks = BlockMatrix.of(whole)
    assert max(blocks.numbers.shape[2] / BLOCK[0], blocks.numbers.shape[3] / BLOCK[1]) <= 1
    np.testing.assert_allclose(times(x, blocks), x @ whole, atol=1e-3)
    strided = matrix(rows, 3 * shape[0], 1)[:, ::3]  # such as a part of a state
    np.testing.assert_allclose(times(strided, blocks), strided @ whole, atol=1e-3)
    assert times(x, BlockMatrix.of(whole[:, :0])).shape == (rows, 0)


# Matrices in 8 bits: nearly what they were, and stable


matrices = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5),
    elements=st.floats(-100, 100, width=32),
)


@given(matrices)
def test_error_is_at_most_half_a_step(matrix: NDArray[np.float32]) -> None:
    integers, scales = quantize(matrix)
    assert integers.shape == matrix.shape
    error = np.abs(dequantize(integers, scales) - matrix)
    # The largest entry of a row may lie beyond ±127 steps by a rounded scale.
    assert (error <= (0.5 + 127 * 2.0**-11) * scales[:, np.newaxis].astype(np.float32)).all()


@given(matrices)
def test_second_quantization_changes_nothing(matrix: NDArray[np.float32]) -> None:
    integers, scales = quantize(matrix)
    again, scales_again = quantize(dequantize(integers, scales))
    np.testing.assert_array_equal(again, integers)
    np.testing.assert_array_equal(scales_again, scales)


def test_zeros_and_tiny_rows() -> None:
    matrix = np.array([[0, 0], [1e-9, -1e-9], [1, -0.5]], np.float32)
    expected = np.array([[0, 0], [0, 0], [1, -0.5]])
    np.testing.assert_allclose(dequantize(*quantize(matrix)), expected, atol=0.005)
    for shape in ((0, 3), (3, 0)):
        assert dequantize(*quantize(np.zeros(shape, np.float32))).shape == shape


def test_scales_must_fit() -> None:
    for shape in ((), (3,), (2, 1)):
        with pytest.raises(ValueError, match="scales of shape"):
            dequantize(np.zeros((2, 2), np.int8), np.ones(shape, np.float16))


@given(matrices)
def test_rounded_matrix_gives_the_same_rows(matrix: NDArray[np.float32]) -> None:
    rounded, whole = Rounded(*quantize(matrix)), dequantize(*quantize(matrix))
    assert (rounded.shape, rounded.ndim, len(rounded)) == (whole.shape, 2, len(whole))
    np.testing.assert_array_equal(np.asarray(rounded), whole)
    np.testing.assert_array_equal(np.asarray(rounded, np.float64), whole)
    last = [len(whole) - 1, 0]
    for rows in (slice(1, None), last, np.array(last), np.arange(len(whole)) > 0):
        np.testing.assert_array_equal(rounded[rows], whole[rows])
    with pytest.raises(ValueError, match="have to be computed"):
        np.asarray(rounded, copy=False)


# Fast networks of verse, against the plain ones


@pytest.mark.parametrize("vocabulary", [WORDS, WITH_FEATURES], ids=["plain", "features"])
def test_fast_words_are_those_of_the_plain_network(vocabulary: WordVocabulary) -> None:
    fast = word_lstm(vocabulary, units=(12, 8))
    plain = WordLSTM.from_arrays(vocabulary, fast.arrays())
    rng = np.random.default_rng(0)
    states = [network.initial_state(5) for network in (plain, fast)]
    for end in (NONE, 6, 7):
        tokens, syllables = rng.integers(len(WORDS), size=5), rng.integers(15, size=5)
        features = rng.integers(len(FEATURES) + 1, size=(5, len(SLOTS)))
        subjects = rng.integers(len(WORDS), size=(5, SUBJECT_WORDS))
        h = []
        for k, network in enumerate((plain, fast)):
            towards = network.towards(np.full(5, end), features, subjects)
            last, states[k] = network.step(tokens, syllables, towards, states[k])
            h.append(last)
        np.testing.assert_allclose(h[1], h[0], atol=1e-6)
        np.testing.assert_allclose(states[1], states[0], atol=1e-6)
        np.testing.assert_allclose(fast.logits(h[1]), plain.logits(h[0]), atol=1e-5)


def test_conditions_of_matrices_in_8_bits() -> None:
    """They are those of the rounded matrices, and a line's do not depend on the other lines."""
    arrays = word_lstm(WITH_FEATURES).arrays()
    rounded = {name: Rounded(*quantize(arrays[name])) for name in ("E", "F", "M")}
    plain = WordLSTM.from_arrays(WITH_FEATURES, arrays | {n: r[:] for n, r in rounded.items()})
    fast = FastWordLSTM.from_arrays(WITH_FEATURES, arrays | rounded)
    ends, state = np.array([NONE, 6, 7]), plain.initial_state(3)
    features = np.arange(3 * len(SLOTS)).reshape(3, -1) % (len(FEATURES) + 1)
    subjects = np.arange(3 * SUBJECT_WORDS).reshape(3, -1)
    for each in (fast, fast.approximated()):  # networks this small stay exact
        expected, found = (
            network.step(ends, ends, network.towards(ends, features, subjects), state)
            for network in (plain, each)
        )
        np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    together = fast.towards(ends, features, subjects)
    for i in range(3):
        row = slice(i, i + 1)
        alone = fast.towards(ends[row], features[row], subjects[row])
        np.testing.assert_array_equal(alone, together[row])


def test_fast_characters_are_those_of_the_plain_network() -> None:
    plain, fast = lstm(units=16), fast_lstm(units=16)
    states = [plain.initial_state(3), fast.initial_state(3)]
    for text in ("\n\n\n", "sha", "i o", "..."):
        x = VERSE.encode(text)
        expected, states[0] = plain.step(x, states[0])
        logits, states[1] = fast.step(x, states[1])
        np.testing.assert_allclose(logits, expected, atol=1e-5)
        np.testing.assert_allclose(states[1], states[0], atol=1e-6)
