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

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import Array, Layer, sigmoid
from models.networks.network import State
from models.networks.word_vocabulary import MAX_SYLLABLES, WordVocabulary


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
        d = self.E.shape[1]
        x = self.E[tokens] + self.S[syllables]  # (B, d)
        z = _times(x, self.layers[0].Wx[:d]) + towards  # (B, 4u)
        for k, (layer, (h, c)) in enumerate(zip(self.layers, self._columns, strict=True)):
            if k > 0:
                z = _times(x, layer.Wx) + layer.b
            z += _times(state[:, h], layer.Wh)
            i, f, g, o = np.split(z, 4, axis=1)  # (B, u) each
            new_state[:, c] = sigmoid(f) * state[:, c] + sigmoid(i) * np.tanh(g)
            new_state[:, h] = x = sigmoid(o) * np.tanh(new_state[:, c])
        return x, new_state

    def towards(self, ends: NDArray[np.int64]) -> Array:
        """The part of the first layer's z that is the same for all tokens of a line, `(B, 4u)`.

        ends: the token that each line is to end in, or `NONE`, `(B,)`.
        """
        first, d = self.layers[0], self.E.shape[1]
        towards: Array = self.E[ends] @ first.Wx[d:] + first.b
        return towards

    def logits(self, h: Array) -> Array:
        """Predictions from the last layer's h: `(B, d)` → `(B, V)`."""
        logits: Array = h @ self.E.T + self.by
        return logits

    def restricted(self, characters: str) -> "WordLSTM":
        """The same network without the tokens that have other characters than these."""
        kept = self.vocabulary.writable(characters)
        vocabulary = self.vocabulary.restricted(characters)
        return replace(self, vocabulary=vocabulary, E=self.E[kept], by=self.by[kept])

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as stored in a weight file."""
        arrays = {"E": self.E, "S": self.S, "by": self.by}
        for k, layer in enumerate(self.layers):
            arrays |= {f"Wx{k}": layer.Wx, f"Wh{k}": layer.Wh, f"b{k}": layer.b}
        return arrays

    @classmethod
    def from_arrays(cls, vocabulary: WordVocabulary, arrays: dict[str, Array]) -> "WordLSTM":
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        try:
            depth = sum(name.startswith("Wh") for name in arrays)
            # Columns first, as `_times` needs them.
            layers = tuple(
                Layer(*map(np.asfortranarray, (arrays[f"{name}{k}"] for name in ("Wx", "Wh", "b"))))
                for k in range(depth)
            )
            network = cls(vocabulary, arrays["E"], arrays["S"], layers, arrays["by"])
        except KeyError as missing:
            raise ValueError(f"the parameter {missing} is missing") from missing
        if surplus := sorted(arrays.keys() - network.arrays().keys()):
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


def _times(x: Array, weights: Array) -> Array:
    """x · weights for few rows x: `(B, n)` and `(n, m)`, columns first → `(B, m)`.

    BLAS copies the right factor of a product, so here the weights are the left one: it takes half
    the time.
    """
    product: Array = (weights.T @ np.ascontiguousarray(x.T)).T
    return product
