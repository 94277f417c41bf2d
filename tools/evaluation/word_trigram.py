"""Kneser-Ney trigrams of words: how plausible verse is to a model that has never read the sonnets.

The mathematics is that of `models.networks.ngram`, interpolated and with one discount, over words
and marks (`data.tokens`) instead of characters. The vocabulary is too large for a table of all
probabilities, so the counts stay sparse.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.tokens import FLIP, is_word, join_tokens, tokenise

Integers = NDArray[np.int64]

ORDER = 3
DISCOUNT = 0.75
LINE_END = "\n"
LONGEST_LINE = 30
"""Tokens after which a sampled line is cut."""
START, UNKNOWN = 0, 1
"""Codes of what stands before a line, and of any token that the model has not read."""


@dataclass(frozen=True, eq=False)
class _Order:
    """Counts of the n-grams of one order, and of their contexts."""

    grams: Integers
    """Codes of the n-grams that occur, ascending, `(grams,)`."""
    counts: Integers
    """Occurrences in the highest order, continuation counts in the others, `(grams,)`."""
    contexts: Integers
    """Codes of the contexts, ascending, `(contexts,)`."""
    first: Integers
    """Index of the first n-gram of each context, `(contexts,)`."""
    followers: Integers
    """Distinct tokens after each context, `(contexts,)`."""
    totals: Integers
    """Sum of the counts after each context, `(contexts,)`."""

    @classmethod
    def of(cls, grams: Integers, counts: Integers, base: int) -> "_Order":
        contexts, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
        return cls(grams, counts, contexts, first, followers, np.add.reduceat(counts, first))


@dataclass(frozen=True, eq=False)
class WordTrigram:
    """A fitted model. Lines are independent: what stands above a line is not a context.

    A token that does not occur in the text shares in the uniform distribution at the bottom, like
    one that does; none is impossible.
    """

    codes: Mapping[str, int]
    """Code of each token of the text; `START` and `UNKNOWN` are below."""
    orders: tuple[_Order, ...]
    """From unigrams up."""
    discount: float

    @classmethod
    def fit(cls, texts: Iterable[str], discount: float = DISCOUNT) -> "WordTrigram":
        """Count the trigrams of the lines of some normalised texts.

        Raises `ValueError` if there are no lines.
        """
        lines = [tokens_of(line) for text in texts for line in text.split("\n") if line.strip()]
        if not lines:
            raise ValueError("no text to count, expected at least one line")
        words = sorted({token for line in lines for token in line})
        codes = {word: code for code, word in enumerate(words, start=UNKNOWN + 1)}
        base = UNKNOWN + 1 + len(codes)
        counted = [np.unique(_trigrams(lines, codes), return_counts=True)]
        for order in range(ORDER - 1, 0, -1):
            longer, _ = counted[-1]
            counted.append(np.unique(longer % base**order, return_counts=True))
        orders = tuple(_Order.of(grams, n, base) for grams, n in reversed(counted))
        return cls(codes, orders, discount)

    def nats(self, lines: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each token of some lines, their ends included, `(tokens,)`."""
        base = UNKNOWN + 1 + len(self.codes)
        grams = _trigrams([tokens_of(line) for line in lines], self.codes)
        p = np.full(len(grams), 1 / (base - 1))  # no token is `START`
        for k, order in enumerate(self.orders, start=1):
            seen, count = _find(order.grams, grams % base**k)
            known, context = _find(order.contexts, grams % base**k // base)
            total = order.totals[context]
            found = np.where(seen, order.counts[count] - self.discount, 0) / total
            left = self.discount * order.followers[context] / total
            p = np.where(known, found + left * p, p)
        nats: NDArray[np.float64] = -np.log(p)
        return nats

    def nats_per_word(self, lines: Sequence[str]) -> float:
        """Mean −ln p per word, mark and line end."""
        return float(self.nats(lines).mean())

    def sample_line(self, rng: np.random.Generator, start: str = "") -> str:
        """A line that begins with `start`, a normalised text, and has at least one more word.

        Drawn plainly, token by token, up to `LONGEST_LINE` tokens.
        """
        given = tokens_of(start)[:-1]
        line: list[str] = []
        while not line or (line[-1] != LINE_END and len(line) < LONGEST_LINE):
            token = self._sample([*given, *line], rng)
            if token != LINE_END or any(map(is_word, line)):
                line.append(token)
        text = join_tokens([*given[-1:], *line]).removesuffix(LINE_END)
        return start + text.removeprefix("".join(given[-1:]))

    def _sample(self, before: Sequence[str], rng: np.random.Generator) -> str:
        """The next token: from the highest order, or else from the next lower one, and so on.

        A model of context h is left with the probability D · N₁₊(h•) / c(h•).
        """
        base = UNKNOWN + 1 + len(self.codes)
        context = START
        for token in before:
            context = context % base ** (ORDER - 2) * base + self.codes.get(token, UNKNOWN)
        for length in range(ORDER - 1, -1, -1):
            order = self.orders[length]
            known, index = _find(order.contexts, np.array([context % base**length]))
            if known[0]:
                first, followers = order.first[index[0]], order.followers[index[0]]
                chosen = rng.random() * order.totals[index[0]]
                sums = np.cumsum(order.counts[first : first + followers] - self.discount)
                if chosen < sums[-1]:
                    gram = order.grams[first + np.searchsorted(sums, chosen, side="right")]
                    return self._tokens[int(gram % base) - UNKNOWN - 1]
        return self._tokens[rng.integers(len(self._tokens))]

    @cached_property
    def _tokens(self) -> tuple[str, ...]:
        """All tokens of the text, in the order of their codes."""
        return tuple(self.codes)


def tokens_of(line: str) -> list[str]:
    """Words and marks of a normalised line, and its end. Unusual spaces do not matter."""
    return [*(token for token in tokenise(line) if token != FLIP), LINE_END]


def _trigrams(lines: Sequence[Sequence[str]], codes: Mapping[str, int]) -> Integers:
    """For each token, the code of the trigram that it ends: digits in base |vocabulary|."""
    return np.fromiter(_trigram_codes(lines, codes), np.int64)


def _trigram_codes(lines: Sequence[Sequence[str]], codes: Mapping[str, int]) -> Iterator[int]:
    base = UNKNOWN + 1 + len(codes)
    for line in lines:
        gram = START  # in every digit
        for token in line:
            gram = gram % base ** (ORDER - 1) * base + codes.get(token, UNKNOWN)
            yield gram


def _find(ascending: Integers, wanted: Integers) -> tuple[NDArray[np.bool_], Integers]:
    """Whether each code is in the list, and an index, which is its place if it is."""
    index = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return ascending[index] == wanted, index
