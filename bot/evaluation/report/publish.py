"""Writing the scoreboard: plots, figures and the page."""

from collections.abc import Mapping
from pathlib import Path

from bot.evaluation.measures.held_out import HeldOutLosses
from bot.evaluation.measures.sonnets_run import OURS, PLAIN, SHAKESPEARE, SonnetsFindings
from bot.evaluation.report.page import page
from bot.evaluation.report.plots import by_line, loss_curves, losses_by_size
from bot.evaluation.report.stored import read_runs, read_sizes
from bot.evaluation.results.board import Board, Plot, ScoreboardError
from data.files import write_atomically
from models.tasks import TASKS

LOSS = (
    "One panel per recipe, from stored histories. The training loss is a moving average, with "
    "dropout if the recipe has it. A curve that starts again is a second training, on the training "
    "and validation parts. The notebook trains on the validation part too, so its curve is too "
    "optimistic. Panels of words show the validation loss of the network over words alone, per "
    "character, where words outside of its vocabulary cost nothing; their training took pauses."
)
SIZES = (
    "From stored histories, by the number of parameters of the LSTMs. Networks for names are "
    "mixtures of several LSTMs that start from random weights, and a Kneser-Ney model."
)
LINES = (
    "Share of poems in which a line rhymes with its partner, and in which it is iambic. Lines with "
    "given words are excluded from the latter."
)

Pictures = Mapping[Plot, bytes]


def trainings(task: str, losses: HeldOutLosses) -> dict[Plot, bytes]:
    """Plots of stored trainings: loss by update, and by size of the network."""
    pictures: dict[Plot, bytes] = {}
    if runs := read_runs(task):
        plot = Plot(f"{task}-loss.png", "Loss by update", LOSS)
        pictures[plot] = loss_curves(runs)
    if sizes := read_sizes(task):
        plot = Plot(f"{task}-sizes.png", "Loss by the size of the network", SIZES)
        name, table = losses.best("Kneser-Ney")
        beside = {name: table.nats_per_character}
        pictures[plot] = losses_by_size(sizes, beside)
    return pictures


def lines(findings: SonnetsFindings) -> dict[Plot, bytes]:
    """Plot of rhyme and metre by line: Mangosaurus, plain sampling and Shakespeare."""
    shown = [findings.of(system) for system in (OURS, PLAIN, SHAKESPEARE)]
    measures = {
        "rhymes": {v.system: v.form.rhyming_by_line for v in shown},
        "iambic": {v.system: v.form.iambic_by_line for v in shown},
    }
    plot = Plot("sonnets-lines.png", "Rhyme and metre by line", LINES)
    return {plot: by_line(measures)}


def publish(board: Board, pictures: Pictures, path: Path) -> list[Path]:
    """Write the page to `path`, and its files to the folder beside it; returns the files.

    The part of the other task is taken from its last run's figures.
    """
    folder = path.with_suffix("")
    boards = other_boards(board.task, path) | {board.task: board}
    folder.mkdir(parents=True, exist_ok=True)
    for plot, png in pictures.items():
        write_atomically(folder / plot.file, png)
    figures = folder / f"{board.task}.json"
    write_atomically(figures, board.to_json().encode())
    write_atomically(path, page(boards, folder.name).encode())
    return [path, figures]


def other_boards(task: str, path: Path) -> dict[str, Board]:
    """The stored results of the other tasks, for the page at `path`.

    Raises `ScoreboardError` for a file of another version.
    """
    boards: dict[str, Board] = {}
    for other in TASKS:
        file = path.with_suffix("") / f"{other}.json"
        if other != task and file.exists():
            try:
                boards[other] = Board.from_json(file.read_text(encoding="utf-8"))
            except (KeyError, TypeError, ValueError) as error:
                raise ScoreboardError(
                    f"{file} is of another version ({error!r}). Delete it, and run "
                    f"python -m bot.evaluate {other} again."
                ) from error
    return boards
