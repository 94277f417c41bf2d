"""Low-rank approximation of matrices, to write verse in half the time.

A step of the word network is bound by how fast the processor reads its matrices. They are close to
matrices of low rank: each is replaced by a product of two thin ones, the best of its rank in the
least-squares sense (Eckart & Young, 1936; for LSTMs: Prabhavalkar et al., 2016; for the output
layer: Shim et al., 2017).

    W ≈ A B          (n, m) ≈ (n, r) (r, m)          with n m > r (n + m)
"""

import numpy as np

from models.networks.lstm import Array

Factors = tuple[Array, ...]
"""Matrices whose product stands for one matrix, columns first."""


def low_rank(w: Array, rank: int) -> Factors:
    """The best approximation of a matrix `(n, m)` as a product of two; itself if that is smaller.

    It projects the rows of W on its first `rank` right singular vectors, or its columns on the left
    ones. They are the eigenvectors of Wᵀ W or W Wᵀ: the smaller one takes a tenth of the time of a
    singular value decomposition.
    """
    n, m = w.shape
    if rank * (n + m) >= n * m:
        return (np.asfortranarray(w),)
    wide = w.astype(np.float64)
    if n < m:
        _, vectors = np.linalg.eigh(wide @ wide.T)  # (n, n), ascending
        left = vectors[:, -rank:]
        right = left.T @ wide
    else:
        _, vectors = np.linalg.eigh(wide.T @ wide)  # (m, m)
        right = vectors[:, -rank:].T
        left = wide @ right.T
    return tuple(np.asfortranarray(factor, np.float32) for factor in (left, right))


def times(x: Array, factors: Factors) -> Array:
    """x · the matrix, for few rows x: `(B, n)` → `(B, m)`.

    BLAS copies the right factor of a product, so here the weights are the left one: it takes half
    the time.
    """
    columns = np.ascontiguousarray(x.T)  # (n, B)
    for factor in factors:
        columns = factor.T @ columns
    return columns.T
