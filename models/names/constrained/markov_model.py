"""A small Markov model of any network that writes names, so that one can look ahead.

Its contexts are what the network often read last: up to six characters, of any length that occurs
often enough (a variable-order Markov model; Ron, Singer & Tishby, 1996). "saurus" is one, and after
it a name ends; after "us" alone it may go on.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.names.shape import shape_of
from models.networks.network import Network
from models.networks.sampling import probabilities, sample
from models.networks.vocabulary import END, Vocabulary
from models.weights import Trained

REHEARSAL = 512
"""Names that a network writes for its model."""
LONGEST_CONTEXT = 6
FEWEST_OCCURRENCES = 8
"""Of a context in these names."""


@dataclass(frozen=True, eq=False)
class Contexts:
    """What was read last, as far as it matters, and what comes next."""

    texts: tuple[str, ...]
    """With each its beginnings too; the first is empty. Doubled letters are always among them."""
    moves: NDArray[np.int64]
    """Context and character to the next context, the longest that the text then ends in:
    `(contexts, vocabulary)`."""
    p: NDArray[np.float64]
    """The probability of each next character, `(contexts, vocabulary)`."""

    @classmethod
    def of(
        cls, texts: Iterable[str], predictions: dict[str, NDArray[np.float64]], symbols: Vocabulary
    ) -> "Contexts":
        """The model of some contexts and the sums of what was predicted after each of them.

        Each mean is drawn towards that of the context without its first character, by the weight
        of one observation (as in Witten & Bell, 1991).
        """
        doubled = {letter * n for letter in symbols.symbols for n in (1, 2)} - {END * 2}
        ordered = tuple(sorted({"", *doubled, *texts}, key=lambda text: (len(text), text)))
        index = {text: number for number, text in enumerate(ordered)}
        moves = np.zeros((len(ordered), len(symbols)), np.int64)
        p = np.full((len(ordered), len(symbols)), 1 / len(symbols))
        for number, text in enumerate(ordered):
            wider = p[index[text[1:]]]  # shorter, so it is there already
            seen = predictions.get(text, np.zeros(len(symbols)))
            p[number] = (seen + wider) / (seen.sum() + 1)
        # As Aho & Corasick (1975) do it: a text that no context continues falls back to its end.
        followed: list[list[tuple[int, int]]] = [[] for _ in ordered]
        for number, text in enumerate(ordered[1:], start=1):
            if (beginning := index.get(text[:-1])) is not None:
                followed[beginning].append((int(symbols.encode(text[-1])[0]), number))
        for number, text in enumerate(ordered):
            moves[number] = moves[index[text[1:]]]
            for x, longer in followed[number]:
                moves[number, x] = longer
        return cls(ordered, moves, p)

    def read(self, text: str) -> int:
        """The context after a text that begins with `END`."""
        return _longest(text, {known: number for number, known in enumerate(self.texts)})

    def thrice(self, symbols: Vocabulary) -> NDArray[np.bool_]:
        """Where the next letter would be the third running, `(contexts, vocabulary)`."""
        return np.array([[text.endswith(c * 2) for c in symbols.symbols] for text in self.texts])


@lru_cache(maxsize=8)
def learn_contexts(trained: Trained) -> Contexts:
    """The model of a network, made of its predictions while it writes some names.

    The same weights always have the same; those of the last few are kept.
    """
    symbols = trained.network.vocabulary
    names, p = _rehearse(trained.network, shape_of(trained).longest, np.random.default_rng(0))
    occurring = [
        (name[begin:end], p[row, end - 1])
        for row, name in enumerate(names)
        for end in range(1, len(name) + 1)
        for begin in range(max(0, end - LONGEST_CONTEXT), end + 1)
    ]
    counts = Counter(text for text, _ in occurring)
    often = {text for text, count in counts.items() if count >= FEWEST_OCCURRENCES}
    sums: dict[str, NDArray[np.float64]] = {}
    for text, prediction in occurring:
        if text in often:
            sums[text] = sums.get(text, 0) + prediction
    return Contexts.of(often, sums, symbols)


def _rehearse(
    network: Network, longest: int, rng: np.random.Generator
) -> tuple[list[str], NDArray[np.float64]]:
    """Some names, each behind an `END`, and the predictions `(names, longest + 1, vocabulary)`
    after each of their characters."""
    end = network.vocabulary.end
    text = np.full((REHEARSAL, longest + 1), end)
    p = np.zeros((*text.shape, len(network.vocabulary)))
    lengths = np.full(REHEARSAL, longest + 1)
    row, x, state = np.arange(REHEARSAL), text[:, 0], network.initial_state(REHEARSAL)
    for t in range(longest + 1):
        text[row, t] = x
        logits, state = network.step(x, state)
        p[row, t] = probabilities(logits)
        x = sample(logits, rng)
        lengths[row[x == end]] = t + 1
        going_on = x != end
        row, x, state = row[going_on], x[going_on], state[..., going_on, :]
        if not len(row):
            break
    written = [network.vocabulary.decode(line[:n]) for line, n in zip(text, lengths, strict=True)]
    return written, p


def _longest(text: str, index: dict[str, int]) -> int:
    """The number of the longest text of the index that this one ends in."""
    while text not in index:
        text = text[1:]
    return index[text]
