"""The figures of the scoreboard that `/about` shows, in a file beside the shipped weights."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.files import write_atomically
from models.weights import SHIPPED

FILE = "scoreboard.json"
PATH = SHIPPED / FILE


@dataclass(frozen=True)
class Figure:
    """A formatted figure."""

    measure: str
    """The measure, in words for members: `Pairs that rhyme`."""
    figure: str
    """The value with its unit: `98%`."""
    beside: str
    """Values of others: `Shakespeare 77%`."""


def read_headline(task: str, digest: str, path: Path = PATH) -> tuple[Figure, ...]:
    """The figures of the weights with this digest; empty if they have not been measured.

    Also empty if the file cannot be read.
    """
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))[task]
        if entry["weights"] != digest:
            return ()
        return tuple(Figure(**figure) for figure in entry["figures"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def write_headline(task: str, digest: str, figures: Sequence[Figure], path: Path = PATH) -> None:
    """Replace the figures of a task."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        entries = {}
    entries[task] = {"weights": digest, "figures": [dataclasses.asdict(f) for f in figures]}
    write_atomically(path, (json.dumps(entries, indent=2, ensure_ascii=False) + "\n").encode())
