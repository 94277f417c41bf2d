"""Evaluation of a task: held-out loss, and everything on the scoreboard.

The only reader of held-out text.
"""

import datetime
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from bot.evaluation.measures.baselines import ShowStatus
from bot.evaluation.measures.names_run import measure_names
from bot.evaluation.measures.options import ScoreboardOptions
from bot.evaluation.measures.sonnets_run import Texts, measure_sonnets
from bot.evaluation.measures.statistics import interval
from bot.evaluation.report.card import leak_warning
from bot.evaluation.report.names_board import names_board
from bot.evaluation.report.publish import Pictures, lines, trainings
from bot.evaluation.report.sonnets_board import sonnets_board
from bot.evaluation.results.board import Board, ScoreboardError
from bot.words import WordFilter
from data import corpora, further_reading
from data.corpora import Corpus
from models.training.losses import losses_of
from models.weights import Trained


@dataclass(frozen=True)
class Evaluation:
    """The held-out cross-entropy of a network, in nats per character."""

    nats_per_character: float
    interval: tuple[float, float] | None
    """Ends of the 95% bootstrap interval over the items; `None` for a single item."""
    items: int
    characters: int
    unknown: int
    """Number of characters outside of the vocabulary, which are skipped."""


def evaluate(trained: Trained, corpus: Corpus) -> Evaluation:
    """Measure a network on the held-out part of a corpus, each item from the initial state."""
    losses = losses_of(trained.network, [item + corpus.item_end for item in corpus.held_out])
    return Evaluation(
        nats_per_character=losses.nats_per_character,
        interval=interval(losses),
        items=len(losses.nats),
        characters=int(losses.sizes.sum()),
        unknown=losses.unknown,
    )


def quick_table(trained: Trained, corpus: Corpus, evaluation: Evaluation) -> Table:
    """The held-out cross-entropy as a table for the terminal."""
    table = Table(title=f"{trained.card.task}: {escape(corpus.title)}", show_header=False)
    table.add_row("weights", f"{escape(trained.card.recipe)}, {trained.digest[:12]}")
    table.add_row("held out", f"{evaluation.items:,} items, {evaluation.characters:,} characters")
    if evaluation.unknown:
        table.add_row("skipped", f"{evaluation.unknown:,} characters outside of its vocabulary")
    table.add_row("nats/char", f"[bold]{evaluation.nats_per_character:.4f}[/bold]")
    if evaluation.interval is not None:
        low, high = evaluation.interval
        table.add_row("95% interval", f"{low:.4f} to {high:.4f}")
    return table


def measure_board(
    path: Path,
    trained: Trained,
    corpus: Corpus,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> tuple[Board, Pictures]:
    """Run all measures of the network's task, which takes minutes.

    Raises `ScoreboardError` for a task without scoreboard.
    """
    measure, count = _BOARDS.get(trained.card.task, (None, 0))
    if measure is None:
        raise ScoreboardError(f"There is no scoreboard for {trained.card.task}; use --quick.")
    options = replace(options, count=options.count or count)
    return measure(path, trained, corpus, options, show_status)


def _names(
    path: Path,
    trained: Trained,
    corpus: Corpus,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> tuple[Board, Pictures]:
    started, accept = time.monotonic(), WordFilter().allows
    findings = measure_names(trained, corpus, corpus.held_out, accept, options, show_status)
    pictures = trainings("names", findings.losses)
    facts = _facts(path, trained, corpus, options, started)
    return names_board(trained, findings, facts, list(pictures)), pictures


def _sonnets(
    path: Path,
    trained: Trained,
    corpus: Corpus,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> tuple[Board, Pictures]:
    started, accept = time.monotonic(), WordFilter().allows
    poems, bible = further_reading.load_poems(), further_reading.load_bible()
    texts = Texts(corpora.load_plays(), poems, bible)
    findings = measure_sonnets(
        trained, corpus, corpus.held_out, texts, accept, options, show_status
    )
    pictures = trainings("sonnets", findings.losses) | lines(findings)
    facts = _facts(path, trained, corpus, options, started)
    return sonnets_board(trained, path, findings, facts, list(pictures)), pictures


_Measure = Callable[[Path, Trained, Corpus, ScoreboardOptions, ShowStatus], tuple[Board, Pictures]]
_BOARDS: Mapping[str, tuple[_Measure, int]] = {"names": (_names, 1_000), "sonnets": (_sonnets, 160)}
"""By task, with the number of requests or poems on the project's page."""


def _facts(
    path: Path, trained: Trained, corpus: Corpus, options: ScoreboardOptions, started: float
) -> list[tuple[str, str]]:
    """Facts about the run: what was measured, when and how."""
    card, seconds = trained.card, time.monotonic() - started
    parameters = sum(array.size for array in trained.network.arrays().values())
    facts = [
        ("weights", f"recipe `{card.recipe}`, {card.architecture}, SHA-256 `{trained.digest}`"),
        ("size", f"{parameters:,} parameters, {path.stat().st_size / 1e6:.1f} MB"),
        ("corpus", corpus.title),
        ("held out", f"{len(corpus.held_out):,} items"),
        ("seeds", f"{options.seed} to {options.seed + options.count - 1}"),
        ("measured", f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, in {seconds:.0f} s"),
    ]
    warning = leak_warning(trained, corpus)
    return [*facts, ("caution", warning)] if warning else facts
