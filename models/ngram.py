"""The interpolated Kneser-Ney model over characters: the baseline that everything must beat.

An n-gram model of order n predicts a character w from its context h, the n − 1 characters before
it, by counting. With c(hw) for how often w followed h, and • for any character:

    c(h•)       = Σ_w c(hw)               how often h was followed by anything
    N₁₊(h•)     = |{w : c(hw) > 0}|       by how many different characters
    N₁₊(•hw)    = |{v : c(vhw) > 0}|      how many different characters came before hw

Most contexts were seen a few times only, so every count gives up a discount 0 < D ≤ 1, and what all
of them give up is dealt out by the model of the next lower order, which knows h′, that is h without
its first character:

                 c(hw) − D     D · N₁₊(h•)
    p(w | h)  =  ─────────  +  ─────────── · p(w | h′)        without − D where c(hw) = 0
                   c(h•)          c(h•)

Both terms summed over w make one. If h was never seen, p(w | h) = p(w | h′); and below the order 1,
whose context is empty, stands the uniform distribution 1 / |vocabulary|. So everything is possible.

The idea of Kneser and Ney is what the lower orders count. They speak only where the higher ones
have little to say, so it matters not how often a character was seen, but behind how many different
ones: a "u" is frequent in names and yet tells little about what follows an unknown context, if it
always stands behind a "q" or an "a". All orders but the highest therefore read

    c(hw)  =  N₁₊(•hw)                    the continuation count

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

from models.network import State
from models.vocabulary import END, Vocabulary

Integers = NDArray[np.int64]

DISCOUNTS = tuple(step / 32 for step in range(1, 32))
"""What `choose_discount` tries. A weight file, which stores float16, keeps them exactly."""
MOST_PROBABILITIES = 2**25
"""In the table of a model: 128 MiB."""


@dataclass(frozen=True, eq=False)
class NGram:
    """A fitted Kneser-Ney model. A `models.network.Network`.

    The n-gram of the character indices i₁ … iₙ is known by its code, the number whose digits they
    are in base |vocabulary|. So `code // base` is its context, `code % base` its last character,
    and `code % base**k` its last k characters, for all codes of an array at once.
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
        codes, _ = _codes(texts, vocabulary, order)
        if not len(codes):
            raise ValueError("there is no text to count, expected one character at least")
        return cls(vocabulary, order, discount, *np.unique(codes, return_counts=True))

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, shape `(len(texts),)`: `models.network.item_losses`, faster.

        Raises `KeyError` for a character that the vocabulary lacks.
        """
        codes, text = _codes(texts, self.vocabulary, self.order)
        contexts, last = np.divmod(codes, len(self.vocabulary))
        losses = -self._table.log_p[self._table.rows(contexts), last]
        sums = np.zeros(len(texts))
        np.add.at(sums, text, losses)
        return sums

    def initial_state(self, batch: int) -> State:
        """The context of a text's beginning, `(1, batch, order − 1)`: indices, all of `END`."""
        return np.full((1, batch, self.order - 1), self.vocabulary.end, np.float32)

    def step(self, x: Integers, state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character each: indices `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        read = np.concatenate([state[0], x[:, np.newaxis]], axis=1, dtype=np.float32)
        context = read[:, 1:]
        places = len(self.vocabulary) ** np.arange(self.order - 2, -1, -1)
        rows = self._table.rows(context.astype(np.int64) @ places)
        return self._table.log_p[rows], context[np.newaxis]

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
        vocabulary = Vocabulary(symbols)
        most_digits = {"order": 1, "grams": 5, "counts": 3}  # counts add up: no sum may overflow
        expected = {*most_digits, "discount"}
        if odd := sorted(expected ^ arrays.keys()):
            raise ValueError(
                f"the parameter {odd[0]} is missing"
                if odd[0] in expected
                else f"the parameter {odd[0]} belongs to no n-gram model"
            )
        order, grams, counts = (
            _integers(name, arrays[name], most) for name, most in most_digits.items()
        )
        if not len(order) == arrays["discount"].size == 1:
            raise ValueError("it has not one order and one discount")
        _check_order(int(order[0]), vocabulary)
        if not 0 < len(grams) == len(counts):
            raise ValueError(f"it has {len(grams)} n-grams and {len(counts)} counts of them")
        if grams[-1] >= len(vocabulary) ** int(order[0]) or (np.diff(grams) <= 0).any():
            raise ValueError("its n-grams are not in rising order, or of unknown characters")
        if not counts.all():
            raise ValueError("it counts n-grams that were never seen")
        model = cls(vocabulary, int(order[0]), float(arrays["discount"].item()), grams, counts)
        model._table  # noqa: B018 (made now, so that one too large is refused)
        return model


def choose_discount(
    training: Sequence[str], validation: Sequence[str], vocabulary: Vocabulary, order: int
) -> float:
    """The discount of `DISCOUNTS` with which a model of `training` predicts `validation` best."""
    model = NGram.fit(training, vocabulary, order, DISCOUNTS[0])
    losses = {d: replace(model, discount=d).losses(validation).sum() for d in DISCOUNTS}
    return min(losses, key=losses.__getitem__)


@dataclass(frozen=True, eq=False)
class _Table:
    """p(w | h) of every context h that was seen, of every length below the order."""

    base: int
    contexts: tuple[Integers, ...]
    """Codes of the contexts of each length, rising: of length 0, of length 1, …"""
    log_p: NDArray[np.float32]
    """A row for each context, in that order: `(contexts, vocabulary)`."""

    @classmethod
    def of(cls, model: NGram) -> "_Table":
        """Interpolate upwards, from the uniform distribution to the highest order."""
        base = len(model.vocabulary)
        contexts: list[Integers] = []
        log_p: list[NDArray[np.float32]] = []
        shorter, p = np.zeros(1, np.int64), np.full((1, base), 1 / base)
        for length, (grams, counts) in enumerate(_orders(model)):
            h, first, types = np.unique(grams // base, return_index=True, return_counts=True)
            if (sum(map(len, contexts)) + len(h)) * base > MOST_PROBABILITIES:
                raise ValueError(
                    f"an order of {model.order} makes a table of more than "
                    f"{MOST_PROBABILITIES:,} probabilities of this text; try a lower one"
                )
            total = np.add.reduceat(counts, first)
            row = np.repeat(np.arange(len(h)), types)
            backs_off_to = np.searchsorted(shorter, h % base ** max(length - 1, 0))
            p = (model.discount * types / total)[:, np.newaxis] * p[backs_off_to]
            p[row, grams % base] += (counts - model.discount) / total[row]
            contexts.append(h)
            log_p.append(np.log(p).astype(np.float32))
            shorter = h
        return cls(base, tuple(contexts), np.concatenate(log_p))

    def rows(self, codes: Integers) -> Integers:
        """The row for each context: that of its longest end that was seen. Shape as `codes`."""
        rows = np.zeros_like(codes)  # the empty context was always seen
        begin = 1
        for length, contexts in enumerate(self.contexts[1:], start=1):
            end_of = codes % self.base**length
            place = np.searchsorted(contexts, end_of)
            place[place == len(contexts)] = 0
            seen = contexts[place] == end_of
            rows[seen] = begin + place[seen]
            begin += len(contexts)
        return rows


def _orders(model: NGram) -> Iterator[tuple[Integers, Integers]]:
    """The grams of each order from 1 to n and their counts: what c(hw) is in the formulas."""
    orders = [(model.grams, model.counts)]
    for k in range(model.order - 1, 0, -1):
        grams, _ = orders[-1]
        orders.append(np.unique(grams % len(model.vocabulary) ** k, return_counts=True))
    return reversed(orders)


def _codes(texts: Sequence[str], vocabulary: Vocabulary, order: int) -> tuple[Integers, Integers]:
    """The code of the n-gram that each character ends, and which text it belongs to."""
    padding = END * (order - 1)
    read = vocabulary.encode("".join(padding + text for text in texts))
    text = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    ends = np.arange(len(text)) + (order - 1) * (text + 1)
    codes = np.zeros_like(ends)
    for k in range(order):
        codes += len(vocabulary) ** k * read[ends - k]
    return codes, text


def _check_order(order: int, vocabulary: Vocabulary) -> None:
    most = next(n for n in range(_BITS, 0, -1) if len(vocabulary) ** n <= 2**_BITS)
    if not 1 <= order <= most:
        raise ValueError(f"the order is {order}, expected 1 to {most}, for example 5")


_BASE = 2**11
"""float16 holds all integers up to this one: larger numbers are stored as digits in this base."""
_BITS = 55
"""Of a code: five digits."""


def _digits(numbers: Integers) -> NDArray[np.float32]:
    """Digits in base `_BASE`, the lowest first: `(numbers,)` → `(numbers, digits)`."""
    digits = [numbers % _BASE]
    while (numbers := numbers // _BASE).any():
        digits.append(numbers % _BASE)
    return np.stack(digits, axis=1).astype(np.float32)


def _integers(name: str, digits: NDArray[np.float32], most: int) -> Integers:
    """The inverse of `_digits`. Raises `ValueError` for what cannot be `most` digits or fewer."""
    if digits.ndim != 2 or not 1 <= digits.shape[1] <= most:
        raise ValueError(
            f"the parameter {name} has shape {digits.shape}, expected rows of 1 to {most} digits"
        )
    if not ((digits >= 0) & (digits < _BASE) & (digits == np.floor(digits))).all():
        raise ValueError(f"the parameter {name} holds something else than digits below {_BASE}")
    integers: Integers = digits.astype(np.int64) @ _BASE ** np.arange(digits.shape[1])
    return integers
