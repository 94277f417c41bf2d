"""`python -m bot.train`: train offline, and write weights, model card and loss curve.

The bot runs the same command for trainings from the chat, and reads its progress as JSON lines.
"""

import os

from bot.text.written import already_filtered

# With one thread, the matrix library computes the same sums on every machine, and names train as
# fast. It must be set before NumPy is imported; a value from the environment takes precedence.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import math
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, Self

from bot.startup import exit_without_package

try:
    from bot.arguments import OptionParser, positive_number, weight_file, whole_number, width
    from bot.pictures.loss_curve import loss_curve
    from bot.trainer.reporters import JsonReporter, Reporter, TerminalReporter
    from data.corpora import CorpusError
    from models.serving.memory import keep_freed_memory
    from models.tasks import TASKS, Task
    from models.training.events import Failed, Stopped
    from models.training.recipe import Options, RecipeError
    from models.training.run import ResumeError
    from models.weights import WeightsError
except ModuleNotFoundError as error:
    exit_without_package(error)

FAILED, STOPPED = 1, 3
"""Exit codes besides 0. Wrong options give 2."""
HANDLED = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    task = TASKS[options.task]
    recipe = options.recipe or next(iter(task.recipes))
    if recipe not in task.recipes:
        known = ", ".join(task.recipes)
        parser.error(f"{task.name} has no recipe {recipe!r}; choose one of {known}")
    reporter: Reporter = JsonReporter() if options.progress == "json" else TerminalReporter()
    keep_freed_memory()
    with _Signals() as signals:
        try:
            return _train(task, recipe, options, reporter, signals)
        except KeyboardInterrupt:  # before the run
            reporter.report(Stopped())
            return STOPPED
        except CorpusError as error:
            reporter.report(Failed(error.sentence.phrase(already_filtered)))
            return FAILED
        except (RecipeError, WeightsError, ResumeError) as error:
            reporter.report(Failed(str(error)))
            return FAILED
        except OSError as error:
            reporter.report(Failed(f"Cannot write the results: {error}."))
            return FAILED


class _Signals:
    """Ctrl-C and SIGTERM, while the command runs.

    Planning may take a minute, in loops that ask nothing, and has nothing that is worth keeping:
    they interrupt it. A run ends between two updates.
    """

    def __init__(self) -> None:
        self.stop = Event()
        self.is_planning = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in HANDLED}
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.stop.set()  # in case that what is planned suppresses the error below
        if self.is_planning:
            raise KeyboardInterrupt


def _train(
    task: Task, recipe: str, options: argparse.Namespace, reporter: Reporter, signals: _Signals
) -> int:
    chosen = Options(**{field.name: getattr(options, field.name) for field in fields(Options)})
    out = options.out or Path("out") / f"{task.name}.safetensors"
    signals.is_planning = True
    if signals.stop.is_set():
        raise KeyboardInterrupt
    run = task.start(recipe, chosen, out, loss_curve)
    if options.resume:
        run.resume()
    elif options.units and options.initial_weights is None:
        sys.stderr.write("With --units, the network begins anew, with random parameters.\n")
    signals.is_planning = False
    code = 0
    for event in run.events(signals.stop, longest=60 * options.minutes):
        reporter.report(event)
        if isinstance(event, Stopped):
            code = STOPPED
    return code


def _parser() -> OptionParser:
    recipes = "\n".join(
        f"  {task.name:8} {name:9} {recipe.help}"
        for task in TASKS.values()
        for name, recipe in task.recipes.items()
    )
    parser = OptionParser(
        prog="python -m bot.train",
        description="Train a network. Writes its weights, a model card and a loss curve.",
        epilog=f"recipes:\n{recipes}\n\nexamples:\n{EXAMPLES}",
    )
    parser.add_argument("task", choices=tuple(TASKS), help="what the network learns to write")

    def add(name: str, metavar: str | None, kind: Callable[[str], object], **more: Any) -> None:  # noqa: ANN401
        parser.add_value(name, metavar, kind, HELP[name], **more)

    add("recipe", "NAME", str)
    add("corpus", "FILE", Path)
    add("also", "FILE", Path, dest="extra_names")
    add("out", "FILE", weight_file)
    add("seed", "N", whole_number)
    add("minutes", "M", positive_number, default=math.inf)
    add("from", "FILE", Path, dest="initial_weights")
    add("units", "N", width)
    add("words", "FOLDER", Path)
    parser.add_switch("resume", HELP["resume"])
    add("progress", None, str, choices=("bar", "json"), default="bar")
    return parser


HELP = {
    "recipe": "see below (default: the first of the task)",
    "corpus": "a UTF-8 file to train on: one name per line, or verse in any language (see --from; "
    "default: the project's)",
    "also": "names: train on the names of this file, too, one per line; a repeated name counts "
    "more, and none is used for validation",
    "out": "the weight file to write; model card and loss curve are written beside it "
    "(default: out/names.safetensors or out/sonnets.safetensors)",
    "seed": "same seed, same network (default: 0)",
    "minutes": "stop after M minutes and keep the best network so far",
    "resume": "continue from the checkpoint of an interrupted run",
    "from": "continue from these weights, in their alphabet (default: those of the genera or the "
    "plays, in lower-case English); none: learn from the corpus alone, sonnets in their own "
    "alphabet; pretrain: take or learn the character network so",
    "units": "width of a network that starts from random parameters (default: the recipe's)",
    "words": "sonnets: the folder of a long training of the word network, for the recipe pretrain "
    "(docs/verse.md)",
    "progress": "progress bar, or JSON lines for a program (default: bar)",
}
"""Help on each option."""
EXAMPLES = """\
  python -m bot.train names                                    1,318 dinosaurs, in minutes
  python -m bot.train names --recipe list --corpus elves.txt   a list of your own, in seconds
  python -m bot.train names --recipe notebook                  as the founding notebook did
  python -m bot.train sonnets                                  from the network of the plays
  python -m bot.train sonnets --corpus goethe.txt --from none  any language, in minutes
  python -m bot.train sonnets --resume                         continue after Ctrl-C"""


if __name__ == "__main__":
    sys.exit(main())
