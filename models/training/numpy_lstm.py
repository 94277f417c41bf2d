"""Training of one LSTM on names, in NumPy.

Names are few and short, so an LSTM overfits. Against that: dropout on recurrent weights and on
outputs, weight decay, and a running average of the weights.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import (
    LSTM,
    Batch,
    Dropout,
    Parameters,
    initial_parameters,
    loss_and_gradients,
)
from models.networks.optimizer import AdamW, clip_norm, update_average
from models.networks.vocabulary import END, Vocabulary
from models.training.recipe import select_prefix

LETTERS = Vocabulary(END + "abcdefghijklmnopqrstuvwxyz")
"""The whole alphabet, even if the list lacks a letter: a member may ask for names with any."""


def vocabulary_of(names: Iterable[str]) -> Vocabulary:
    """The vocabulary of names in lower case: `LETTERS` if it has all their characters."""
    vocabulary = Vocabulary.of(names)
    return LETTERS if set(vocabulary.symbols) <= set(LETTERS.symbols) else vocabulary


@dataclass(frozen=True)
class FitSettings:
    """Hyperparameters of one LSTM. The defaults were chosen by validation."""

    units: int = 128
    batch: int = 64
    """Names per update."""
    learning_rate: float = 2e-2
    warm_up: int = 50
    """Updates during which the learning rate rises linearly from zero."""
    weight_decay: float = 0.01
    recurrent_dropout: float = 0.6
    """Fraction of the recurrent weights that is dropped."""
    output_dropout: float = 0.4
    """Fraction of the outputs that is dropped."""
    max_gradient_norm: float = 1.0


class Fit:
    """An LSTM while it is fitted to texts."""

    def __init__(
        self,
        texts: Sequence[str],
        seed: Sequence[int],
        settings: FitSettings,
        vocabulary: Vocabulary = LETTERS,
        begin: LSTM | None = None,
    ) -> None:
        """Start with the weights of `begin`, or else with random ones.

        Random weights, batches and masks are derived from `seed`. `begin` has the units and the
        vocabulary of this fit.
        """
        self.texts = texts
        self.seed = list(seed)
        self.settings = settings
        self.vocabulary = vocabulary
        self.parameters: Parameters = (
            {name: W.copy() for name, W in begin.arrays().items()}
            if begin
            else initial_parameters(
                np.random.default_rng(self.seed), settings.units, len(vocabulary)
            )
        )
        # What `network` returns; `parameters` are what the optimizer changes.
        self.averaged = {name: W.copy() for name, W in self.parameters.items()}
        self.optimizer = AdamW(
            self.parameters, settings.learning_rate, weight_decay=settings.weight_decay
        )

    @property
    def updates(self) -> int:
        """Number of updates so far."""
        return self.optimizer.updates

    def network(self) -> LSTM:
        """A copy of the network with the averaged weights."""
        arrays = {name: W.astype(np.float32) for name, W in self.averaged.items()}  # copies
        return LSTM.from_arrays(self.vocabulary.symbols, arrays)

    def update(self) -> tuple[float, int]:
        """One update. Returns the loss of its batch, in nats per character, and its characters."""
        settings = self.settings
        # Derived from the number of the update, so that a resumed run draws the same masks.
        rng = np.random.default_rng([*self.seed, self.updates])
        batch = Batch.of(self._next_texts(), self.vocabulary)
        dropout = Dropout(
            recurrent=_mask(rng, self.parameters["Wh0"].shape, settings.recurrent_dropout),
            output=_mask(rng, (len(batch.x), settings.units), settings.output_dropout),  # (N, u)
        )
        loss, gradients = loss_and_gradients(self.parameters, batch, dropout)
        # A rare steep batch must not throw the weights far off.
        clip_norm(gradients, settings.max_gradient_norm)
        warm_up = min(1, (self.updates + 1) / settings.warm_up)
        self.optimizer.learning_rate = settings.learning_rate * warm_up
        self.optimizer.update(gradients)
        update_average(self.averaged, self.parameters, self.updates)
        return loss, len(batch.x)

    def _next_texts(self) -> list[str]:
        """The texts of the next batch. Every epoch reads all texts once, in a new order."""
        count = len(self.texts)
        size = min(self.settings.batch, count)
        begin = self.updates * size  # number of texts read so far
        # A batch may reach into the next epoch.
        orders = {
            epoch: np.random.default_rng([*self.seed, epoch]).permutation(count)
            for epoch in (begin // count, (begin + size - 1) // count)
        }
        indices = range(begin, begin + size)
        return [self.texts[orders[index // count][index % count]] for index in indices]

    def state(self) -> Parameters:
        """Everything that `restore` needs."""
        state = {f"parameters/{name}": W.copy() for name, W in self.parameters.items()}
        state |= {f"averaged/{name}": W.copy() for name, W in self.averaged.items()}
        return state | {f"optimiser/{name}": a for name, a in self.optimizer.state().items()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a state."""
        for name in self.parameters:
            self.parameters[name][:] = state[f"parameters/{name}"]
            self.averaged[name][:] = state[f"averaged/{name}"]
        self.optimizer.restore(select_prefix(state, "optimiser/"))


def _mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> NDArray[np.float32]:
    """Inverted dropout: 0 with probability `rate`, else 1 / (1 − rate), with mean 1."""
    kept = rng.random(shape, np.float32) >= rate
    return kept.astype(np.float32) / np.float32(1 - rate)  # no scaling is needed when serving
