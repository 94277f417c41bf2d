"""Pretraining of LSTMs on the names of living beings, before they learn a list of names.

The 1,318 dinosaurs are few, and are named as other animals are: from Greek, Latin, places and
people. So the networks first read all genera of the NCBI taxonomy, with those of
vertebrates and the training part of the dinosaurs repeated. Then a recipe continues with its list
alone (`models.names.trainer`).
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus
from data.further_reading import Genera
from models.networks.network import cross_entropy
from models.networks.vocabulary import END
from models.serving.mixture import ParallelMixture
from models.training.numpy_lstm import Fit, FitSettings, select_prefix
from models.training.trainer import Arrays, Progress

LSTMS = 3
"""Number of LSTMs. They differ in their random weights: several that continue from the same one are
no better than it."""
UPDATES = 3_000
"""For each LSTM."""
SETTINGS = FitSettings(
    units=192, batch=128, learning_rate=8e-3, recurrent_dropout=0.15, output_dropout=0.15
)
MEASURE_EVERY = 250
"""Updates between two validations."""
VERTEBRATES, DINOSAURS = 7, 20
"""How often an epoch reads each genus of vertebrates, and each dinosaur. Others are read once."""


def reading_list(genera: Genera, names: Corpus) -> tuple[str, ...]:
    """The names of an epoch: genera, and the training part of the dinosaurs."""
    return genera.vertebrates * VERTEBRATES + genera.others + names.training * DINOSAURS


class Pretrainer:
    """Trains LSTMs side by side. Implements `models.training.trainer.Trainer`."""

    def __init__(
        self,
        corpus: Corpus,
        seed: int,
        settings: FitSettings = SETTINGS,
        *,
        lstms: int = LSTMS,
        updates: int = UPDATES,
    ) -> None:
        """Prepare the training. The validation part is measured, and not trained on."""
        texts = [name + END for name in corpus.training]
        self.steps = updates
        self._validation = [name + END for name in corpus.validation]
        self._fits = [Fit(texts, (seed, k), settings) for k in range(lstms)]

    def train(self) -> Iterator[Progress]:
        """All updates of all LSTMs."""
        while (updates := self._fits[0].updates) < self.steps:
            losses, characters = zip(*(fit.update() for fit in self._fits), strict=True)
            measures = (updates + 1) % MEASURE_EVERY == 0
            yield Progress(
                updates + 1,
                float(np.mean(losses)),
                sum(characters),
                cross_entropy(self.network(), self._validation) if measures else None,
            )

    def network(self) -> ParallelMixture:
        """The LSTMs with equal shares."""
        count = len(self._fits)
        members = tuple(fit.network() for fit in self._fits)
        return ParallelMixture(members, np.full(count, 1 / count, np.float32))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """The state of all LSTMs."""
        return {
            f"{k}/{name}": array
            for k, fit in enumerate(self._fits)
            for name, array in fit.state().items()
        }

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        for k, fit in enumerate(self._fits):
            fit.restore(select_prefix(checkpoint, f"{k}/"))
