"""`python -m bot.evaluate`: compare a network with its baselines.

Writes everything that `docs/scoreboard.md` shows; `--quick` measures the cross-entropy of held-out
text alone.
"""

import os

# With one thread of the matrix library, times are those of one core. It must be set before NumPy is
# imported; a value from the environment takes precedence.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.arguments import count, whole_number
from bot.evaluation.measures.classifier import has_classifier
from bot.evaluation.measures.options import ScoreboardOptions
from bot.evaluation.measures.pronunciation import has_dictionary
from bot.evaluation.measures.sense.told_apart import has_tagger
from bot.evaluation.report.card import check_record, leak_warning, record
from bot.evaluation.report.plots import has_plots
from bot.evaluation.report.publish import other_boards, publish
from bot.evaluation.report.terminal import show
from bot.evaluation.results.board import ScoreboardError
from bot.evaluation.results.headline import FILE, write_headline
from bot.evaluation.scoreboard import evaluate, measure_board, quick_table
from data.corpora import Corpus, CorpusError
from models.tasks import TASKS
from models.weights import SHIPPED, Trained, WeightsError

FAILED, INTERRUPTED = 1, 130
PAGE = Path(__file__).parents[1] / "docs" / "scoreboard.md"
OTHER_PAGE = Path("out") / "scoreboard.md"
NOT_INSTALLED = (
    "The scoreboard needs matplotlib, scikit-learn, pronouncing and textblob, which are not all "
    "installed; run pip install -r requirements-evaluate.txt and try again, or measure held-out "
    "text alone with --quick."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, emoji=False)
    try:
        task = TASKS[options.task]
        path: Path = options.weights or task.shipped_path
        trained = task.load(path) if options.weights else task.load_shipped()
        corpus = task.read_corpus(options.corpus) if options.corpus else task.load_corpus()
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
    """Measure everything, show it, and write the page."""
    if not (has_plots() and has_classifier() and has_dictionary() and has_tagger()):
        raise ScoreboardError(NOT_INSTALLED)
    page = options.page or (PAGE if _is_usual(options) else OTHER_PAGE)
    other_boards(options.task, page)  # an unreadable one is better found now than in minutes
    chosen = ScoreboardOptions(
        options.seed, options.count or 0, options.corpus, options.openings, options.previous
    )
    with Console(stderr=True).status("Measuring ...") as status:
        board, pictures = measure_board(
            path, trained, corpus, chosen, lambda what: status.update(f"Measuring {escape(what)}")
        )
    page.parent.mkdir(parents=True, exist_ok=True)
    written = publish(board, pictures, page)
    if options.record and path.resolve().parent == SHIPPED.resolve():
        write_headline(options.task, trained.digest, board.headline, path.parent / FILE)
    if options.json:
        console.print_json(board.to_json())
    else:
        show(board, console)
        console.print(f"Written: {', '.join(map(str, written))}")


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
    console.print(quick_table(trained, corpus, evaluation))
    if flatters := leak_warning(trained, corpus):
        console.print(escape(flatters))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluate",
        description="Compare a network with its baselines. Prints a table, and writes a page with "
        "plots and samples and the figures as JSON.",
        epilog=f"examples:\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=tuple(TASKS), help="what the network writes")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="measure only the cross-entropy of held-out text; no page",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="weight file to measure (default: the shipped one)",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        metavar="FILE",
        help="corpus file, a tenth of which is held out (default: the project's)",
    )
    parser.add_argument(
        "--previous",
        type=Path,
        metavar="FILE",
        help="weight file to compare with (default: the last shipped one in the git history)",
    )
    parser.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        metavar="N",
        help="seed of the first text (default: 0)",
    )
    parser.add_argument(
        "--count",
        type=count,
        metavar="N",
        help="number of requests for ten names (default: 1000), or of poems (default: 160)",
    )
    parser.add_argument(
        "--openings",
        type=Path,
        metavar="FILE",
        help="sonnets: file with one opening per line (default: the scoreboard's twenty)",
    )
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="page to write, with a folder of the same name for its files (default: "
        "docs/scoreboard.md for the shipped weights and default options, else out/scoreboard.md)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--record",
        action="store_true",
        help="store the held-out loss in the model card of the weights, and the headline figures "
        "of shipped weights beside them",
    )
    return parser


EXAMPLES = """\
  python -m bot.evaluate names                             every measure, in minutes
  python -m bot.evaluate sonnets --openings mine.txt --seed 5000
  python -m bot.evaluate names --quick --weights out/names.safetensors"""


if __name__ == "__main__":
    sys.exit(main())
