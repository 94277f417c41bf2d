"""Train an LSTM on the names of dinosaurs, and let it invent some: seconds, with NumPy alone.

    python examples/train_lstm.py --updates 1000

The bot trains its networks for names in the same way. It adds dropout, an average of the weights,
and pretraining on the names of other animals (`models/training/numpy_lstm.py`). For what to read
next see `docs/networks.md`.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # faster for matrices as small as these
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs from any folder

import numpy as np  # noqa: E402

from models.networks.lstm import (  # noqa: E402
    LSTM,
    Batch,
    initial_parameters,
    loss_and_gradients,
)
from models.networks.optimizer import AdamW  # noqa: E402
from models.networks.sampling import sample  # noqa: E402
from models.networks.vocabulary import END, Vocabulary  # noqa: E402

BATCH, LEARNING_RATE = 48, 8e-3
TEMPERATURE = 0.8
"""Below 1 the network prefers likely letters, above 1 it is bolder."""
LONGEST = 26
"""Letters after which a name is cut off."""


def read_names() -> list[str]:
    """The genera of dinosaurs in lower case, each with the end symbol."""
    lines = (ROOT / "data" / "dinos.txt").read_text().lower().split()
    return [name + END for name in lines]


def invent(network: LSTM, rng: np.random.Generator, temperature: float) -> str:
    """Sample one name, letter by letter."""
    vocabulary = network.vocabulary
    x, state = np.array([vocabulary.end]), network.initial_state(1)
    name = ""
    while len(name) < LONGEST:
        logits, state = network.step(x, state)  # read the last letter
        x = sample(logits, rng, temperature)  # draw the next one
        if x[0] == vocabulary.end:
            break
        name += vocabulary.decode(x)
    return name.capitalize()


def train(
    updates: int,
    units: int = 64,
    seed: int = 0,
    temperature: float = TEMPERATURE,
    show_every: int = 100,
) -> LSTM:
    """Train a network, and print its loss and some names as it goes."""
    rng = np.random.default_rng(seed)
    inventing = np.random.default_rng(seed)  # of its own: what is sampled changes no training
    names = read_names()
    order = rng.permutation(len(names))
    unread = [names[i] for i in order[:130]]  # a tenth, which the network does not train on
    names = [names[i] for i in order[130:]]
    vocabulary = Vocabulary.of(names + unread)
    parameters = initial_parameters(rng, units, len(vocabulary))
    optimizer = AdamW(parameters, LEARNING_RATE)
    network = LSTM.from_arrays(vocabulary.symbols, parameters)  # shares the parameters
    for update in range(1, updates + 1):
        drawn = rng.choice(len(names), BATCH, replace=False)
        batch = Batch.of([names[i] for i in drawn], vocabulary)
        loss, gradients = loss_and_gradients(parameters, batch)
        # Smaller and smaller steps, so that the last ones settle.
        optimizer.learning_rate = LEARNING_RATE * (1 - update / (updates + 1))
        optimizer.update(gradients)
        if update % show_every == 0 or update == updates:
            new, _ = loss_and_gradients(parameters, Batch.of(unread, vocabulary))
            invented = ", ".join(invent(network, inventing, temperature) for _ in range(5))
            print(f"{update:5}  loss {loss:.2f}, on unread names {new:.2f}  {invented}")
    return network


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=TEMPERATURE)
    options = parser.parse_args()
    train(options.updates, options.units, options.seed, options.temperature)
