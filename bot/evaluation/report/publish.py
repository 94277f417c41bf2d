"""The files of the scoreboard: its pictures, its figures and its page."""

from collections.abc import Mapping
from pathlib import Path

from bot.evaluation.measures.held_out import HeldOut
from bot.evaluation.report.board import Board, Plot, ScoreboardError
from bot.evaluation.report.page import page
from bot.evaluation.report.plots import by_line, loss_curves, losses_by_size
from bot.evaluation.report.stored import read_runs, read_sizes
from bot.evaluation.sonnets_run import SonnetsFindings
from data.files import write_atomically
from models.tasks import TASKS

LOSS = (
    "A panel for each recipe, from stored runs. Training is a moving mean, with dropout where the "
    "recipe has it; a curve that begins again is a second fit, to training and validation. The "
    "notebook trains on the validation part too, so that its curve flatters."
)
SIZES = (
    "From stored runs, by the parameters of the LSTMs. Several networks for names are mixed, with "
    "the Kneser-Ney model that belongs to the recipe."
)
LINES = (
    "The share of poems in which a line rhymes with its partner, and can be read as iambic. Lines "
    "with words of the member's are left out of the second."
)

Pictures = Mapping[Plot, bytes]


def trainings(task: str, losses: HeldOut) -> dict[Plot, bytes]:
    """The pictures of stored trainings: the loss by update, and by the size of the network."""
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
    """The picture of rhyme and metre by line: ours, plain sampling and Shakespeare."""
    shown = [v for v in findings.verse if v.system != "the notebook"]
    measures = {
        "rhymes": {v.system: v.form.rhyming_by_line for v in shown},
        "iambic": {v.system: v.form.iambic_by_line for v in shown},
    }
    plot = Plot("sonnets-lines.png", "Rhyme and metre by line", LINES)
    return {plot: by_line(measures)}


def publish(board: Board, pictures: Pictures, path: Path) -> list[Path]:
    """Write the page at `path` and what belongs to it in the folder beside it; what was written.

    The part of the other task is that of its last run, whose figures lie there.
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
    """What was measured of the other tasks, for the page at `path`.

    Raises `ScoreboardError` for a file that another version wrote.
    """
    boards: dict[str, Board] = {}
    for other in TASKS:
        file = path.with_suffix("") / f"{other}.json"
        if other != task and file.exists():
            try:
                boards[other] = Board.from_json(file.read_text(encoding="utf-8"))
            except (KeyError, TypeError, ValueError) as error:
                raise ScoreboardError(
                    f"{file} holds no figures of this scoreboard ({error!r}); remove it, and run "
                    f"python -m bot.evaluate {other} again."
                ) from error
    return boards
