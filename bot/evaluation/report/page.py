"""The scoreboard as a Markdown page."""

from collections.abc import Mapping, Sequence

from bot.evaluation.results.board import Board, Plot, Table
from models.tasks import TASKS

INTRODUCTION = """\
# Scoreboard

Results of `python -m bot.evaluate names` and `python -m bot.evaluate sonnets`. To repeat them,
install `requirements-evaluate.txt`. Use `--seed` and `--openings` for other seeds and openings; see
`--help`.

Held-out text was not used for any training or choice. Hyperparameters, discounts and mixture
weights were chosen on the validation part.
"""


def page(boards: Mapping[str, Board], folder: str) -> str:
    """The page with all measured tasks. folder: that of the plots, relative to the page."""
    parts = [_part(boards[task], folder) for task in TASKS if task in boards]
    return "\n".join([INTRODUCTION, *parts])


def _part(board: Board, folder: str) -> str:
    targets = Table(
        "Targets",
        "",
        ("", "target", "wanted", "found"),
        tuple(("✓" if t.met else "✗", t.name, t.wanted, t.found) for t in board.targets),
    )
    blocks = [f"## {board.task.capitalize()}", _list(board.facts), _table(targets)]
    blocks += map(_table, board.tables)
    blocks += [_plot(plot, folder) for plot in board.plots]
    blocks.append(f"### {board.samples_title}\n\n{_samples(board.samples)}")
    return "\n\n".join(blocks) + "\n"


def _list(facts: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in facts)


def _table(table: Table) -> str:
    head = [_row(table.columns), _row(["---"] * len(table.columns))]
    note = [table.note, ""] if table.note else []
    return "\n".join([f"### {table.title}", "", *note, *head, *map(_row, table.rows)])


def _plot(plot: Plot, folder: str) -> str:
    return f"### {plot.title}\n\n{plot.note}\n\n![{plot.title}]({folder}/{plot.file})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _samples(samples: Sequence[str]) -> str:
    """Samples in a code block, in which nothing is parsed as Markdown."""
    separator = "\n\n" if any("\n" in sample for sample in samples) else "\n"
    return f"```text\n{separator.join(samples)}\n```"
