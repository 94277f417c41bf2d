"""Low-rank approximation of matrices: the best of its rank, and the product with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.networks.low_rank import low_rank, times


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


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_has_fewer_numbers_or_is_the_matrix_itself(shape: tuple[int, int]) -> None:
    whole = matrix(*shape)
    assert sum(factor.size for factor in low_rank(whole, 4)) == 4 * (30 + 8)
    (itself,) = low_rank(whole, 8)
    np.testing.assert_array_equal(itself, whole)


@pytest.mark.parametrize("rows", [1, 5])
def test_times(rows: int) -> None:
    whole, x = matrix(20, 6), matrix(rows, 20, 1)
    np.testing.assert_allclose(times(x, low_rank(whole, 6)), x @ whole, atol=1e-5)
    approximated = low_rank(whole, 2)
    np.testing.assert_allclose(
        times(x, approximated), x @ approximated[0] @ approximated[1], atol=1e-5
    )


def test_columns_first() -> None:
    """As `times` needs them: BLAS would copy others at every step."""
    assert all(factor.flags.f_contiguous for factor in low_rank(matrix(20, 30), 3))
