"""`python -m bot.train`: interruption and resuming."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from bot.train import main
from bot.trainer.events import from_json
from models.names.trainers import NamesTrainer
from models.networks.network import Network
from models.tasks import Task
from models.text_generator import ShouldStop, check_stop
from models.training import run as training_run
from models.training.events import Stopped
from models.training.recipe import Update
from models.training.run import TrainingRun
from models.weights import Trained, load_weights
from tests.slow.training.small import SMALL, Report, error_of, small_trainer

CHECKOUT = Path(__file__).parents[3]


def assert_same_weights(one: Path, other: Path) -> None:
    """Bit for bit, and so is what the model card says of them."""
    first, second = load_weights(one), load_weights(other)
    assert first.card == second.card
    for name, array in first.network.arrays().items():
        np.testing.assert_array_equal(array, second.network.arrays()[name])


RUNNER = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})
import models.names.recipes
from bot.train import main
from tests.slow.training.small import small_trainer
models.names.recipes.NamesTrainer = small_trainer
sys.exit(main())
"""


def test_resume_is_exact(names: Path, out: Path, tmp_path: Path, report: Report) -> None:
    options = ["names", "--corpus", str(names), "--seed", "3", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, *options, "--progress", "json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "samples":
                process.send_signal(signal.SIGTERM)
                break
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    checkpoint = out.with_suffix(".checkpoint")
    assert process.returncode == 3
    assert from_json(rest.splitlines()[-1]) == Stopped(checkpoint=checkpoint)
    assert list(out.parent.iterdir()) == [checkpoint]

    code, events = report(*options, "--resume")
    assert code == 0
    assert events[1]["step"] > 10
    assert not checkpoint.exists()
    uninterrupted = tmp_path / "whole.safetensors"
    report(*options[:-1], uninterrupted)
    assert_same_weights(out, uninterrupted)


@pytest.fixture
def checkpoint(names: Path, out: Path, report: Report, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoint of a run with seed 3 that was stopped after five updates."""
    stop_after(5, monkeypatch)
    code, events = report("names", "--corpus", names, "--seed", 3, "--out", out)
    monkeypatch.undo()
    monkeypatch.setattr("models.names.recipes.NamesTrainer", small_trainer)
    assert (code, events[-1]["event"]) == (3, "stopped")
    return out.with_suffix(".checkpoint")


def stop_after(updates: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runs interrupted as Ctrl-C would."""
    losses: list[float] = []

    class Stopping(NamesTrainer):
        def train(self) -> Iterator[Update]:
            for progress in super().train():
                losses.append(progress.loss)
                if len(losses) == updates:
                    signal.raise_signal(signal.SIGINT)
                yield progress

    monkeypatch.setattr(
        "models.names.recipes.NamesTrainer", lambda c, seed, *_: Stopping(c, seed, SMALL)
    )


@pytest.mark.parametrize(
    "changed",
    [["--seed", "4"], ["--corpus", "reordered.txt"], ["--units", "8"]],
    ids=["seed", "corpus", "units"],
)
def test_checkpoint_of_other_options(
    checkpoint: Path,
    names: Path,
    out: Path,
    report: Report,
    changed: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = names.read_text().splitlines()
    Path("reordered.txt").write_text("\n".join(reversed(lines)))
    options = ["names", "--corpus", names, "--seed", 3, "--out", out, *changed]
    assert "its corpus, recipe, seed or length differs" in error_of(report(*options, "--resume"))
    assert checkpoint.exists()


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint", save({"x": np.zeros(1)})])
def test_damaged_checkpoint(
    checkpoint: Path, names: Path, out: Path, report: Report, content: bytes | None
) -> None:
    if content is None:
        checkpoint.unlink()
    else:
        checkpoint.write_bytes(content)
    message = error_of(report("names", "--corpus", names, "--seed", 3, "--out", out, "--resume"))
    assert "leave out --resume to start over" in " ".join(message.split())


def test_signal_handlers_are_restored(names: Path, out: Path, report: Report) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    report("names", "--corpus", names, "--out", out, "--minutes", 1e-9)
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_planning_is_stopped_at_once(
    names: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    went_on: list[int] = []

    def plans(*_: object) -> None:
        signal.raise_signal(number)
        went_on.append(1)

    monkeypatch.setattr("models.names.recipes.NamesTrainer", plans)
    assert main(["names", "--corpus", str(names), "--out", str(out)]) == 3
    assert went_on == []
    assert "Stopped before the training had begun." in capsys.readouterr().err
    assert not out.parent.exists()


def test_stop_after_the_last_update(
    names: Path, out: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a recipe completes the network, for which it may write for minutes."""
    stops = [True, False]

    def complete(trained: Trained, should_stop: ShouldStop) -> Network:
        if stops.pop(0):
            signal.raise_signal(signal.SIGTERM)
        check_stop(should_stop)
        return trained.network

    start = Task.start
    monkeypatch.setattr(Task, "start", lambda *args: _completed(start(*args), complete))
    options = ["names", "--corpus", names, "--out", out]
    code, events = report(*options)
    assert (code, events[-1]["event"]) == (3, "stopped")
    assert list(out.parent.iterdir()) == [out.with_suffix(".checkpoint")]
    code, events = report(*options, "--resume")
    assert (code, [event["event"] for event in events]) == (0, ["plan", "done"])


def _completed(run: TrainingRun, complete: Callable[..., Network]) -> TrainingRun:
    run.plan = replace(run.plan, complete=complete)
    return run


def test_trainer_that_does_not_end(
    names: Path, out: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run ends after the planned number of updates."""

    class Endless(NamesTrainer):
        def train(self) -> Iterator[Update]:
            (first, *_) = super().train()
            for step in count(1):
                yield replace(first, step=step)

    monkeypatch.setattr(
        "models.names.recipes.NamesTrainer", lambda c, seed, *_: Endless(c, seed, SMALL)
    )
    code, _ = report("names", "--corpus", names, "--out", out)
    assert code == 0
    assert load_weights(out).card.updates <= 2 * SMALL.max_updates + 1


def test_regular_checkpoints(
    names: Path, out: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    save_checkpoint = TrainingRun.save_checkpoint

    def watched(run: TrainingRun) -> None:
        save_checkpoint(run)
        saved.append(len(run.losses))

    monkeypatch.setattr(training_run, "CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr(TrainingRun, "save_checkpoint", watched)
    report("names", "--corpus", names, "--out", out, "--minutes", 0.002)
    assert saved[:3] == [1, 2, 3]
    assert not out.with_suffix(".checkpoint").exists()
