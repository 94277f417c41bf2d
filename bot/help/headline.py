"""The figures of the scoreboard that `/about` shows, in a file beside the shipped weights."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import Sentence
from data.files import write_atomically
from models.weights import SHIPPED

FILE = "scoreboard.json"
PATH = SHIPPED / FILE


@dataclass(frozen=True)
class Figure:
    """A share, from 0 to 1, beside those of others."""

    measure: str
    """The measure, in words for members, which are translated: `Pairs that rhyme`."""
    share: float
    beside: Sentence
    """The values of others: `Shakespeare {share:.0%}`."""


def read_headline(task: str, digest: str, path: Path = PATH) -> tuple[Figure, ...]:
    """The figures of the weights with this digest; empty if they have not been measured.

    Also empty if the file cannot be read.
    """
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))[task]
        if entry["weights"] != digest:
            return ()
        return tuple(
            Figure(figure["measure"], figure["share"], Sentence(**figure["beside"]))
            for figure in entry["figures"]
        )
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
