"""Held-out text: cross-entropies, their intervals and differences, and the loss on a model card.

Items are resampled with replacement (Efron, 1979), always with the same generator, so that equal
losses have equal intervals. Two models are compared on the same resampled items, since a poem that
is hard for both says little about which of them is better.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus, CorpusError
from models.networks.network import Network
from models.training.losses import Losses, losses_of
from models.training.run import save_trained
from models.weights import Trained
from tools.evaluation.scoreboard import Table

RESAMPLES = 2_000
TOLERANCE = 1e-5
"""Relative difference up to which a loss is that of the card: machines round differently."""
NOTE = (
    "Mean −ln p per character of the held-out part, each item from the initial state. The 95% "
    "intervals are bootstrapped over the items. Differences are paired by item; below zero, "
    "Mangosaurus is better."
)


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float


def interval(losses: Losses) -> tuple[float, float] | None:
    """Ends of the 95% interval of the mean; `None` for a single item."""
    return _ends(_resampled(losses)) if len(losses.nats) > 1 else None


def difference(ours: Losses, other: Losses) -> Estimate | None:
    """Our cross-entropy minus the other, in nats per character, paired by item.

    Below zero, ours is better. `None` for a single item.
    """
    if len(ours.nats) < 2:
        return None
    value = ours.nats_per_character - other.nats_per_character
    return Estimate(value, *_ends(_resampled(ours) - _resampled(other)))


def _resampled(losses: Losses) -> NDArray[np.float64]:
    """Means of resampled items, `(resamples,)`: the same items for losses on the same texts."""
    items = len(losses.nats)
    rows = np.random.default_rng(0).integers(items, size=(RESAMPLES, items))
    means: NDArray[np.float64] = losses.nats[rows].sum(axis=1) / losses.sizes[rows].sum(axis=1)
    return means


def _ends(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def figures_of(losses: Losses, **further: object) -> dict[str, object]:
    """The unrounded figures, for a JSON file."""
    return {
        "nats_per_character": losses.nats_per_character,
        "interval": interval(losses),
        **further,
        "items": len(losses.nats),
        "characters": int(losses.sizes.sum()),
        "unknown": losses.unknown,
    }


@dataclass
class HeldOutLosses:
    """The held-out texts, and their losses under each model."""

    texts: Sequence[str]
    """The texts, with end symbols."""
    losses: dict[str, Losses] = field(default_factory=dict)
    """Losses by system; the first is Mangosaurus."""

    def measure(self, system: str, network: Network) -> None:
        """Measure and store the losses of a model."""
        self.losses[system] = losses_of(network, self.texts)

    @property
    def ours(self) -> Losses:
        """The losses of Mangosaurus, which is measured first."""
        return next(iter(self.losses.values()))

    def differences(self) -> Mapping[str, Estimate | None]:
        """The loss of Mangosaurus minus that of each other system."""
        others = list(self.losses.items())[1:]
        return {system: difference(self.ours, losses) for system, losses in others}

    def table(self) -> Table:
        """The table for the scoreboard."""
        differences, rows = self.differences(), []
        for system, losses in self.losses.items():
            ends, estimate = interval(losses), differences.get(system)
            rows.append(
                (
                    system,
                    f"{losses.nats_per_character:.4f}",
                    "{:.3f} to {:.3f}".format(*ends) if ends else "",
                    _signed(estimate) if estimate else "",
                )
            )
        columns = ("system", "nats/char", "95% interval", "Mangosaurus minus this")
        return Table("Held-out text", NOTE, columns, tuple(rows))

    def figures(self) -> dict[str, object]:
        """The unrounded figures, for the JSON file."""
        differences = self.differences()
        return {
            system: figures_of(losses, difference=differences.get(system))
            for system, losses in self.losses.items()
        }


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"


def held_out_losses(trained: Trained, corpus: Corpus) -> Losses:
    """The losses of a network on the held-out part of a corpus."""
    return losses_of(trained.network, [item + corpus.item_end for item in corpus.held_out])


def leak_warning(trained: Trained, corpus: Corpus) -> str | None:
    """A warning if the held-out loss is too optimistic."""
    if trained.card.corpus_sha256 != corpus.sha256:
        return (
            f"These weights were trained on another corpus ({trained.card.corpus}). If it shares "
            "text with this one, the loss is too optimistic."
        )
    if trained.card.reads_all:
        return "These weights were trained on the held-out part too, so the loss is too optimistic."
    return None


def check_record(trained: Trained, corpus: Corpus) -> None:
    """Raise `CorpusError` if the loss is not the held-out loss of a model card."""
    if trained.card.corpus_sha256 != corpus.sha256:
        raise CorpusError(
            "A model card records the held-out loss on its own corpus ({own}), not on {title}. "
            "Leave out --record, or use that corpus with --corpus.",
            own=trained.card.corpus,
            title=corpus.title,
        )
    if trained.card.reads_all:
        raise CorpusError(
            "These weights were trained on the held-out part too, so they have no held-out loss to "
            "record. Leave out --record."
        )


def record(path: Path, trained: Trained, nats_per_character: float) -> Trained:
    """Write the held-out loss into the model card of the weights at `path`; returns the result.

    The digest changes, since the card is a part of the file, unless the card has that loss already.
    """
    known = trained.card.held_out
    if known is not None and math.isclose(nats_per_character, known, rel_tol=TOLERANCE):
        return trained
    card = replace(trained.card, held_out=nats_per_character)
    recorded = replace(trained, card=card)
    return replace(recorded, digest=save_trained(path, recorded, trained.network.arrays()))
