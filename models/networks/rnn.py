"""The notebook's recurrent network in NumPy: forward pass, backward pass, update, sampling.

The network reads a name one character at a time. Its hidden state a⟨t⟩ summarizes the characters
read so far, and from it the network predicts the next character:

    a⟨t⟩ = tanh(Wax x⟨t⟩ + Waa a⟨t−1⟩ + b)        (1)  hidden state
    z⟨t⟩ = Wya a⟨t⟩ + by                          (2)  logits
    p⟨t⟩ = softmax(z⟨t⟩)                          (3)  probabilities of the next character

Training compares p⟨t⟩ with the character y⟨t⟩ that comes next in the name, and follows the
gradient of the cross-entropy backward through the time steps.

The symbols are those of the notebook, "Character level language model - Dinosaurus land":

    n_x = n_y   size of the vocabulary             x⟨t⟩   input, one-hot column (n_x, 1)
    n_a         units of the hidden state          a⟨t⟩   hidden state, column (n_a, 1)
    T           characters in the name             p⟨t⟩   prediction, column (n_y, 1)
    dW          derivative of the loss by W        X, Y   indices of the inputs and the targets

The matrices x, a and p hold the columns of all T time steps side by side. This is written for
readers, not for speed: every equation is a line, and every time step a turn of a loop. `lstm.py`
computes as much as it can for all steps at once.

Read in this order: `rnn_forward`, `rnn_backward`, `optimize`, `sample`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.networks.network import State, check_parameters
from models.networks.vocabulary import END, Vocabulary

Array = NDArray[np.float64]

Parameters = dict[str, Array]
"""Wax `(n_a, n_x)`, Waa `(n_a, n_a)`, Wya `(n_y, n_a)`, b `(n_a, 1)` and by `(n_y, 1)`."""

Gradients = dict[str, Array]
"""The derivative of the loss by each parameter: dWax, dWaa, dWya, db, dby, in the same shapes."""

Inputs = Sequence[int | None]
"""Indices of characters. `None` stands for x = 0, the input before the first character."""

MAX_SAMPLE_LENGTH = 50
"""Characters after which `sample` stops, as in the notebook."""


def initialize_parameters(n_a: int, n_x: int, n_y: int, rng: np.random.RandomState) -> Parameters:
    """Small random weights and zero biases.

    The notebook draws from NumPy's global generator; here the generator is an argument.
    """
    # With equal weights all units would compute, and learn, the same thing. Small ones keep tanh
    # away from ±1, where its slope vanishes.
    return {
        "Wax": rng.randn(n_a, n_x) * 0.01,
        "Waa": rng.randn(n_a, n_a) * 0.01,
        "Wya": rng.randn(n_y, n_a) * 0.01,
        "b": np.zeros((n_a, 1)),
        "by": np.zeros((n_y, 1)),
    }


def softmax(z: Array) -> Array:
    """p = e^z / Σ e^z for each column of `z`, `(n, T)` → `(n, T)`."""
    # Subtracting the column's maximum leaves p unchanged and keeps e^z from overflowing.
    e_z = np.exp(z - z.max(axis=0))
    p: Array = e_z / e_z.sum(axis=0)
    return p


def one_hot(indices: Inputs, n: int) -> Array:
    """One column per index, with a 1 in the row of that index: `(n, T)`. `None` gives zeros."""
    x = np.zeros((n, len(indices)))
    for t, index in enumerate(indices):
        if index is not None:
            x[index, t] = 1
    return x


def rnn_forward(
    X: Inputs, Y: Sequence[int], a_prev: Array, parameters: Parameters
) -> tuple[float, tuple[Array, Array, Array]]:
    """Read a name and predict every next character: equations (1), (2) and (3).

    The loss is the cross-entropy L = −Σ_t ln p⟨t⟩[y⟨t⟩], in nats.

    Arguments: `X`, the T input indices; `Y`, the T target indices; `a_prev`, the hidden state
    before the first character, `(n_a, 1)`.

    Returns the loss and the cache (x, a, p) for `rnn_backward`: x `(n_x, T)`; a `(n_a, T + 1)`,
    with `a_prev` in column 0, so that column t is a⟨t⟩; p `(n_y, T)`.
    """
    Wax, Waa, b = parameters["Wax"], parameters["Waa"], parameters["b"]
    Wya, by = parameters["Wya"], parameters["by"]

    x = one_hot(X, Wax.shape[1])  # (n_x, T)
    a = np.zeros((len(Waa), len(X) + 1))  # (n_a, T + 1)
    a[:, [0]] = a_prev
    p = np.zeros((len(Wya), len(X)))  # (n_y, T)
    loss = 0.0
    for t in range(len(X)):  # x⟨t + 1⟩ is column t of x, a⟨t + 1⟩ column t + 1 of a
        a[:, [t + 1]] = np.tanh(Wax @ x[:, [t]] + Waa @ a[:, [t]] + b)  # (1), shape (n_a, 1)
        p[:, [t]] = softmax(Wya @ a[:, [t + 1]] + by)  # (2) and (3), shape (n_y, 1)
        loss -= np.log(p[Y[t], t])
    return float(loss), (x, a, p)


def rnn_backward(
    Y: Sequence[int], parameters: Parameters, cache: tuple[Array, Array, Array]
) -> Gradients:
    """Back-propagation through time: the derivative of the loss by every parameter.

    Softmax and cross-entropy together have a simple derivative, and from (2) follow dWya and dby:

        dz⟨t⟩ = p⟨t⟩ − y⟨t⟩        dWya = Σ_t dz⟨t⟩ a⟨t⟩ᵀ        dby = Σ_t dz⟨t⟩

    The hidden state a⟨t⟩ affects the loss in two ways, through z⟨t⟩ and through a⟨t+1⟩, so its
    derivative is the sum of two terms. Let u⟨t⟩ be the argument of tanh in (1); tanh' = 1 − tanh²:

        da⟨t⟩ = Wyaᵀ dz⟨t⟩ + Waaᵀ du⟨t+1⟩          du⟨t⟩ = (1 − a⟨t⟩²) ⊙ da⟨t⟩

        dWax = Σ_t du⟨t⟩ x⟨t⟩ᵀ      dWaa = Σ_t du⟨t⟩ a⟨t−1⟩ᵀ      db = Σ_t du⟨t⟩

    Arguments: `Y`, the T target indices; `cache`, as returned by `rnn_forward`. The cache holds x
    and a, so unlike the notebook's function this one takes no X and returns no a.
    """
    x, a, p = cache
    Waa, Wya = parameters["Waa"], parameters["Wya"]
    gradients = {f"d{name}": np.zeros_like(W) for name, W in parameters.items()}

    dz = p - one_hot(Y, len(p))  # (n_y, T)
    da_from_next = np.zeros((len(Waa), 1))  # Waaᵀ du⟨t+1⟩; nothing follows the last step
    for t in reversed(range(len(Y))):
        da = Wya.T @ dz[:, [t]] + da_from_next  # (n_a, 1)
        du = (1 - a[:, [t + 1]] ** 2) * da  # (n_a, 1)
        gradients["dWya"] += dz[:, [t]] @ a[:, [t + 1]].T  # (n_y, 1) (1, n_a) → (n_y, n_a)
        gradients["dby"] += dz[:, [t]]
        gradients["dWax"] += du @ x[:, [t]].T  # (n_a, 1) (1, n_x) → (n_a, n_x)
        gradients["dWaa"] += du @ a[:, [t]].T  # column t of a is a⟨t−1⟩: (n_a, n_a)
        gradients["db"] += du
        da_from_next = Waa.T @ du
    return gradients


def clip(gradients: Gradients, maxValue: float) -> Gradients:
    """Clip every entry of every gradient to ±`maxValue`, in place, and return the gradients.

    Over many time steps, gradients can grow exponentially; clipping bounds the size of an update.
    """
    for gradient in gradients.values():
        gradient.clip(-maxValue, maxValue, out=gradient)
    return gradients


def update_parameters(parameters: Parameters, gradients: Gradients, learning_rate: float) -> None:
    """Gradient descent, in place: W ← W − learning_rate · dW."""
    for name, W in parameters.items():
        W -= learning_rate * gradients[f"d{name}"]


def optimize(
    X: Inputs, Y: Sequence[int], a_prev: Array, parameters: Parameters, learning_rate: float = 0.01
) -> tuple[float, Gradients, Array]:
    """One step of stochastic gradient descent: forward, backward, clip to ±5, update in place.

    Returns the loss before the update, the clipped gradients, and the last hidden state a⟨T⟩
    `(n_a, 1)`, which the notebook passes on as the next name's `a_prev`.
    """
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients = clip(rnn_backward(Y, parameters, cache), 5)
    update_parameters(parameters, gradients, learning_rate)
    _, a, _ = cache
    return loss, gradients, a[:, -1:]


def get_initial_loss(vocab_size: int, names: int) -> float:
    """First value of the smoothed loss: that of `names` characters under a uniform prediction."""
    return float(np.log(vocab_size)) * names


def smooth(loss: float, curr_loss: float) -> float:
    """Exponential moving average of the loss, over about the last thousand names."""
    return loss * 0.999 + curr_loss * 0.001


def sample(parameters: Parameters, char_to_ix: dict[str, int], seed: int) -> list[int]:
    """Sample one name: draw a character from p, feed it back as the next input, repeat.

    Each character is drawn with a new `RandomState`, whose seed goes up by 2 from one character to
    the next. This is how the notebook makes its results repeatable; the bot samples with
    `models.networks.sampling`.

    Returns at most `MAX_SAMPLE_LENGTH` indices. The last one is the newline, appended if the
    network did not draw it in time.
    """
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    n_a, n_x = Wax.shape
    newline = char_to_ix[END]

    indices: list[int] = []
    idx: int | None = None
    a = np.zeros((n_a, 1))
    while idx != newline and len(indices) < MAX_SAMPLE_LENGTH:
        x = one_hot([idx], n_x)  # (n_x, 1)
        a = np.tanh(Wax @ x + Waa @ a + parameters["b"])  # (1), shape (n_a, 1)
        p = softmax(Wya @ a + parameters["by"])  # (2) and (3), shape (n_y, 1)
        rng = np.random.RandomState(seed + 2 * len(indices))
        idx = int(rng.choice(n_x, p=p[:, 0]))
        indices.append(idx)
    if len(indices) == MAX_SAMPLE_LENGTH:
        indices.append(newline)
    return indices


@dataclass(frozen=True, eq=False)
class RNN:
    """The trained network, for serving batches. Implements `models.networks.network.Network`.

    Batches and states have one row per text, where the functions above have columns. The notebook
    starts a name with x = 0 and never reads the newline; here reading `END` means x = 0.
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
        """Read one character per text: `(batch,)` → logits `(batch, vocabulary)`, new state."""
        # Wax times a one-hot column is a column of Wax: (n_a, batch).
        from_input = np.where(x == self.vocabulary.end, np.float32(0), self.Wax[:, x])
        a = np.tanh(from_input.T + state @ self.Waa.T + self.b.T)  # (1) transposed: (batch, n_a)
        return a @ self.Wya.T + self.by.T, a  # (2) transposed: (batch, n_y)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters by name, as stored in a weight file."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "vocabulary"}

    @classmethod
    def from_arrays(cls, symbols: str, arrays: dict[str, NDArray[np.float32]]) -> "RNN":
        """Build the network from stored parameters. Raises `ValueError` if shapes do not match."""
        vocabulary = Vocabulary(symbols)
        names = [f.name for f in fields(cls) if f.name != "vocabulary"]
        for name in names:
            if name not in arrays:
                raise ValueError(f"the parameter {name} is missing")
        n_a, n_x = len(arrays["Waa"]), len(vocabulary)
        shapes = [(n_a, n_x), (n_a, n_a), (n_x, n_a), (n_a, 1), (n_x, 1)]
        check_parameters(arrays, dict(zip(names, shapes, strict=True)))
        return cls(vocabulary, *(arrays[name] for name in names))
