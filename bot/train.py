"""`python -m bot.train`: train offline, and write weights, model card and loss curve.

The same command runs under `/retrain`, where it reports in JSON lines.
"""

import os

# With one thread of the matrix library the sums are those of any machine, and names train no
# slower. It must be told before NumPy is imported; whoever sets it keeps the last word.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import datetime
import hashlib
import json
import math
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from types import FrameType

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from bot.arguments import count, whole_number
from bot.images.loss_curve import loss_curve
from bot.recipes import NOTEBOOK_EPOCHS, RECIPES, Options, Plan, RecipeError
from bot.services.training.events import (
    Done,
    Failed,
    Planned,
    Progress,
    Samples,
    Stopped,
)
from bot.services.training.reporters import JsonReporter, Reporter, TerminalReporter
from data.corpora import CorpusError
from data.files import write_atomically
from models.names.capitalization import format_name
from models.names.generator import NamesRequest, generate_names
from models.verse.poem import (
    SonnetError,
    SonnetRequest,
    begin,
    extend,
)
from models.weights import (
    KINDS,
    Kind,
    ModelCard,
    Trained,
    WeightsError,
    describe,
    save_weights,
)

FAILED, STOPPED = 1, 3
"""Exit codes besides 0. Wrong options give 2."""
CHECKPOINT_INTERVAL = 60.0
"""Seconds of training that a crash can cost."""


class ResumeError(Exception):
    """There is nothing to resume. The message is a sentence for whoever asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    options.recipe = options.recipe or next(iter(RECIPES[options.kind]))
    if options.recipe not in RECIPES[options.kind]:
        known = " or ".join(RECIPES[options.kind])
        parser.error(f"{options.kind} has no recipe {options.recipe!r}; it can be {known}")
    reporter: Reporter = JsonReporter() if options.progress == "json" else TerminalReporter()
    with _stop_signals() as stop:
        try:
            return _train(options, reporter, stop)
        except (CorpusError, RecipeError, WeightsError, ResumeError) as error:
            reporter.tell(Failed(str(error)))
            return FAILED
        except OSError as error:
            reporter.tell(Failed(f"Cannot write the results: {error}."))
            return FAILED


def _train(options: argparse.Namespace, reporter: Reporter, stop: Event) -> int:
    kind: Kind = options.kind
    out: Path = options.out or Path("out") / f"{kind}.safetensors"
    wish = Options(
        corpus=options.corpus,
        seed=options.seed,
        begin=options.begin,
        epochs=options.epochs,
        units=options.units,
        also=options.also,
    )
    plan = RECIPES[kind][options.recipe].plan(wish)
    run = Run(plan, _card(kind, options.recipe, plan), out, options.units)
    run.check_folder()
    if options.resume:
        run.resume()
    reporter.tell(Planned(plan.trainer.steps, plan.corpus.title, plan.corpus.notes))
    if not run.train(reporter, stop, longest=60 * options.minutes):
        run.save_checkpoint()
        reporter.tell(Stopped(checkpoint=run.checkpoint))
        return STOPPED
    reporter.tell(run.finish())
    return 0


@dataclass
class Run:
    """A training on its way to `out`, its history, and the checkpoint beside it."""

    plan: Plan
    card: ModelCard
    out: Path
    units: int | None = None
    """The width that was asked for."""
    losses: list[float] = field(default_factory=list)
    """By update."""
    validation: list[tuple[int, float]] = field(default_factory=list)
    """Update and loss, where it was measured."""
    begun_anew: list[int] = field(default_factory=list)
    """Updates with which another fit began."""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Note what must be the same for a checkpoint to be gone on with."""
        card, corpus = self.card, self.plan.corpus
        self._identity = json.dumps(
            [
                card.kind,
                card.recipe,
                card.seed,
                card.begun_with,
                self.units,
                self.plan.trainer.steps,  # as planned; a run may find out that it needs fewer
                hashlib.sha256(corpus.plain.encode()).hexdigest(),
                *corpus.also,
            ]
        )

    @property
    def checkpoint(self) -> Path:
        """Where an interrupted run is kept."""
        return self.out.with_suffix(".checkpoint")

    def check_folder(self) -> None:
        """Raise `OSError` now, and not after hours, if the results could not be written."""
        self.out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.out.parent):
            pass

    def train(self, reporter: Reporter, stop: Event, longest: float) -> bool:
        """Train to the end, or for `longest` seconds; False if `stop` was set before that."""
        recent = deque(self.losses[-50:], maxlen=50)
        started = saved = time.monotonic()
        before, characters = self.seconds, 0
        updates = self.plan.trainer.train()
        while not stop.is_set():
            progress = next(updates, None)
            if progress is None:
                return True
            elapsed = time.monotonic() - started
            self.losses.append(progress.loss)
            self.seconds = before + elapsed
            recent.append(progress.loss)
            characters += progress.characters
            if progress.validation is not None:
                self.validation.append((progress.step, progress.validation))
            if progress.begins_anew:
                self.begun_anew.append(progress.step)
                recent = deque([progress.loss], maxlen=50)
            left = self.seconds / progress.step * (self.plan.trainer.steps - progress.step)
            reporter.tell(
                Progress(
                    step=progress.step,
                    steps=self.plan.trainer.steps,
                    loss=sum(recent) / len(recent),
                    validation=self.validation[-1][1] if self.validation else None,
                    characters_per_second=characters / max(elapsed, 1e-9),
                    seconds_left=max(0.0, min(left, longest - elapsed)),
                )
            )
            if progress.milestone or progress.validation is not None:
                reporter.tell(Samples(progress.step, progress.samples or self.samples()))
            if time.monotonic() - saved > CHECKPOINT_INTERVAL:
                self.save_checkpoint()
                saved = time.monotonic()
            if elapsed > longest:
                return True
        return False

    def samples(self) -> tuple[str, ...]:
        """A few names, or a few lines, of the network as it is."""
        plan = self.plan
        network = Trained(
            plan.trainer.network(), self.card, plan.known, "", plan.proper, plan.runs, plan.words
        )
        seed = self.card.seed or 0
        if self.card.kind == "names":
            found = generate_names(network, NamesRequest(count=7, seed=seed), _anything).names
            return tuple(format_name(self.card, name) for name in found)
        draft = begin(network, SonnetRequest("", seed))
        with suppress(SonnetError):  # it may know nothing but lines of its corpus, by heart
            while len(draft.lines) < 4:
                draft = extend(network, [draft], _anything)[0]
        return draft.lines

    def finish(self) -> Done:
        """Write weights, model card, loss curve and history, and take the checkpoint away."""
        plan = self.plan
        figures = plan.figures()
        card = replace(
            self.card,
            updates=len(self.losses),
            validation=self.kept_validation,
            kneser_ney=figures.kneser_ney,
            measured=figures.measured,
            yardstick=self.kept_validation if plan.validates_by_yardstick else figures.yardstick,
        )
        arrays = plan.trainer.arrays()
        digest = save_weights(
            self.out, arrays, card, plan.known, plan.proper, runs=plan.runs, words=plan.words
        )
        write_atomically(self.out.with_suffix(".md"), describe(card, digest).encode())
        plot = self.out.with_suffix(".png")
        title = f"{card.corpus}, recipe {card.recipe}"
        write_atomically(plot, loss_curve(self.losses, self.validation, self.begun_anew, title))
        write_atomically(self.out.with_suffix(".json"), self.history().encode())
        self.checkpoint.unlink(missing_ok=True)
        return Done(self.out, plot, card.validation, self.samples(), self.seconds)

    def history(self) -> str:
        """The run as JSON, for later plots. Losses are in nats per character."""
        return json.dumps(
            {
                "kind": self.card.kind,
                "recipe": self.card.recipe,
                "corpus": self.card.corpus,
                "seed": self.card.seed,
                "updates": len(self.losses),
                "seconds": round(self.seconds, 1),
                "losses": [round(loss, 4) for loss in self.losses],
                "validation": [(step, round(loss, 4)) for step, loss in self.validation],
                "begun_anew": self.begun_anew,
            }
        )

    @property
    def kept_validation(self) -> float | None:
        """The validation loss of the network that is kept."""
        losses = [loss for _, loss in self.validation]
        if not losses:
            return None
        return losses[-1] if self.plan.keeps_newest else min(losses)

    def save_checkpoint(self) -> None:
        """Write down everything that `resume` needs."""
        arrays = {f"trainer/{k}": np.asarray(a) for k, a in self.plan.trainer.checkpoint().items()}
        arrays["losses"] = np.array(self.losses)
        arrays["validation"] = np.array(self.validation).reshape(-1, 2)
        arrays["begun_anew"] = np.array(self.begun_anew, dtype=np.int64)
        arrays["seconds"] = np.array(self.seconds)
        write_atomically(self.checkpoint, save(arrays, {"run": self._identity}))

    def resume(self) -> None:
        """Go back to the checkpoint. Raises `ResumeError` if it is not one of this run."""
        try:
            with safe_open(self.checkpoint, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError as error:
            raise ResumeError(
                f"There is no checkpoint {self.checkpoint} to resume; "
                "leave out --resume to begin anew."
            ) from error
        except SafetensorError as error:
            raise ResumeError(
                f"The checkpoint {self.checkpoint} is damaged ({error}); "
                "leave out --resume to begin anew."
            ) from error
        if metadata.get("run") != self._identity:
            raise ResumeError(
                f"{self.checkpoint} belongs to another training: its corpus, recipe, seed or "
                "length differs. Give the same options as then, or leave out --resume to begin "
                "anew."
            )
        self.losses = arrays["losses"].tolist()
        self.validation = [(int(step), loss) for step, loss in arrays["validation"].tolist()]
        self.begun_anew = arrays["begun_anew"].tolist()
        self.seconds = float(arrays["seconds"])
        prefix = "trainer/"
        self.plan.trainer.restore(
            {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}
        )


def _card(kind: Kind, recipe: str, plan: Plan) -> ModelCard:
    return ModelCard(
        kind=kind,
        architecture=plan.architecture,
        recipe=recipe,
        corpus=plan.corpus.title,
        corpus_sha256=plan.corpus.sha256,
        seed=plan.seed,
        updates=0,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        symbols=plan.trainer.network().vocabulary.symbols,
        pretraining=plan.base.card.corpus if plan.base else None,
        begun_with=plan.base.digest if plan.base else None,
        reads_all=plan.reads_all,
        versions=plan.versions,
        capitals=plan.capitals,
        small_words=plan.small_words,
    )


def _anything(_: str) -> bool:
    """No word filter: what is written here is read by whoever trains."""
    return True


@contextmanager
def _stop_signals() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set, so that a run ends between two updates."""
    stop = Event()

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, set_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    recipes = "\n".join(
        f"  {kind:8} {name:9} {recipe.help}"
        for kind in KINDS
        for name, recipe in RECIPES[kind].items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m bot.train",
        description="Train a network. Writes its weights, a model card and a loss curve.",
        epilog=f"recipes:\n{recipes}\n\nexamples:\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=KINDS, help="what the network shall write")
    parser.add_argument(
        "--recipe", metavar="NAME", help="see below (default: the first of its kind)"
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        metavar="FILE",
        help="a UTF-8 file of your own: one name a line, or free text (default: the project's)",
    )
    parser.add_argument(
        "--also",
        type=Path,
        metavar="FILE",
        help="names: a file with more of them, one a line, that are read as well, each as often "
        "as it stands there, and never measured by",
    )
    parser.add_argument(
        "--out",
        type=_weight_file,
        metavar="FILE",
        help="where the weights go; the model card and the loss curve lie beside them "
        "(default: out/names.safetensors or out/sonnets.safetensors)",
    )
    parser.add_argument(
        "--seed", type=whole_number, metavar="N", help="same seed, same network (default: 0)"
    )
    parser.add_argument(
        "--minutes",
        metavar="M",
        type=_positive,
        default=math.inf,
        help="end after so many minutes and keep the best network by then",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint of an interrupted run"
    )
    parser.add_argument(
        "--from",
        dest="begin",
        type=Path,
        metavar="FILE",
        help="sonnets: go on from these weights (default: those of the plays)",
    )
    parser.add_argument(
        "--epochs",
        type=count,
        metavar="N",
        help="passes over the corpus, for the sonnets' recipes notebook "
        f"(default: {NOTEBOOK_EPOCHS}, or 1 with --from) and pretrain",
    )
    parser.add_argument(
        "--units",
        type=count,
        metavar="N",
        help="width of the network, for networks that begin anew (default: the recipe's)",
    )
    parser.add_argument(
        "--progress",
        choices=("bar", "json"),
        default="bar",
        help="a bar for a person, or JSON lines for a program (default: bar)",
    )
    return parser


EXAMPLES = """\
  python -m bot.train names                                    1,318 dinosaurs, in minutes
  python -m bot.train names --recipe list --corpus elves.txt   a list of your own, in seconds
  python -m bot.train names --recipe notebook                  as the founding notebook did
  python -m bot.train sonnets                                  from the network of the plays
  python -m bot.train sonnets --resume                         go on after Ctrl-C"""


def _weight_file(text: str) -> Path:
    # Model card and loss curve take the same name with other endings.
    if not text.endswith(".safetensors"):
        raise argparse.ArgumentTypeError(
            f"{text!r} does not end in .safetensors, as for example out/names.safetensors does"
        )
    return Path(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number, for example 2.5")
    return number


if __name__ == "__main__":
    sys.exit(main())
