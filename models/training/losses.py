"""Cross-entropy of a network on texts, text by text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Network, item_losses
from models.networks.ngram import NGram
from models.networks.words_and_characters import WordsAndCharacters


@dataclass(frozen=True, eq=False)
class Losses:
    """The losses of a network on some texts."""

    nats: NDArray[np.float64]
    """−ln p of each text, `(texts,)`."""
    sizes: NDArray[np.float64]
    """Characters of each text that are in the network's vocabulary, `(texts,)`."""
    unknown: int = 0
    """Number of characters that are not in the vocabulary, and were left out."""

    @property
    def nats_per_character(self) -> float:
        """Mean −ln p over every character."""
        return float(self.nats.sum() / self.sizes.sum())


def losses_of(network: Network, texts: Sequence[str]) -> Losses:
    """Measure a network on texts, each from a fresh state. A text includes its end symbol."""
    items = [network.vocabulary.fold(text) for text in texts]
    if isinstance(network, NGram | WordsAndCharacters):
        nats = network.losses(items)
    else:
        nats = item_losses(network, items)
    sizes = np.array([len(item) for item in items], dtype=float)
    return Losses(nats, sizes, unknown=sum(map(len, texts)) - int(sizes.sum()))
