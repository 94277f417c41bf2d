"""Evaluation of a task: the held-out loss alone, or everything on the scoreboard."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from bot.help.headline import FILE, write_headline
from data.corpora import Corpus
from data.errors import CorpusError
from data.lists import read_list, stored_list
from models.names.constraints import of_a_list
from models.tasks import TASKS
from models.weights import SHIPPED, Trained
from tools.evaluation.baselines import ShowStatus
from tools.evaluation.held_out import (
    check_record,
    held_out_losses,
    interval,
    leak_warning,
    record,
)
from tools.evaluation.names import names_board
from tools.evaluation.options import Evaluation, EvaluationOptions
from tools.evaluation.samples import write_poems
from tools.evaluation.scoreboard import Board, ScoreboardError, markdown, publish
from tools.evaluation.sonnets import sonnets_board

PAGE = Path(__file__).parents[2] / "docs" / "scoreboard.md"
POEMS = "poems.md"
"""The page of poems, beside the other one."""
OTHER_PAGE = Path("out") / "scoreboard.md"
LIBRARIES = ("pronouncing", "sklearn", "textblob")
NOT_INSTALLED = (
    "The scoreboard needs scikit-learn, pronouncing and textblob, which are not all installed; "
    " run .venv/bin/python -m pip install --require-hashes -r requirements-evaluate.txt "
    "and try again, or measure held-out text alone with --quick."
)
NOT_OF_A_LIST = (
    "To measure weights of the recipe list, which read any alphabet, name them with --weights."
)

BOARDS: Mapping[str, tuple[Callable[[Evaluation], Board], int]] = {
    "names": (names_board, 1_000),
    "sonnets": (sonnets_board, 160),
}
"""Boards by task, with the number of requests or poems on the project's page."""


def evaluate(options: EvaluationOptions, console: Console) -> None:
    """Measure a network and show the result; writes the scoreboard unless it is a quick run.

    Raises `CorpusError`, `ScoreboardError`, `WeightsError` or `OSError`.
    """
    task = TASKS[options.task]
    path = options.weights or task.shipped_path
    trained = task.load(path) if options.weights else task.load_shipped()
    corpus = _corpus(trained, options)
    if options.record:
        check_record(trained, corpus)
        trained = record(path, trained, held_out_losses(trained, corpus).nats_per_character)
    if options.quick:
        _show_quick(trained, corpus, options, console)
    elif options.poems:
        _make_poems(path, trained, corpus, options, console)
    else:
        _make_scoreboard(path, trained, corpus, options, console)


def _corpus(trained: Trained, options: EvaluationOptions) -> Corpus:
    """The corpus to measure on, read as the weights' recipe reads it."""
    task = TASKS[options.task]
    if options.corpus is None:
        return task.load_corpus()
    if not of_a_list(trained.card):
        try:
            return task.read_corpus(options.corpus)
        except CorpusError as error:
            if options.task != "names":
                raise
            raise ScoreboardError(f"{error} {NOT_OF_A_LIST}") from error
    corpus = stored_list(read_list(options.corpus), options.corpus.name)
    return replace(corpus, held_out=corpus.validation)  # which it has read, as `leak_warning` says


def _show_quick(
    trained: Trained, corpus: Corpus, options: EvaluationOptions, console: Console
) -> None:
    """Print the held-out loss."""
    losses = held_out_losses(trained, corpus)
    table = Table(title=f"{trained.card.task}: {escape(corpus.title)}", show_header=False)
    table.add_row("weights", f"{escape(trained.card.recipe)}, {trained.digest[:12]}")
    table.add_row("held out", f"{len(losses.nats):,} items, {losses.sizes.sum():,.0f} characters")
    if losses.unknown:
        table.add_row("skipped", f"{losses.unknown:,} characters outside of its vocabulary")
    table.add_row("nats/char", f"[bold]{losses.nats_per_character:.4f}[/bold]")
    if ends := interval(losses):
        table.add_row("95% interval", "{:.4f} to {:.4f}".format(*ends))
    console.print(table)
    if warning := leak_warning(trained, corpus):
        console.print(escape(warning))


def _make_poems(
    path: Path, trained: Trained, corpus: Corpus, options: EvaluationOptions, console: Console
) -> None:
    """Write the page of poems alone."""
    if options.task != "sonnets":
        raise ScoreboardError(f"There is no page of poems for {options.task}; use sonnets --poems.")
    page = _page(options).with_name(POEMS)
    with _status() as show_status:
        write_poems(Evaluation(path, trained, corpus, options, 0, show_status), page)
    console.print(f"Written: {page}")


def _make_scoreboard(
    path: Path, trained: Trained, corpus: Corpus, options: EvaluationOptions, console: Console
) -> None:
    """Measure everything, which takes minutes; show it, and write the page."""
    if options.task not in BOARDS or of_a_list(trained.card):
        what = "weights of a list" if options.task in BOARDS else options.task
        raise ScoreboardError(f"There is no scoreboard for {what}; use --quick.")
    if not all(map(importlib.util.find_spec, LIBRARIES)):
        raise ScoreboardError(NOT_INSTALLED)
    make_board, count = BOARDS[options.task]
    page = _page(options)
    with _status() as show_status:
        count = options.count or count
        evaluation = Evaluation(path, trained, corpus, options, count, show_status)
        board = make_board(evaluation)
        page.parent.mkdir(parents=True, exist_ok=True)
        publish(board, page)
        written = [page]
        if options.task == "sonnets":
            written.append(page.with_name(POEMS))
            write_poems(evaluation, written[-1])
    if options.record and path.resolve().parent == SHIPPED.resolve():
        write_headline(options.task, trained.digest, board.headline, path.parent / FILE)
    console.print(Markdown(markdown(board)))
    console.print(f"Written: {', '.join(map(str, written))}")


def _page(options: EvaluationOptions) -> Path:
    records = options.record and options.measures_shipped  # else the next git pull would refuse
    return options.page or (PAGE if records else OTHER_PAGE)


@contextmanager
def _status() -> Iterator[ShowStatus]:
    """A callback that shows what is measured."""
    with Console(stderr=True).status("Measuring ...") as status:
        yield lambda what: status.update(f"Measuring {escape(what)}")
