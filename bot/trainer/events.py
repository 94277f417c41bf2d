"""Events of a training, as JSON lines between the bot and `python -m bot.train`."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

from bot.text.stored import read_stored
from bot.text.stored import to_json as stored_as_json
from data.phrases import Showable
from models.training.events import Failed, TrainingEvent
from models.weights import ModelCard

_KINDS: dict[str, type[TrainingEvent]] = {kind.event: kind for kind in get_args(TrainingEvent)}


class EndReason(StrEnum):
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


def to_json(event: TrainingEvent) -> str:
    """Encode an event as a line of JSON, without the line feed."""
    import msgspec  # not before a training runs

    return msgspec.json.encode(event, enc_hook=_encoded).decode()


def from_json(line: str | bytes) -> TrainingEvent | None:
    """Decode a line; `None` for anything but an event, as libraries print lines of their own."""
    import msgspec

    try:
        values = msgspec.json.decode(line)
        event = msgspec.convert(values, _KINDS[values["event"]], dec_hook=_decoded)
        if isinstance(event, Failed):
            return replace(event, message=read_stored(event.message))
        return event
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _encoded(value: object) -> object:
    """Encode a value that msgspec does not know: a phrase, a path, or a number of NumPy."""
    if isinstance(value, Showable):
        return stored_as_json(value)
    return float(value) if isinstance(value, float) else str(value)


def _decoded(kind: type[Any], value: object) -> Any:  # noqa: ANN401 (a value of any kind)
    if isinstance(value, str) and kind in (Path, Showable):
        return Path(value) if kind is Path else read_stored(value)
    raise TypeError(f"{kind} in an event")
