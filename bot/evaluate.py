"""`python -m bot.evaluate`: compare a network with its baselines.

Writes everything that `docs/scoreboard.md` shows; `--quick` measures the cross-entropy of held-out
text alone.
"""

import os

# With one thread of the matrix library, times are those of one core. It must be set before NumPy is
# imported; a value from the environment takes precedence.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections.abc import Sequence
from pathlib import Path

from bot.startup import exit_without_package

try:
    from rich.console import Console

    from bot.arguments import OptionParser, count, whole_number
    from data.corpora import CorpusError
    from models.tasks import TASKS
    from models.weights import WeightsError
    from tools.evaluation.options import EvaluationOptions
    from tools.evaluation.run import evaluate
    from tools.evaluation.scoreboard import ScoreboardError
except ModuleNotFoundError as error:
    exit_without_package(error)

FAILED, INTERRUPTED = 1, 130
EXAMPLES = """\
  python -m bot.evaluate names                             every measure, in minutes
  python -m bot.evaluate sonnets --corpora verse/           search for copies in packed verse, too
  python -m bot.evaluate sonnets --openings mine.txt --seed 5000
  python -m bot.evaluate names --quick --weights out/names.safetensors"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = EvaluationOptions(**vars(_parser().parse_args(arguments)))
    try:
        evaluate(options, Console(highlight=False, emoji=False))
    except (CorpusError, ScoreboardError, WeightsError, OSError) as error:
        Console(stderr=True, highlight=False, markup=False).print(str(error), style="red")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> OptionParser:
    parser = OptionParser(
        prog="python -m bot.evaluate",
        description="Compare a network with its baselines. Prints tables, and writes a page with "
        "samples.",
        epilog=f"examples:\n{EXAMPLES}",
    )
    parser.add_argument("task", choices=tuple(TASKS), help="what the network writes")
    parser.add_switch("quick", "measure only the cross-entropy of held-out text; no page")
    for name, about in FILES.items():
        parser.add_value(name, "FILE", Path, about)
    parser.add_value("seed", "N", whole_number, "seed of the first text (default: 0)", default=0)
    read = "sonnets: folder of packed verse that was trained on, to search for copies in it, too"
    parser.add_value("corpora", "FOLDER", Path, read)
    requests = "number of requests for ten names (default: 1000), or of poems (default: 160)"
    parser.add_value("count", "N", count, requests)
    parser.add_switch(
        "poems", "sonnets: write only the page of poems, poems.md beside the other page"
    )
    parser.add_switch(
        "record",
        "store the held-out loss in the model card of the weights, and the headline figures of "
        "shipped weights beside them",
    )
    return parser


FILES = {
    "weights": "weight file to measure (default: the shipped one)",
    "corpus": "corpus file, a tenth of which is held out (default: the project's)",
    "openings": "sonnets: file with one opening per line (default: the scoreboard's twenty)",
    "page": "page to write (default: "
    "out/scoreboard.md; docs/scoreboard.md for the shipped weights, default options and --record)",
}
"""The options whose values are files."""


if __name__ == "__main__":
    sys.exit(main())
