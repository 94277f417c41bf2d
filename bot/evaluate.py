"""`python -m bot.evaluate`: how good the writing is, beside what it must beat.

The only reader of held-out text. Everything that `docs/scoreboard.md` shows is measured, and the
page is written anew; `--quick` measures the cross-entropy of held-out text alone.
"""

import os

# With one thread of the matrix library, times are those of one core. It must be told before NumPy
# is imported; whoever sets it keeps the last word.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import dataclasses
import datetime
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.arguments import count, whole_number
from bot.evaluation.measures.baselines import Tell
from bot.evaluation.measures.classifier import can_classify
from bot.evaluation.measures.sounds import can_hear
from bot.evaluation.measures.statistics import losses_of
from bot.evaluation.names_run import NamesOptions, measure_names
from bot.evaluation.report.board import Board, ScoreboardError
from bot.evaluation.report.card import caution, check_record, record
from bot.evaluation.report.headline import FILE, write_headline
from bot.evaluation.report.names_board import names_board
from bot.evaluation.report.publish import (
    Pictures,
    lines,
    other_boards,
    publish,
    trainings,
)
from bot.evaluation.report.sonnets_board import sonnets_board
from bot.evaluation.report.terminal import show
from bot.evaluation.sonnets_run import SonnetsOptions, measure_sonnets, read_openings
from bot.services.word_filter import WordFilter
from data import corpora
from data.corpora import Corpus, CorpusError
from models.networks.vocabulary import END
from models.weights import (
    KINDS,
    SHIPPED,
    Kind,
    Trained,
    WeightsError,
    load_shipped,
    load_weights,
)

FAILED, INTERRUPTED = 1, 130
PAGE = Path(__file__).parents[1] / "docs" / "scoreboard.md"
OTHER_PAGE = Path("out") / "scoreboard.md"
NOT_INSTALLED = (
    "The scoreboard needs scikit-learn and pronouncing, which are not installed; run "
    "pip install -r requirements-evaluate.txt and try again, or measure held-out text alone with "
    "--quick."
)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """The held-out cross-entropy of a network, in nats per character."""

    nats_per_character: float
    interval: tuple[float, float] | None
    """Ends of the 95% bootstrap interval over the items; a single one has none."""
    items: int
    characters: int
    unknown: int
    """Characters that the network does not know, and that were left out."""


def evaluate(trained: Trained, corpus: Corpus) -> Evaluation:
    """Let the network predict every held-out character, each item from a fresh state."""
    end = END if corpus.kind == "names" else ""
    losses = losses_of(trained.network, [item + end for item in corpus.held_out])
    return Evaluation(
        nats_per_character=losses.nats_per_character,
        interval=losses.interval,
        items=len(losses.nats),
        characters=int(losses.sizes.sum()),
        unknown=losses.unknown,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, emoji=False)
    try:
        path: Path = options.weights or SHIPPED / f"{options.kind}.safetensors"
        trained = load_weights(path) if options.weights else load_shipped(options.kind)
        if trained.card.kind != options.kind:
            raise WeightsError(f"{path} writes {trained.card.kind}, not {options.kind}.")
        corpus = _corpus(options.kind, options.corpus)
        if options.record:
            check_record(trained, corpus)
            trained = record(path, trained, evaluate(trained, corpus).nats_per_character)
        if options.quick:
            _show_quick(trained, corpus, options, console)
        else:
            _make_scoreboard(path, trained, corpus, options, console)
    except (CorpusError, ScoreboardError, WeightsError, OSError) as error:
        Console(stderr=True, highlight=False, markup=False).print(str(error), style="red")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _make_scoreboard(
    path: Path, trained: Trained, corpus: Corpus, options: argparse.Namespace, console: Console
) -> None:
    """Measure everything, show it, and write it down."""
    if not (can_classify() and can_hear()):
        raise ScoreboardError(NOT_INSTALLED)
    page = options.page or (PAGE if _is_usual(options) else OTHER_PAGE)
    other_boards(options.kind, page)  # an unreadable one is better found now than in minutes
    with Console(stderr=True).status("Measuring ...") as status:
        measure = _names if options.kind == "names" else _sonnets
        board, pictures = measure(
            path, trained, corpus, options, lambda what: status.update(f"Measuring {escape(what)}")
        )
    page.parent.mkdir(parents=True, exist_ok=True)
    written = publish(board, pictures, page)
    if options.record and path.resolve().parent == SHIPPED.resolve():
        write_headline(options.kind, trained.digest, board.headline, path.parent / FILE)
    if options.json:
        console.print_json(board.to_json())
    else:
        show(board, console)
        console.print(f"Written: {', '.join(map(str, written))}")


def _names(
    path: Path, trained: Trained, corpus: Corpus, options: argparse.Namespace, tell: Tell
) -> tuple[Board, Pictures]:
    started = time.monotonic()
    wanted = NamesOptions(
        requests=options.count or NamesOptions.requests,
        seed=options.seed,
        corpus_file=options.corpus,
        previous=options.previous,
    )
    accept = WordFilter().allows
    findings = measure_names(trained, corpus, corpus.held_out, accept, wanted, tell)
    pictures = trainings("names", findings.losses)
    seeds = (options.seed, options.seed + wanted.requests - 1)
    facts = _facts(path, trained, corpus, seeds, time.monotonic() - started)
    return names_board(trained, findings, facts, list(pictures), wanted.draws), pictures


def _sonnets(
    path: Path, trained: Trained, corpus: Corpus, options: argparse.Namespace, tell: Tell
) -> tuple[Board, Pictures]:
    started = time.monotonic()
    wanted = SonnetsOptions(
        poems=options.count or SonnetsOptions.poems,
        seed=options.seed,
        openings=read_openings(options.openings) if options.openings else (),
        previous=options.previous,
    )
    plays, accept = corpora.load_plays(), WordFilter().allows
    findings = measure_sonnets(trained, corpus, corpus.held_out, plays, accept, wanted, tell)
    pictures = trainings("sonnets", findings.losses) | lines(findings)
    seeds = (options.seed, options.seed + wanted.poems - 1)
    facts = _facts(path, trained, corpus, seeds, time.monotonic() - started)
    return sonnets_board(trained, path, findings, facts, list(pictures)), pictures


def _facts(
    path: Path, trained: Trained, corpus: Corpus, seeds: tuple[int, int], seconds: float
) -> list[tuple[str, str]]:
    """What was measured, when and how."""
    card = trained.card
    parameters = sum(array.size for array in trained.network.arrays().values())
    facts = [
        ("weights", f"recipe `{card.recipe}`, {card.architecture}, SHA-256 `{trained.digest}`"),
        ("size", f"{parameters:,} parameters, {path.stat().st_size / 1e6:.1f} MB"),
        ("corpus", corpus.title),
        ("held out", f"{len(corpus.held_out):,} items"),
        ("seeds", "{} to {}".format(*seeds)),
        ("measured", f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, in {seconds:.0f} s"),
    ]
    flatters = caution(trained, corpus)
    return [*facts, ("caution", flatters)] if flatters else facts


def _is_usual(options: argparse.Namespace) -> bool:
    """Whether the shipped weights are measured as the page of the project says."""
    changed = (options.weights, options.corpus, options.count, options.openings, options.seed)
    return not any(changed)


def _show_quick(
    trained: Trained, corpus: Corpus, options: argparse.Namespace, console: Console
) -> None:
    evaluation = evaluate(trained, corpus)
    if options.json:
        figures = dataclasses.asdict(evaluation) | {"weights": trained.digest}
        console.print_json(json.dumps(figures))
        return
    console.print(_quick_table(trained, corpus, evaluation))
    if flatters := caution(trained, corpus):
        console.print(escape(flatters))


def _corpus(kind: Kind, path: Path | None) -> Corpus:
    if path is not None:
        return corpora.read_corpus(path, "names" if kind == "names" else "verse")
    return corpora.load_names() if kind == "names" else corpora.load_sonnets()


def _quick_table(trained: Trained, corpus: Corpus, evaluation: Evaluation) -> Table:
    table = Table(title=f"{trained.card.kind}: {escape(corpus.title)}", show_header=False)
    table.add_row("weights", f"{escape(trained.card.recipe)}, {trained.digest[:12]}")
    table.add_row("held out", f"{evaluation.items:,} items, {evaluation.characters:,} characters")
    if evaluation.unknown:
        table.add_row("left out", f"{evaluation.unknown:,} characters it does not know")
    table.add_row("nats/char", f"[bold]{evaluation.nats_per_character:.4f}[/bold]")
    if evaluation.interval is not None:
        low, high = evaluation.interval
        table.add_row("95% interval", f"{low:.4f} to {high:.4f}")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluate",
        description="Measure a network beside what it must beat: a table here, a page with plots "
        "and samples, and the figures as JSON beside it.",
        epilog=f"examples:\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=KINDS, help="what the network writes")
    parser.add_argument(
        "--quick", action="store_true", help="the cross-entropy of held-out text alone; no page"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="weights of your own (default: the shipped)"
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        metavar="FILE",
        help="a corpus of your own; a tenth of it is held out (default: the project's)",
    )
    parser.add_argument(
        "--previous",
        type=Path,
        metavar="FILE",
        help="the weights to compare with (default: the last shipped ones in the git history)",
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="of the first text (default: 0)"
    )
    parser.add_argument(
        "--count",
        type=count,
        metavar="N",
        help="requests of ten names (default: 1000), or poems (default: 100)",
    )
    parser.add_argument(
        "--openings",
        type=Path,
        metavar="FILE",
        help="sonnets: what they begin with, one a line (default: the scoreboard's twenty)",
    )
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="the page; what belongs to it lies in a folder beside it (default: "
        "docs/scoreboard.md for the shipped weights, measured as usual; else out/scoreboard.md)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--record",
        action="store_true",
        help="write the held-out figure into the weights' model card, and the headline of shipped "
        "ones beside them",
    )
    return parser


EXAMPLES = """\
  python -m bot.evaluate names                             every measure, in minutes
  python -m bot.evaluate sonnets --openings mine.txt --seed 5000
  python -m bot.evaluate names --quick --weights out/names.safetensors"""


if __name__ == "__main__":
    sys.exit(main())
