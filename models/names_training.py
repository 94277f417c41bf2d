"""The default training of names: a regularised LSTM, stopped by validation, then fitted to all.

Names are few and short, so the danger is learning them by heart. Weights and outputs are dropped at
random, large weights decay, what is kept is a running average of the weights, and the validation
part says when to stop. Then the same is done again, for as many updates, with the validation part
among what is read: a tenth more names to learn from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus
from models.lstm import LSTM
from models.lstm_gradient import Batch, Dropout, Parameters, loss_and_gradients
from models.network import cross_entropy
from models.optimiser import AdamW, clip_norm, follow
from models.training import Arrays, Progress
from models.vocabulary import END, Vocabulary

LETTERS = Vocabulary(END + "abcdefghijklmnopqrstuvwxyz")
"""All of them, whatever the list holds: a member may ask for names that begin with any."""


@dataclass(frozen=True)
class Settings:
    """What decides how well and how fast it learns. The defaults are what validation chose."""

    units: int = 128
    batch: int = 64
    """Names to an update."""
    learning_rate: float = 1e-2
    warm_up: int = 50
    """Updates in which the learning rate rises from zero."""
    weight_decay: float = 0.01
    recurrent_dropout: float = 0.6
    output_dropout: float = 0.4
    largest_gradient: float = 1.0
    """Longer ones are shortened to it."""
    measure_every: int = 50
    """Updates between two looks at the validation part."""
    show_every: int = 200
    """Updates between two moments at which it is worth seeing what the network writes."""
    patience: int = 8
    """Looks without a better one after which the first fit ends."""
    most_updates: int = 3_000
    """After which it ends in any case."""


class NamesTrainer:
    """Trains an LSTM on a list of names. A `models.training.Trainer`.

    The validation figures are those of the first fit. The network of the second has read that part
    too; it takes the place of the first one's best when it is done.
    """

    def __init__(
        self,
        corpus: Corpus,
        seed: int,
        settings: Settings = Settings(),
    ) -> None:
        """Plan both fits. The held-out part of the corpus is not read."""
        self.seed = seed
        self.settings = settings
        self._training = [name + END for name in corpus.training]
        self._validation = [name + END for name in corpus.validation]
        self._fit = self._first_fit()
        self._first_fit_updates: int | None = None  # not known before it has ended
        self._best: Parameters | None = None
        self._best_loss = np.inf
        self._best_updates = 0

    @property
    def steps(self) -> int:
        """Updates of both fits. An upper bound until the first has ended."""
        if self._first_fit_updates is None:
            return 2 * self.settings.most_updates
        return self._first_fit_updates + self._best_updates

    def train(self) -> Iterator[Progress]:
        """Fit with an eye on the validation part, then fit again with that part included."""
        while self._first_fit_updates is None:
            loss, characters = self._fit.update()
            updates = self._fit.updates
            looks = updates % self.settings.measure_every == 0
            measured = self._measure() if looks else None
            if self._is_over(updates):
                self._first_fit_updates = updates
                self._fit = self._second_fit()
            shows = updates % self.settings.show_every == 0
            yield Progress(updates, loss, characters, measured, milestone=shows)
        while self._fit.updates < self._best_updates:
            loss, characters = self._fit.update()
            if self._fit.updates == self._best_updates:
                self._best = self._fit.averaged
            step = self._first_fit_updates + self._fit.updates
            yield Progress(step, loss, characters, begins_anew=self._fit.updates == 1)

    def network(self) -> LSTM:
        """The second fit's network once that is done; before, the best of the first so far."""
        return LSTM.from_arrays(LETTERS.symbols, self.arrays())

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        best = self._best or self._fit.averaged
        return {name: array.astype(np.float32) for name, array in best.items()}

    def checkpoint(self) -> Arrays:
        """Both fits so far. Batches and masks follow from the number of the update."""
        return {
            "first_fit_updates": np.array(self._first_fit_updates or 0),
            "best_loss": np.array(self._best_loss),
            "best_updates": np.array(self._best_updates),
            **{f"best/{name}": array.copy() for name, array in (self._best or {}).items()},
            **{f"fit/{name}": array for name, array in self._fit.state().items()},
        }

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a checkpoint."""
        self._first_fit_updates = int(checkpoint["first_fit_updates"]) or None
        self._best_loss = float(checkpoint["best_loss"])
        self._best_updates = int(checkpoint["best_updates"])
        self._best = _part(checkpoint, "best/") or None
        self._fit = self._first_fit() if self._first_fit_updates is None else self._second_fit()
        self._fit.restore(_part(checkpoint, "fit/"))

    def _measure(self) -> float:
        network = LSTM.from_arrays(LETTERS.symbols, self._fit.averaged)
        loss = cross_entropy(network, self._validation)
        if loss < self._best_loss:
            self._best_loss, self._best_updates = loss, self._fit.updates
            self._best = {name: array.copy() for name, array in self._fit.averaged.items()}
        return loss

    def _is_over(self, updates: int) -> bool:
        waited = updates - self._best_updates
        patience = self.settings.patience * self.settings.measure_every
        return waited >= patience or updates >= self.settings.most_updates

    def _first_fit(self) -> "_Fit":
        return _Fit(self._training, self.seed, self.settings)

    def _second_fit(self) -> "_Fit":
        return _Fit(self._training + self._validation, self.seed, self.settings)


class _Fit:
    """A network that is being fitted to some texts."""

    def __init__(self, texts: Sequence[str], seed: int, settings: Settings) -> None:
        self.texts = texts
        self.seed = seed
        self.settings = settings
        self.parameters = _initial_parameters(np.random.default_rng(seed), settings.units)
        self.averaged = {name: W.copy() for name, W in self.parameters.items()}
        self.optimiser = AdamW(
            self.parameters, settings.learning_rate, weight_decay=settings.weight_decay
        )

    @property
    def updates(self) -> int:
        return self.optimiser.updates

    def update(self) -> tuple[float, int]:
        """One update; the loss of its batch and how many characters that holds."""
        settings = self.settings
        rng = np.random.default_rng([self.seed, self.updates])
        batch = Batch.of(self._next_texts(), LETTERS)
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
            epoch: np.random.default_rng([self.seed, epoch]).permutation(count)
            for epoch in (begin // count, (begin + size - 1) // count)
        }
        places = range(begin, begin + size)
        return [self.texts[orders[place // count][place % count]] for place in places]

    def state(self) -> Parameters:
        """Everything for `restore`."""
        state = {f"parameters/{name}": W.copy() for name, W in self.parameters.items()}
        state |= {f"averaged/{name}": W.copy() for name, W in self.averaged.items()}
        return state | {f"optimiser/{name}": a for name, a in self.optimiser.state().items()}

    def restore(self, state: Mapping[str, NDArray[np.floating]]) -> None:
        """Go back to a state."""
        for name in self.parameters:
            self.parameters[name][:] = state[f"parameters/{name}"]
            self.averaged[name][:] = state[f"averaged/{name}"]
        self.optimiser.restore(_part(state, "optimiser/"))


def _initial_parameters(rng: np.random.Generator, units: int) -> Parameters:
    """Uniform weights within ±1 / √units; the forget gates begin open (Jozefowicz et al., 2015)."""
    bound, size = units**-0.5, len(LETTERS)
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


def _part(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Parameters:
    return {
        name.removeprefix(prefix): array.astype(array.dtype)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
