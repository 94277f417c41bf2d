"""Recipes and trainers: how a task trains a network, from the operator's options to a trainer.

One loop (`models.training.run`) can run, display, stop and resume every trainer.
"""

import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus
from models.fingerprints import EMPTY_FILTER, NOTHING, BloomFilter, Fingerprints
from models.networks.network import Network
from models.text_generator import ShouldStop
from models.weights import Trained

Arrays = dict[str, NDArray[np.generic]]


def select_prefix(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> dict[str, Any]:
    """The arrays whose names start with `prefix`, with it removed from their names."""
    return {
        name.removeprefix(prefix): array.astype(array.dtype)  # a copy
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


@dataclass(frozen=True)
class Update:
    """One update of a training run."""

    step: int
    """Number of updates so far, including this one."""
    loss: float
    """Cross-entropy of this update's batch, in nats per character. For the recipe `notebook`, its
    smoothed loss in nats per name."""
    characters: int
    """Characters in this update's batch."""
    validation: float | None = None
    """Validation loss in nats per character, if it was measured after this update."""
    begins_anew: bool = False
    """Whether this is the first update of another fit with new random parameters."""
    milestone: bool = False
    """Whether the recipe shows samples of the network after this update."""
    samples: tuple[str, ...] = ()
    """Samples that the recipe has made itself."""


@dataclass(frozen=True)
class Figures:
    """Losses for the model card besides the validation loss; `None` if not measured.

    In nats per character, from a fit that was not trained on the measured text.
    """

    kneser_ney: float | None = None
    """Loss of the best Kneser-Ney model alone, on the same names as the validation loss."""
    measured: int | None = None
    """Number of these names."""
    reference_loss: float | None = None
    """Loss on the validation part of the project's corpus, whatever the training corpus."""


class Trainer(Protocol):
    """One training run of a corpus, a recipe and a seed.

    Deterministic: two runs with the same constructor arguments (and the same restored checkpoint)
    give the same network.
    """

    @property
    def steps(self) -> int:
        """Number of planned updates. A run may stop earlier."""

    def train(self) -> Iterator[Update]:
        """Run the updates, yielding after each. The caller may stop after any of them.

        A restored trainer continues after the last update of its checkpoint.
        """

    def network(self) -> Network:
        """The network to keep: the best by validation, for recipes that select it."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The parameters of `network()`, as stored in a weight file."""

    def checkpoint(self) -> Arrays:
        """Everything that `restore` needs. Called between two updates."""

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint of the same corpus, recipe and seed."""


# Recipes ------------------------------------------------------------------------------------------

FROM_NOTHING = Path("none")
"""The initial weights that stand for random parameters."""
_FLAGS = {"initial_weights": "--from", "extra_names": "--also"}
"""Options of `python -m bot.train` that are called otherwise than the field."""


class RecipeError(Exception):
    """A training cannot start. The message is a sentence for the operator."""


@dataclass(frozen=True)
class Options:
    """Options of a training. Recipes reject options that they do not support."""

    corpus: Path | None = None
    """A corpus file to train on instead of the project's corpus."""
    seed: int | None = None
    initial_weights: Path | None = None
    """A weight file whose training is continued."""
    units: int | None = None
    """Width of a network that starts from random parameters."""
    extra_names: Path | None = None
    """A file of names to train on in addition to the corpus."""
    words: Path | None = None
    """The folder of a long training of the word network (`tools.verse.long_training`)."""

    def refuse(self, *names: str) -> None:
        """Raise `RecipeError` if one of some options is set."""
        for name in names:
            if getattr(self, name) is not None:
                flag = _FLAGS.get(name, f"--{name}")
                raise RecipeError(f"This recipe takes no {flag}; leave it out.")


@dataclass(frozen=True, eq=False)
class Plan:
    """A training that is ready to start."""

    corpus: Corpus
    trainer: Trainer
    architecture: str
    """A key of the architectures in `models.weights`."""
    seed: int | None
    known: Fingerprints
    """Names or lines that the network must not copy."""
    versions: Mapping[str, str]
    """Versions of the libraries that train it."""
    proper: Fingerprints = NOTHING
    """Words that are capitalized."""
    runs: Fingerprints = NOTHING
    """Runs of words that the network must not copy."""
    further: BloomFilter = EMPTY_FILTER
    """Short lines and runs of words of further reading, which the network must not copy either."""
    base: Trained | None = None
    """The weights whose training is continued."""
    reads_all: bool = False
    """Whether the run trains on the held-out part of the corpus, too."""
    keeps_last: bool = False
    """Whether the last network is kept instead of the best by validation loss."""
    capitals: str = "^"
    """Positions that are capitalized in names (`models.names.capitalization`)."""
    small_words: tuple[str, ...] = ()
    """Words that stay in lower case at those positions."""
    figures: Callable[[], Figures] = Figures
    """Returns the figures for the model card, once training has ended."""
    complete: Callable[[Trained, ShouldStop], Network] | None = None
    """Adds what can only be learnt from what the trained network writes. Raises `Abandoned`."""
    validation_is_reference: bool = False
    """Whether the validation loss is the reference loss, too."""

    keeps_words: bool = True
    """Whether the weight file lists the names or words of the corpus."""
    listed: tuple[str, ...] | None = None
    """Words that the weight file lists instead of the corpus's own."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Digests of further texts that it was trained on, by their names."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The names or words of the corpus, then those of the base."""
        if self.listed is not None:
            return self.listed
        if not self.keeps_words:
            return ()
        return tuple(dict.fromkeys([*self.corpus.words, *(self.base.words if self.base else ())]))


@dataclass(frozen=True)
class Recipe:
    """A way to train a network for a task."""

    help: str
    """One line for `python -m bot.train --help`."""
    plan: Callable[[Options], Plan]
    """Reads the corpus and makes the trainer. Raises `RecipeError`, `CorpusError` and
    `WeightsError`."""


def library_versions(*distributions: str) -> dict[str, str]:
    """Versions of some distributions, as far as they are installed."""
    versions = {}
    for distribution in distributions:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[distribution] = importlib.metadata.version(distribution)
    return versions


def are_installed(modules: tuple[str, ...]) -> bool:
    """Whether all of some modules are installed. Imports none of them."""
    return all(importlib.util.find_spec(module) for module in modules)
