"""Versions of the shared networks: their figures, and the rule for automatic activation."""

import json
from dataclasses import dataclass
from datetime import datetime

from bot.store.versions import Live, NewVersion, VersionRecord
from models.tasks import task_of
from models.training.events import Done
from models.weights import ModelCard, Trained

MARGIN = 0.01
"""Nats per character by which a version may be worse than its baseline and still go live by itself.

Two seeds of the same recipe differ by up to 0.005, so a tie within that noise passes. The recipe
`quick` is 0.023 to 0.027 behind `best` (seeds 1 to 6): it must not replace it unless a member with
the right to retrain says so.
"""
LONGEST_TITLE, LONGEST_RECIPE = 200, 40
"""Characters that the database has room for."""
AUTOMATIC, FORCED = "automatic", "forced"
"""Reasons for the activation of a version by its own training."""
AUTOMATIC_REASONS = frozenset({AUTOMATIC, "better"})
"""Before 0.4.0 the reason was called `better`, although ties had it, too."""


@dataclass(frozen=True)
class VersionSummary:
    """A version without its weights. Losses are in nats per character."""

    task: str
    number: int | None
    """`None` for the shipped weights."""
    corpus: str
    """The title of the corpus."""
    recipe: str
    seed: int | None
    validation: float | None
    reference_loss: float | None
    created: datetime | None = None
    """`None` for the shipped weights."""
    seconds: float | None = None
    """How long its training took."""
    baseline_loss: float | None = None
    """The reference loss that it was compared with after its training."""
    samples: tuple[str, ...] = ()
    usable: bool = True
    """Whether its weights are still kept."""


@dataclass(frozen=True)
class VersionPage:
    """A page of the versions of a task, newest first."""

    task: str
    versions: tuple[VersionSummary, ...]
    live: Live
    number: int
    """The page number, from 0."""
    pages: int


@dataclass(frozen=True)
class VersionComparison:
    """A version beside those that it is compared with."""

    version: VersionSummary
    live: Live
    previous: VersionSummary | None
    """The version of the task that was created before it."""
    shipped: VersionSummary
    curve: bytes | None
    """The loss curve, a PNG."""


@dataclass(frozen=True)
class VersionCreated:
    """A training has created a version."""

    number: int
    card: ModelCard
    done: Done
    curve: bytes
    """The loss curve, a PNG."""
    reason: str
    """Why it is live: `AUTOMATIC` or `FORCED`; empty if it is not."""
    reference_loss: float | None
    """Loss on the text that all versions of a task are compared on, in nats per character."""
    baseline_loss: float | None
    """The loss that it was compared with."""


def may_activate(reference_loss: float | None, baseline_loss: float | None) -> bool:
    """Whether a version may go live by itself: both losses are known, and it is not worse.

    A difference of up to `MARGIN` counts as a tie, so going live does not mean being better.
    """
    if reference_loss is None or baseline_loss is None:
        return False
    return reference_loss <= baseline_loss + MARGIN


def new_version(trained: Trained, content: bytes) -> NewVersion:
    """What the model card of a weight file says about a version."""
    card = trained.card
    return NewVersion(
        task=card.task,
        digest=trained.digest,
        weights=content,
        corpus=card.corpus[:LONGEST_TITLE],
        corpus_sha256=card.corpus_sha256,
        recipe=card.recipe[:LONGEST_RECIPE],
        seed=card.seed,
        validation=card.validation,
        reference_loss=task_of(card.task).reference_loss(card),
        baseline_loss=None,
    )


def summary_of(record: VersionRecord) -> VersionSummary:
    return VersionSummary(
        task=record.task,
        number=record.id,
        corpus=record.corpus,
        recipe=record.recipe,
        seed=record.seed,
        validation=record.validation,
        reference_loss=record.reference_loss,
        created=record.created_at,
        seconds=record.seconds,
        baseline_loss=record.baseline_loss,
        samples=tuple(json.loads(record.samples)),
        usable=record.has_weights,
    )


def shipped_summary(task: str) -> VersionSummary:
    card = task_of(task).shipped_card
    return VersionSummary(
        task=task,
        number=None,
        corpus=card.corpus,
        recipe=card.recipe,
        seed=card.seed,
        validation=card.validation,
        reference_loss=task_of(task).reference_loss(card),
    )
