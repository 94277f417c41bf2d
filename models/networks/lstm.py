"""Long short-term memory (LSTM) in NumPy: forward pass, one step for sampling, backward pass.

Like the network of `rnn.py` it reads a text one character at a time. Its hidden state h⟨t⟩, called
a⟨t⟩ there, forgets quickly. So there is a second state beside it: the cell state c⟨t⟩, which only
changes as far as the gates let it. Each gate is a vector of numbers from 0 to 1:

    z⟨t⟩ = x⟨t⟩ Wx + h⟨t−1⟩ Wh + b                        (1)  four parts: z_i, z_f, z_g, z_o
    i, f, o = σ(z_i), σ(z_f), σ(z_o)                      (2)  gates: input, forget, output
    g = tanh(z_g)                                         (3)  candidate
    c⟨t⟩ = f ⊙ c⟨t−1⟩ + i ⊙ g                             (4)  cell state: keep some, add some
    h⟨t⟩ = o ⊙ tanh(c⟨t⟩)                                 (5)  hidden state: show some of it
    p⟨t⟩ = softmax((h⟨t⟩ ⊙ m⟨t⟩) Wy + by)                 (6)  the next character

Here σ(z) = 1 / (1 + e^−z), and ⊙ multiplies entry by entry. Equation (4) is the point of it. Going
back in time, the gradient of c is multiplied by f alone. In the RNN each step multiplies it by a
matrix and by the slope of tanh. Where f is near 1, the gradient reaches far back.

The input x⟨t⟩ is a one-hot character, so x Wx is one row of Wx. In a stacked network it is the new
hidden state h⟨t⟩ of the layer below. The mask m⟨t⟩ drops outputs at random while training, and is 1
otherwise. Sources: Hochreiter & Schmidhuber (1997); the forget gate is that of Gers, Schmidhuber &
Cummins (2000). The gates are in the order that Keras uses.

A text is a row here and a column in `rnn.py`, so products are x Wx here and Wax x there:

    B   texts side by side                  u   units of the hidden state
    N   characters of all these texts       V   size of the vocabulary
    L   layers                              dW  derivative of the loss by W

Read in this order: `initial_parameters`, `cell`, `Batch`, `forward`, `backward`, `LSTM.step`.
What follows reads and writes weight files.
`models/serving` computes the same faster; `examples/train_lstm.py` trains one on dinosaurs.
"""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N806

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Array, State, check_parameters
from models.networks.vocabulary import END, Vocabulary

Real = TypeVar("Real", bound=np.floating)
Floats = NDArray[np.floating]

# Parameters -------------------------------------------------------------------------------------

Parameters = dict[str, Floats]
"""Wx, Wh and b of the first layer, and Wy and by: Wx0 `(V, 4u)`, Wh0 `(u, 4u)`, b0 `(4u,)`, Wy
`(u, V)`, by `(V,)`. Their gradients have the same names. Only networks of one layer are trained
here; those with more also have Wx1, Wh1, b1 and so on."""


def initial_parameters(rng: np.random.Generator, units: int, size: int) -> Parameters:
    """Uniform weights within ±1 / √u, for u units and a vocabulary of `size` characters."""
    bound = units**-0.5  # keeps the sum over u inputs of a unit at order 1
    shapes = {"Wx0": (size, 4 * units), "Wh0": (units, 4 * units), "Wy": (units, size)}
    parameters: Parameters = {
        name: rng.uniform(-bound, bound, shape).astype(np.float32) for name, shape in shapes.items()
    }
    # Forget gates start open, so that gradients reach far back (Jozefowicz et al., 2015).
    parameters["b0"] = np.repeat(np.array([0, 1, 0, 0], np.float32), units)  # i, f, g, o: (4u,)
    parameters["by"] = np.zeros(size, np.float32)  # (V,)
    return parameters


# Forward ----------------------------------------------------------------------------------------


def cell(
    z: NDArray[Real], c: NDArray[Real]
) -> tuple[tuple[NDArray[Real], ...], NDArray[Real], NDArray[Real]]:
    """Equations (2) to (5): z⟨t⟩ `(B, 4u)`, c⟨t−1⟩ `(B, u)` → (i, f, g, o), c⟨t⟩ and h⟨t⟩."""
    z_i, z_f, z_g, z_o = split_gates(z)  # (B, u) each
    i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    c_new = f * c + i * g
    return (i, f, g, o), c_new, o * np.tanh(c_new)


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


class TimeStep(NamedTuple):
    """Slices of rows that belong to one time step."""

    now: slice
    """Characters of the step, among the N rows."""
    before: slice
    """States before the step, among the B + N rows."""
    after: slice
    """The states after it, among the B + N rows."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Texts that are read side by side, without padding.

    They are sorted from longest to shortest and packed: the first characters of all texts, then the
    second characters of the texts that have one, and so on. A time step is a slice of rows, and the
    texts that continue are its first rows. The targets of *rhea*, *emu* and *yi*, with ⏎ for `END`:

        t = 1   r e y        t = 2   h m i        t = 3   e u ⏎        t = 4   a ⏎        t = 5   ⏎

    So B = 3 and N = 12. h and c have B + N rows: B rows of zeros for the states before t = 1, then
    one row per character.
    """

    x: NDArray[np.int64]
    """Inputs, `(N,)`: for each text `END`, then the text without its last character."""
    y: NDArray[np.int64]
    """Targets, `(N,)`: the characters of each text."""
    texts: int
    """B, the number of texts."""
    steps: tuple[TimeStep, ...]

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary) -> "Batch":
        """Pack texts, each of which ends with `END`: `"mangosaurus\\n"`."""
        longest_first = sorted(texts, key=len, reverse=True)
        x, y = "", ""
        steps: list[TimeStep] = []
        before = 0  # first row of the states before this step
        for t in range(len(longest_first[0])):
            continuing = [text for text in longest_first if t < len(text)]
            rows, begin = len(continuing), len(y)
            after = len(texts) + begin  # B rows of initial states come first
            steps.append(
                TimeStep(
                    now=slice(begin, begin + rows),
                    before=slice(before, before + rows),
                    after=slice(after, after + rows),
                )
            )
            before = after
            x += "".join(text[t - 1] if t else END for text in continuing)
            y += "".join(text[t] for text in continuing)
        return cls(vocabulary.encode(x), vocabulary.encode(y), len(texts), tuple(steps))


class Trace(NamedTuple):
    """Values of the forward pass that the backward pass needs."""

    gates: Floats
    """i, f, g and o side by side, `(N, 4u)`."""
    h: Floats
    """Hidden states, `(B + N, u)`."""
    c: Floats
    """Cell states, `(B + N, u)`."""
    p: Floats
    """Predictions, `(N, V)`."""


def forward(parameters: Parameters, batch: Batch, output_mask: Floats | float = 1.0) -> Trace:
    """Read a batch and predict every character of it: equations (1) to (6), for one layer.

    `output_mask`: m for all characters, `(N, u)`.
    """
    Wh, Wy = parameters["Wh0"], parameters["Wy"]
    from_input = parameters["Wx0"][batch.x] + parameters["b0"]  # rows of Wx: (N, 4u)
    gates = np.empty_like(from_input)
    h = np.zeros((batch.texts + len(batch.x), len(Wh)), Wh.dtype)  # (B + N, u)
    c = np.zeros_like(h)
    for now, before, after in batch.steps:  # with n ≤ B rows each
        z = from_input[now] + h[before] @ Wh  # (1): (n, u) @ (u, 4u) → (n, 4u)
        values, c[after], h[after] = cell(z, c[before])
        np.concatenate(values, axis=1, out=gates[now])
    logits = (h[batch.texts :] * output_mask) @ Wy + parameters["by"]  # (N, u) @ (u, V) → (N, V)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))  # (6); the maximum prevents overflow
    p /= p.sum(axis=1, keepdims=True)
    return Trace(gates, h, c, p)


# Backward ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Dropout:
    """Dropout masks of one update. Entries are 0 (dropped) or 1 / (1 − rate) (kept)."""

    recurrent: Floats | float = 1.0
    """Mask of the weights Wh, `(u, 4u)`, the same at every time step: DropConnect, as in the
    AWD-LSTM (Merity et al., 2018)."""
    output: Floats | float = 1.0
    """m, for h before the output layer, `(N, u)`."""


NO_DROPOUT = Dropout()


def loss_and_gradients(
    parameters: Parameters, batch: Batch, dropout: Dropout = NO_DROPOUT
) -> tuple[float, Parameters]:
    """The mean cross-entropy L of a batch in nats per character, and its gradients."""
    dropped = parameters | {"Wh0": parameters["Wh0"] * dropout.recurrent}
    trace = forward(dropped, batch, dropout.output)
    gradients = backward(dropped, batch, trace, dropout.output)
    gradients["Wh0"] *= dropout.recurrent  # chain rule: the pass used Wh ⊙ mask, not Wh
    loss = -np.log(trace.p[np.arange(len(batch.y)), batch.y]).mean()  # p of each target: (N,)
    return float(loss), gradients


def backward(
    parameters: Parameters, batch: Batch, trace: Trace, output_mask: Floats | float = 1.0
) -> Parameters:
    """Back-propagation through time: the derivative of the mean cross-entropy by each parameter.

    h⟨t⟩ affects the loss through the prediction at t and through step t + 1, and so does c⟨t⟩. So
    dh⟨t⟩ and dc⟨t⟩ are sums: `+=` adds to what step t + 1 has put there. With σ' = σ (1 − σ) and
    tanh' = 1 − tanh²:

        dh⟨t⟩ = (dlogits⟨t⟩ Wyᵀ) ⊙ m⟨t⟩        dlogits⟨t⟩ = (p⟨t⟩ − y⟨t⟩) / N
        dc⟨t⟩ += o ⊙ (1 − tanh²(c⟨t⟩)) ⊙ dh⟨t⟩
        dz_i = i ⊙ (1 − i) ⊙ g ⊙ dc⟨t⟩
        dz_f = f ⊙ (1 − f) ⊙ c⟨t−1⟩ ⊙ dc⟨t⟩
        dz_g = (1 − g²) ⊙ i ⊙ dc⟨t⟩
        dz_o = o ⊙ (1 − o) ⊙ tanh(c⟨t⟩) ⊙ dh⟨t⟩
        dh⟨t−1⟩ += dz⟨t⟩ Whᵀ
        dc⟨t−1⟩ += f ⊙ dc⟨t⟩

        dWx = Σ_t x⟨t⟩ᵀ dz⟨t⟩        dWh = Σ_t h⟨t−1⟩ᵀ dz⟨t⟩        db = Σ_t dz⟨t⟩
        dWy = Σ_t (h⟨t⟩ ⊙ m⟨t⟩)ᵀ dlogits⟨t⟩                         dby = Σ_t dlogits⟨t⟩
    """
    Wh, Wy = parameters["Wh0"], parameters["Wy"]
    gates, h, c, p = trace
    N, B = len(batch.x), batch.texts
    dlogits = p.copy()  # (N, V)
    dlogits[np.arange(N), batch.y] -= 1  # p − y, y one-hot
    dlogits /= N  # the loss is a mean over N characters

    dh, dc, dz = np.zeros_like(h), np.zeros_like(c), np.empty_like(gates)
    dh[B:] = (dlogits @ Wy.T) * output_mask  # (N, V) @ (V, u) → (N, u)
    for now, before, after in reversed(batch.steps):
        i, f, g, o = split_gates(gates[now])
        dz_i, dz_f, dz_g, dz_o = split_gates(dz[now])  # views, filled in place
        tanh_c = np.tanh(c[after])
        dc[after] += o * (1 - tanh_c**2) * dh[after]
        dz_i[:] = i * (1 - i) * g * dc[after]
        dz_f[:] = f * (1 - f) * c[before] * dc[after]
        dz_g[:] = (1 - g**2) * i * dc[after]
        dz_o[:] = o * (1 - o) * tanh_c * dh[after]
        dh[before] += dz[now] @ Wh.T  # (n, 4u) @ (4u, u) → (n, u)
        dc[before] += f * dc[after]

    # A sum over t of column times row is one matrix product, as all rows lie below one another.
    h_before = np.concatenate([h[step.before] for step in batch.steps])  # h⟨t−1⟩: (N, u)
    one_hot = np.eye(len(p[0]), dtype=p.dtype)[batch.x]  # (N, V)
    return {
        "Wx0": one_hot.T @ dz,  # (V, N) @ (N, 4u)
        "Wh0": h_before.T @ dz,  # (u, N) @ (N, 4u)
        "b0": dz.sum(axis=0),
        "Wy": (h[B:] * output_mask).T @ dlogits,  # (u, N) @ (N, V)
        "by": dlogits.sum(axis=0),
    }


# Sampling ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Layer:
    """Parameters of one LSTM layer."""

    Wx: Array
    """Input to gates: `(V, 4u)` in the first layer, `(u, 4u)` above."""
    Wh: Array
    """Hidden state to gates, `(u, 4u)`."""
    b: Array
    """Bias of the gates, `(4u,)`."""


@dataclass(frozen=True, eq=False)
class LSTM:
    """Stacked LSTM layers of equal width and an output layer. Implements `Network`.

    Networks for names have one layer, those for verse two.
    """

    kind: ClassVar = "lstm"
    """The name of this class in the weight file of a mixture."""

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
        """Read one character per text: indices `(B,)` → logits `(B, V)`, new state.

        Sample the next character from the logits (`models.networks.sampling`), and read it.
        """
        new_state = np.empty_like(state)  # (L, 2, B, u), because others may keep the old one
        below: Array | None = None  # h of the layer below, (B, u)
        for k, (layer, (h, c)) in enumerate(zip(self.layers, state, strict=True)):
            z = h @ layer.Wh  # (1): (B, u) @ (u, 4u) → (B, 4u)
            z += layer.Wx[x] if below is None else below @ layer.Wx  # one-hot x: rows of Wx
            z += layer.b
            _, c_new, below = cell(z, c)
            new_state[k, 0], new_state[k, 1] = below, c_new
        assert below is not None  # noqa: S101 (a network has a layer)
        return below @ self.Wy + self.by, new_state  # (B, u) @ (u, V) → (B, V)

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, as stored in a weight file: Wx0, Wh0, b0, Wx1, …, Wy, by."""
        return layer_arrays(self.layers) | {"Wy": self.Wy, "by": self.by}

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, Any]) -> Self:
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        layers = layers_from(arrays, {"Wy", "by"})
        network = cls(Vocabulary(symbols), layers, arrays["Wy"], arrays["by"])
        if network.Wy.ndim != 2:
            raise ValueError(f"the parameter Wy has shape {network.Wy.shape}, expected two axes")
        # Wy fixes the number of units; every other shape follows from it and the vocabulary.
        u, V = network.units, len(network.vocabulary)
        shapes: dict[str, tuple[int, ...]] = {}
        for k in range(len(layers)):
            shapes |= {f"Wx{k}": (u if k else V, 4 * u), f"Wh{k}": (u, 4 * u), f"b{k}": (4 * u,)}
        check_parameters(arrays, shapes | {"Wy": (u, V), "by": (V,)})
        if not layers:
            raise ValueError("the network has no layers")
        return network


def layer_arrays(layers: Sequence[Layer]) -> dict[str, Array]:
    """The parameters of layers by name: Wx0, Wh0, b0, Wx1, …"""
    return {
        f"{name}{k}": np.asarray(array)
        for k, layer in enumerate(layers)
        for name, array in vars(layer).items()
    }


def layers_from(arrays: Mapping[str, Any], others: set[str]) -> tuple[Layer, ...]:
    """The inverse of `layer_arrays`, with `others` among the parameters.

    Raises `ValueError` if a parameter is missing, or belongs to no layer.
    """
    depth = sum(name.startswith("Wh") for name in arrays)
    layers = [tuple(f"{name}{k}" for name in ("Wx", "Wh", "b")) for k in range(depth)]
    names = others.union(*layers)
    if missing := sorted(names - arrays.keys()):
        raise ValueError(f"the parameter {missing[0]!r} is missing")
    if surplus := sorted(arrays.keys() - names):
        raise ValueError(f"the parameter {surplus[0]} does not belong to any layer")
    return tuple(Layer(*(arrays[name] for name in layer)) for layer in layers)
