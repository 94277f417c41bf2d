"""What all trainers have in common, so that one loop can drive, show, stop and resume them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Network

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Progress:
    """One update of a training run."""

    step: int
    """Updates made so far, this one included."""
    loss: float
    """Cross-entropy of this update's batch, in nats per character (the recipe `notebook`: its
    smoothed loss, in nats per name)."""
    characters: int
    """Characters read by this update."""
    validation: float | None = None
    """Validation cross-entropy in nats per character, when it was measured after this update."""
    begins_anew: bool = False
    """Whether this is the first update of another fit from fresh parameters."""
    milestone: bool = False
    """Whether this is a moment at which the recipe shows what the network writes by now."""
    samples: tuple[str, ...] = ()
    """What it writes, if the recipe has a way of sampling of its own."""


@dataclass(frozen=True)
class Figures:
    """What a training can say for the model card beside its validation loss; `None`: nothing.

    In nats per character, by the fit that has not read what is measured.
    """

    kneser_ney: float | None = None
    """The best Kneser-Ney model by itself, on the names of the validation loss."""
    measured: int | None = None
    """How many names that are."""
    reference_loss: float | None = None
    """Loss on the validation part of the project's own corpus."""


class Trainer(Protocol):
    """One training run: a corpus, a recipe and a seed.

    Nothing but the constructor's arguments and `restore` decides what `train` does: two runs with
    the same ones give the same network.
    """

    @property
    def steps(self) -> int:
        """How many updates are planned. A run may stop earlier."""
        ...

    def train(self) -> Iterator[Progress]:
        """Update the network again and again. May be left between any two updates.

        A trainer that was restored goes on behind the last update of its checkpoint.
        """
        ...

    def network(self) -> Network:
        """The network to keep: the best by validation where the recipe looks for it."""
        ...

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`, as its weight file stores them."""
        ...

    def checkpoint(self) -> Arrays:
        """Everything that `restore` needs, between two updates."""
        ...

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a checkpoint of the same corpus, recipe and seed."""
        ...
