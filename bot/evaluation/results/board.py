"""Results of an evaluation as text: for the terminal, the page and the JSON file."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.evaluation.results.headline import Figure


class ScoreboardError(Exception):
    """The scoreboard cannot be made. The message is for the operator."""


@dataclass(frozen=True)
class Target:
    """A target, and whether it is met."""

    name: str
    wanted: str
    """The bound: `at most 1.50`."""
    found: str
    met: bool

    @classmethod
    def at_most(cls, name: str, bound: float, found: float, form: str) -> "Target":
        """A target with an upper bound. form: the format of figures, `.3f` or `.1%`."""
        return cls(name, f"at most {bound:{form}}", f"{found:{form}}", found <= bound)

    @classmethod
    def at_least(cls, name: str, bound: float, found: float, form: str) -> "Target":
        """A target with a lower bound."""
        return cls(name, f"at least {bound:{form}}", f"{found:{form}}", found >= bound)

    @classmethod
    def between(cls, name: str, low: float, high: float, found: float, form: str) -> "Target":
        """A target with a lower and an upper bound."""
        return cls(name, f"{low:{form}} to {high:{form}}", f"{found:{form}}", low <= found <= high)


@dataclass(frozen=True)
class Table:
    """A table of formatted cells; the first column names the rows."""

    title: str
    note: str
    """How it was measured."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plot:
    """A plot of the page; `file` is its name in the folder of plots."""

    file: str
    title: str
    note: str
    """Explanation."""


@dataclass(frozen=True)
class Board:
    """The part of one task on the scoreboard."""

    task: str
    """In the JSON: `kind`."""
    weights: str
    """SHA-256 of the weight file."""
    facts: tuple[tuple[str, str], ...]
    """Facts about the run: what was measured, when and how."""
    targets: tuple[Target, ...]
    tables: tuple[Table, ...]
    samples_title: str
    samples: tuple[str, ...]
    """Unselected samples: poems, or lists of names."""
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
        """The inverse of `to_json`. Raises `ValueError`, `KeyError` or `TypeError`."""
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
