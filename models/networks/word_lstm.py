"""Stacked LSTM over words in NumPy, for serving: forward pass only, from stored weights.

The network reads one token at a time and predicts the next one. Its input is three vectors:

    x = (E[token] + S[syllables]) ‖ E[end]

the token's embedding, plus that of the number of syllables in the line so far (so that it knows
where in the metre it is), beside the embedding of the word that the line is to end in (so that it
can write towards a rhyme), or of `NONE` if that is not known. The logits use the embedding again
(tied: Press & Wolf, 2017; Inan et al., 2017):

    logits = h Eᵀ + b

Shapes: B texts in the batch, V tokens in the vocabulary, d embedding, u_k units of layer k. The
last layer has d units.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.networks.low_rank import Blocks, low_rank, times
from models.networks.lstm import Array, Layer
from models.networks.network import State
from models.networks.word_vocabulary import MAX_SYLLABLES, NONE, WordVocabulary
from models.quantization import Matrix

RANKS = ((128, 192), (128, 96))
"""Of Wx and Wh of each layer: a validation loss 0.7% higher, with the output."""


@dataclass(frozen=True, eq=False)
class WordLSTM:
    """Word-level LSTM with an embedding that serves as output layer, too.

    Loaded from a file, its large matrices stay in 8 bits: writing uses approximations of them.
    """

    vocabulary: WordVocabulary
    E: Matrix
    """Embedding of the tokens, `(V, d)`."""
    S: Array
    """Embedding of the number of syllables, `(MAX_SYLLABLES + 1, d)`."""
    layers: tuple[Layer, ...]
    by: Array
    """Bias of the logits, `(V,)`."""
    ranks: tuple[tuple[int, int], ...] = ()
    """Of Wx and Wh of each layer, if they are approximated (`models.networks.low_rank`)."""

    @cached_property
    def _columns(self) -> list[tuple[slice, slice]]:
        """Where h and c of each layer are in a row of the state."""
        columns, begin = [], 0
        for layer in self.layers:
            u = layer.Wh.shape[0]
            columns.append((slice(begin, begin + u), slice(begin + u, begin + 2 * u)))
            begin += 2 * u
        return columns

    @cached_property
    def _layer_weights(self) -> list["LayerWeights"]:
        """The weights of each layer for `step`; of the first layer without the rows of `end`."""
        first = replace(self.layers[0], Wx=self.layers[0].Wx[: self.E.shape[1]])
        layers, ranks = (first, *self.layers[1:]), dict(enumerate(self.ranks))
        return [LayerWeights.of(layer, *ranks.get(k, ())) for k, layer in enumerate(layers)]

    @cached_property
    def _of_end(self) -> Blocks:
        """The rows of `end` of the first layer's Wx."""
        return Blocks.of(for_tanh(self.layers[0].Wx[self.E.shape[1] :]))

    def initial_state(self, batch: int) -> State:
        """Zeros, `(B, values)`: h and c of each layer, side by side."""
        return np.zeros((batch, self._columns[-1][1].stop), np.float32)

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
        x = self.E[tokens] + self.S[syllables]  # (B, d)
        for k, ((h, c), weights) in enumerate(zip(self._columns, self._layer_weights, strict=True)):
            z = weights.z(x, state[:, h])  # (B, 4u)
            z += weights.b if k else towards
            x = cell(z, state[:, c], new_state[:, c], new_state[:, h])
        return x, new_state

    def towards(self, ends: NDArray[np.int64]) -> Array:
        """The part of the first layer's z that is the same for all tokens of a line, `(B, 4u)`.

        ends: the token that each line is to end in, or `NONE`, `(B,)`.
        """
        towards: Array = times(self.E[ends], self._of_end) + self._layer_weights[0].b
        return towards

    def logits(self, h: Array) -> Array:
        """Predictions from the last layer's h: `(B, d)` → `(B, V)`."""
        logits: Array = h @ np.asarray(self.E).T + self.by
        return logits

    def restricted(self, characters: str) -> "WordLSTM":
        """The same network without the tokens that have other characters than these."""
        kept = self.vocabulary.writable(characters)
        vocabulary = self.vocabulary.restricted(characters)
        return replace(self, vocabulary=vocabulary, E=self.E[kept], by=self.by[kept])

    def unrounded(self) -> "WordLSTM":
        """The network with E in 32 bits, for many calls of `logits`. To be dropped after them."""
        return replace(self, E=np.asarray(self.E))

    def approximated(self, ranks: Sequence[tuple[int, int]] = RANKS) -> "WordLSTM":
        """The network with matrices of low rank, for writing: a step takes less than half the time.

        Making it takes a sixth of a second.
        """
        network = replace(self, ranks=tuple(ranks))
        network.towards(np.array([NONE]))  # fills what it caches, before the first poem
        return network

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as stored in a weight file."""
        arrays = {"E": self.E, "S": self.S, "by": self.by}
        for k, layer in enumerate(self.layers):
            arrays |= {f"Wx{k}": layer.Wx, f"Wh{k}": layer.Wh, f"b{k}": layer.b}
        return {name: np.asarray(matrix) for name, matrix in arrays.items()}

    @classmethod
    def from_arrays(cls, vocabulary: WordVocabulary, arrays: Mapping[str, Any]) -> "WordLSTM":
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        try:
            depth = sum(name.startswith("Wh") for name in arrays)
            layers = tuple(
                Layer(arrays[f"Wx{k}"], arrays[f"Wh{k}"], arrays[f"b{k}"]) for k in range(depth)
            )
            network = cls(vocabulary, arrays["E"], arrays["S"], layers, arrays["by"])
        except KeyError as missing:
            raise ValueError(f"the parameter {missing} is missing") from missing
        names = {f"{name}{k}" for name in ("Wx", "Wh", "b") for k in range(depth)}
        if surplus := sorted(arrays.keys() - names - {"E", "S", "by"}):
            raise ValueError(f"the parameter {surplus[0]} does not belong to any layer")
        matrices = [network.E, *(layer.Wh for layer in layers)]
        if not layers or any(matrix.ndim != 2 for matrix in matrices):
            raise ValueError("the network has no layers, or a matrix does not have two axes")
        d, below = network.E.shape[1], 2 * network.E.shape[1]
        expected: dict[str, tuple[int, ...]] = {
            "E": (len(vocabulary), d),
            "S": (MAX_SYLLABLES + 1, d),
            "by": (len(vocabulary),),
        }
        for k, layer in enumerate(layers):
            units = d if k == depth - 1 else layer.Wh.shape[0]
            expected[f"Wx{k}"] = (below, 4 * units)
            expected[f"Wh{k}"] = (units, 4 * units)
            expected[f"b{k}"] = (4 * units,)
            below = units
        for name, shape in expected.items():
            if arrays[name].shape != shape:
                raise ValueError(
                    f"the parameter {name} has shape {arrays[name].shape}, expected {shape}"
                )
        return network


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The weights of a layer, prepared for `step`.

        x Wx + h Wh ≈ (x Ax ‖ h Ah) B

    A matrix that is not approximated is a part of B alone. The gates are those of `for_tanh`.
    """

    Ax: Blocks | None
    Ah: Blocks | None
    B: Blocks
    b: Array

    @classmethod
    def of(
        cls,
        layer: Layer,
        rank_x: int = sys.maxsize,
        rank_h: int = sys.maxsize,
    ) -> "LayerWeights":
        """The weights of a layer, approximated by matrices of some ranks."""
        *thin_x, last_x = low_rank(np.asarray(layer.Wx), rank_x)
        *thin_h, last_h = low_rank(np.asarray(layer.Wh), rank_h)
        return cls(
            Blocks.of(thin_x[0]) if thin_x else None,
            Blocks.of(thin_h[0]) if thin_h else None,
            Blocks.of(for_tanh(np.concatenate((last_x, last_h)))),
            for_tanh(layer.b),
        )

    def z(self, x: Array, h: Array) -> Array:
        """All gates before their functions, without bias: `(B, n)`, `(B, u)` → `(B, 4u)`."""
        parts = ((x, self.Ax), (h, self.Ah))
        low = [part if matrix is None else times(part, matrix) for part, matrix in parts]
        return times(np.concatenate(low, axis=1), self.B)


def for_tanh(columns: Array) -> Array:
    """The columns of i, f, g and o in the order i, f, o and g; those with σ halved: `(…, 4u)`.

    As σ(z) = (tanh(z / 2) + 1) / 2, all gates then need the same function.
    """
    i, f, g, o = np.split(columns, 4, axis=-1)
    return np.concatenate((i / 2, f / 2, o / 2, g), axis=-1)


def cell(z: Array, c: Array, new_c: Array, new_h: Array) -> Array:
    """Write the new c and h of a layer, `(B, u)` each, and return h.

    z: its gates before their functions as in `for_tanh`, `(B, 4u)`; overwritten.
    """
    u = z.shape[1] // 4
    np.tanh(z, out=z)
    sigmoids, g = z[:, : 3 * u], z[:, 3 * u :]
    sigmoids *= 0.5
    sigmoids += 0.5
    i, f, o = sigmoids[:, :u], sigmoids[:, u : 2 * u], sigmoids[:, 2 * u :]
    np.multiply(f, c, out=new_c)
    new_c += i * g
    return np.multiply(o, np.tanh(new_c), out=new_h)
