"""The interpolated Kneser-Ney model over characters: the baseline that everything must beat.

An n-gram model of order n predicts a character w from its context h, the n − 1 characters before
it, by counting. With c(hw) for how often w followed h, and • for any character:

    c(h•)       = Σ_w c(hw)               how often h was followed by anything
    N₁₊(h•)     = |{w : c(hw) > 0}|       by how many different characters
    N₁₊(•hw)    = |{v : c(vhw) > 0}|      how many different characters came before hw

Most contexts were seen a few times only, so every count gives up a discount 0 < D ≤ 1, and what all
of them give up is dealt out by the model of the next lower order, which knows h′, that is h without
its first character:

                  max(c(hw) − D, 0)     D · N₁₊(h•)
    p(w | h)  =   ─────────────────  +  ─────────── · p(w | h′)
                        c(h•)              c(h•)

Summed over w, the two terms make one. If h was never seen, p(w | h) = p(w | h′). Below order 1,
whose context is empty, stands the uniform distribution, 1 / |vocabulary|: nothing is impossible.

Kneser and Ney's idea is what the lower orders count. They matter where the higher ones have seen
little, so what counts is not how often a character was seen but behind how many different ones: a
"u" that always stands behind a "q" may be frequent, and is yet a bad guess in a new context. All
orders but the highest therefore put for c(hw) the continuation count N₁₊(•hw).

A text is read behind n − 1 `END`s: it knows where it begins, and nothing of what lies before.

Sources: R. Kneser and H. Ney, "Improved backing-off for m-gram language modeling", ICASSP 1995;
S. F. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling",
Computer Speech & Language 13 (1999), whose interpolated form with one discount this is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State
from models.networks.vocabulary import END, Vocabulary

Integers = NDArray[np.int64]

DISCOUNTS = tuple(step / 32 for step in range(1, 32))
"""What `choose_discount` tries. A weight file, which stores float16, keeps them exactly."""
MOST_PROBABILITIES = 2**25
"""That the table of a model may hold, at four bytes each."""
MOST_READ = 2**23
"""Probabilities that the contexts of a weight file's longest n-grams may take: a small file can ask
for a large table, which costs several times its size while it is made."""
MOST_DIGITS: Mapping[str, int] = {"order": 1, "grams": 5, "counts": 3}
"""Of the numbers in a weight file: codes fit into an int64, and so does the sum of all counts."""
RADIX = 2**11
"""Of those digits. It is the highest integer that float16 holds together with all below it."""


@dataclass(frozen=True, eq=False)
class NGram:
    """A fitted Kneser-Ney model. A `models.networks.network.Network`.

    An n-gram is known by its code: its character indices read as the digits of a number in base
    |vocabulary|. So `code // base` is its context h, `code % base` its last character w, and
    `code % base**k` its last k characters, for all codes of an array at once.
    """

    vocabulary: Vocabulary
    order: int
    discount: float
    grams: Integers
    """Codes of the n-grams that were seen, rising, shape `(grams,)`."""
    counts: Integers
    """How often each was seen, shape `(grams,)`."""

    def __post_init__(self) -> None:
        """Refuse an order or a discount out of its range."""
        _check_order(self.order, self.vocabulary)
        if not 0 < self.discount <= 1:
            raise ValueError(
                f"the discount is {self.discount}, expected more than 0 and at most 1, "
                "for example 0.9"
            )

    @classmethod
    def fit(
        cls, texts: Sequence[str], vocabulary: Vocabulary, order: int, discount: float
    ) -> "NGram":
        """Count the n-grams of some texts, each of which holds its own end (`"mangosaurus\\n"`).

        Raises `ValueError` for an order or a discount out of its range and if there is no text;
        `KeyError` for a character that the vocabulary lacks.
        """
        _check_order(order, vocabulary)
        codes, _ = codes_of(texts, vocabulary, order)
        if not len(codes):
            raise ValueError("there is no text to count, expected one character at least")
        return cls(vocabulary, order, discount, *np.unique(codes, return_counts=True))

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, shape `(len(texts),)`: `network.item_losses`, faster.

        Raises `KeyError` for a character that the vocabulary lacks and, as `step` does,
        `ValueError` if the model saw too much text for a table of `MOST_PROBABILITIES`.
        """
        codes, owners = codes_of(texts, self.vocabulary, self.order)
        h, w = np.divmod(codes, len(self.vocabulary))
        losses = np.zeros(len(texts))
        np.subtract.at(losses, owners, self._table.log_p[self._table.rows(h), w])
        return losses

    def initial_state(self, batch: int) -> State:
        """The context of a text's beginning, `(1, batch, order − 1)`: indices, all of `END`."""
        return np.full((1, batch, self.order - 1), self.vocabulary.end, np.float32)

    def step(self, x: Integers, state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character each: indices `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        h, after = self.read(x, state)
        return self._table.log_p[self._table.rows(h)], after

    def read(self, x: Integers, state: State) -> tuple[Integers, State]:
        """Codes of the contexts after one more character each, `(batch,)`, and the new state."""
        read = np.concatenate([state[0], x[:, np.newaxis]], axis=1, dtype=np.float32)
        context = read[:, 1:]
        place_values = len(self.vocabulary) ** np.arange(self.order - 2, -1, -1)
        return context.astype(np.int64) @ place_values, context[np.newaxis]

    def check_size(self) -> None:
        """Raise `ValueError` if it saw too much text for a table of `MOST_PROBABILITIES`."""
        self._table  # noqa: B018 (made now, so that one too large is refused here)

    @cached_property
    def _table(self) -> "_Table":
        return _Table.of(self)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """What was counted, in numbers that survive being stored as float16."""
        return {
            "order": _digits(np.array([self.order])),
            "discount": np.array([self.discount], np.float32),
            "grams": _digits(self.grams),
            "counts": _digits(self.counts),
        }

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, NDArray[np.float32]]) -> "NGram":
        """The model of stored counts. Raises `ValueError` if they cannot be those of a text."""
        names = {"discount", *MOST_DIGITS}
        if missing := sorted(names - arrays.keys()):
            raise ValueError(f"the parameter {missing[0]} is missing")
        if surplus := sorted(arrays.keys() - names):
            raise ValueError(f"the parameter {surplus[0]} belongs to no n-gram model")
        order, grams, counts = (_integers(name, arrays[name]) for name in MOST_DIGITS)
        if not order.shape == arrays["discount"].shape == (1,):
            raise ValueError("there must be one order and one discount")
        if not 0 < len(grams) == len(counts):
            raise ValueError(f"there are {len(counts)} counts of {len(grams)} n-grams")
        if (np.diff(grams) <= 0).any():
            raise ValueError("the codes of its n-grams do not rise")
        if not counts.all():
            raise ValueError("it counts n-grams that were never seen")
        model = cls(
            Vocabulary(symbols), int(order[0]), float(arrays["discount"].item()), grams, counts
        )
        if grams[-1] >= len(model.vocabulary) ** model.order:
            raise ValueError("its n-grams hold characters that its vocabulary lacks")
        base = len(model.vocabulary)
        if len(np.unique(grams // base)) * base > MOST_READ:
            raise ValueError(f"its n-grams would make more than {MOST_READ:,} probabilities")
        model.check_size()
        return model


def choose_discount(
    training: Sequence[str], validation: Sequence[str], vocabulary: Vocabulary, order: int
) -> float:
    """The discount of `DISCOUNTS` with which a model of `training` predicts `validation` best.

    Raises what `NGram.fit` and `NGram.losses` do, and `ValueError` if `validation` is empty.
    """
    if not any(validation):
        raise ValueError("there is no text to choose the discount by")
    model = NGram.fit(training, vocabulary, order, DISCOUNTS[0])
    losses = {d: replace(model, discount=d).losses(validation).sum() for d in DISCOUNTS}
    return min(losses, key=losses.__getitem__)


@dataclass(frozen=True, eq=False)
class _Table:
    """p(w | h) of every context h that was seen, whatever its length below n."""

    base: int
    contexts: tuple[Integers, ...]
    """Codes of the contexts of each length from 0 to n − 1, rising."""
    log_p: NDArray[np.float32]
    """A row for each of them, in that order, `(contexts, vocabulary)`."""

    @classmethod
    def of(cls, model: NGram) -> "_Table":
        """Interpolate, from the uniform distribution up to the highest order.

        Raises `ValueError` if the table would hold more than `MOST_PROBABILITIES`.
        """
        base, discount = len(model.vocabulary), model.discount
        contexts: list[Integers] = []
        log_p: list[NDArray[np.float32]] = []
        shorter, p = np.zeros(1, np.int64), np.full((1, base), 1 / base)
        for length, (grams, c) in enumerate(orders_of(model)):
            h, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
            contexts.append(h)
            if sum(map(len, contexts)) * base > MOST_PROBABILITIES:
                raise ValueError(
                    f"of so much text, order {model.order} makes more than "
                    f"{MOST_PROBABILITIES:,} probabilities; try a lower order"
                )
            total = np.add.reduceat(c, first)
            backed_off = p[np.searchsorted(shorter, h % base ** max(length - 1, 0))]
            p = (discount * followers / total)[:, np.newaxis] * backed_off
            row = np.repeat(np.arange(len(h)), followers)
            p[row, grams % base] += (c - discount) / total[row]
            log_p.append(np.log(p).astype(np.float32))
            shorter = h
        return cls(base, tuple(contexts), np.concatenate(log_p))

    def rows(self, h: Integers) -> Integers:
        """The row for each context, `(contexts,)`: that of its longest end that was seen."""
        rows = np.zeros_like(h)  # the empty one was always seen
        begin = 1
        for length, seen in enumerate(self.contexts[1:], start=1):
            end = h % self.base**length
            place = np.minimum(np.searchsorted(seen, end), len(seen) - 1)
            rows = np.where(seen[place] == end, begin + place, rows)
            begin += len(seen)
        return rows


def orders_of(model: NGram) -> Iterator[tuple[Integers, Integers]]:
    """The k-grams of each order k from 1 to n, and c(hw) of each."""
    orders = [(model.grams, model.counts)]
    for k in range(model.order - 1, 0, -1):
        longer, _ = orders[-1]
        ends = longer % len(model.vocabulary) ** k
        orders.append(np.unique(ends, return_counts=True))  # N₁₊(•hw): each vhw is there once
    return reversed(orders)


def codes_of(texts: Sequence[str], vocabulary: Vocabulary, order: int) -> tuple[Integers, Integers]:
    """The code of the n-gram that each character ends, and the index of the text it stands in."""
    padding = END * (order - 1)
    read = vocabulary.encode("".join(padding + text for text in texts))
    owners = np.repeat(np.arange(len(texts)), np.array([len(text) for text in texts], np.int64))
    places = np.arange(len(owners)) + len(padding) * (owners + 1)
    codes = np.zeros(len(owners), np.int64)
    for k in range(order):
        codes += len(vocabulary) ** k * read[places - k]
    return codes, owners


def most_order(vocabulary: Vocabulary) -> int:
    """The highest order whose n-grams a weight file can hold."""
    codes = RADIX ** MOST_DIGITS["grams"]
    return next(n for n in range(codes.bit_length(), 0, -1) if len(vocabulary) ** n <= codes)


def _check_order(order: int, vocabulary: Vocabulary) -> None:
    most = most_order(vocabulary)
    if not 1 <= order <= most:
        raise ValueError(f"the order is {order}, expected 1 to {most}, for example 5")


def _digits(numbers: Integers) -> NDArray[np.float32]:
    """Digits in base `RADIX`, the lowest first: `(numbers,)` → `(numbers, digits)`."""
    digits = [numbers % RADIX]
    while (numbers := numbers // RADIX).any():
        digits.append(numbers % RADIX)
    return np.stack(digits, axis=1).astype(np.float32)


def _integers(name: str, digits: NDArray[np.float32]) -> Integers:
    """The inverse of `_digits`. Raises `ValueError` if the parameter `name` cannot be that."""
    most = MOST_DIGITS[name]
    if digits.ndim != 2 or not 1 <= digits.shape[1] <= most:
        raise ValueError(
            f"the parameter {name} has shape {digits.shape}, expected rows of 1 to {most} digits"
        )
    if not ((digits >= 0) & (digits < RADIX) & (digits == np.floor(digits))).all():
        raise ValueError(f"the parameter {name} holds something else than digits below {RADIX}")
    integers: Integers = digits.astype(np.int64) @ RADIX ** np.arange(digits.shape[1])
    return integers
