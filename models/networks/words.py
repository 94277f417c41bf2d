"""LSTM over words: its tokens, its input, and one step.

The network reads one token at a time and predicts the next one. Its input is three vectors:

    x = (E[token] + S[syllables]) ‖ E[end]

the token's embedding, plus that of the number of syllables in the line so far (so that it knows
where in the metre it is), beside the embedding of the word that the line is to end in (so that it
can write towards a rhyme), or of `NONE` if that is not known. Its layers are those of `lstm.py`.
The logits use the embedding again (tied: Press & Wolf, 2017; Inan et al., 2017):

    logits = h Eᵀ + b

Shapes: B texts in the batch, V tokens in the vocabulary, d embedding, u_k units of layer k. The
last layer has d units. The bot uses `models.serving.words`, which computes the same faster.
"""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N806

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from data.tokens import FLIP
from models.networks.lstm import Layer, cell, layer_arrays, layers_from
from models.networks.network import Array, State, check_parameters

NONE, UNKNOWN, PLAN, LINE_END, SPACE_FLIP = range(5)
"""Indices of the tokens that every vocabulary starts with: no word; a word outside of the
vocabulary; the place where the last word of a line is drawn before the line; the line feed; and
`data.tokens.FLIP`."""
SPECIAL = ("<none>", "<unknown>", "<plan>", "\n", FLIP)
MAX_SYLLABLES = 15
"""Syllables of a line are counted up to this number."""


@dataclass(frozen=True)
class WordVocabulary:
    """Tokens by index. The first five are `SPECIAL`."""

    tokens: tuple[str, ...]

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each token."""
        return {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        """Number of tokens V."""
        return len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int64]:
        """The indices of tokens; `UNKNOWN` for those outside of the vocabulary."""
        index = self.index
        return np.array([index.get(token, UNKNOWN) for token in tokens], np.int64)

    def writable(self, characters: str) -> list[int]:
        """Indices of the tokens that consist of these characters, and of the special ones."""
        known = set(characters)
        return [i for i, t in enumerate(self.tokens) if i < len(SPECIAL) or known.issuperset(t)]

    def restricted(self, characters: str) -> "WordVocabulary":
        """The vocabulary without the tokens that have other characters than these."""
        return WordVocabulary(tuple(self.tokens[i] for i in self.writable(characters)))

    @classmethod
    def of(cls, words: Sequence[str]) -> "WordVocabulary":
        """The vocabulary of some words and marks."""
        return cls((*SPECIAL, *(word for word in words if word not in SPECIAL)))


def running_syllables(tokens: Sequence[str], counts: Sequence[int]) -> NDArray[np.int64]:
    """Syllables of the current line up to and including each token, `(len(tokens),)`.

    counts: the syllables of each token alone. At most `MAX_SYLLABLES`; 0 at a line feed.
    """
    running = np.zeros(len(tokens), np.int64)
    total = 0
    for i, (token, count) in enumerate(zip(tokens, counts, strict=True)):
        total = 0 if token == "\n" else total + count
        running[i] = min(total, MAX_SYLLABLES)
    return running


@dataclass(frozen=True, eq=False)
class WordLSTM:
    """Word-level LSTM with an embedding that serves as output layer, too."""

    vocabulary: WordVocabulary
    E: Array
    """Embedding of the tokens, `(V, d)`."""
    S: Array
    """Embedding of the number of syllables, `(MAX_SYLLABLES + 1, d)`."""
    layers: tuple[Layer, ...]
    by: Array
    """Bias of the logits, `(V,)`."""

    @cached_property
    def _columns(self) -> list[tuple[slice, slice]]:
        """Where h and c of each layer are in a row of the state."""
        columns, begin = [], 0
        for layer in self.layers:
            u = layer.Wh.shape[0]
            columns.append((slice(begin, begin + u), slice(begin + u, begin + 2 * u)))
            begin += 2 * u
        return columns

    def initial_state(self, batch: int) -> State:
        """Zeros, `(B, values)`: h and c of each layer, side by side."""
        return np.zeros((batch, self._columns[-1][1].stop), np.float32)

    def towards(self, ends: NDArray[np.int64]) -> Array:
        """The input of `step` for the words that the lines will end in, or `NONE`: `(B,)`.

        It is the same for all tokens of a line.
        """
        embedded: Array = self.E[ends]  # (B, d)
        return embedded

    def step(
        self,
        tokens: NDArray[np.int64],
        syllables: NDArray[np.int64],
        towards: Array,
        state: State,
    ) -> tuple[Array, State]:
        """Read one token per text: `(B,)` each → h of the last layer `(B, d)`, new state.

        `towards`: what `self.towards` returns for the last words of the lines.
        """
        new_state = np.empty_like(state)
        x = np.hstack((self.E[tokens] + self.S[syllables], towards))  # (B, 2d)
        for layer, (h, c) in zip(self.layers, self._columns, strict=True):
            z = x @ layer.Wx + state[:, h] @ layer.Wh + layer.b  # (B, 4u)
            _, new_state[:, c], x = cell(z, state[:, c])
            new_state[:, h] = x
        return x, new_state

    def logits(self, h: Array) -> Array:
        """Predictions from the last layer's h: `(B, d)` → `(B, V)`."""
        logits: Array = h @ np.asarray(self.E).T + self.by
        return logits

    def restricted(self, characters: str) -> Self:
        """The same network without the tokens that have other characters than these."""
        kept = self.vocabulary.writable(characters)
        vocabulary = self.vocabulary.restricted(characters)
        return replace(self, vocabulary=vocabulary, E=self.E[kept], by=self.by[kept])

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as stored in a weight file."""
        return layer_arrays(self.layers) | {"E": np.asarray(self.E), "S": self.S, "by": self.by}

    @classmethod
    def from_arrays(cls, vocabulary: WordVocabulary, arrays: Mapping[str, Any]) -> Self:
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        layers = layers_from(arrays, {"E", "S", "by"})
        matrices = [arrays["E"], *(layer.Wh for layer in layers)]
        if not layers or any(matrix.ndim != 2 for matrix in matrices):
            raise ValueError("the network has no layers, or a matrix does not have two axes")
        V, d = len(vocabulary), arrays["E"].shape[1]
        shapes: dict[str, tuple[int, ...]] = {"E": (V, d), "S": (MAX_SYLLABLES + 1, d), "by": (V,)}
        below = 2 * d
        for k, layer in enumerate(layers):
            u = d if k == len(layers) - 1 else layer.Wh.shape[0]
            shapes |= {f"Wx{k}": (below, 4 * u), f"Wh{k}": (u, 4 * u), f"b{k}": (4 * u,)}
            below = u
        check_parameters(arrays, shapes)
        return cls(vocabulary, arrays["E"], arrays["S"], layers, arrays["by"])
