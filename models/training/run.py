"""A training run: drives a trainer, keeps checkpoints, writes the results."""

import datetime
import hashlib
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from data.files import write_atomically
from models.text_generator import Abandoned, Accept, Sample, ShouldStop, never
from models.training.events import Done, Planned, Progress, Samples, Stopped, TrainingEvent
from models.training.recipe import Plan, select_prefix
from models.weights import ModelCard, Trained, describe, save_weights

CHECKPOINT_INTERVAL = 60.0
"""Seconds of training between two checkpoints: what a crash can cost."""
_VARIABLES = 2
"""Number of changes of what trainers store: a checkpoint of other variables is not resumed."""
MOST_SAMPLES = 7
"""Names that are shown of the network in training."""
_AVERAGED = 50
"""Updates whose losses are averaged."""

LossCurve = Callable[[Sequence[float], Sequence[tuple[int, float]], Sequence[int]], bytes]
"""Draws losses by update, validation losses, and the updates that start another fit."""
Sampler = Callable[[Trained, int, Accept], Sample]
"""Lets a network write, with a seed."""


class ResumeError(Exception):
    """The checkpoint cannot be resumed. The message is a sentence for the operator."""


@dataclass
class TrainingRun:
    """A training that writes its weights to `out`, and everything else beside it."""

    plan: Plan
    card: ModelCard
    """The model card before training."""
    out: Path
    sample: Sampler
    draw: LossCurve
    units: int | None = None
    """The width that was requested."""
    losses: list[float] = field(default_factory=list)
    """Losses, one per update."""
    validation: list[tuple[int, float]] = field(default_factory=list)
    """Update and validation loss, for each measurement."""
    restarts: list[int] = field(default_factory=list)
    """Updates that start another fit from fresh parameters."""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Record the values that must be equal for a checkpoint to be resumed."""
        card, corpus = self.card, self.plan.corpus
        self._identity = json.dumps(
            [
                _VARIABLES,
                card.task,
                card.recipe,
                card.seed,
                card.initial_digest,
                self.units,
                self.plan.trainer.steps,  # as planned: a run may find out that it needs fewer
                hashlib.sha256(corpus.plain.encode()).hexdigest(),
                *corpus.extra_names,
            ]
        )

    @property
    def checkpoint(self) -> Path:
        """The file with the state of an interrupted run."""
        return self.out.with_suffix(".checkpoint")

    def check_folder(self) -> None:
        """Create the folder of `out`. Raises `OSError` now, not after hours, if that fails."""
        self.out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.out.parent):
            pass

    def events(self, stop: Event, longest: float) -> Generator[TrainingEvent, None, None]:
        """Train until the end, or for `longest` seconds, and write the results.

        The last event is `Done`, or `Stopped` with a checkpoint if `stop` is set before the end.
        Raises `OSError` if the results cannot be written.
        """
        plan = self.plan
        yield Planned(plan.trainer.steps, plan.corpus.title, plan.corpus.notes)
        if (yield from self._train(stop, longest)):
            with suppress(Abandoned):
                yield self.finish(stop.is_set)
                return
        self.save_checkpoint()
        yield Stopped(checkpoint=self.checkpoint)

    def _train(self, stop: Event, longest: float) -> Generator[TrainingEvent, None, bool]:
        """Update the network; return whether training ended before `stop` was set."""
        trainer = self.plan.trainer
        recent = deque(self.losses[-_AVERAGED:], maxlen=_AVERAGED)
        started = saved = time.monotonic()
        before, characters = self.seconds, 0
        if stop.is_set():
            return False
        # `steps` is an upper bound; the request after the last update lets the trainer finish.
        for progress in islice(trainer.train(), trainer.steps + 1):
            elapsed = time.monotonic() - started
            self.losses.append(progress.loss)
            self.seconds = before + elapsed
            recent.append(progress.loss)
            characters += progress.characters
            if progress.validation is not None:
                self.validation.append((progress.step, progress.validation))
            if progress.begins_anew:
                self.restarts.append(progress.step)
                recent = deque([progress.loss], maxlen=_AVERAGED)
            left = self.seconds / progress.step * (trainer.steps - progress.step)
            yield Progress(
                step=progress.step,
                steps=trainer.steps,
                loss=sum(recent) / len(recent),
                validation=self.validation[-1][1] if self.validation else None,
                characters_per_second=characters / max(elapsed, 1e-9),
                seconds_left=max(0.0, min(left, longest - elapsed)),
            )
            if progress.milestone or progress.validation is not None:
                yield Samples(progress.step, progress.samples or self.samples())
            if time.monotonic() - saved > CHECKPOINT_INTERVAL:
                self.save_checkpoint()
                saved = time.monotonic()
            if elapsed > longest:
                return True
            if stop.is_set():
                return False
        return True

    def samples(self) -> tuple[str, ...]:
        """A few names, or a few lines, that the network writes at this point."""
        seed = self.card.seed or 0
        return self.sample(self._trained(), seed, _accept_all).texts[:MOST_SAMPLES]

    def _trained(self) -> Trained:
        """The network at this point, ready to write."""
        plan, network = self.plan, self.plan.trainer.network()
        return Trained(
            network,
            self.card,
            plan.known,
            digest="",
            proper=plan.proper,
            runs=plan.runs,
            words=plan.words,
            further=plan.further,
        )

    def finish(self, should_stop: ShouldStop = never) -> Done:
        """Write weights, model card and loss curve, and delete the checkpoint.

        Raises `Abandoned`, before anything is written.
        """
        plan = self.plan
        figures, kept = plan.figures(), self.kept_validation
        card = replace(
            self.card,
            updates=len(self.losses),
            validation=kept,
            kneser_ney=figures.kneser_ney,
            measured=figures.measured,
            reference_loss=kept if plan.validation_is_reference else figures.reference_loss,
        )
        trained, arrays = self._trained(), plan.trainer.arrays()
        if plan.complete is not None:
            arrays = plan.complete(trained, should_stop).arrays()
        save_trained(self.out, replace(trained, card=card), arrays)
        plot = self.out.with_suffix(".png")
        write_atomically(plot, self.draw(self.losses, self.validation, self.restarts))
        self.checkpoint.unlink(missing_ok=True)
        return Done(self.out, plot, card.validation, self.samples(), self.seconds)

    @property
    def kept_validation(self) -> float | None:
        """The validation loss of the network that is kept."""
        losses = [loss for _, loss in self.validation]
        if not losses:
            return None
        return losses[-1] if self.plan.keeps_last else min(losses)

    def save_checkpoint(self) -> None:
        """Write everything that `resume` needs."""
        arrays = {f"trainer/{k}": np.asarray(a) for k, a in self.plan.trainer.checkpoint().items()}
        arrays["losses"] = np.array(self.losses)
        arrays["validation"] = np.array(self.validation).reshape(-1, 2)
        arrays["begun_anew"] = np.array(self.restarts, dtype=np.int64)
        arrays["seconds"] = np.array(self.seconds)
        write_atomically(self.checkpoint, save(arrays, {"run": self._identity}))

    def resume(self) -> None:
        """Continue from the checkpoint. Raises `ResumeError` if it is of another run."""
        try:
            with safe_open(self.checkpoint, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError as error:
            raise ResumeError(
                f"There is no checkpoint {self.checkpoint}; leave out --resume to start over."
            ) from error
        except SafetensorError as error:
            raise ResumeError(
                f"The checkpoint {self.checkpoint} is damaged ({error}); "
                "leave out --resume to start over."
            ) from error
        if metadata.get("run") != self._identity:
            raise ResumeError(
                f"{self.checkpoint} belongs to another training: its corpus, recipe, seed or "
                "length differs, or the version that wrote it. Give the same options again, or "
                "leave out --resume to start over."
            )
        self.losses = arrays["losses"].tolist()
        self.validation = [(int(step), loss) for step, loss in arrays["validation"].tolist()]
        self.restarts = arrays["begun_anew"].tolist()
        self.seconds = float(arrays["seconds"])
        self.plan.trainer.restore(select_prefix(arrays, "trainer/"))


def save_trained(path: Path, trained: Trained, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write a weight file, and its model card beside it. Returns the digest of the file."""
    digest = save_weights(
        path,
        arrays,
        trained.card,
        trained.known,
        trained.proper,
        runs=trained.runs,
        words=trained.words,
        further=trained.further,
    )
    write_atomically(path.with_suffix(".md"), describe(trained.card, digest).encode())
    return digest


def new_card(task: str, recipe: str, plan: Plan) -> ModelCard:
    """The model card of a training that is about to start."""
    return ModelCard(
        task=task,
        architecture=plan.architecture,
        recipe=recipe,
        corpus=plan.corpus.title,
        corpus_sha256=plan.corpus.sha256,
        seed=plan.seed,
        updates=0,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        symbols=plan.trainer.network().vocabulary.symbols,
        pretraining=plan.base.card.corpus if plan.base else None,
        initial_digest=plan.base.digest if plan.base else None,
        reads_all=plan.reads_all,
        versions=plan.versions,
        sources=plan.sources,
        capitals=plan.capitals,
        small_words=plan.small_words,
    )


def _accept_all(_: str) -> bool:
    """No word filter: only the operator reads samples during training."""
    return True
