"""Versions of the shared models: pages, comparisons, and the rule for automatic activation."""

from dataclasses import dataclass

from bot.training.version_queries import Live, VersionRecord
from models.tasks import task_of
from models.weights import ModelCard

MARGIN = 0.01
"""Largest reference loss above the baseline for automatic activation, in nats per character.

Two seeds of the same recipe differ by up to 0.005: such a tie passes. The recipe `quick` is 0.011
to 0.012 worse than `best` (seeds 0 to 4): it must not replace `best` automatically.
"""
LONGEST_TITLE, LONGEST_RECIPE = 200, 40
"""Characters of the columns in the database."""
AUTOMATIC, FORCED = "automatic", "forced"
"""Reasons for the activation of a version by its own training."""
AUTOMATIC_REASONS = frozenset({AUTOMATIC, "better"})
"""Before 0.4.0 the reason was called `better`, also for ties."""


@dataclass(frozen=True)
class VersionPage:
    """A page of the versions of a task, newest first."""

    task: str
    versions: tuple[VersionRecord, ...]
    live: Live
    number: int
    """The page number, from 0."""
    pages: int


@dataclass(frozen=True)
class VersionComparison:
    """A version, and those that it is compared with."""

    version: VersionRecord
    live: Live
    previous: VersionRecord | None
    """The version of the task that was created before it."""
    shipped: VersionRecord
    curve: bytes | None
    """The loss curve, a PNG."""


def may_activate(reference_loss: float | None, baseline_loss: float | None) -> bool:
    """Whether a version is activated automatically: both losses are known, and it is not worse.

    A difference of up to `MARGIN` counts as a tie.
    """
    if reference_loss is None or baseline_loss is None:
        return False
    return reference_loss <= baseline_loss + MARGIN


def version_of(card: ModelCard, digest: str = "") -> VersionRecord:
    """The record of a version, from its model card. `digest` is empty for the shipped weights."""
    return VersionRecord(
        task=card.task,
        digest=digest,
        corpus=card.corpus[:LONGEST_TITLE],
        corpus_sha256=card.corpus_sha256,
        recipe=card.recipe[:LONGEST_RECIPE],
        seed=card.seed,
        validation=card.validation,
        reference_loss=task_of(card.task).reference_loss(card),
    )
