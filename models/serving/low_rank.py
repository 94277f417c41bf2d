"""Products of a few rows with large matrices, for verse: low rank, and blocks.

**Low rank.** A step of the word network is bound by the numbers in its matrices. They are close to
matrices of low rank: each is replaced by a product of two thin ones, the best of its rank in the
least-squares sense (Eckart & Young, 1936; for LSTMs: Prabhavalkar et al., 2016; for the output
layer: Shim et al., 2017).

    W ≈ A B          (n, m) ≈ (n, r) (r, m)          with n m > r (n + m)

**Blocks.** Before a product BLAS copies a matrix into an order of its own, and with few rows that
takes longer than to multiply. It copies no small matrices. So a matrix is kept as blocks, and each
product is small (Heinecke et al., 2016, do so by a library): half the time with four rows.

It also makes a row of the product independent of the other rows, to the last bit: a block is always
multiplied in the same order, while BLAS has different ones for a vector, for few rows and for many.
"""

from dataclasses import dataclass

import numpy as np

from models.networks.network import Array

BLOCK = (320, 64)
"""Maximum rows and columns of a block. Sums of more products are split, at a place that depends on
the number of rows of x; 64 columns are four registers of 16 numbers."""
REGISTER = 16
MOST_ROWS = 48
"""Rows of x that are multiplied at once: with more, a product with a block is no small one."""


def low_rank(w: Array, rank: int) -> tuple[Array, ...]:
    """The best approximation of a matrix `(n, m)` as a product of two; itself if that is smaller.

    It projects the rows of W on its first `rank` right singular vectors, or its columns on the left
    ones. They are the eigenvectors of Wᵀ W or W Wᵀ: the smaller one takes a tenth of the time of a
    singular value decomposition.
    """
    n, m = w.shape
    if rank * (n + m) >= n * m:
        return (w,)
    wide = w.astype(np.float64)
    if n < m:
        _, vectors = np.linalg.eigh(wide @ wide.T)  # (n, n), ascending
        left = vectors[:, -rank:]
        right = left.T @ wide
    else:
        _, vectors = np.linalg.eigh(wide.T @ wide)  # (m, m)
        right = vectors[:, -rank:].T
        left = wide @ right.T
    return left.astype(np.float32), right.astype(np.float32)


@dataclass(frozen=True, eq=False)
class BlockMatrix:
    """A matrix `(n, m)` in blocks of equal size, filled up with zeros."""

    numbers: Array
    """`(blocks of rows, blocks of columns, rows, columns)`."""
    shape: tuple[int, int]
    """Rows n and columns m."""

    @classmethod
    def of(cls, w: Array) -> "BlockMatrix":
        """The blocks of a matrix."""
        (n, m), (most_rows, most_columns) = w.shape, BLOCK
        down, across = -(-n // most_rows), max(1, -(-m // most_columns))  # rounded up
        rows = -(-n // down)
        columns = -(-m // (across * REGISTER)) * REGISTER
        filled = np.zeros((down * rows, across * columns), np.float32)
        filled[:n, :m] = w
        blocks = filled.reshape(down, rows, across, columns).transpose(0, 2, 1, 3)
        return cls(np.ascontiguousarray(blocks), (n, m))


def times(x: Array, matrix: BlockMatrix) -> Array:
    """x · matrix, `(B, n)` → `(B, m)`. A row of it depends on the same row of x only."""
    numbers, (n, m) = matrix.numbers, matrix.shape
    down, across, rows, columns = numbers.shape
    count = len(x)
    if count == 1:  # a vector would be multiplied in another order
        return times(x.repeat(2, axis=0), matrix)[:1]
    if n < down * rows:
        x = np.pad(x, ((0, 0), (0, down * rows - n)))
    x = x.reshape(count, down, rows).transpose(1, 0, 2)[:, np.newaxis]  # (down, 1, B, rows)
    products = np.empty((down, count, across, columns), np.float32)
    by_block = products.transpose(0, 2, 1, 3)
    at_once = -(-count // -(-count // MOST_ROWS))  # equal shares: the last one is no vector
    for begin in range(0, count, at_once):
        some = slice(begin, begin + at_once)
        np.matmul(x[:, :, some], numbers, out=by_block[:, :, some])
    total: Array = products[0] if down == 1 else products.sum(axis=0)
    return total.reshape(count, -1)[:, :m]
