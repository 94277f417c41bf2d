"""Interface of all trainers: one loop can run, display, stop and resume each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Network

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Progress:
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
    """These samples, if the recipe samples them itself."""


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
        ...

    def train(self) -> Iterator[Progress]:
        """Run the updates, yielding after each. The caller may stop after any of them.

        A restored trainer continues after the last update of its checkpoint.
        """
        ...

    def network(self) -> Network:
        """The network to keep: the best by validation, for recipes that select it."""
        ...

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The parameters of `network()`, as stored in a weight file."""
        ...

    def checkpoint(self) -> Arrays:
        """Everything that `restore` needs. Called between two updates."""
        ...

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint of the same corpus, recipe and seed."""
        ...
