"""Small Markov model of a network for names, used for the look-ahead of constrained sampling.

Its contexts are the character sequences that the network read last: up to six characters, of every
length that is frequent enough (variable-order Markov model; Ron, Singer & Tishby, 1996). After
"saurus", which is one, a name ends; after "us" it may continue.

Shapes: C contexts, V characters in the vocabulary.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.names.constrained.shape import shape_of
from models.networks.network import Network
from models.networks.sampling import probabilities, sample
from models.networks.vocabulary import END, Vocabulary
from models.weights import Trained, cached_with_weights

SAMPLE_SIZE = 512
"""Names that are sampled from the network to estimate its Markov model."""
MAX_CONTEXT = 6
"""Maximum number of characters in a context."""
MIN_OCCURRENCES = 8
"""Minimum number of occurrences of a context in the sampled names."""
MAX_PREDICTIONS = 2**18
"""Limit for contexts times vocabulary, at twelve bytes each; dinosaurs need 10,000. Beyond it, the
rarer contexts are left out."""


@dataclass(frozen=True, eq=False)
class Contexts:
    """A variable-order Markov model: contexts, transitions and probabilities."""

    texts: tuple[str, ...]
    """The contexts, shortest first, beginning with the empty one. A prefix of a context is one too,
    and so is every doubled letter."""
    transitions: NDArray[np.int32]
    """Context and character → next context, the longest suffix of the text: `(C, V)`."""
    p: NDArray[np.float64]
    """Probability of each next character, `(C, V)`."""
    third_in_a_row: NDArray[np.bool_]
    """Where the next character would be the third of its kind in a row, `(C, V)`."""

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        predictions: dict[str, NDArray[np.float64]],
        vocabulary: Vocabulary,
    ) -> "Contexts":
        """Build the model from contexts and, for each, the sum of the predictions after it, `(V,)`.

        Each mean is shrunk towards that of the context without its first character, with the weight
        of one observation (like Witten & Bell, 1991).
        """
        symbols = vocabulary.symbols
        # Doubled letters are needed to recognise a third one (`third_in_a_row`).
        doubled = {letter * n for letter in symbols for n in (1, 2)} - {END * 2}
        ordered = tuple(sorted({"", *doubled, *texts}, key=lambda text: (len(text), text)))
        index = {text: number for number, text in enumerate(ordered)}
        transitions = np.zeros((len(ordered), len(symbols)), np.int32)
        p = np.full((len(ordered), len(symbols)), 1 / len(symbols))
        for number, text in enumerate(ordered):
            # The empty context is its own suffix, and starts out uniform.
            shorter = p[index[text[1:]]]  # computed already, because contexts are sorted by length
            total = predictions.get(text, np.zeros(len(symbols)))  # (V,)
            p[number] = (total + shorter) / (total.sum() + 1)
        # As in Aho & Corasick (1975): where no context continues a text, fall back to its suffix.
        extensions: list[list[tuple[int, int]]] = [[] for _ in ordered]
        for number, text in enumerate(ordered[1:], start=1):
            if (prefix := index.get(text[:-1])) is not None:
                extensions[prefix].append((int(vocabulary.encode(text[-1])[0]), number))
        for number, text in enumerate(ordered):
            transitions[number] = transitions[index[text[1:]]]
            for x, longer in extensions[number]:
                transitions[number, x] = longer
        ends = np.array([text[-1:] if text[-2:] == text[-1:] * 2 else "" for text in ordered])
        third_in_a_row = ends[:, np.newaxis] == np.array([*symbols])
        return cls(ordered, transitions, p, third_in_a_row)

    def read(self, text: str) -> int:
        """The number of the context after a text that begins with `END`."""
        index = {context: number for number, context in enumerate(self.texts)}
        suffixes = (text[begin:] for begin in range(len(text) + 1))  # the empty one is a context
        return next(index[suffix] for suffix in suffixes if suffix in index)


@cached_with_weights
def learn_contexts(trained: Trained) -> Contexts:
    """Estimate the Markov model of a network from names that it samples.

    Deterministic: the same weights always give the same model.
    """
    vocabulary = trained.network.vocabulary
    rng = np.random.default_rng(0)
    names, p = _sample_corpus(trained.network, shape_of(trained).longest, rng)
    # Every suffix of every prefix, up to MAX_CONTEXT characters, and what follows it.
    occurrences = [
        (name[begin:end], row, end - 1)
        for row, name in enumerate(names)
        for end in range(1, len(name) + 1)
        for begin in range(max(0, end - MAX_CONTEXT), end + 1)
    ]
    counts = Counter(text for text, _, _ in occurrences)
    # A prefix is as frequent as the context that it begins, and shorter, so that it is kept too.
    by_frequency = sorted(
        (text for text, count in counts.items() if count >= MIN_OCCURRENCES),
        key=lambda text: (-counts[text], len(text), text),
    )
    frequent = frozenset(by_frequency[: MAX_PREDICTIONS // len(vocabulary)])
    sums: dict[str, NDArray[np.float64]] = {}
    for text, row, t in occurrences:
        if text in frequent:
            sums[text] = sums.get(text, 0) + p[row, t]
    return Contexts.of(frequent, sums, vocabulary)


def _sample_corpus(
    network: Network, longest: int, rng: np.random.Generator
) -> tuple[list[str], NDArray[np.float64]]:
    """Sample names, each preceded by `END`.

    Returns them with the prediction after each of their characters, `(names, longest + 1, V)`.
    """
    end = network.vocabulary.end
    text = np.full((SAMPLE_SIZE, longest + 1), end)
    p = np.zeros((*text.shape, len(network.vocabulary)))
    lengths = np.full(SAMPLE_SIZE, longest + 1)
    # `row` are the names that have not ended; x and state are theirs only.
    row, x, state = np.arange(SAMPLE_SIZE), text[:, 0], network.initial_state(SAMPLE_SIZE)
    for t in range(longest + 1):
        text[row, t] = x
        logits, state = network.step(x, state)  # (rows, V)
        p[row, t] = probabilities(logits)
        x = sample(logits, rng)  # (rows,)
        lengths[row[x == end]] = t + 1
        unfinished = x != end
        row, x, state = row[unfinished], x[unfinished], state[..., unfinished, :]
        if not len(row):
            break
    names = [network.vocabulary.decode(line[:n]) for line, n in zip(text, lengths, strict=True)]
    return names, p
