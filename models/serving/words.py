"""LSTMs of verse, made fast: low-rank matrices, products in blocks, all gates by one function."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM, Layer
from models.networks.network import Array, State
from models.networks.words import NONE, WordLSTM
from models.networks.words_and_characters import UnitLogP, WordsAndCharacters, unit_log_p
from models.serving.low_rank import BlockMatrix, low_rank, times
from models.serving.packed_texts import packed

RANKS = ((256, 384), (256, 192))
"""Ranks of Wx and Wh, by layer. They raise the validation loss by 1.0%."""


@dataclass(frozen=True, eq=False)
class FastWordLSTM(WordLSTM):
    """A `WordLSTM` that multiplies in blocks.

    Loaded from a file, its large matrices stay in 8 bits (`models.serving.quantization`): writing
    uses approximations of them.
    """

    ranks: tuple[tuple[int, int], ...] = ()
    """Ranks of Wx and Wh, by layer (`models.serving.low_rank`). Empty for exact matrices."""

    @cached_property
    def _layer_weights(self) -> list["LayerWeights"]:
        """The weights of each layer for `step`; of the first layer without those of `towards`."""
        first = replace(self.layers[0], Wx=self.layers[0].Wx[: self.E.shape[1]])
        layers, ranks = (first, *self.layers[1:]), dict(enumerate(self.ranks))
        return [LayerWeights.of(layer, *ranks.get(k, ())) for k, layer in enumerate(layers)]

    @cached_property
    def _of_line(self) -> BlockMatrix:
        """The rows of the first layer's Wx for what is the same for all tokens of a line."""
        return BlockMatrix.of(for_tanh(self.layers[0].Wx[self.E.shape[1] :]))

    @cached_property
    def _blocks_of_subject(self) -> BlockMatrix:
        return BlockMatrix.of(np.asarray(self.M))

    def step(
        self, tokens: NDArray[np.int64], syllables: NDArray[np.int64], towards: Array, state: State
    ) -> tuple[Array, State]:
        """Read one token per text: `(B,)` each → h of the last layer `(B, d)`, new state."""
        new_state = np.empty_like(state)
        x = self.E[tokens] + self.S[syllables]  # (B, d)
        for k, ((h, c), weights) in enumerate(zip(self._columns, self._layer_weights, strict=True)):
            z = weights.z(x, state[:, h])  # (B, 4u)
            z += weights.b if k else towards
            x = fast_cell(z, state[:, c], new_state[:, c], new_state[:, h])
        return x, new_state

    def towards(
        self,
        ends: NDArray[np.int64],
        features: NDArray[np.int64] | None = None,
        subjects: NDArray[np.int64] | None = None,
    ) -> Array:
        """The part of the first layer's z that is the same for all tokens of a line, `(B, 4u)`."""
        q = super().towards(ends, features, subjects)
        towards: Array = times(q, self._of_line) + self._layer_weights[0].b
        return towards

    def _of_subject(self, s: Array) -> Array:
        return times(s, self._blocks_of_subject)

    def unrounded(self) -> Self:
        """The network with E in 32 bits, for many calls of `logits`. To be dropped after them."""
        return replace(self, E=np.asarray(self.E))

    def approximated(self) -> Self:
        """The network with matrices of low rank, for writing: a step takes less than half the time.

        Making it takes a sixth of a second.
        """
        network = replace(self, ranks=RANKS)
        network.towards(np.array([NONE]))  # fills what it caches, before the first poem
        return network


@dataclass(frozen=True, eq=False)
class FastLSTM(LSTM):
    """An `LSTM` that multiplies in blocks, for few texts."""

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character per text: indices `(B,)` → logits `(B, V)`, new state."""
        layers, inputs, output = self._weights
        new_state, below = np.empty_like(state), np.empty((len(x), 0), np.float32)
        for k, ((h, c), (new_h, new_c)) in enumerate(zip(state, new_state, strict=True)):
            z = layers[k].z(below, h)  # (B, 4u)
            z += layers[k].b if k else inputs[x]
            below = fast_cell(z, c, new_c, new_h)
        return times(below, output) + self.by, new_state

    @cached_property
    def _weights(self) -> tuple[list["LayerWeights"], Array, BlockMatrix]:
        """Weights of the layers, whose first one has no x; z for each character in the first layer,
        `(V, 4u)`; and weights of the output."""
        first, *others = self.unrounded().layers
        layers = [replace(first, Wx=first.Wx[:0]), *others]
        weights = [LayerWeights.of(layer) for layer in layers]
        return weights, for_tanh(np.asarray(first.Wx) + first.b), BlockMatrix.of(self.Wy)

    def unrounded(self) -> LSTM:
        """The plain network with all matrices in 32 bits, for many texts side by side."""
        layers = (Layer(np.asarray(k.Wx), np.asarray(k.Wh), k.b) for k in self.layers)
        return LSTM(self.vocabulary, tuple(layers), self.Wy, self.by)


@dataclass(frozen=True, eq=False)
class FastWordsAndCharacters(WordsAndCharacters):
    """A `WordsAndCharacters` whose networks compute faster, and whose rare words are packed."""

    characters: FastLSTM
    words: FastWordLSTM

    @classmethod
    def of(cls, plain: WordsAndCharacters) -> "FastWordsAndCharacters":
        """Make a fast mixture of a plain one. Both share the parameters."""
        parts = _fields(plain) | {
            "characters": FastLSTM(**_fields(plain.characters)),
            "words": FastWordLSTM(**_fields(plain.words)),
            "rare_words": packed(plain.rare_words),
        }
        return cls(**parts)

    @classmethod
    def from_arrays(cls, symbols: str, arrays: dict[str, NDArray[Any]]) -> "FastWordsAndCharacters":
        """Build the mixture from stored parameters. Raises `ValueError` if they do not fit."""
        return cls.of(WordsAndCharacters.from_arrays(symbols, arrays))

    def unit_log_p(self, texts: Sequence[str]) -> UnitLogP:
        """ln p of every unit of some texts, by member. Raises `KeyError` as `losses` does."""
        characters, words = self.characters.unrounded(), self.words.unrounded()
        return unit_log_p(characters, words, texts, self.rare_words)


def _fields(instance: Any) -> dict[str, Any]:  # noqa: ANN401 (any dataclass)
    return {field.name: getattr(instance, field.name) for field in fields(instance)}


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The weights of a layer, prepared for `step`.

        x Wx + h Wh ≈ (x Ax ‖ h Ah) B

    A matrix that is not approximated is a part of B alone. The gates are those of `for_tanh`.
    """

    Ax: BlockMatrix | None
    Ah: BlockMatrix | None
    B: BlockMatrix
    b: Array

    @classmethod
    def of(
        cls, layer: Layer, rank_x: int = sys.maxsize, rank_h: int = sys.maxsize
    ) -> "LayerWeights":
        """The weights of a layer, approximated by matrices of some ranks."""
        *thin_x, last_x = low_rank(np.asarray(layer.Wx), rank_x)
        *thin_h, last_h = low_rank(np.asarray(layer.Wh), rank_h)
        return cls(
            BlockMatrix.of(thin_x[0]) if thin_x else None,
            BlockMatrix.of(thin_h[0]) if thin_h else None,
            BlockMatrix.of(for_tanh(np.concatenate((last_x, last_h)))),
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


def fast_cell(z: Array, c: Array, new_c: Array, new_h: Array) -> Array:
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
