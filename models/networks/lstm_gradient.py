"""The gradient of an LSTM of one layer, in NumPy: forward, then back through time.

The cell is that of `lstm.py`, with the same parameters and the gates in the same order:

    z⟨t⟩ = Wx[x⟨t⟩] + b + h⟨t−1⟩ Wh
    i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o)      the quarters of z⟨t⟩
    c⟨t⟩ = f ⊙ c⟨t−1⟩ + i ⊙ g
    h⟨t⟩ = o ⊙ tanh(c⟨t⟩)
    p⟨t⟩ = softmax((h⟨t⟩ ⊙ m⟨t⟩) Wy + by)              m⟨t⟩ the mask of dropout

The texts of a batch differ in length. They are sorted by falling length and packed: first the first
character of each, then the second of those that have one, and so on. A time step is a slice of
rows, the texts that go on are its first rows, and nothing is padded:

    t = 1   m a t       N   rows, one for each character of the batch
    t = 2   a l i       B   texts, and rows of zeros in front of h and c: their state before t = 1
    t = 3   n l ⏎       u   units
    t = 4   d ⏎         V   size of the vocabulary
"""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N806

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import sigmoid
from models.networks.vocabulary import END, Vocabulary

Array = NDArray[np.floating]

Parameters = dict[str, Array]
"""Wx0 `(V, 4u)`, Wh0 `(u, 4u)`, b0 `(4u,)`, Wy `(u, V)`, by `(V,)`, as `LSTM` has them.
Gradients go by the same names."""


class Step(NamedTuple):
    """The rows of one time step."""

    now: slice
    """Its characters, among the N."""
    before: slice
    """The states that it begins with, among the B + N."""
    after: slice
    """The states that it ends with."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some texts, packed."""

    x: NDArray[np.int64]
    """What is read, `(N,)`: `END`, then each text without its last character."""
    y: NDArray[np.int64]
    """What follows, `(N,)`: each text."""
    texts: int
    """B, the number of texts."""
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary) -> "Batch":
        """Pack texts that hold their own end, as `"mangosaurus\\n"` does."""
        longest_first = sorted(texts, key=len, reverse=True)
        x, y = "", ""
        steps: list[Step] = []
        state = 0  # the first row of the states before this step
        for t in range(len(longest_first[0])):
            going_on = [text for text in longest_first if t < len(text)]
            rows, begin = len(going_on), len(y)
            after = len(texts) + begin
            steps.append(
                Step(
                    now=slice(begin, begin + rows),
                    before=slice(state, state + rows),
                    after=slice(after, after + rows),
                )
            )
            state = after
            x += "".join(text[t - 1] if t else END for text in going_on)
            y += "".join(text[t] for text in going_on)
        return cls(vocabulary.encode(x), vocabulary.encode(y), len(texts), tuple(steps))


@dataclass(frozen=True, eq=False)
class Dropout:
    """What one update does without. Masks hold 0 for what is dropped, else 1 / (1 − rate)."""

    recurrent: Array
    """On the weights Wh, `(u, 4u)`, the same at every time step: DropConnect, as in the AWD-LSTM
    (Merity et al., 2018)."""
    output: Array
    """On h before the softmax layer, `(N, u)`."""


class Trace(NamedTuple):
    """What the forward pass leaves to the backward pass."""

    gates: Array
    """i, f, g and o side by side, `(N, 4u)`."""
    h: Array
    """Hidden states, `(B + N, u)`."""
    c: Array
    """Cell states, `(B + N, u)`."""
    p: Array
    """Predictions, `(N, V)`."""


def loss_and_gradients(
    parameters: Parameters, batch: Batch, dropout: Dropout
) -> tuple[float, Parameters]:
    """The mean cross-entropy L of a batch in nats per character, and dL by each parameter."""
    dropped = parameters | {"Wh0": parameters["Wh0"] * dropout.recurrent}
    trace = forward(dropped, batch, dropout.output)
    gradients = backward(dropped, batch, dropout.output, trace)
    gradients["Wh0"] *= dropout.recurrent
    loss = -np.log(trace.p[np.arange(len(batch.y)), batch.y]).mean()
    return float(loss), gradients


def forward(parameters: Parameters, batch: Batch, output_mask: Array) -> Trace:
    """Read the texts and predict every character of them: the equations above."""
    Wh, Wy = parameters["Wh0"], parameters["Wy"]
    u = len(Wh)
    from_input = parameters["Wx0"][batch.x] + parameters["b0"]
    gates = np.empty_like(from_input)
    h = np.zeros((batch.texts + len(batch.x), u), Wh.dtype)
    c = np.zeros_like(h)
    for now, before, after in batch.steps:
        z_i, z_f, z_g, z_o = np.split(from_input[now] + h[before] @ Wh, 4, axis=1)
        i, f, g, o = np.split(gates[now], 4, axis=1)
        i[:], f[:], g[:], o[:] = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        c[after] = f * c[before] + i * g
        h[after] = o * np.tanh(c[after])
    logits = (h[batch.texts :] * output_mask) @ Wy + parameters["by"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return Trace(gates, h, c, p)


def backward(parameters: Parameters, batch: Batch, output_mask: Array, trace: Trace) -> Parameters:
    """Back-propagation through time: the derivative of the mean cross-entropy by each parameter.

    dh⟨t⟩ and dc⟨t⟩ come from the prediction and from the next step. Since σ' = σ (1 − σ) and
    tanh' = 1 − tanh²:

        dh⟨t⟩ = (dlogits⟨t⟩ Wyᵀ) ⊙ m⟨t⟩        dlogits⟨t⟩ = (p⟨t⟩ − y⟨t⟩) / N
        dc⟨t⟩ += o ⊙ (1 − tanh²(c⟨t⟩)) ⊙ dh⟨t⟩
        dz_i = i ⊙ (1 − i) ⊙ g ⊙ dc⟨t⟩
        dz_f = f ⊙ (1 − f) ⊙ c⟨t−1⟩ ⊙ dc⟨t⟩
        dz_g = (1 − g²) ⊙ i ⊙ dc⟨t⟩
        dz_o = o ⊙ (1 − o) ⊙ tanh(c⟨t⟩) ⊙ dh⟨t⟩
        dh⟨t−1⟩ += dz⟨t⟩ Whᵀ
        dc⟨t−1⟩ += f ⊙ dc⟨t⟩
    """
    Wh, Wy = parameters["Wh0"], parameters["Wy"]
    gates, h, c, p = trace
    N, B = len(batch.x), batch.texts
    dlogits = p.copy()
    dlogits[np.arange(N), batch.y] -= 1
    dlogits /= N

    dh, dc, dz = np.zeros_like(h), np.zeros_like(c), np.empty_like(gates)
    dh[B:] = (dlogits @ Wy.T) * output_mask
    for now, before, after in reversed(batch.steps):
        i, f, g, o = np.split(gates[now], 4, axis=1)
        dz_i, dz_f, dz_g, dz_o = np.split(dz[now], 4, axis=1)
        tanh_c = np.tanh(c[after])
        dc[after] += o * (1 - tanh_c**2) * dh[after]
        dz_i[:] = i * (1 - i) * g * dc[after]
        dz_f[:] = f * (1 - f) * c[before] * dc[after]
        dz_g[:] = (1 - g**2) * i * dc[after]
        dz_o[:] = o * (1 - o) * tanh_c * dh[after]
        dh[before] += dz[now] @ Wh.T
        dc[before] += f * dc[after]

    h_before = np.concatenate([h[step.before] for step in batch.steps])
    one_hot = np.eye(len(p[0]), dtype=p.dtype)[batch.x]
    return {
        "Wx0": one_hot.T @ dz,
        "Wh0": h_before.T @ dz,
        "b0": dz.sum(axis=0),
        "Wy": (h[B:] * output_mask).T @ dlogits,
        "by": dlogits.sum(axis=0),
    }
