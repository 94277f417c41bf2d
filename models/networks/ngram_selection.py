"""Which order and discount of a Kneser-Ney model suit a list, found without building the models.

Of each model only the probabilities of the measured characters are computed, for all discounts at
once, from the formula in `ngram.py`. The lower orders are the same whatever the highest is, so
they are counted once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.ngram import (
    DISCOUNTS,
    Integers,
    codes_of,
    most_order,
)
from models.networks.vocabulary import Vocabulary

Probabilities = NDArray[np.float64]

HIGHEST_ORDER = 8


@dataclass(frozen=True)
class Choice:
    """A Kneser-Ney model of some texts, and how well it predicts others."""

    order: int
    discount: float
    """The best of `DISCOUNTS`."""
    nats_per_character: float
    table: int
    """Probabilities that the table of `models.networks.ngram.NGram` holds."""
    grams: int
    """Different n-grams of this order."""


def choices(
    training: Sequence[str], measured: Sequence[str], vocabulary: Vocabulary
) -> tuple[Choice, ...]:
    """For each order from 1 to `HIGHEST_ORDER`, the discount that predicts `measured` best.

    Fewer orders if the vocabulary is so large that a weight file could not hold the n-grams. Each
    text holds its own end. Raises `ValueError` if there is none to learn from or to measure, and
    `KeyError` for a character that the vocabulary lacks.
    """
    if not any(training) or not any(measured):
        raise ValueError("there is no text to learn from, or none to choose an order by")
    return tuple(_choices(training, measured, vocabulary))


def _choices(
    training: Sequence[str], measured: Sequence[str], vocabulary: Vocabulary
) -> Iterator[Choice]:
    base, highest = len(vocabulary), min(HIGHEST_ORDER, most_order(vocabulary))
    seen, _ = codes_of(training, vocabulary, highest)
    asked, _ = codes_of(measured, vocabulary, highest)
    lower = np.full((len(DISCOUNTS), len(asked)), 1 / base)
    contexts = 0
    for order in range(1, highest + 1):
        grams, counts = np.unique(seen % base**order, return_counts=True)
        contexts += len(np.unique(grams // base))
        p = _interpolated(grams, counts, asked % base**order, lower, base)
        losses = -np.log(p).mean(axis=1)
        best = int(losses.argmin())
        yield Choice(order, DISCOUNTS[best], float(losses[best]), contexts * base, len(grams))
        if order < highest:
            longer = np.unique(seen % base ** (order + 1))
            grams, counts = np.unique(longer % base**order, return_counts=True)  # N₁₊(•hw)
            lower = _interpolated(grams, counts, asked % base**order, lower, base)


def _interpolated(
    grams: Integers, counts: Integers, asked: Integers, lower: Probabilities, base: int
) -> Probabilities:
    """p(w | h) of the n-grams that are asked for, by discount: `(discounts, asked)`.

    `lower` is the same of the next lower order.
    """
    discounts = np.array(DISCOUNTS)[:, np.newaxis]
    h, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
    total = np.add.reduceat(counts, first)
    context = np.minimum(np.searchsorted(h, asked // base), len(h) - 1)
    gram = np.minimum(np.searchsorted(grams, asked), len(grams) - 1)
    c = np.where(grams[gram] == asked, counts[gram], 0)
    backed_off = discounts * followers[context] * lower
    p = (np.maximum(c - discounts, 0) + backed_off) / total[context]
    result: Probabilities = np.where(h[context] == asked // base, p, lower)
    return result
