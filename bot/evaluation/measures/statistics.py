"""Cross-entropy of held-out text, with what chance may have added to it.

Items are resampled with replacement (the bootstrap; Efron, 1979), always with the same generator,
so that the same losses have the same interval. Two models are compared on the same resampled items:
a poem that is hard for both says little about which is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Network, item_losses
from models.networks.ngram import NGram

RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Losses:
    """What a model makes of some texts."""

    nats: NDArray[np.float64]
    """−ln p of each, `(items,)`."""
    sizes: NDArray[np.float64]
    """Characters of each that the model knows, `(items,)`."""
    unknown: int = 0
    """Characters that it does not know, and that were left out."""

    @property
    def nats_per_character(self) -> float:
        """Mean −ln p over every character."""
        return float(self.nats.sum() / self.sizes.sum())

    @property
    def interval(self) -> tuple[float, float] | None:
        """Ends of the 95% interval; a single item has none."""
        return _ends(_resampled(self, _rows(len(self.nats)))) if len(self.nats) > 1 else None


def losses_of(network: Network, texts: Sequence[str]) -> Losses:
    """Let a network predict every character of texts that hold their own ends."""
    items = [network.vocabulary.fold(text) for text in texts]
    nats = network.losses(items) if isinstance(network, NGram) else item_losses(network, items)
    sizes = np.array([len(item) for item in items], dtype=float)
    return Losses(nats, sizes, unknown=sum(map(len, texts)) - int(sizes.sum()))


def difference(ours: Losses, other: Losses) -> Estimate | None:
    """How much lower our cross-entropy is, if negative, in nats per character; paired by item."""
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
