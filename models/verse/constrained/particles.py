"""Arithmetic of sequential Monte Carlo: drawing tokens under a mask, and resampling.

Shapes: R particles, C columns (`word_index.WordIndex`).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Indices = NDArray[np.int64]

EPSILON = 3e-4
"""Words with a lower probability are not drawn (epsilon sampling: Hewitt et al., 2022)."""
SMALLEST_MASS = 1e-30
"""Smaller sums of probabilities are not exact in a float32."""
RESAMPLE_BELOW = 0.5
"""Particles are drawn anew when the effective number of them is below this share."""


def draw(
    logits: Array, allowed: NDArray[np.bool_], u: NDArray[np.floating]
) -> tuple[Indices, NDArray[np.float64]]:
    """Draw a column for each particle from the allowed part of its prediction.

    logits, allowed: `(R, C)`; u: uniform numbers, `(R,)`. Returns the columns `(R,)`, and ln of the
    share of the prediction that was allowed `(R,)`: −∞ for a particle that has no allowed column,
    whose column is 0.
    """
    highest = logits.max(axis=1)  # (R,)
    p = np.exp(logits - highest[:, np.newaxis])
    total = p.sum(axis=1)
    p *= allowed
    mass = p.sum(axis=1)
    log_share = np.log(np.maximum(mass, SMALLEST_MASS) / total).astype(np.float64)
    x = np.zeros(len(p), np.int64)
    for row in range(len(p)):
        if mass[row] < SMALLEST_MASS:
            columns = np.flatnonzero(allowed[row] & (logits[row] > -np.inf))
            if not columns.size:
                log_share[row] = -np.inf
                continue
            # All of them are too unlikely for a float32: compare them with the likeliest.
            best = logits[row, columns].max()
            p[row, columns] = np.exp(logits[row, columns] - best)
            mass[row] = p[row, columns].sum()
            log_share[row] = best - highest[row] + np.log(mass[row] / total[row])
        columns = likely(p[row], mass[row])
        x[row] = columns[invert(np.cumsum(p[row, columns]), u[row])]
    return x, log_share


def likely(p: Array, total: float) -> Indices:
    """The columns that are not too unlikely to be drawn. p: `(C,)`, whose sum is `total`."""
    columns = np.flatnonzero(p >= EPSILON * total)
    return columns if columns.size else np.array([p.argmax()])


def resample(log_weight: NDArray[np.float64], offset: float) -> tuple[Indices, float] | None:
    """Which particles `(R,)` to continue, and the log weight that each then has.

    `None` if the weights `(R,)` are equal enough. offset: a uniform number, for systematic
    resampling.
    """
    highest = log_weight.max()
    w = np.exp(log_weight - highest)
    if len(w) < 2 or w.sum() ** 2 / (w**2).sum() >= RESAMPLE_BELOW * len(w):
        return None
    u = (np.arange(len(w)) + offset) / len(w)
    return invert(np.cumsum(w), u), float(highest + np.log(w.mean()))


def invert(cumulative: NDArray[np.floating], u: NDArray[np.floating] | float) -> Indices:
    """The first places where a cumulative distribution exceeds u · its total."""
    places = np.searchsorted(cumulative, u * cumulative[-1], side="right")
    # Rounded to 32 bits, u can be 1: the last place with a probability.
    inverse: Indices = np.minimum(places, np.searchsorted(cumulative, cumulative[-1]))
    return inverse
