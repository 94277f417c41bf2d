"""Versions of the shared networks: their figures, and the rule for automatic activation."""

from dataclasses import dataclass

from bot.store.versions import Live, VersionRecord
from models.tasks import task_of
from models.weights import ModelCard

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
    """A version beside those that it is compared with."""

    version: VersionRecord
    live: Live
    previous: VersionRecord | None
    """The version of the task that was created before it."""
    shipped: VersionRecord
    curve: bytes | None
    """The loss curve, a PNG."""


def may_activate(reference_loss: float | None, baseline_loss: float | None) -> bool:
    """Whether a version may go live by itself: both losses are known, and it is not worse.

    A difference of up to `MARGIN` counts as a tie, so going live does not mean being better.
    """
    if reference_loss is None or baseline_loss is None:
        return False
    return reference_loss <= baseline_loss + MARGIN


def version_of(card: ModelCard, digest: str = "") -> VersionRecord:
    """What a model card says about a version. Without a digest, that of the shipped weights."""
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
