"""Stacked LSTM in NumPy, for serving: forward pass only, from stored weights.

The cell is that of Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000), the
gates in the order that Keras uses:

    z = x Wx + h Wh + b
    i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o)      the quarters of z: input, forget,
    c' = f ⊙ c + i ⊙ g                                  candidate and output
    h' = o ⊙ tanh(c')

The input of the first layer is a one-hot character, so x Wx is one row of Wx. The input of every
other layer is the new hidden state h' of the layer below.

`LSTM` is the network as it is read and stored. `ParallelLSTMs` computes the same for several
networks of equal shapes at once, in few and large operations.

Shapes: B texts in the batch, u units, V characters in the vocabulary, L layers, K networks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State
from models.networks.vocabulary import Vocabulary
from models.quantization import Matrix

Array = NDArray[np.float32]
Real = TypeVar("Real", bound=np.floating)
_HALF = np.float32(0.5)
BLOCK = 24
"""Texts that `ParallelLSTMs` computes at once. Then the gates stay in the processor's cache, and
BLAS reads a matrix of up to 200 units where it is (`_times`): 256 texts take half the time."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Parameters of one LSTM layer."""

    Wx: Matrix
    """Input to gates: `(V, 4u)` in the first layer, `(u, 4u)` above."""
    Wh: Matrix
    """Hidden state to gates, `(u, 4u)`."""
    b: Array
    """Bias of the gates, `(4u,)`."""


_LAYER_ARRAYS = ("Wx", "Wh", "b")


@dataclass(frozen=True, eq=False)
class LSTM:
    """Stacked LSTM layers of equal width and an output layer. Implements `Network`.

    Loaded from a file of verse, its large matrices stay in 8 bits.
    """

    vocabulary: Vocabulary
    layers: tuple[Layer, ...]
    Wy: Array
    """Hidden state to logits, `(u, V)`."""
    by: Array
    """Bias of the logits, `(V,)`."""

    @property
    def units(self) -> int:
        """Width u of the hidden state."""
        return int(self.Wy.shape[0])

    def initial_state(self, batch: int) -> State:
        """Zeros, `(L, 2, B, u)`: h and c of each layer."""
        return np.zeros((len(self.layers), 2, batch, self.units), np.float32)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character per text: indices `(B,)` → logits `(B, V)`, new state."""
        # A new array: drafts keep their old states.
        new_state = np.empty_like(state)  # (L, 2, B, u)
        h_below: Array | None = None
        # h and c are the old state of a layer, h_new and c_new views of its new state: (B, u) each.
        for layer, (h, c), (h_new, c_new) in zip(self.layers, state, new_state, strict=True):
            z = h @ layer.Wh  # (B, u) @ (u, 4u) → (B, 4u)
            z += layer.Wx[x] if h_below is None else h_below @ layer.Wx  # one-hot x: rows of Wx
            z += layer.b
            z_i, z_f, z_g, z_o = split_gates(z)  # (B, u) each
            i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
            c_new[:] = f * c + i * g  # written into new_state
            h_new[:] = o * np.tanh(c_new)
            h_below = h_new
        assert h_below is not None  # noqa: S101 (a network has a layer)
        return h_below @ self.Wy + self.by, new_state  # (B, u) @ (u, V) → (B, V)

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as stored in a weight file: Wx0, Wh0, b0, Wx1, …, Wy, by."""
        arrays = {"Wy": self.Wy, "by": self.by}
        for k, layer in enumerate(self.layers):
            arrays |= {f"Wx{k}": np.asarray(layer.Wx), f"Wh{k}": np.asarray(layer.Wh)}
            arrays[f"b{k}"] = layer.b
        return arrays

    def unrounded(self) -> "LSTM":
        """The network with all matrices in 32 bits, for many steps. To be dropped after them."""
        layers = (Layer(np.asarray(k.Wx), np.asarray(k.Wh), k.b) for k in self.layers)
        return replace(self, layers=tuple(layers))

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, Any]) -> "LSTM":
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        vocabulary = Vocabulary(symbols)
        try:
            depth = sum(name.startswith("Wh") for name in arrays)
            layers = tuple(
                Layer(arrays[f"Wx{k}"], arrays[f"Wh{k}"], arrays[f"b{k}"]) for k in range(depth)
            )
            network = cls(vocabulary, layers, arrays["Wy"], arrays["by"])
        except KeyError as missing:
            raise ValueError(f"the parameter {missing} is missing") from missing
        names = {f"{name}{k}" for name in _LAYER_ARRAYS for k in range(depth)}
        if surplus := sorted(arrays.keys() - names - {"Wy", "by"}):
            raise ValueError(f"the parameter {surplus[0]} does not belong to any layer")
        if network.Wy.ndim != 2:
            raise ValueError(f"the parameter Wy has shape {network.Wy.shape}, expected two axes")
        # Wy fixes the number of units; every other shape follows from it and the vocabulary.
        units = network.units
        for k, layer in enumerate(layers):
            inputs = len(vocabulary) if k == 0 else units
            _check(f"Wx{k}", layer.Wx, (inputs, 4 * units))
            _check(f"Wh{k}", layer.Wh, (units, 4 * units))
            _check(f"b{k}", layer.b, (4 * units,))
        _check("Wy", network.Wy, (units, len(vocabulary)))
        _check("by", network.by, (len(vocabulary),))
        if not layers:
            raise ValueError("the network has no layers")
        return network


@dataclass(frozen=True, eq=False)
class ParallelLayers:
    """Parameters of one layer of several networks: those of `Layer`, `(K, …)`."""

    Wx: Array
    Wh: Array
    b: Array


@dataclass(frozen=True, eq=False)
class ParallelLSTMs:
    """Networks of equal shapes that read the same texts side by side.

    Its parameters are those of `LSTM`, each with a leading axis for the networks. Its state has a
    row for each text, `(B, L, 2, K, u)`: h and c of each layer and network.
    """

    vocabulary: Vocabulary
    layers: tuple[ParallelLayers, ...]
    Wy: Array
    by: Array

    @classmethod
    def of(cls, networks: Sequence[LSTM]) -> "ParallelLSTMs":
        """Copy the parameters of some networks, whose shapes must be equal."""
        layers = (
            ParallelLayers(*(np.stack([getattr(k, name) for k in each]) for name in _LAYER_ARRAYS))
            for each in zip(*(network.layers for network in networks), strict=True)
        )
        return cls(
            networks[0].vocabulary,
            tuple(layers),
            Wy=np.stack([network.Wy for network in networks]),
            by=np.stack([network.by for network in networks]),
        )

    def network(self, k: int) -> LSTM:
        """The k-th network. Its parameters are views."""
        layers = tuple(Layer(layer.Wx[k], layer.Wh[k], layer.b[k]) for layer in self.layers)
        return LSTM(self.vocabulary, layers, self.Wy[k], self.by[k])

    @property
    def state_shape(self) -> tuple[int, int, int, int]:
        """The shape of one text's state, `(L, 2, K, u)`."""
        networks, units, _ = self.Wy.shape
        return len(self.layers), 2, networks, units

    def step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """Read one character per text: indices `(B,)` → logits `(K, B, V)`.

        The states are `(B, L, 2, K, u)`; the new one is written.
        """
        logits = np.empty((len(self.Wy), len(x), len(self.vocabulary)), np.float32)
        for begin in range(0, len(x), BLOCK):
            rows = slice(begin, begin + BLOCK)
            h = self._step(x[rows], state[rows], new_state[rows])
            np.matmul(h.swapaxes(0, 1), self.Wy, out=logits[:, rows])  # (K, B, u) @ (K, u, V)
        logits += self.by[:, np.newaxis]
        return logits

    def _step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """The same for at most `BLOCK` texts, up to the last hidden state, `(B, K, u)`."""
        h_below: Array | None = None
        for k, layer in enumerate(self._gates):
            h, c = state[:, k, 0], state[:, k, 1]  # (B, K, u) each
            z = _times(h, layer.Wh)  # (4, B, K, u)
            if h_below is None:
                z += layer.inputs.take(x, axis=1)
            else:
                z += _times(h_below, layer.Wx)
                z += layer.inputs
            i, f, g, o = z  # (B, K, u) each; from here on everything is computed in place
            for gates in (z[:2], o):  # σ(z) = ½ tanh(½ z) + ½
                gates *= _HALF
                np.tanh(gates, out=gates)
                gates *= _HALF
                gates += _HALF
            np.tanh(g, out=g)
            c_new, h_new = np.multiply(f, c, out=f), g
            i *= g
            c_new += i  # f ⊙ c + i ⊙ g
            np.tanh(c_new, out=h_new)
            h_new *= o  # o ⊙ tanh(c')
            new_state[:, k, 0], new_state[:, k, 1] = h_new, c_new
            h_below = h_new
        assert h_below is not None  # noqa: S101 (a network has a layer)
        return h_below

    @cached_property
    def _gates(self) -> tuple["_Gates", ...]:
        return tuple(_Gates.of(layer, is_first=k == 0) for k, layer in enumerate(self.layers))

    def __getstate__(self) -> dict[str, object]:
        """What is pickled: the parameters, but not their copies and views."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, eq=False)
class _Gates:
    """A layer of several networks, arranged by gate."""

    inputs: Array
    """Wx + b of each character in the first layer, `(4, V, K, u)`; b in the others,
    `(4, 1, K, u)`."""
    Wx: Array
    """A view, `(K, 4, u, u)`; not used in the first layer."""
    Wh: Array
    """A view, `(K, 4, u, u)`."""

    @classmethod
    def of(cls, layer: ParallelLayers, *, is_first: bool) -> "_Gates":
        """Arrange the parameters of a layer, each of which has a leading axis for the networks."""
        bias = layer.b[:, np.newaxis]  # (K, 1, 4u)
        inputs = _by_gate(layer.Wx + bias if is_first else bias)  # (K, 4, V or 1, u)
        inputs = np.ascontiguousarray(inputs.transpose(1, 2, 0, 3))
        return cls(inputs, _by_gate(layer.Wx), _by_gate(layer.Wh))


def _by_gate(matrices: Array) -> Array:
    """A view: `(K, rows, 4u)` → `(K, 4, rows, u)`."""
    return matrices.reshape(*matrices.shape[:2], 4, -1).swapaxes(1, 2)


def _times(h: Array, matrices: Array) -> Array:
    """The product with the matrix of each network and gate: `(B, K, u)` → `(4, B, K, u)`.

    The matrices are `(K, 4, u, u)`. Four small products are faster than one with all gates: up to a
    million multiplications, BLAS reads a matrix where it is, and does not copy it into blocks.
    """
    product = np.empty((4, *h.shape), np.float32)
    # (K, 1, B, u) @ (K, 4, u, u) → (K, 4, B, u), which is written where it belongs.
    np.matmul(h.swapaxes(0, 1)[:, np.newaxis], matrices, out=product.transpose(2, 0, 1, 3))
    return product


def split_gates(gates: NDArray[Real]) -> tuple[NDArray[Real], ...]:
    """The columns of i, f, g and o, which lie side by side: `(B, 4u)` → four views, `(B, u)`."""
    # Like np.split, whose checks take a tenth of a small network's training.
    u = gates.shape[1] // 4
    return gates[:, :u], gates[:, u : 2 * u], gates[:, 2 * u : 3 * u], gates[:, 3 * u :]


def sigmoid(z: NDArray[Real]) -> NDArray[Real]:
    """σ(z) = 1 / (1 + e^−z), elementwise."""
    # The same function written with tanh, which cannot overflow for large negative z.
    result: NDArray[Real] = 0.5 * np.tanh(0.5 * z) + 0.5
    return result


def _check(name: str, array: Matrix, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"the parameter {name} has shape {array.shape}, expected {shape}")
