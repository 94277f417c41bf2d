"""Kneser-Ney model of a long list: the same probabilities as `NGram`, without its table.

The table has one row over the whole vocabulary per context, most of which repeats what the shorter
context says. This model stores only the n-grams that occur and interpolates a row, from the uniform
distribution up to the highest order, on demand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State, item_losses
from models.networks.ngram import Integers, NGram, count_contexts, counts_by_order

MAX_NGRAMS = 2**20
"""Size limit: n-grams of the highest order."""
MAX_BYTES = 32 * 2**20
"""Size limit: memory for the n-grams of all orders. Those of fifty thousand names take 7 MiB."""
MAX_TABLE = 2**20
"""Probabilities in the table of a stored model, of four bytes each, up to which it is loaded as an
`NGram`: its table is three times faster than a `SparseNGram`."""


@dataclass(frozen=True, eq=False)
class SparseNGram(NGram):
    """A fitted Kneser-Ney model (`models.networks.ngram`) of many n-grams.

    Its `grams` and `counts` have the narrowest types that hold them.
    """

    kind: ClassVar = "sparse"

    def __post_init__(self) -> None:
        """Raise `ValueError` for an order or a discount out of range."""
        super().__post_init__()
        codes = len(self.vocabulary) ** self.order
        object.__setattr__(self, "grams", _narrowed(self.grams, codes))
        object.__setattr__(self, "counts", _narrowed(self.counts))

    def initial_state(self, batch: int) -> State:
        """The context before the first character: the index of `END`, `(1, batch, order − 1)`."""
        return np.full((1, batch, self.order - 1), self.vocabulary.end, np.float32)

    def step(self, x: Integers, state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character per text: `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        read = np.concatenate([state[0], x[:, np.newaxis]], axis=1, dtype=np.float32)
        context = read[:, 1:]  # drops the oldest character: (batch, n − 1)
        h = context.astype(np.int64) @ self.place_values  # (batch,)
        base = len(self.vocabulary)
        p = np.full((len(x), base), 1 / base)
        for length, level in enumerate(self._levels):
            # The n-grams of a context hw are adjacent, and begin with the code that ends in 0.
            lowest = h % base**length * base  # of the last characters of the context
            first = level.place(lowest)
            followers = level.place(lowest + base) - first  # N₁₊(h•)
            rows = np.flatnonzero(followers)  # whose suffix occurs: (rows,)
            first, followers = first[rows], followers[rows]
            # All n-grams of all rows in one array `(grams,)`: the row that each belongs to, and its
            # number, which counts up from `first` within each row.
            owner = np.repeat(np.arange(len(rows)), followers)
            gram = np.arange(len(owner)) + (first - followers.cumsum() + followers)[owner]
            c = level.counts[gram].astype(np.float64)  # c(hw): (grams,)
            total = np.bincount(owner, weights=c, minlength=len(rows))  # c(h•): (rows,)
            p[rows] *= (self.discount * followers / total)[:, np.newaxis]
            p[rows[owner], level.grams[gram] % base] += (c - self.discount) / total[owner]
        return np.log(p).astype(np.float32), context[np.newaxis]

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, `(len(texts),)`."""
        return item_losses(self, texts)

    def check_size(self) -> None:
        """Raise `ValueError` if the model exceeds `MAX_NGRAMS` or `MAX_BYTES`."""
        if len(self.grams) > MAX_NGRAMS:
            raise ValueError(f"it holds more than {MAX_NGRAMS:,} n-grams; try a lower order")
        self._levels  # noqa: B018 (it is checked as it is built)

    @property
    def table_size(self) -> int:
        """Number of probabilities that the table of an `NGram` would have."""
        base = len(self.vocabulary)
        return base * sum(count_contexts(level.grams, base) for level in self._levels)

    @cached_property
    def _levels(self) -> tuple["_GramsOfOrder", ...]:
        """The n-grams of all orders, from 1 up. Raises `ValueError` if they exceed `MAX_BYTES`."""
        levels: list[_GramsOfOrder] = []
        size = 0
        # The counts of an order are made when the size of the last one is known.
        for grams, counts in counts_by_order(self):
            codes = len(self.vocabulary) ** (self.order - len(levels))
            levels.append(_GramsOfOrder(_narrowed(grams, codes), _narrowed(counts)))
            size += levels[-1].grams.nbytes + levels[-1].counts.nbytes
            if size > MAX_BYTES:
                raise ValueError(
                    f"its n-grams need more than {MAX_BYTES // 2**20} MiB of memory; "
                    "try a lower order"
                )
        return tuple(reversed(levels))


@dataclass(frozen=True, eq=False)
class _GramsOfOrder:
    """The n-grams of one order."""

    grams: NDArray[np.integer[Any]]
    """Codes of the n-grams, ascending, `(grams,)`."""
    counts: NDArray[np.integer[Any]]
    """Counts c(hw), `(grams,)`."""

    def place(self, codes: Integers) -> NDArray[np.int64]:
        """How many of its codes are below each of some others, `(codes,)`."""
        below = np.searchsorted(self.grams, codes.astype(self.grams.dtype))  # else it copies all
        return below.astype(np.int64)


def _narrowed(
    numbers: NDArray[np.integer[Any]], end: int | None = None
) -> NDArray[np.integer[Any]]:
    """Numbers from 0 on, below `end`, in the narrowest type that also holds `end`."""
    most = int(numbers.max()) if end is None else end
    kind = next(
        kind for kind in (np.uint8, np.uint16, np.uint32, np.int64) if most <= np.iinfo(kind).max
    )
    return numbers.astype(kind, copy=False)


def read_ngram(symbols: str, arrays: Mapping[str, NDArray[np.float32]]) -> NGram:
    """Build a model from stored counts: with a table if that is small (`MAX_TABLE`), else sparse.

    Raises `ValueError` if no text can have these counts, or if they take too much memory.
    """
    model = SparseNGram.from_arrays(symbols, arrays)
    assert isinstance(model, SparseNGram)  # noqa: S101 (it is of the class)
    if model.table_size > MAX_TABLE:
        return model
    grams, counts = model.grams.astype(np.int64), model.counts.astype(np.int64)
    return NGram(model.vocabulary, model.order, model.discount, grams, counts)
