"""Gradient of a one-layer LSTM in NumPy: forward pass, then back-propagation through time.

The cell is that of `lstm.py`, with the same parameters and the gates in the same order:

    z⟨t⟩ = Wx[x⟨t⟩] + b + h⟨t−1⟩ Wh
    i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o)      the quarters of z⟨t⟩
    c⟨t⟩ = f ⊙ c⟨t−1⟩ + i ⊙ g
    h⟨t⟩ = o ⊙ tanh(c⟨t⟩)
    p⟨t⟩ = softmax((h⟨t⟩ ⊙ m⟨t⟩) Wy + by)              m⟨t⟩ the dropout mask

The texts of a batch differ in length. They are sorted from longest to shortest and packed: the
first characters of all texts, then the second characters of the texts that have one, and so on. A
time step is a slice of rows, the texts that continue are its first rows, and nothing is padded:

    t = 1   m a t       N   rows, one per character of the batch
    t = 2   a l i       B   texts
    t = 3   n l ⏎       u   units
    t = 4   d ⏎         V   size of the vocabulary

h and c have B + N rows: B rows of zeros for the state before t = 1, then one row per character.
"""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N806

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import sigmoid, split_gates
from models.networks.vocabulary import END, Vocabulary

Array = NDArray[np.floating]

Parameters = dict[str, Array]
"""Wx0 `(V, 4u)`, Wh0 `(u, 4u)`, b0 `(4u,)`, Wy `(u, V)`, by `(V,)`, named as in `LSTM`.
Gradients use the same names."""


class Step(NamedTuple):
    """Slices of rows that belong to one time step."""

    now: slice
    """Its characters, among the N rows."""
    before: slice
    """The states before it, among the B + N rows."""
    after: slice
    """The states after it, among the B + N rows."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Packed texts."""

    x: NDArray[np.int64]
    """Inputs, `(N,)`: for each text `END`, then the text without its last character."""
    y: NDArray[np.int64]
    """Targets, `(N,)`: the characters of each text."""
    texts: int
    """B, the number of texts."""
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary) -> "Batch":
        """Pack texts, each of which ends with `END`: `"mangosaurus\\n"`."""
        longest_first = sorted(texts, key=len, reverse=True)
        x, y = "", ""
        steps: list[Step] = []
        before = 0  # first row of the states before this step
        for t in range(len(longest_first[0])):
            continuing = [text for text in longest_first if t < len(text)]
            rows, begin = len(continuing), len(y)
            after = len(texts) + begin  # B rows of initial states come first
            steps.append(
                Step(
                    now=slice(begin, begin + rows),
                    before=slice(before, before + rows),
                    after=slice(after, after + rows),
                )
            )
            before = after
            x += "".join(text[t - 1] if t else END for text in continuing)
            y += "".join(text[t] for text in continuing)
        return cls(vocabulary.encode(x), vocabulary.encode(y), len(texts), tuple(steps))


@dataclass(frozen=True, eq=False)
class Dropout:
    """Dropout masks of one update. Entries are 0 (dropped) or 1 / (1 − rate) (kept)."""

    recurrent: Array
    """For the weights Wh, `(u, 4u)`, the same at every time step: DropConnect, as in the AWD-LSTM
    (Merity et al., 2018)."""
    output: Array
    """m, for h before the output layer, `(N, u)`."""


class Trace(NamedTuple):
    """Intermediate values of the forward pass that the backward pass needs."""

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
    """The mean cross-entropy L of a batch in nats per character, and its gradients."""
    dropped = parameters | {"Wh0": parameters["Wh0"] * dropout.recurrent}
    trace = forward(dropped, batch, dropout.output)
    gradients = backward(dropped, batch, dropout.output, trace)
    gradients["Wh0"] *= dropout.recurrent  # chain rule: the pass used Wh ⊙ mask, not Wh
    loss = -np.log(trace.p[np.arange(len(batch.y)), batch.y]).mean()  # p of each target: (N,)
    return float(loss), gradients


def forward(parameters: Parameters, batch: Batch, output_mask: Array) -> Trace:
    """Predict every character of a batch: the equations at the top of this file."""
    Wh, Wy = parameters["Wh0"], parameters["Wy"]
    u = len(Wh)
    from_input = parameters["Wx0"][batch.x] + parameters["b0"]  # rows of Wx: (N, 4u)
    gates = np.empty_like(from_input)
    h = np.zeros((batch.texts + len(batch.x), u), Wh.dtype)  # (B + N, u)
    c = np.zeros_like(h)
    for now, before, after in batch.steps:  # with n ≤ B rows each
        z_i, z_f, z_g, z_o = split_gates(from_input[now] + h[before] @ Wh)  # (n, u) each
        i, f, g, o = split_gates(gates[now])  # views, filled in place
        i[:], f[:], g[:], o[:] = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        c[after] = f * c[before] + i * g
        h[after] = o * np.tanh(c[after])
    logits = (h[batch.texts :] * output_mask) @ Wy + parameters["by"]  # (N, u) @ (u, V) → (N, V)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return Trace(gates, h, c, p)


def backward(parameters: Parameters, batch: Batch, output_mask: Array, trace: Trace) -> Parameters:
    """Back-propagation through time: the derivative of the mean cross-entropy by each parameter.

    dh⟨t⟩ and dc⟨t⟩ sum the contributions of the prediction at t and of step t + 1. With
    σ' = σ (1 − σ) and tanh' = 1 − tanh²:

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

    h_before = np.concatenate([h[step.before] for step in batch.steps])  # h⟨t−1⟩: (N, u)
    one_hot = np.eye(len(p[0]), dtype=p.dtype)[batch.x]  # (N, V)
    return {
        "Wx0": one_hot.T @ dz,  # (V, N) @ (N, 4u)
        "Wh0": h_before.T @ dz,  # (u, N) @ (N, 4u)
        "b0": dz.sum(axis=0),
        "Wy": (h[B:] * output_mask).T @ dlogits,  # (u, N) @ (N, V)
        "by": dlogits.sum(axis=0),
    }
