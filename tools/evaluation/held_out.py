"""Held-out text: cross-entropies, their intervals and differences, and the loss on a model card.

Items are resampled with replacement (Efron, 1979), always with the same generator, so that equal
losses have equal intervals. Two models are compared on the same resampled items, since a poem that
is hard for both says little about which of them is better.
"""

import math
from collections.abc import Sequence
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


def interval(losses: Losses) -> tuple[float, float] | None:
    """Ends of the 95% interval of the mean; `None` for a single item."""
    return _ends(_resampled(losses)) if len(losses.nats) > 1 else None


def difference(ours: Losses, other: Losses) -> tuple[float, float, float] | None:
    """Our cross-entropy minus the other, in nats per character, and the ends of its 95% interval.

    Paired by item: below zero, ours is better. `None` for a single item.
    """
    if len(ours.nats) < 2:
        return None
    value = ours.nats_per_character - other.nats_per_character
    return (value, *_ends(_resampled(ours) - _resampled(other)))


def _resampled(losses: Losses) -> NDArray[np.float64]:
    """Means of resampled items, `(resamples,)`: the same items for losses on the same texts."""
    items = len(losses.nats)
    rows = np.random.default_rng(0).integers(items, size=(RESAMPLES, items))
    means: NDArray[np.float64] = losses.nats[rows].sum(axis=1) / losses.sizes[rows].sum(axis=1)
    return means


def _ends(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


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

    def table(self) -> Table:
        """The table for the scoreboard."""
        rows = []
        for system, losses in self.losses.items():
            ends = interval(losses)
            found = None if losses is self.ours else difference(self.ours, losses)
            rows.append(
                (
                    system,
                    f"{losses.nats_per_character:.4f}",
                    "{:.3f} to {:.3f}".format(*ends) if ends else "",
                    "{:+.3f} ({:+.3f} to {:+.3f})".format(*found) if found else "",
                )
            )
        columns = ("system", "nats/char", "95% interval", "Mangosaurus minus this")
        return Table("Held-out text", NOTE, columns, tuple(rows))


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
            "A model card can only record the held-out loss on the model's own corpus ({own}), "
            "not on {title}. Leave out --record, or set --corpus to the model's own corpus.",
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
