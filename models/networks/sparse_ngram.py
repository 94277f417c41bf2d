"""Kneser-Ney model of a long list: the same probabilities as `NGram`, without its table.

The table has one row over the whole vocabulary per context, most of which repeats what the shorter
context says. This model stores only the n-grams that occur and interpolates a row, from the uniform
distribution up to the highest order, on demand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State, item_losses
from models.networks.ngram import Integers, NGram, counts_by_order

MAX_NGRAMS = 2**20
"""Size limit: n-grams of the highest order."""
MAX_BYTES = 32 * 2**20
"""Size limit: memory for the n-grams of all orders. Those of fifty thousand names take 12 MiB."""
BYTES_PER_CONTEXT, BYTES_PER_GRAM = 12, 6
"""Memory for one of any order (`_Level`)."""
MAX_TABLE = 2**20
"""Probabilities in the table of a stored model, of four bytes each, up to which it is loaded as an
`NGram`: its table is three times faster than a `SparseNGram`."""


@dataclass(frozen=True, eq=False)
class SparseNGram(NGram):
    """A fitted Kneser-Ney model (`models.networks.ngram`) of many n-grams."""

    def step(self, x: Integers, state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character per text: `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        h, new_state = self.read(x, state)  # (batch,)
        base = len(self.vocabulary)
        p = np.full((len(x), base), 1 / base)
        for length, level in enumerate(self._levels):
            suffix = h % base**length  # the last characters of the context
            index = np.minimum(np.searchsorted(level.contexts, suffix), len(level.contexts) - 1)
            rows = np.flatnonzero(level.contexts[index] == suffix)  # whose suffix occurs: (rows,)
            index = index[rows]
            first = level.first[index].astype(np.int64)
            followers = level.first[index + 1] - first  # N₁₊(h•): (rows,)
            # All n-grams of all rows in one array `(grams,)`: the row that each belongs to, and its
            # number, which counts up from `first` within each row.
            owner = np.repeat(np.arange(len(rows)), followers)
            gram = np.arange(len(owner)) + (first - followers.cumsum() + followers)[owner]
            c = level.counts[gram].astype(np.float64)  # c(hw): (grams,)
            total = np.bincount(owner, weights=c, minlength=len(rows))  # c(h•): (rows,)
            p[rows] *= (self.discount * followers / total)[:, np.newaxis]
            p[rows[owner], level.characters[gram]] += (c - self.discount) / total[owner]
        return np.log(p).astype(np.float32), new_state

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, `(len(texts),)`."""
        return item_losses(self, texts)

    def check_size(self) -> None:
        """Raise `ValueError` if it exceeds `MAX_NGRAMS` or `MAX_BYTES`. Builds nothing large."""
        if len(self.grams) > MAX_NGRAMS:
            raise ValueError(f"it holds more than {MAX_NGRAMS:,} n-grams; try a lower order")
        size = 0
        for contexts, grams in self.sizes():
            size += BYTES_PER_CONTEXT * contexts + BYTES_PER_GRAM * grams
            if size > MAX_BYTES:
                raise ValueError(
                    f"its n-grams need more than {MAX_BYTES // 2**20} MiB of memory; "
                    "try a lower order"
                )

    @cached_property
    def _levels(self) -> tuple["_Level", ...]:
        return tuple(_Level.of(*counted, len(self.vocabulary)) for counted in counts_by_order(self))


@dataclass(frozen=True, eq=False)
class _Level:
    """The n-grams of one order, grouped by context."""

    contexts: Integers
    """Codes, ascending, `(contexts,)`."""
    first: NDArray[np.int32]
    """Index of the first n-gram of each context, and the number of n-grams, `(contexts + 1,)`."""
    characters: NDArray[np.int16]
    """w of each n-gram, `(grams,)`."""
    counts: NDArray[np.float32]
    """c(hw), `(grams,)`."""

    @classmethod
    def of(cls, grams: Integers, counts: Integers, base: int) -> "_Level":
        contexts, first = np.unique(grams // base, return_index=True)
        bounds = np.append(first, len(grams)).astype(np.int32)  # small types halve the memory
        characters = (grams % base).astype(np.int16)
        return cls(contexts, bounds, characters, counts.astype(np.float32))


def read_ngram(symbols: str, arrays: Mapping[str, NDArray[np.float32]]) -> NGram:
    """Build a model from stored counts: with a table if that is small (`MAX_TABLE`), else sparse.

    Raises `ValueError` if no text can have these counts, or if they take too much memory.
    """
    model = SparseNGram.from_arrays(symbols, arrays)
    table = sum(contexts for contexts, _ in model.sizes()) * len(model.vocabulary)
    if table > MAX_TABLE:
        return model
    return NGram(model.vocabulary, model.order, model.discount, model.grams, model.counts)
