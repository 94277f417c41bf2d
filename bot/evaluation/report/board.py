"""What a run of the scoreboard found, ready for a terminal, a page and a file."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.evaluation.report.headline import Figure


class ScoreboardError(Exception):
    """The scoreboard cannot be made. The message is a sentence for whoever asked for it."""


@dataclass(frozen=True)
class Target:
    """What shall be reached, and whether it is."""

    name: str
    wanted: str
    """The bound: `at most 1.50`."""
    found: str
    met: bool

    @classmethod
    def at_most(cls, name: str, bound: float, found: float, form: str) -> "Target":
        """A figure that shall be low. `form` is how figures are written: `.3f`, `.1%`."""
        return cls(name, f"at most {bound:{form}}", f"{found:{form}}", found <= bound)

    @classmethod
    def at_least(cls, name: str, bound: float, found: float, form: str) -> "Target":
        """A figure that shall be high."""
        return cls(name, f"at least {bound:{form}}", f"{found:{form}}", found >= bound)


@dataclass(frozen=True)
class Table:
    """Cells as they are shown; those of the first column say what a row is."""

    title: str
    note: str
    """How it was measured."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plot:
    """A picture of the page, in the folder of its plots."""

    file: str
    title: str
    note: str
    """What there is to see."""


@dataclass(frozen=True)
class Board:
    """The part of one task on the scoreboard."""

    task: str
    """In the JSON: `kind`."""
    weights: str
    """SHA-256 of the weight file."""
    facts: tuple[tuple[str, str], ...]
    """What was measured, when and how."""
    targets: tuple[Target, ...]
    tables: tuple[Table, ...]
    samples_title: str
    samples: tuple[str, ...]
    """What the network writes, unpicked: poems, or lists of names."""
    plots: tuple[Plot, ...]
    headline: tuple[Figure, ...]
    figures: Mapping[str, Any]
    """The unrounded figures, for programs."""

    def to_json(self) -> str:
        """The board as a JSON text."""
        found = {"kind" if k == "task" else k: v for k, v in dataclasses.asdict(self).items()}
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Board":
        """The inverse. Raises `ValueError`, `KeyError` or `TypeError` for another text."""
        read = json.loads(text)
        read["task"] = read.pop("kind")
        read["facts"] = tuple(tuple(fact) for fact in read["facts"])
        read["targets"] = tuple(Target(**target) for target in read["targets"])
        read["tables"] = tuple(_table(**table) for table in read["tables"])
        read["samples"] = tuple(read["samples"])
        read["plots"] = tuple(Plot(**plot) for plot in read["plots"])
        read["headline"] = tuple(Figure(**figure) for figure in read["headline"])
        return cls(**read)


def _table(title: str, note: str, columns: list[str], rows: list[list[str]]) -> Table:
    return Table(title, note, tuple(columns), tuple(tuple(row) for row in rows))
