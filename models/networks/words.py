"""LSTM over words: its tokens, its input, and one step.

The network reads one token at a time, a word or a mark, and predicts the next one. Its input is

    x = (E[token] + S[syllables]) ‖ (E[end] + Σ F[feature] + s M)

where ‖ puts two vectors side by side:

- E[token] is the embedding of the token, a row of E that is learned like any other parameter;
- S[syllables] stands for the number of syllables in the line so far, so that the network knows
  where in the metre it is;
- E[end] is the embedding of the word that the line shall end in, so that the network can write
  towards a rhyme. It is that of `NONE` if the word is not known;
- F[feature] is the embedding of something else that is known of the line, one for each of `SLOTS`:
  its rhyme, say, or its number in the stanza;
- s is the mean of E over the words of the subject.

The second half is the same for all tokens of a line. A network whose vocabulary has no features has
no F and no M: there the second half is E[end] alone.

The layers are those of `lstm.py`. Let h be the hidden state of the last one. The logits use the
embedding again (tied: Press & Wolf, 2017; Inan et al., 2017):

    logits = h Eᵀ + by

Shapes: B texts in the batch, V tokens in the vocabulary, f features, d embedding, u_k units of
layer k. The last layer has d units. The bot uses `models.serving.words`, which computes the same
faster.
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
SLOTS = ("rhyme", "line", "left", "syllables", "period", "kind")
"""Features of a line besides its last word: the sounds of its rhyme, its number in the
stanza, the number of lines after it, its syllables, and the period and the kind of its text."""
UNKNOWN_FEATURE = 0
"""The feature of a slot of which nothing is known."""
SUBJECT_WORDS = 4
"""Words of a subject."""


@dataclass(frozen=True)
class WordVocabulary:
    """Tokens by index. The first five are `SPECIAL`."""

    tokens: tuple[str, ...]
    features: tuple[str, ...] = ()
    """Values of `SLOTS` by index, from 1: `rhyme EY1`, `line 3`, `period 1600`. None if the network
    reads none."""

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each token."""
        return {token: i for i, token in enumerate(self.tokens)}

    @cached_property
    def _feature_index(self) -> dict[str, int]:
        return {feature: i for i, feature in enumerate(self.features, 1)}

    def __len__(self) -> int:
        """Number of tokens V."""
        return len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int64]:
        """The indices of tokens; `UNKNOWN` for those outside of the vocabulary."""
        index = self.index
        return np.array([index.get(token, UNKNOWN) for token in tokens], np.int64)

    def encode_features(self, known: Mapping[str, object]) -> NDArray[np.int64]:
        """The features of a line, `(slots,)`, of values by slot: `{"rhyme": "EY1", "line": 3}`.

        `UNKNOWN_FEATURE` for slots that are left out, and for values outside of the vocabulary.
        """
        index, values = self._feature_index, (f"{slot} {known.get(slot)}" for slot in SLOTS)
        return np.array([index.get(value, UNKNOWN_FEATURE) for value in values], np.int64)

    def writable(self, characters: str) -> list[int]:
        """Indices of the tokens that consist of these characters, and of the special ones."""
        known = set(characters)
        return [i for i, t in enumerate(self.tokens) if i < len(SPECIAL) or known.issuperset(t)]

    def restricted(self, characters: str) -> "WordVocabulary":
        """The vocabulary without the tokens that have other characters than these."""
        return replace(self, tokens=tuple(self.tokens[i] for i in self.writable(characters)))

    @classmethod
    def of(cls, words: Sequence[str]) -> "WordVocabulary":
        """The vocabulary of some words and marks."""
        return cls((*SPECIAL, *(word for word in words if word not in SPECIAL)))


def subject_of(tokens: Sequence[int]) -> NDArray[np.int64]:
    """A subject of at most `SUBJECT_WORDS` tokens: repeated, or `NONE`, `(SUBJECT_WORDS,)`."""
    return np.resize(np.array(tokens or (NONE,), np.int64), SUBJECT_WORDS)


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
    F: Array | None = None
    """Embedding of the features, `UNKNOWN_FEATURE` first, `(f + 1, d)`."""
    M: Array | None = None
    """Weights of the subject, `(d, d)`."""

    @cached_property
    def _columns(self) -> list[tuple[slice, slice]]:
        """Columns of each layer's h and c in a row of the state."""
        columns, begin = [], 0
        for layer in self.layers:
            u = layer.Wh.shape[0]
            columns.append((slice(begin, begin + u), slice(begin + u, begin + 2 * u)))
            begin += 2 * u
        return columns

    def initial_state(self, batch: int) -> State:
        """Zeros, `(B, values)`: h and c of each layer, side by side."""
        return np.zeros((batch, self._columns[-1][1].stop), np.float32)

    def towards(
        self,
        ends: NDArray[np.int64],
        features: NDArray[np.int64] | None = None,
        subjects: NDArray[np.int64] | None = None,
    ) -> Array:
        """The input of `step` that is the same for all tokens of a line.

        ends: the words that the lines will end in, or `NONE`, `(B,)`.
        features: of each line, `(B, slots)`; subjects: `(B, SUBJECT_WORDS)`. One row stands for
        all lines, and without them nothing is known.
        """
        q: Array = self.E[ends]  # (B, d)
        if self.F is None:
            return q
        if features is None:
            features = np.full((1, len(SLOTS)), UNKNOWN_FEATURE)
        if subjects is None:
            subjects = np.full((1, SUBJECT_WORDS), NONE)
        s = self.E[subjects].mean(axis=1)  # (B, d)
        known: Array = self.F[features].sum(axis=1) + self._of_subject(s)
        return q + known

    def _of_subject(self, s: Array) -> Array:
        """s M, `(B, d)`."""
        product: Array = s @ np.asarray(self.M)
        return product

    def step(
        self,
        tokens: NDArray[np.int64],
        syllables: NDArray[np.int64],
        towards: Array,
        state: State,
    ) -> tuple[Array, State]:
        """Read one token per text: `(B,)` each → h of the last layer `(B, d)`, new state.

        `towards`: what `self.towards` returns for the lines.
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
        """A copy of the network without the tokens that have other characters than these."""
        kept = self.vocabulary.writable(characters)
        vocabulary = self.vocabulary.restricted(characters)
        return replace(self, vocabulary=vocabulary, E=self.E[kept], by=self.by[kept])

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as stored in a weight file."""
        own = {"E": self.E, "S": self.S, "by": self.by, "F": self.F, "M": self.M}
        arrays = {name: np.asarray(array) for name, array in own.items() if array is not None}
        return layer_arrays(self.layers) | arrays

    @classmethod
    def from_arrays(cls, vocabulary: WordVocabulary, arrays: Mapping[str, Any]) -> Self:
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        of_features = ("F", "M") if vocabulary.features else ()
        layers = layers_from(arrays, {"E", "S", "by", *of_features})
        matrices = [arrays["E"], *(layer.Wh for layer in layers)]
        if not layers or any(matrix.ndim != 2 for matrix in matrices):
            raise ValueError("the network has no layers, or a matrix does not have two axes")
        V, d = len(vocabulary), arrays["E"].shape[1]
        shapes: dict[str, tuple[int, ...]] = {"E": (V, d), "S": (MAX_SYLLABLES + 1, d), "by": (V,)}
        if of_features:
            shapes |= {"F": (len(vocabulary.features) + 1, d), "M": (d, d)}
        below = 2 * d
        for k, layer in enumerate(layers):
            u = d if k == len(layers) - 1 else layer.Wh.shape[0]
            shapes |= {f"Wx{k}": (below, 4 * u), f"Wh{k}": (u, 4 * u), f"b{k}": (4 * u,)}
            below = u
        check_parameters(arrays, shapes)
        own = [arrays[name] for name in ("by", *of_features)]
        return cls(vocabulary, arrays["E"], arrays["S"], layers, *own)
