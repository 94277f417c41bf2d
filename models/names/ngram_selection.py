"""Choosing order and discount of a Kneser-Ney model without building the models.

For each order, only the probabilities of the validation characters are computed, for all discounts
at once, with the formula in `ngram.py`. The lower orders do not depend on the highest one, so each
is counted once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.ngram import DISCOUNTS, Integers, max_order, ngram_codes
from models.networks.vocabulary import Vocabulary

Probabilities = NDArray[np.float64]

MAX_ORDER = 8


@dataclass(frozen=True)
class NGramCandidate:
    """Order and discount of a Kneser-Ney model, with its validation loss and its size."""

    order: int
    discount: float
    """The best of `DISCOUNTS`."""
    nats_per_character: float
    """Validation loss."""
    table_size: int
    """Probabilities in the table of `models.networks.ngram.NGram`."""
    grams: int
    """Distinct n-grams of this order."""


def compare_orders(
    training: Sequence[str], validation: Sequence[str], vocabulary: Vocabulary
) -> tuple[NGramCandidate, ...]:
    """For each order from 1 to `MAX_ORDER`, the discount with the lowest validation loss.

    A large vocabulary gives fewer orders: only those whose n-grams a weight file can hold. Each
    text ends with `END`. Raises `ValueError` if there is no training or validation text, and
    `KeyError` for a character that is not in the vocabulary.
    """
    if not any(training) or not any(validation):
        raise ValueError("no text to learn from, or none to choose an order by")
    return tuple(_candidates(training, validation, vocabulary))


def _candidates(
    training: Sequence[str], validation: Sequence[str], vocabulary: Vocabulary
) -> Iterator[NGramCandidate]:
    base, highest = len(vocabulary), min(MAX_ORDER, max_order(vocabulary))
    seen, _ = ngram_codes(training, vocabulary, highest)  # (training characters,)
    wanted, _ = ngram_codes(validation, vocabulary, highest)  # (validation characters,)
    lower = np.full((len(DISCOUNTS), len(wanted)), 1 / base)  # uniform, below order 1
    contexts = 0
    for order in range(1, highest + 1):
        # The highest order counts occurrences …
        grams, counts = np.unique(seen % base**order, return_counts=True)
        contexts += len(np.unique(grams // base))
        p = _interpolated(grams, counts, wanted % base**order, lower, base)
        losses = -np.log(p).mean(axis=1)  # (discounts,)
        best = int(losses.argmin())
        yield NGramCandidate(
            order, DISCOUNTS[best], float(losses[best]), contexts * base, len(grams)
        )
        if order < highest:
            # … and as a lower order of the next model it has continuation counts N₁₊(•hw).
            longer = np.unique(seen % base ** (order + 1))
            grams, counts = np.unique(longer % base**order, return_counts=True)
            lower = _interpolated(grams, counts, wanted % base**order, lower, base)


def _interpolated(
    grams: Integers, counts: Integers, wanted: Integers, lower: Probabilities, base: int
) -> Probabilities:
    """p(w | h) of the `wanted` n-grams for every discount: `(discounts, wanted)`.

    `grams` and `counts` are those of this order, ascending; `lower` is p(w | h′), in the shape of
    the result.
    """
    discounts = np.array(DISCOUNTS)[:, np.newaxis]  # (discounts, 1)
    h, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
    total = np.add.reduceat(counts, first)  # c(h•): (contexts,)
    # Positions of the wanted contexts and n-grams among those that occur; if absent, any position.
    context = np.minimum(np.searchsorted(h, wanted // base), len(h) - 1)
    gram = np.minimum(np.searchsorted(grams, wanted), len(grams) - 1)
    c = np.where(grams[gram] == wanted, counts[gram], 0)  # (wanted,)
    backed_off = discounts * followers[context] * lower  # (discounts, wanted)
    p = (np.maximum(c - discounts, 0) + backed_off) / total[context]
    result: Probabilities = np.where(h[context] == wanted // base, p, lower)
    return result
