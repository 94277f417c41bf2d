"""Interpolated Kneser-Ney n-gram model over characters, the baseline for all networks.

An n-gram model of order n predicts a character w from its context h, the n − 1 characters before
it, by counting. Let c(hw) be how often w followed h, and let • stand for any character:

    c(h•)       = Σ_w c(hw)               occurrences of h
    N₁₊(h•)     = |{w : c(hw) > 0}|       distinct characters that followed h
    N₁₊(•hw)    = |{v : c(vhw) > 0}|      distinct characters that preceded hw

Most contexts are rare, so their counts are unreliable. A discount 0 < D ≤ 1 is subtracted from
every count, and the probability mass that this frees is distributed by the model of the next lower
order, with the context h′, which is h without its first character:

                  max(c(hw) − D, 0)     D · N₁₊(h•)
    p(w | h)  =   ─────────────────  +  ─────────── · p(w | h′)
                        c(h•)              c(h•)

Summed over w, the two terms give one. If h was never seen, p(w | h) = p(w | h′). Below order 1,
whose context is empty, is the uniform distribution 1 / |vocabulary|: no character is impossible.

Kneser and Ney changed what the lower orders count. These matter where the higher orders have seen
little, so the relevant count is not how often a character occurs, but after how many different
ones: a "u" that only ever follows "q" may be frequent, and is still a bad guess in a new context.
All orders except the highest therefore use the continuation count N₁₊(•hw) in place of c(hw).

A text is preceded by n − 1 `END`s: the model knows where a text begins, and nothing before it.

Sources: R. Kneser and H. Ney, "Improved backing-off for m-gram language modeling", ICASSP 1995;
S. F. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling",
Computer Speech & Language 13 (1999): its interpolated form with one discount.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State
from models.networks.vocabulary import END, Vocabulary

Integers = NDArray[np.int64]

DISCOUNTS = tuple(step / 32 for step in range(1, 32))
"""The discounts that `choose_discount` tries. Float16, as stored in weight files, is exact here."""
MAX_PROBABILITIES = 2**25
"""Size limit of a model's table, in probabilities of four bytes each. Larger tables than
`models.serving.sparse_ngram.MAX_TABLE` are only made to train and to evaluate."""
MAX_DIGITS: Mapping[str, int] = {"order": 1, "grams": 5, "counts": 3}
"""Digits of the numbers in a weight file. Codes, and the sum of all counts, fit into an int64."""
RADIX = 2**11
"""Base of these digits: float16 represents every integer up to 2048 exactly."""


@dataclass(frozen=True, eq=False)
class NGram:
    """A fitted Kneser-Ney model. Implements `models.networks.network.Network`.

    An n-gram is represented by its code: its character indices as the digits of a number in base
    |vocabulary|. Then `code // base` is its context h, `code % base` its last character w, and
    `code % base**k` its last k characters, for all codes of an array at once.
    """

    kind: ClassVar = "ngram"
    """The name of this class in the weight file of a mixture."""

    vocabulary: Vocabulary
    order: int
    discount: float
    grams: Integers
    """Codes of the n-grams that occur, ascending, `(grams,)`."""
    counts: Integers
    """Occurrences of each, `(grams,)`."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for an order or a discount out of range."""
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
        """Count the n-grams of some texts, each of which ends with `END`: `"mangosaurus\\n"`.

        Raises `ValueError` for an order or a discount out of range and for no text at all;
        `KeyError` for a character that is not in the vocabulary.
        """
        _check_order(order, vocabulary)
        codes, _ = ngram_codes(texts, vocabulary, order)
        if not len(codes):
            raise ValueError("no text to count, expected at least one character")
        return cls(vocabulary, order, discount, *np.unique(codes, return_counts=True))

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, `(len(texts),)`. Same as `network.item_losses`, but faster.

        Raises `KeyError` for a character that is not in the vocabulary and, as `step` does,
        `ValueError` if the table would exceed `MAX_PROBABILITIES`.
        """
        codes, owners = ngram_codes(texts, self.vocabulary, self.order)  # (characters,) each
        h, w = np.divmod(codes, len(self.vocabulary))
        losses = np.zeros(len(texts))
        # subtract.at adds up repeated owners, which losses[owners] -= … would not.
        np.subtract.at(losses, owners, self._table.log_p[self._table.rows(h), w])
        return losses

    def initial_state(self, batch: int) -> State:
        """The row of the context before the first character, n − 1 `END`s: `(1, batch, 1)`.

        A float32 represents the number of every row exactly: they are at most 2²⁴.
        """
        before = np.full(self.order - 1, self.vocabulary.end)
        row = self._table.rows(np.array([before @ self.place_values]))
        return np.full((1, batch, 1), row, np.float32)

    def step(self, x: Integers, state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character per text: `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        rows = self._table.following[state[0, :, 0].astype(np.int64), x]  # (batch,)
        new_state = rows.astype(np.float32)[np.newaxis, :, np.newaxis]
        return self._table.log_p.take(rows, axis=0), new_state

    @property
    def place_values(self) -> Integers:
        """Factors of the characters of a context in its code, `(n − 1,)`."""
        values: Integers = len(self.vocabulary) ** np.arange(self.order - 2, -1, -1)
        return values

    def check_size(self) -> None:
        """Raise `ValueError` if the table would exceed `MAX_PROBABILITIES`. Builds no table."""
        contexts = 0
        for of_order, _ in self.sizes():
            contexts += of_order
            self._check_contexts(contexts)

    def sizes(self) -> Iterator[tuple[int, int]]:
        """Number of contexts and of n-grams of each order, from the highest down to 1.

        Takes a few times the memory of `grams`, whatever the order.
        """
        for grams, _ in counts_by_order(self):
            yield count_contexts(grams, len(self.vocabulary)), len(grams)

    def _check_contexts(self, contexts: int) -> None:
        if contexts * len(self.vocabulary) > MAX_PROBABILITIES:
            raise ValueError(
                f"of so much text, order {self.order} makes more than "
                f"{MAX_PROBABILITIES:,} probabilities; try a lower order"
            )

    @cached_property
    def _table(self) -> "_ProbabilityTable":
        return _ProbabilityTable.of(self)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The counts, as digits that float16 stores exactly."""
        return {
            "order": _digits(np.array([self.order])),
            "discount": np.array([self.discount], np.float32),
            "grams": _digits(self.grams),
            "counts": _digits(self.counts),
        }

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, NDArray[np.float32]]) -> "NGram":
        """Build the model from stored counts. Raises `ValueError` if no text can have them."""
        names = {"discount", *MAX_DIGITS}
        if missing := sorted(names - arrays.keys()):
            raise ValueError(f"the parameter {missing[0]} is missing")
        if surplus := sorted(arrays.keys() - names):
            raise ValueError(f"the parameter {surplus[0]} does not belong to an n-gram model")
        order, grams, counts = (_integers(name, arrays[name]) for name in MAX_DIGITS)
        if not order.shape == arrays["discount"].shape == (1,):
            raise ValueError("expected one order and one discount")
        if not 0 < len(grams) == len(counts):
            raise ValueError(
                f"{len(counts)} counts of {len(grams)} n-grams, expected one per n-gram"
            )
        if (np.diff(grams) <= 0).any():
            raise ValueError("the codes of its n-grams are not ascending")
        if not counts.all():
            raise ValueError("it has n-grams with a count of 0")
        model = cls(
            Vocabulary(symbols), int(order[0]), float(arrays["discount"].item()), grams, counts
        )
        if grams[-1] >= len(model.vocabulary) ** model.order:
            raise ValueError("its n-grams have characters that are not in its vocabulary")
        model.check_size()  # before anything is built: a small file can ask for a huge table
        return model


def choose_discount(
    training: Sequence[str], validation: Sequence[str], vocabulary: Vocabulary, order: int
) -> float:
    """The discount of `DISCOUNTS` with the lowest loss on `validation`, fitted to `training`.

    Raises what `NGram.fit` and `NGram.losses` do, and `ValueError` if `validation` is empty.
    """
    if not any(validation):
        raise ValueError("no validation text to choose the discount by")
    # The counts do not depend on the discount, so the text is counted once.
    model = NGram.fit(training, vocabulary, order, DISCOUNTS[0])
    losses = {d: replace(model, discount=d).losses(validation).sum() for d in DISCOUNTS}
    return min(losses, key=losses.__getitem__)


@dataclass(frozen=True, eq=False)
class _ProbabilityTable:
    """p(w | h) of every context h that occurs, of all lengths below n."""

    base: int
    contexts: tuple[Integers, ...]
    """Codes of the contexts of each length from 0 to n − 1, ascending."""
    log_p: NDArray[np.float32]
    """One row per context, in the same order, `(contexts, vocabulary)`."""

    @cached_property
    def following(self) -> NDArray[np.uint16 | np.uint32]:
        """The automaton of the contexts: row of h and character w → row of the context after hw.

        That is the longest suffix of hw that occurs, `(contexts, vocabulary)`. If h w does not
        occur, it is the same as after h′ w (as in Aho & Corasick, 1975).
        """
        kind = np.uint16 if len(self.log_p) <= np.iinfo(np.uint16).max else np.uint32
        following = np.zeros(self.log_p.shape, kind)
        begin, begin_shorter = 0, 0  # first row of the contexts of this length, and of the last one
        for length, h in enumerate(self.contexts):
            end = begin + len(h)
            if length:
                shorter, _ = _search(self.contexts[length - 1], h % self.base ** (length - 1))
                following[begin:end] = following[begin_shorter + shorter]
            if length + 1 < len(self.contexts):
                prefixes, w = np.divmod(self.contexts[length + 1], self.base)
                rows, occur = _search(h, prefixes)
                longer = end + np.arange(len(rows))
                following[begin + rows[occur], w[occur]] = longer[occur]
            begin, begin_shorter = end, begin
        return following

    @classmethod
    def of(cls, model: NGram) -> "_ProbabilityTable":
        """Interpolate from the uniform distribution up to the highest order.

        Raises `ValueError` if the table would exceed `MAX_PROBABILITIES`.
        """
        base, discount = len(model.vocabulary), model.discount
        orders = reversed([*counts_by_order(model)])
        contexts: list[Integers] = []
        log_p: list[NDArray[np.float32]] = []
        shorter, p = np.zeros(1, np.int64), np.full((1, base), 1 / base)  # below order 1
        for length, (grams, c) in enumerate(orders):  # (grams,) each
            # Codes ascend, so the n-grams hw of a context h are adjacent. `followers`: N₁₊(h•).
            h, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
            contexts.append(h)  # (contexts,)
            model._check_contexts(sum(map(len, contexts)))
            total = np.add.reduceat(c, first)  # c(h•): (contexts,)
            # p(w | h′): h′ occurs whenever h does, so the search always finds it.
            p_shorter = p[np.searchsorted(shorter, h % base ** max(length - 1, 0))]
            p = (discount * followers / total)[:, np.newaxis] * p_shorter  # (contexts, vocabulary)
            row = np.repeat(np.arange(len(h)), followers)  # the context of each n-gram: (grams,)
            p[row, grams % base] += (c - discount) / total[row]  # c ≥ 1 ≥ D, so max is not needed
            log_p.append(np.log(p).astype(np.float32))
            shorter = h
        return cls(base, tuple(contexts), np.concatenate(log_p))

    def rows(self, h: Integers) -> Integers:
        """The row for each context, `(batch,)`: that of its longest suffix that occurs."""
        rows = np.zeros_like(h)  # row 0 is the empty context
        begin = 1
        for length, seen in enumerate(self.contexts[1:], start=1):
            index, occurs = _search(seen, h % self.base**length)
            rows = np.where(occurs, begin + index, rows)  # longer ones overwrite
            begin += len(seen)
        return rows


def _search(codes: Integers, wanted: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """The index of each code among ascending ones, and whether it is there: `(wanted,)` each."""
    index = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return index, codes[index] == wanted


def counts_by_order(model: NGram) -> Iterator[tuple[Integers, Integers]]:
    """The k-grams of each order k from n down to 1 and their c(hw): two arrays `(grams,)` each."""
    grams, counts = model.grams, model.counts
    yield grams, counts
    for k in range(model.order - 1, 0, -1):
        # N₁₊(•hw): every distinct vhw has exactly one code in the longer n-grams.
        grams, counts = np.unique(grams % len(model.vocabulary) ** k, return_counts=True)
        yield grams, counts


def ngram_codes(
    texts: Sequence[str], vocabulary: Vocabulary, order: int
) -> tuple[Integers, Integers]:
    """Find for each character the code of the n-gram that it ends, and the index of its text.

    Both are `(characters,)`. Raises `KeyError` for a character that is not in the vocabulary.
    """
    padding = END * (order - 1)
    read = vocabulary.encode("".join(padding + text for text in texts))
    owners = np.repeat(np.arange(len(texts)), np.array([len(text) for text in texts], np.int64))
    # Where each character is in `read`, which has one more padding per text.
    positions = np.arange(len(owners)) + len(padding) * (owners + 1)
    codes = np.zeros(len(owners), np.int64)
    for k in range(order):  # the character k positions back is digit k
        codes += len(vocabulary) ** k * read[positions - k]
    return codes, owners


def count_contexts(grams: NDArray[np.integer[Any]], base: int) -> int:
    """Number of contexts of n-grams, whose codes ascend."""
    return int(np.count_nonzero(np.diff(grams // base))) + 1


def max_order(vocabulary: Vocabulary) -> int:
    """The highest order whose n-grams a weight file can hold."""
    codes = RADIX ** MAX_DIGITS["grams"]
    return next(n for n in range(codes.bit_length(), 0, -1) if len(vocabulary) ** n <= codes)


def _check_order(order: int, vocabulary: Vocabulary) -> None:
    highest = max_order(vocabulary)
    if not 1 <= order <= highest:
        raise ValueError(f"the order is {order}, expected 1 to {highest}, for example 5")


def _digits(numbers: Integers) -> NDArray[np.float32]:
    """Digits in base `RADIX`, lowest first: `(numbers,)` → `(numbers, digits)`."""
    numbers = numbers.astype(np.int64)  # a narrow type may not hold RADIX
    digits = [numbers % RADIX]
    for _ in range(5):  # an int64 has at most six digits
        numbers = numbers // RADIX
        if not numbers.any():
            break
        digits.append(numbers % RADIX)
    return np.stack(digits, axis=1).astype(np.float32)  # (numbers, digits)


def _integers(name: str, digits: NDArray[np.float32]) -> Integers:
    """The inverse of `_digits`. Raises `ValueError` if the parameter `name` does not fit."""
    most = MAX_DIGITS[name]
    if digits.ndim != 2 or not 1 <= digits.shape[1] <= most:
        raise ValueError(
            f"the parameter {name} has shape {digits.shape}, expected rows of 1 to {most} digits"
        )
    if not ((digits >= 0) & (digits < RADIX) & (digits == np.floor(digits))).all():
        raise ValueError(f"the parameter {name} is not made of digits below {RADIX}")
    integers: Integers = digits.astype(np.int64) @ RADIX ** np.arange(digits.shape[1])  # (numbers,)
    return integers
