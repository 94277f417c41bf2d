"""Check the backward passes of both networks: nudge each parameter, and see how the loss moves.

    python examples/check_gradients.py

A derivative tells by how much the loss changes if a parameter does. Back-propagation computes all
of them in one pass, and a mistake in it is easily made and hardly seen: the network still learns,
only worse. So each one is compared with (L(w + ε) − L(w − ε)) / 2ε.
"""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N803

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that it runs from any folder

import numpy as np
from numpy.typing import NDArray

from models.networks import lstm, rnn
from models.networks.vocabulary import END, Vocabulary

Arrays = Mapping[str, NDArray[np.floating]]
UNITS, NUDGE = 5, 1e-5
"""ε. Rounding is worse for smaller ones, and curvature for larger ones."""
NAMES = ["rex" + END, "emu" + END, "yi" + END]


def nudged(loss: Callable[[], float], W: NDArray[np.floating]) -> NDArray[np.floating]:
    """The derivative of the loss by each entry of W, from two losses each."""
    derivative = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        kept, losses = W[index], []
        for nudge in (NUDGE, -NUDGE):
            W[index] = kept + nudge
            losses.append(loss())
        W[index] = kept
        derivative[index] = (losses[0] - losses[1]) / (2 * NUDGE)
    return derivative


def compare(title: str, loss: Callable[[], float], parameters: Arrays, computed: Arrays) -> float:
    """Print the largest difference of each gradient; returns the largest of all."""
    print(title)
    worst = 0.0
    for name, W in parameters.items():
        difference = float(np.abs(nudged(loss, W) - computed[name]).max())
        worst = max(worst, difference)
        print(f"  d{name:4} {W.size:4} derivatives, largest difference {difference:.1e}")
    return worst


def main() -> bool:
    """Check both networks. Returns whether all derivatives agree."""
    vocabulary = Vocabulary.of(NAMES)
    size = len(vocabulary)
    name = vocabulary.encode(NAMES[0]).tolist()
    of_rnn = rnn.initialize_parameters(UNITS, size, size, np.random.RandomState(1))
    for W in of_rnn.values():
        W *= 50  # small weights leave tanh so straight that a forgotten tanh' hardly shows

    def loss_of_rnn() -> tuple[float, rnn.Gradients]:
        loss, cache = rnn.rnn_forward([None, *name[:-1]], name, np.zeros((UNITS, 1)), of_rnn)
        return loss, rnn.rnn_backward(name, of_rnn, cache)

    of_lstm: lstm.Parameters = {
        key: W.astype(np.float64)  # single precision is too coarse for differences
        for key, W in lstm.initial_parameters(np.random.default_rng(1), UNITS, size).items()
    }
    batch = lstm.Batch.of(NAMES, vocabulary)
    computed = {key.removeprefix("d"): dW for key, dW in loss_of_rnn()[1].items()}
    worst = compare("rnn.py", lambda: loss_of_rnn()[0], of_rnn, computed)
    masks = np.random.default_rng(2)  # the same ones for all losses
    recurrent = masks.integers(0, 2, of_lstm["Wh0"].shape) * 2.0
    dropout = lstm.Dropout(recurrent, masks.integers(0, 2, (len(batch.x), UNITS)) * 2.0)
    gradients = lstm.loss_and_gradients(of_lstm, batch, dropout)[1]
    of_batch = lambda: lstm.loss_and_gradients(of_lstm, batch, dropout)[0]  # noqa: E731
    worst = max(worst, compare("lstm.py", of_batch, of_lstm, gradients))
    print("All derivatives agree." if worst < NUDGE else "They differ: there is a mistake.")
    return worst < NUDGE


if __name__ == "__main__":
    sys.exit(not main())
