"""Low-rank approximation of matrices: the best of its rank, and the product with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.low_rank import BLOCK, MOST_ROWS, BlockMatrix, low_rank, times


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
