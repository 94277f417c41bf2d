"""Scoreboard: the results of an evaluation as a Markdown page.

Each task has a board with targets, tables and samples. The page has one part for each task.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.help.headline import Figure
from data.files import write_atomically
from models.tasks import TASKS

INTRODUCTION = """\
# Scoreboard

Results of `python -m bot.evaluate names` and `python -m bot.evaluate sonnets`. To repeat them,
install `requirements-evaluate.txt`. Use `--seed` and `--openings` for other seeds and openings; see
`--help`.

Poems that were not picked are on [a page of their own](poems.md).

Held-out text was not used for any training or choice. Hyperparameters, discounts and mixture
weights were chosen on the validation part.
"""


class ScoreboardError(Exception):
    """The scoreboard cannot be made. The message is for the operator."""


@dataclass(frozen=True)
class QualityTarget:
    """A target, and whether it is met."""

    name: str
    wanted: str
    """The bound: `at most 1.50`."""
    found: str
    met: bool

    @classmethod
    def at_most(cls, name: str, bound: float, found: float, form: str) -> "QualityTarget":
        """A target with an upper bound. form: the format of figures, `.3f` or `.1%`."""
        return cls(name, f"at most {bound:{form}}", f"{found:{form}}", found <= bound)

    @classmethod
    def at_least(cls, name: str, bound: float, found: float, form: str) -> "QualityTarget":
        """A target with a lower bound."""
        return cls(name, f"at least {bound:{form}}", f"{found:{form}}", found >= bound)


@dataclass(frozen=True)
class Table:
    """A table of formatted cells; the first column names the rows."""

    title: str
    note: str
    """A note on how the figures were measured."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Board:
    """The part of one task on the scoreboard."""

    task: str
    facts: tuple[tuple[str, str], ...]
    """Facts about the run: what was measured, when and how."""
    targets: tuple[QualityTarget, ...]
    tables: tuple[Table, ...]
    samples_title: str
    samples: tuple[str, ...]
    """Unselected samples: lists of names. Poems have a page of their own."""
    headline: tuple[Figure, ...]


def publish(board: Board, path: Path) -> None:
    """Write the page to `path`. The parts of other tasks stay as they are on it."""
    parts = parts_of(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts[board.task] = markdown(board)
    page = "\n".join([INTRODUCTION, *(parts[task] for task in TASKS if task in parts)])
    write_atomically(path, page.encode())


def parts_of(page: str) -> dict[str, str]:
    """The parts of a page, by task."""
    titles = "|".join(task.capitalize() for task in TASKS)
    _, *parts = re.split(rf"^(?=## (?:{titles})$)", page, flags=re.MULTILINE)
    return {part[3 : part.index("\n")].lower(): part.rstrip("\n") + "\n" for part in parts}


def markdown(board: Board) -> str:
    """The part of a board on the page."""
    targets = Table(
        "Targets",
        "",
        ("", "target", "wanted", "found"),
        tuple(("✓" if t.met else "✗", t.name, t.wanted, t.found) for t in board.targets),
    )
    # Nothing is parsed as Markdown in a code block.
    samples = "\n".join((f"### {board.samples_title}\n", "```text", *board.samples, "```"))
    blocks = [
        f"## {board.task.capitalize()}",
        "\n".join(f"- {name}: {fact}" for name, fact in board.facts),
        *map(_table, (targets, *board.tables)),
        *([samples] if board.samples else []),
    ]
    return "\n\n".join(blocks) + "\n"


def _table(table: Table) -> str:
    head = [_row(table.columns), _row(["---"] * len(table.columns))]
    note = [table.note, ""] if table.note else []
    return "\n".join([f"### {table.title}", "", *note, *head, *map(_row, table.rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
