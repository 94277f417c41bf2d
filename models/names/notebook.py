"""The notebook's training of names, reproduced to the last digit that it prints.

Section 3.2 of "Character level language model - Dinosaurus land": stochastic gradient descent, one
name at a time, in an order that is shuffled once. Where the notebook uses NumPy's global generator,
this uses private generators with the same seeds.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus
from models.networks.network import cross_entropy
from models.networks.rnn import (
    RNN,
    get_initial_loss,
    initialize_parameters,
    optimize,
    sample,
    smooth,
)
from models.networks.vocabulary import END, Vocabulary
from models.training.recipe import Arrays, Update

UNITS = 50
LEARNING_RATE = 0.01
ITERATIONS = 35_000
SAMPLE_EVERY = 2_000
DINO_NAMES = 7
"""Number of names sampled every `SAMPLE_EVERY` iterations."""
MAX_VALIDATION = 250
"""Names of the validation part that are used, so that validation takes little time."""


class NotebookTrainer:
    """Trains the notebook's network on a corpus file as it is. Implements `Trainer`.

    `Update.loss` is the notebook's smoothed loss, in nats per name. `Update.validation`, at
    each milestone and at the end, is the cross-entropy of the validation part in nats per
    character. It is too optimistic, because this recipe trains on that part too.
    """

    def __init__(self, corpus: Corpus) -> None:
        """Shuffle the examples and initialize the weights."""
        lines = (line.strip() for line in corpus.plain.lower().split("\n"))
        self.examples = [line for line in lines if line]
        self.vocabulary = Vocabulary.of(self.examples)
        # Cleaning (é → e) may produce letters that the file, and so the vocabulary, does not have.
        letters = set(self.vocabulary.symbols)
        encodable = [name + END for name in corpus.validation if letters.issuperset(name)]
        self._validation = encodable[:MAX_VALIDATION]
        np.random.RandomState(0).shuffle(self.examples)
        self._encoded = [self.vocabulary.encode(example).tolist() for example in self.examples]
        size = len(self.vocabulary)
        self.parameters = initialize_parameters(UNITS, size, size, np.random.RandomState(1))
        self._a_prev = np.zeros((UNITS, 1))
        self._loss = get_initial_loss(size, DINO_NAMES)
        self._done = 0

    @property
    def steps(self) -> int:
        """The notebook's number of iterations."""
        return ITERATIONS

    def train(self) -> Iterator[Update]:
        """One update per name. The hidden state carries over from name to name."""
        while self._done < ITERATIONS:
            j = self._done
            name = self._encoded[j % len(self._encoded)]
            curr_loss, _, self._a_prev = optimize(
                X=[None, *name],  # x⟨1⟩ = 0
                Y=[*name, self.vocabulary.end],  # X shifted by one
                a_prev=self._a_prev,
                parameters=self.parameters,
                learning_rate=LEARNING_RATE,
            )
            self._loss = smooth(self._loss, curr_loss)
            self._done += 1
            milestone = j % SAMPLE_EVERY == 0
            yield Update(
                self._done,
                self._loss,
                len(name) + 1,
                validation=self._measure() if milestone or self._done == ITERATIONS else None,
                milestone=milestone,
                samples=self._samples() if milestone else (),
            )

    def network(self) -> RNN:
        """The latest network: this recipe does not select the best one."""
        return RNN.from_arrays(self.vocabulary.symbols, self.arrays())

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return {name: W.astype(np.float32) for name, W in self.parameters.items()}

    def checkpoint(self) -> Arrays:
        """Parameters, hidden state, smoothed loss and number of updates."""
        return {
            "done": np.array(self._done),
            "loss": np.array(self._loss),
            "a_prev": self._a_prev.copy(),
            **{name: W.copy() for name, W in self.parameters.items()},
        }

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = int(checkpoint["done"])
        self._loss = float(checkpoint["loss"])
        self._a_prev = checkpoint["a_prev"].astype(np.float64)
        self.parameters = {name: checkpoint[name].astype(np.float64) for name in self.parameters}

    def _measure(self) -> float | None:
        return cross_entropy(self.network(), self._validation) if self._validation else None

    def _samples(self) -> tuple[str, ...]:
        char_to_ix = {symbol: ix for ix, symbol in enumerate(self.vocabulary.symbols)}
        sampled = (sample(self.parameters, char_to_ix, seed) for seed in range(DINO_NAMES))
        names = (self.vocabulary.decode(indices).removesuffix(END) for indices in sampled)
        return tuple(name[:1].upper() + name[1:] for name in names)
