"""Events that a training run reports. Plain dataclasses: the reporters decide how to show them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.phrases import Showable


@dataclass(frozen=True)
class Planned:
    """The corpus is read and training starts."""

    steps: int
    corpus: str
    """The title of the corpus."""
    notes: tuple[Showable, ...] = ()
    """Sentences about what cleaning changed in the corpus."""
    event: Literal["plan"] = "plan"


@dataclass(frozen=True)
class Progress:
    """One update was made."""

    step: int
    steps: int
    loss: float
    """Moving average of the updates' losses, in nats per character (the recipe `notebook` for
    names: in nats per name)."""
    validation: float | None
    """The latest validation loss in nats per character."""
    characters_per_second: float
    seconds_left: float
    event: Literal["progress"] = "progress"


@dataclass(frozen=True)
class Samples:
    """Texts that the network writes after `step` updates."""

    step: int
    texts: tuple[str, ...]
    event: Literal["samples"] = "samples"


@dataclass(frozen=True)
class Done:
    """Training has ended and its results are written."""

    weights: Path
    plot: Path
    validation: float | None
    """Validation loss of the network that is kept, in nats per character."""
    samples: tuple[str, ...]
    seconds: float
    event: Literal["done"] = "done"


@dataclass(frozen=True)
class Stopped:
    """Training was interrupted before its end."""

    reason: str = ""
    checkpoint: Path | None = None
    """The file that `--resume` continues from."""
    event: Literal["stopped"] = "stopped"


@dataclass(frozen=True)
class Failed:
    """Training cannot start or go on. The message is a sentence."""

    message: str
    event: Literal["error"] = "error"


TrainingEvent = Planned | Progress | Samples | Done | Stopped | Failed
