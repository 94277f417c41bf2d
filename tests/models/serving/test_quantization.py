"""Matrices in 8 bits: nearly what they were, and stable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from models.serving.quantization import Rounded, dequantize, quantize

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
