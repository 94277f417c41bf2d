"""What a training run tells of itself: to a person at a terminal, or, as JSON lines, to the bot."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError


@dataclass(frozen=True)
class Planned:
    """The corpus is read and the run can begin."""

    steps: int
    corpus: str
    notes: tuple[str, ...] = ()
    """What cleaning did to the corpus, a sentence each."""
    event: Literal["plan"] = "plan"


@dataclass(frozen=True)
class Progress:
    """An update was made."""

    step: int
    steps: int
    loss: float
    """Moving mean of the updates' losses, in nats per character (names by the recipe `notebook`:
    in nats per name)."""
    validation: float | None
    """The last that was measured, in nats per character."""
    characters_per_second: float
    seconds_left: float
    event: Literal["progress"] = "progress"


@dataclass(frozen=True)
class Samples:
    """What the network writes by now."""

    step: int
    texts: tuple[str, ...]
    event: Literal["samples"] = "samples"


@dataclass(frozen=True)
class Done:
    """The run is over and its results are written."""

    weights: Path
    plot: Path
    validation: float | None
    """The best that was measured, in nats per character."""
    samples: tuple[str, ...]
    seconds: float
    event: Literal["done"] = "done"


@dataclass(frozen=True)
class Stopped:
    """The run was interrupted before its end."""

    reason: str = ""
    checkpoint: Path | None = None
    """From which `--resume` goes on."""
    event: Literal["stopped"] = "stopped"


@dataclass(frozen=True)
class Failed:
    """The run cannot begin or go on. The message is a sentence."""

    message: str
    event: Literal["error"] = "error"


TrainingEvent = Planned | Progress | Samples | Done | Stopped | Failed

_EVENTS: TypeAdapter[TrainingEvent] = TypeAdapter(
    Annotated[TrainingEvent, Field(discriminator="event")]
)


def to_json(event: TrainingEvent) -> str:
    """One line of JSON, without its line feed."""
    return _EVENTS.dump_json(event).decode()


def from_json(line: str | bytes) -> TrainingEvent | None:
    """The event of a line, or `None` for anything else: a library may print what it likes."""
    try:
        return _EVENTS.validate_json(line)
    except ValidationError:
        return None
