"""The scoreboard in a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table as RichTable

from bot.evaluation.results.board import Board, Table


def show(board: Board, console: Console) -> None:
    """Print facts, targets and tables."""
    for name, fact in board.facts:
        console.print(f"{escape(name)}: {escape(fact)}")
    targets = RichTable("", "target", "wanted", "found", title="Targets", title_justify="left")
    for target in board.targets:
        mark = "[green]✓[/green]" if target.met else "[red]✗[/red]"
        targets.add_row(mark, *map(escape, (target.name, target.wanted, target.found)))
    console.print(targets)
    for table in board.tables:
        console.print(_table(table))
        console.print(Padding(escape(table.note), (0, 0, 1, 1)), style="dim")


def _table(table: Table) -> RichTable:
    shown = RichTable(title=escape(table.title), title_justify="left")
    for number, column in enumerate(table.columns):
        shown.add_column(escape(column), justify="right" if number else "left")
    for row in table.rows:
        shown.add_row(*map(escape, row))
    return shown
