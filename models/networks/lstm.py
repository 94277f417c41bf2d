"""The stacked LSTM, run in NumPy from exported weights: what the bot serves.

The cell is that of Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000), the
gates in Keras' order:

    z = x Wx + h Wh + b
    i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o)      the quarters of z
    c' = f ⊙ c + i ⊙ g
    h' = o ⊙ tanh(c')

The first layer reads one-hot characters, so x Wx is just a row of Wx.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State
from models.networks.vocabulary import Vocabulary

Array = NDArray[np.float32]
Real = TypeVar("Real", bound=np.floating)


@dataclass(frozen=True, eq=False)
class Layer:
    """The parameters of one LSTM layer."""

    Wx: Array
    """Input to gates, `(inputs, 4 · units)`."""
    Wh: Array
    """Hidden state to gates, `(units, 4 · units)`."""
    b: Array
    """Bias of the gates, `(4 · units,)`."""


@dataclass(frozen=True, eq=False)
class LSTM:
    """Stacked LSTM layers of equal width under one softmax layer. A `Network`."""

    vocabulary: Vocabulary
    layers: tuple[Layer, ...]
    Wy: Array
    """Hidden state to logits, `(units, vocabulary)`."""
    by: Array
    """Bias of the logits, `(vocabulary,)`."""

    @property
    def units(self) -> int:
        """The width of the hidden state."""
        return int(self.Wy.shape[0])

    def initial_state(self, batch: int) -> State:
        """Zeros, `(layers, 2, batch, units)`: h and c of each layer."""
        return np.zeros((len(self.layers), 2, batch, self.units), np.float32)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character each: indices `(batch,)` → logits `(batch, vocabulary)`, new state."""
        new_state = np.empty_like(state)
        h_below: Array | None = None
        for layer, (h, c), (h_new, c_new) in zip(self.layers, state, new_state, strict=True):
            z = h @ layer.Wh
            z += layer.Wx[x] if h_below is None else h_below @ layer.Wx
            z += layer.b
            z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
            i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
            c_new[:] = f * c + i * g
            h_new[:] = o * np.tanh(c_new)
            h_below = h_new
        assert h_below is not None  # noqa: S101 (a network has a layer)
        return h_below @ self.Wy + self.by, new_state

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as `models.weights` stores them."""
        arrays = {"Wy": self.Wy, "by": self.by}
        for k, layer in enumerate(self.layers):
            arrays |= {f"Wx{k}": layer.Wx, f"Wh{k}": layer.Wh, f"b{k}": layer.b}
        return arrays

    @classmethod
    def from_arrays(cls, symbols: str, arrays: dict[str, Array]) -> "LSTM":
        """The network of stored parameters. Raises `ValueError` if they do not fit together."""
        vocabulary = Vocabulary(symbols)
        try:
            depth = sum(name.startswith("Wh") for name in arrays)
            layers = tuple(
                Layer(arrays[f"Wx{k}"], arrays[f"Wh{k}"], arrays[f"b{k}"]) for k in range(depth)
            )
            network = cls(vocabulary, layers, arrays["Wy"], arrays["by"])
        except KeyError as missing:
            raise ValueError(f"the parameter {missing} is missing") from missing
        if surplus := sorted(arrays.keys() - network.arrays().keys()):
            raise ValueError(f"the parameter {surplus[0]} belongs to no layer")
        if network.Wy.ndim != 2:
            raise ValueError(f"the parameter Wy has shape {network.Wy.shape}, expected two axes")
        units = network.units
        for k, layer in enumerate(layers):
            inputs = len(vocabulary) if k == 0 else units
            _check(f"Wx{k}", layer.Wx, (inputs, 4 * units))
            _check(f"Wh{k}", layer.Wh, (units, 4 * units))
            _check(f"b{k}", layer.b, (4 * units,))
        _check("Wy", network.Wy, (units, len(vocabulary)))
        _check("by", network.by, (len(vocabulary),))
        if not layers:
            raise ValueError("there is no layer")
        return network


def sigmoid(z: NDArray[Real]) -> NDArray[Real]:
    """σ(z) = 1 / (1 + e^−z), by way of tanh, which cannot overflow."""
    result: NDArray[Real] = 0.5 * np.tanh(0.5 * z) + 0.5
    return result


def _check(name: str, array: Array, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"the parameter {name} has shape {array.shape}, expected {shape}")
