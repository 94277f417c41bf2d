"""Matrices in 8 bits: integers with one scale per row."""

import numpy as np
from numpy.typing import NDArray

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
    if integers.ndim != 2 or scales.shape != integers.shape[:1]:
        raise ValueError(f"scales of shape {scales.shape} for a matrix of shape {integers.shape}")
    if not np.isfinite(scales).all():
        raise ValueError("it holds numbers that are not finite")
    matrix: NDArray[np.float32] = integers.astype(np.float32)
    matrix *= scales[:, np.newaxis]
    return matrix
