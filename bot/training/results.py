"""Final events of trainings that the training service adds to those of the trainer."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum

from bot.training.version_queries import VersionRecord
from models.training.events import Failed, Stopped, TrainingEvent
from models.weights import ModelCard


class Reason(StrEnum):
    """Why a training failed or stopped, as `Failed`, `Stopped` and the database have it.

    Any other text in those places is a sentence of the trainer.
    """

    BUTTON = "button"
    """A member pressed Stop. The member is not stored."""
    CRASHED = "crashed"
    """The trainer ended without a final event."""
    KILLED = "killed"
    """The trainer was killed by SIGKILL, perhaps because memory ran out."""
    WORKER_LOST = "worker lost"
    """The machine of the cluster that trained is gone."""
    TOO_LONG = "too long"
    """The trainer did not end in time."""
    UNREADABLE = "unreadable"
    """The results could not be read."""
    DATABASE = "database"
    """The database was unavailable when the results were ready."""
    DELETED = "deleted"
    """The custom model was deleted meanwhile."""
    FORGOTTEN = "forgotten"
    """The member who uploaded its corpus has deleted their data."""
    BROKEN = "broken"
    """An error of the bot; the log says more."""


@dataclass(frozen=True)
class CustomModelTrained:
    """A custom model has new weights and can be used."""

    card: ModelCard
    samples: tuple[str, ...]
    """Sample names, as displayed."""
    seconds: float
    entries: int
    """Names in its corpus."""


@dataclass(frozen=True)
class Interrupted:
    """The bot is shutting down. The training is back in the queue."""


Result = VersionRecord | CustomModelTrained
End = Result | Stopped | Failed | Interrupted
"""The last event of a training is one of these."""
Event = TrainingEvent | Result | Interrupted
Events = AsyncGenerator[Event, None]
