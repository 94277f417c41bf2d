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
    highest = logits.max(axis=1, keepdims=True)  # (R, 1)
    p = logits - highest
    np.exp(p, out=p)
    # A product sums faster than `sum`.
    total = np.vecdot(p, np.ones(p.shape[1], np.float32))
    mass = np.vecdot(p, allowed.astype(np.float32))
    log_share = np.log(np.maximum(mass, SMALLEST_MASS) / total).astype(np.float64)
    for row in (mass < SMALLEST_MASS).nonzero()[0].tolist():
        columns = np.flatnonzero(allowed[row] & (logits[row] > -np.inf))
        if not columns.size:
            log_share[row] = -np.inf
            continue
        # All of them are too unlikely for a float32: compare them with the likeliest.
        best = logits[row, columns].max()
        p[row, columns] = np.exp(logits[row, columns] - best)
        mass[row] = p[row, columns].sum()
        log_share[row] = best - highest[row, 0] + np.log(mass[row] / total[row])
    return _draw_likely(p, allowed, mass, u), log_share


def _draw_likely(
    p: Array, allowed: NDArray[np.bool_], mass: Array, u: NDArray[np.floating]
) -> Indices:
    """Draw an allowed column of each row in proportion to p, `(R, C)`.

    Unlikely columns are left out (`likely`). mass: the sum of p over the allowed columns, `(R,)`.
    """
    rows, width = p.shape
    drawn = p > (EPSILON * mass)[:, np.newaxis]
    drawn &= allowed
    for row in np.flatnonzero(~drawn.any(axis=1)):
        drawn[row, (p[row] * allowed[row]).argmax()] = True
    # One cumulative sum for all rows, one after another.
    places = drawn.ravel().nonzero()[0]  # row · C + column
    end = places.searchsorted(np.arange(width, width * rows + 1, width))
    cumulative = p.ravel()[places].cumsum(dtype=np.float64)
    above = cumulative[end - 1]
    below = np.zeros(rows)
    below[1:] = above[:-1]
    chosen = cumulative.searchsorted(below + u * (above - below), side="right")
    columns: Indices = places[np.minimum(chosen, end - 1)] % width
    return columns


def likely(p: Array, total: float) -> Indices:
    """The columns that are not too unlikely to be drawn. p: `(C,)`, whose sum is `total`."""
    columns = np.flatnonzero(p > EPSILON * total)
    return columns if columns.size else np.array([p.argmax()])


def uneven(log_weight: NDArray[np.float64], begins: Indices) -> Indices:
    """The groups of particles of which few have most of the weight.

    log_weight: `(R,)`; begins: the first particle of each group, `(groups,)`.
    """
    group = begins.searchsorted(np.arange(len(log_weight)), side="right") - 1
    w = np.exp(log_weight - np.maximum.reduceat(log_weight, begins)[group])
    effective = np.add.reduceat(w, begins) ** 2 / np.add.reduceat(w * w, begins)
    size = np.bincount(group)
    groups: Indices = ((effective < RESAMPLE_BELOW * size) & (size > 1)).nonzero()[0]
    return groups


def resample(log_weight: NDArray[np.float64], offset: float) -> tuple[Indices, float]:
    """Which particles `(R,)` to continue, and the log weight that each then has.

    offset: a uniform number, for systematic resampling.
    """
    highest = log_weight.max()
    w = np.exp(log_weight - highest)
    u = (np.arange(len(w)) + offset) / len(w)
    return invert(np.cumsum(w), u), float(highest + np.log(w.mean()))


def invert(cumulative: NDArray[np.floating], u: NDArray[np.floating] | float) -> Indices:
    """The first places where a cumulative distribution exceeds u · its total."""
    places = np.searchsorted(cumulative, u * cumulative[-1], side="right")
    # Rounded to 32 bits, u can be 1: the last place with a probability.
    inverse: Indices = np.minimum(places, np.searchsorted(cumulative, cumulative[-1]))
    return inverse
