"""Matrices in 8 bits: integers with one scale per row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

SMALLEST_MATRIX = 2**14
"""Entries; smaller matrices are not worth rounding."""
_LEVELS = 127
_SMALLEST_SCALE = float(np.finfo(np.float16).tiny)


def quantize(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Round a matrix of finite numbers: `(rows, columns)` → the same shape, scales `(rows,)`.

    The largest number of a row becomes ±127. Quantizing the result of `dequantize` again gives the
    same integers and scales.
    """
    largest = np.abs(matrix).max(axis=1, initial=0)  # (rows,)
    # A normal float16 times ±127 is exact in float32, which makes the second quantization exact.
    scales = np.maximum(largest / _LEVELS, _SMALLEST_SCALE).astype(np.float16)
    rounded = np.rint(matrix / scales[:, np.newaxis].astype(np.float32))
    return np.clip(rounded, -_LEVELS, _LEVELS).astype(np.int8), scales


def dequantize(integers: NDArray[np.int8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    """The rounded matrix, `(rows, columns)`. Raises `ValueError` for scales that are invalid."""
    return Rounded(integers, scales)[:]


@dataclass(frozen=True, eq=False)
class Rounded:
    """A matrix that stays in 8 bits, a quarter of its memory: rows are computed when asked for.

    Where NumPy wants an array, it gets the whole matrix.
    """

    integers: NDArray[np.int8]
    """The matrix as 8-bit integers, `(rows, columns)`."""
    scales: NDArray[np.float16]
    """Scale of each row, `(rows,)`."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for scales that are invalid."""
        shape, scales = self.integers.shape, self.scales
        if len(shape) != 2 or scales.shape != shape[:1]:
            raise ValueError(f"scales of shape {scales.shape} for a matrix of shape {shape}")
        if not np.isfinite(scales).all():
            raise ValueError("it holds numbers that are not finite")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows and of columns."""
        return self.integers.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions: 2."""
        return self.integers.ndim

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.integers)

    def __getitem__(
        self, rows: slice | list[int] | NDArray[np.int64] | NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Some rows, `(…, columns)`."""
        matrix: NDArray[np.float32] = self.integers[rows].astype(np.float32)
        matrix *= self.scales[rows][..., np.newaxis]
        return matrix

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.float32]:
        """The whole matrix, for NumPy."""
        if copy is False:
            raise ValueError("its numbers have to be computed")
        return self[:] if dtype is None else self[:].astype(dtype)


Matrix = NDArray[np.float32] | Rounded
"""A matrix of a network that was just trained, or of one that was loaded from a file."""
