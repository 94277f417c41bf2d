"""One LSTM that is being fitted to names.

Names are few and short, so the danger is learning them by heart. Weights and outputs are dropped at
random, large weights decay, and what is kept is a running average of the weights.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.lstm_gradient import (
    Batch,
    Dropout,
    Parameters,
    loss_and_gradients,
)
from models.networks.vocabulary import END, Vocabulary
from models.training.optimiser import AdamW, clip_norm, follow

LETTERS = Vocabulary(END + "abcdefghijklmnopqrstuvwxyz")
"""All of them, whatever the list holds: a member may ask for names that begin with any."""


def vocabulary_of(names: Iterable[str]) -> Vocabulary:
    """The characters of a list of names in lower case: `LETTERS` if they are all among them."""
    vocabulary = Vocabulary.of(names)
    return LETTERS if set(vocabulary.symbols) <= set(LETTERS.symbols) else vocabulary


@dataclass(frozen=True)
class FitSettings:
    """What decides how well and how fast a network learns. The defaults: what validation chose."""

    units: int = 128
    batch: int = 64
    """Names to an update."""
    learning_rate: float = 2e-2
    warm_up: int = 50
    """Updates in which the learning rate rises from zero."""
    weight_decay: float = 0.01
    recurrent_dropout: float = 0.6
    output_dropout: float = 0.4
    largest_gradient: float = 1.0
    """Longer ones are shortened to it."""


class Fit:
    """An LSTM and the texts that it is fitted to."""

    def __init__(
        self,
        texts: Sequence[str],
        seed: Sequence[int],
        settings: FitSettings,
        vocabulary: Vocabulary = LETTERS,
    ) -> None:
        """Begin with random weights. Weights, batches and masks follow from the seed."""
        self.texts = texts
        self.seed = list(seed)
        self.settings = settings
        self.vocabulary = vocabulary
        self.parameters = _initial_parameters(
            np.random.default_rng(self.seed), settings.units, len(vocabulary)
        )
        self.averaged = {name: W.copy() for name, W in self.parameters.items()}
        self.optimiser = AdamW(
            self.parameters, settings.learning_rate, weight_decay=settings.weight_decay
        )

    @property
    def updates(self) -> int:
        """How many were made."""
        return self.optimiser.updates

    def network(self) -> LSTM:
        """The network of the averaged weights, which later updates leave as it is."""
        arrays = {name: W.astype(np.float32) for name, W in self.averaged.items()}
        return LSTM.from_arrays(self.vocabulary.symbols, arrays)

    def update(self) -> tuple[float, int]:
        """One update; the loss of its batch and how many characters that holds."""
        settings = self.settings
        rng = np.random.default_rng([*self.seed, self.updates])
        batch = Batch.of(self._next_texts(), self.vocabulary)
        dropout = Dropout(
            recurrent=_mask(rng, self.parameters["Wh0"].shape, settings.recurrent_dropout),
            output=_mask(rng, (len(batch.x), settings.units), settings.output_dropout),
        )
        loss, gradients = loss_and_gradients(self.parameters, batch, dropout)
        clip_norm(gradients, settings.largest_gradient)
        warmth = min(1, (self.updates + 1) / settings.warm_up)
        self.optimiser.learning_rate = settings.learning_rate * warmth
        self.optimiser.update(gradients)
        follow(self.averaged, self.parameters, self.updates)
        return loss, len(batch.x)

    def _next_texts(self) -> list[str]:
        """The next few of all texts, which are read again and again, each time in another order."""
        count = len(self.texts)
        size = min(self.settings.batch, count)
        begin = self.updates * size
        orders = {
            epoch: np.random.default_rng([*self.seed, epoch]).permutation(count)
            for epoch in (begin // count, (begin + size - 1) // count)
        }
        places = range(begin, begin + size)
        return [self.texts[orders[place // count][place % count]] for place in places]

    def state(self) -> Parameters:
        """Everything for `restore`."""
        state = {f"parameters/{name}": W.copy() for name, W in self.parameters.items()}
        state |= {f"averaged/{name}": W.copy() for name, W in self.averaged.items()}
        return state | {f"optimiser/{name}": a for name, a in self.optimiser.state().items()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state."""
        for name in self.parameters:
            self.parameters[name][:] = state[f"parameters/{name}"]
            self.averaged[name][:] = state[f"averaged/{name}"]
        self.optimiser.restore(part(state, "optimiser/"))


def part(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Parameters:
    """The arrays of a checkpoint whose names begin so, without that beginning."""
    return {
        name.removeprefix(prefix): array.astype(array.dtype)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _initial_parameters(rng: np.random.Generator, units: int, size: int) -> Parameters:
    """Uniform weights within ±1 / √units; the forget gates begin open (Jozefowicz et al., 2015)."""
    bound = units**-0.5
    shapes = {"Wx0": (size, 4 * units), "Wh0": (units, 4 * units), "Wy": (units, size)}
    parameters: Parameters = {
        name: rng.uniform(-bound, bound, shape).astype(np.float32) for name, shape in shapes.items()
    }
    parameters["b0"] = np.repeat(np.array([0, 1, 0, 0], np.float32), units)  # i, f, g, o
    parameters["by"] = np.zeros(size, np.float32)
    return parameters


def _mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> NDArray[np.float32]:
    kept = rng.random(shape, np.float32) >= rate
    return kept.astype(np.float32) / np.float32(1 - rate)
