"""The notebook's recurrent network, in NumPy alone.

A name is read one character at a time. The hidden state a⟨t⟩ remembers what was read so far, and
from it the network predicts the next character:

    a⟨t⟩ = tanh(Wax x⟨t⟩ + Waa a⟨t−1⟩ + b)        (1)  the hidden state
    z⟨t⟩ = Wya a⟨t⟩ + by                          (2)  the logits
    p⟨t⟩ = softmax(z⟨t⟩)                          (3)  the probabilities of the next character

Training compares p⟨t⟩ with the character y⟨t⟩ that really came next, and follows the gradient of
the cross-entropy back through time.

The symbols are those of the notebook, "Character level language model - Dinosaurus land":

    n_x = n_y   size of the vocabulary             x⟨t⟩   input, one-hot, a column (n_x, 1)
    n_a         units of the hidden state          a⟨t⟩   hidden state, a column (n_a, 1)
    T           characters of the name             p⟨t⟩   prediction, a column (n_y, 1)
    dW          derivative of the loss by W        X, Y   indices of what is read, what follows

The columns of all time steps side by side are the matrices x, a and p. Only (1) needs to go from
one step to the next; everything else is one product over all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State
from models.networks.vocabulary import END, Vocabulary

Array = NDArray[np.float64]

Parameters = dict[str, Array]
"""Wax `(n_a, n_x)`, Waa `(n_a, n_a)`, Wya `(n_y, n_a)`, b `(n_a, 1)` and by `(n_y, 1)`."""

Gradients = dict[str, Array]
"""The derivative of the loss by each parameter: dWax, dWaa, dWya, db, dby, of the same shapes."""

Inputs = Sequence[int | None]
"""Indices of characters. `None` is no character at all, x = 0: what a name begins with."""

LONGEST_SAMPLE = 50


def initialize_parameters(n_a: int, n_x: int, n_y: int, rng: np.random.RandomState) -> Parameters:
    """Small random weights, which break the symmetry between units, and zero biases.

    The notebook's function draws from NumPy's global generator; this one is handed `rng`.
    """
    return {
        "Wax": rng.randn(n_a, n_x) * 0.01,
        "Waa": rng.randn(n_a, n_a) * 0.01,
        "Wya": rng.randn(n_y, n_a) * 0.01,
        "b": np.zeros((n_a, 1)),
        "by": np.zeros((n_y, 1)),
    }


def softmax(z: Array) -> Array:
    """p = e^z / Σ e^z down each column of `z`.

    Taking the largest entry off first changes nothing in p and keeps e^z finite.
    """
    e_z = np.exp(z - z.max(axis=0))
    p: Array = e_z / e_z.sum(axis=0)
    return p


def one_hot(indices: Inputs, n: int) -> Array:
    """A column for each index, with a one in that row: `(n, T)`. The column of `None` is zero."""
    rows = np.array([-1 if i is None else i for i in indices])
    x: Array = (np.arange(n)[:, np.newaxis] == rows).astype(np.float64)
    return x


def rnn_forward(
    X: Inputs, Y: Sequence[int], a_prev: Array, parameters: Parameters
) -> tuple[float, tuple[Array, Array, Array]]:
    """Read a name and predict each next character: equations (1), (2) and (3).

    The loss is the cross-entropy L = −Σ_t ln p⟨t⟩[y⟨t⟩], in nats.

    Arguments: `X` and `Y`, the T indices that are read and that follow; `a_prev`, the hidden state
    before the first character, `(n_a, 1)`.

    Returns the loss and the cache (x, a, p) for `rnn_backward`: x `(n_x, T)`; a `(n_a, T + 1)`,
    whose first column is `a_prev`, so that a⟨t⟩ is column t; p `(n_y, T)`.
    """
    Waa = parameters["Waa"]
    n_a, n_x = parameters["Wax"].shape
    T = len(X)

    x = one_hot(X, n_x)
    from_input = parameters["Wax"] @ x + parameters["b"]
    a = np.empty((n_a, T + 1))
    a[:, 0] = a_prev[:, 0]
    for t in range(T):
        a[:, t + 1] = np.tanh(from_input[:, t] + Waa @ a[:, t])

    p = softmax(parameters["Wya"] @ a[:, 1:] + parameters["by"])
    loss = -np.log(p[Y, np.arange(T)]).sum()
    return float(loss), (x, a, p)


def rnn_backward(
    Y: Sequence[int], parameters: Parameters, cache: tuple[Array, Array, Array]
) -> Gradients:
    """Back-propagation through time: the derivative of the loss by every parameter.

    Softmax and cross-entropy together have a simple derivative, and by (2):

        dz⟨t⟩ = p⟨t⟩ − y⟨t⟩        dWya = Σ_t dz⟨t⟩ a⟨t⟩ᵀ        dby = Σ_t dz⟨t⟩

    The hidden state a⟨t⟩ acts on the loss through z⟨t⟩ and through a⟨t+1⟩, so its derivative comes
    from both. With u⟨t⟩ for what stands inside tanh in (1), and since tanh' = 1 − tanh²:

        da⟨t⟩ = Wyaᵀ dz⟨t⟩ + Waaᵀ du⟨t+1⟩          du⟨t⟩ = (1 − a⟨t⟩²) ⊙ da⟨t⟩

        dWax = Σ_t du⟨t⟩ x⟨t⟩ᵀ      dWaa = Σ_t du⟨t⟩ a⟨t−1⟩ᵀ      db = Σ_t du⟨t⟩

    Each Σ_t of products is one product of matrices. `cache` is that of `rnn_forward`; x and a are
    in it, so unlike the notebook's function this one takes no X and returns no a.
    """
    x, a, p = cache
    Waa, Wya = parameters["Waa"], parameters["Wya"]
    n_y, T = p.shape

    dz = p - one_hot(Y, n_y)
    da = Wya.T @ dz
    tanh_slope = 1 - a[:, 1:] ** 2
    du = np.empty_like(da)
    da_from_next = np.zeros(len(da))
    for t in reversed(range(T)):
        du[:, t] = tanh_slope[:, t] * (da[:, t] + da_from_next)
        da_from_next = Waa.T @ du[:, t]

    return {
        "dWax": du @ x.T,
        "dWaa": du @ a[:, :-1].T,
        "dWya": dz @ a[:, 1:].T,
        "db": du.sum(axis=1, keepdims=True),
        "dby": dz.sum(axis=1, keepdims=True),
    }


def clip(gradients: Gradients, maxValue: float) -> Gradients:
    """Keep every entry of every gradient within ±`maxValue`, in place, lest gradients explode."""
    for gradient in gradients.values():
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    return gradients


def update_parameters(parameters: Parameters, gradients: Gradients, learning_rate: float) -> None:
    """Gradient descent: W ← W − learning_rate · dW.

    In place, so unlike the notebook's function it returns nothing.
    """
    for name, W in parameters.items():
        W -= learning_rate * gradients[f"d{name}"]


def optimize(
    X: Inputs, Y: Sequence[int], a_prev: Array, parameters: Parameters, learning_rate: float = 0.01
) -> tuple[float, Gradients, Array]:
    """One step of stochastic gradient descent: forward, backward, clip to ±5, update in place.

    Returns the loss before the update, the clipped gradients, and the last hidden state a⟨T⟩
    `(n_a, 1)`, from which the notebook lets the next name begin.
    """
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients = clip(rnn_backward(Y, parameters, cache), 5)
    update_parameters(parameters, gradients, learning_rate)
    _, a, _ = cache
    return loss, gradients, a[:, -1:]


def get_initial_loss(vocab_size: int, names: int) -> float:
    """Where the smoothed loss begins: as many characters as `names`, all equally likely."""
    return float(np.log(vocab_size)) * names


def smooth(loss: float, curr_loss: float) -> float:
    """A running mean of the loss that forgets slowly: about the last thousand names count."""
    return loss * 0.999 + curr_loss * 0.001


def sample(parameters: Parameters, char_to_ix: dict[str, int], seed: int) -> list[int]:
    """Write one name: draw a character from p, read it, and so on until the end of the name.

    A fresh `RandomState` draws each character, its seed going up by two each time; this is how
    the notebook makes its figures repeatable, and why it always writes the same names.
    (`models/networks/sampling.py` is how the bot samples.)

    Returns at most `LONGEST_SAMPLE` indices and then the index of the newline.
    """
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    n_a, n_x = Wax.shape
    newline = char_to_ix[END]

    indices: list[int] = []
    idx: int | None = None
    a = np.zeros((n_a, 1))
    while idx != newline and len(indices) < LONGEST_SAMPLE:
        x = one_hot([idx], n_x)
        a = np.tanh(Wax @ x + Waa @ a + parameters["b"])
        p = softmax(Wya @ a + parameters["by"])
        rng = np.random.RandomState(seed + 2 * len(indices))
        idx = int(rng.choice(n_x, p=p[:, 0]))
        indices.append(idx)
    if len(indices) == LONGEST_SAMPLE:
        indices.append(newline)
    return indices


@dataclass(frozen=True, eq=False)
class RNN:
    """The trained network, many texts at a time: a `models.networks.network.Network`.

    The notebook starts a name with x = 0 and never reads the end symbol; here reading `END` is
    reading x = 0. States and batches have a row for each text, where the functions above have
    columns.
    """

    vocabulary: Vocabulary
    Wax: NDArray[np.float32]
    Waa: NDArray[np.float32]
    Wya: NDArray[np.float32]
    b: NDArray[np.float32]
    by: NDArray[np.float32]

    def initial_state(self, batch: int) -> State:
        """Zeros, `(batch, n_a)`."""
        return np.zeros((batch, len(self.Waa)), np.float32)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character each: indices `(batch,)` → logits `(batch, vocabulary)`, new state."""
        from_input = np.where(x == self.vocabulary.end, np.float32(0), self.Wax[:, x])
        a = np.tanh(from_input.T + state @ self.Waa.T + self.b.T)
        return a @ self.Wya.T + self.by.T, a

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters by name, as `models.weights` stores them."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "vocabulary"}

    @classmethod
    def from_arrays(cls, symbols: str, arrays: dict[str, NDArray[np.float32]]) -> "RNN":
        """The network of stored parameters. Raises `ValueError` if they do not fit together."""
        vocabulary = Vocabulary(symbols)
        names = [f.name for f in fields(cls) if f.name != "vocabulary"]
        for name in names:
            if name not in arrays:
                raise ValueError(f"the parameter {name} is missing")
        n_a, n_x = len(arrays["Waa"]), len(vocabulary)
        shapes = [(n_a, n_x), (n_a, n_a), (n_x, n_a), (n_a, 1), (n_x, 1)]
        for name, shape in zip(names, shapes, strict=True):
            if arrays[name].shape != shape:
                found = arrays[name].shape
                raise ValueError(f"the parameter {name} has shape {found}, expected {shape}")
        return cls(vocabulary, *(arrays[name] for name in names))
