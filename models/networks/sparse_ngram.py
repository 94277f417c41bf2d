"""The Kneser-Ney model of a long list: the same probabilities, without a table of all of them.

A table has a row of the whole vocabulary for each context, and most of it is what the shorter
context says anyway. Here only what was seen is kept, and a row is interpolated, from the uniform
distribution up to the highest order, when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State, item_losses
from models.networks.ngram import Integers, NGram, orders_of

MOST_GRAMS = 2**20
"""Of the highest order, at some thirty bytes each for every order."""


@dataclass(frozen=True, eq=False)
class SparseNGram(NGram):
    """A fitted Kneser-Ney model (`models.networks.ngram`) of many n-grams."""

    def step(self, x: Integers, state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character each: indices `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        h, after = self.read(x, state)
        base = len(self.vocabulary)
        p = np.full((len(x), base), 1 / base)
        for length, level in enumerate(self._levels):
            end = h % base**length
            place = np.minimum(np.searchsorted(level.contexts, end), len(level.contexts) - 1)
            rows = np.flatnonzero(level.contexts[place] == end)
            place = place[rows]
            first, total = level.first[place], level.total[place]
            followers = level.first[place + 1] - first
            p[rows] *= (self.discount * followers / total)[:, np.newaxis]
            owner = np.repeat(np.arange(len(rows)), followers)
            gram = np.arange(len(owner)) + (first - followers.cumsum() + followers)[owner]
            seen = (level.counts[gram] - self.discount) / total[owner]
            p[rows[owner], level.characters[gram]] += seen
        return np.log(p).astype(np.float32), after

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, shape `(len(texts),)`."""
        return item_losses(self, texts)

    def check_size(self) -> None:
        """Raise `ValueError` if it holds more than `MOST_GRAMS`."""
        if len(self.grams) > MOST_GRAMS:
            raise ValueError(f"it holds more than {MOST_GRAMS:,} n-grams; try a lower order")

    @cached_property
    def _levels(self) -> tuple["_Level", ...]:
        return tuple(_Level.of(*counted, len(self.vocabulary)) for counted in orders_of(self))


@dataclass(frozen=True, eq=False)
class _Level:
    """What was seen behind the contexts of one length."""

    contexts: Integers
    """Codes, rising, `(contexts,)`."""
    total: NDArray[np.float64]
    """c(h•), `(contexts,)`."""
    first: NDArray[np.int64]
    """Where the n-grams of each begin, and where those of the last end, `(contexts + 1,)`."""
    characters: NDArray[np.int16]
    """w of each n-gram, `(grams,)`."""
    counts: NDArray[np.float32]
    """c(hw), `(grams,)`."""

    @classmethod
    def of(cls, grams: Integers, counts: Integers, base: int) -> "_Level":
        contexts, first = np.unique(grams // base, return_index=True)
        total = np.add.reduceat(counts, first).astype(np.float64)
        ends = np.append(first, len(grams))
        characters = (grams % base).astype(np.int16)
        return cls(contexts, total, ends, characters, counts.astype(np.float32))
