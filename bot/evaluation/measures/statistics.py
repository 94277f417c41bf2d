"""Bootstrap intervals for cross-entropies and their differences.

Items are resampled with replacement (Efron, 1979), always with the same generator, so that equal
losses have equal intervals. Two models are compared on the same resampled items, since a poem that
is hard for both says little about which of them is better.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.losses import Losses

RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float


def interval(losses: Losses) -> tuple[float, float] | None:
    """Ends of the 95% interval of the mean; `None` for a single item."""
    return _ends(_resampled(losses, _rows(len(losses.nats)))) if len(losses.nats) > 1 else None


def difference(ours: Losses, other: Losses) -> Estimate | None:
    """Our cross-entropy minus the other, in nats per character, paired by item.

    Below zero, ours is better. `None` for a single item.
    """
    if len(ours.nats) < 2:
        return None
    rows = _rows(len(ours.nats))
    value = ours.nats_per_character - other.nats_per_character
    return Estimate(value, *_ends(_resampled(ours, rows) - _resampled(other, rows)))


def _rows(items: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(items, size=(RESAMPLES, items))


def _resampled(losses: Losses, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = losses.nats[rows].sum(axis=1) / losses.sizes[rows].sum(axis=1)
    return means


def _ends(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
