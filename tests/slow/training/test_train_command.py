"""`python -m bot.train`: results, reports and errors."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from bot.pictures.loss_curve import loss_curve
from bot.train import main
from bot.trainer.events import from_json
from data.corpora import Corpus, CorpusError, load_names, load_sonnets, parse_corpus
from models.fingerprints import Fingerprints
from models.names.constraints import of_a_list
from models.names.trainers import NamesTrainer
from models.networks.network import Network, cross_entropy
from models.tasks import TASKS, Task, task_of
from models.text_generator import ShouldStop, check_stop
from models.training import run as training_run
from models.training.events import Stopped
from models.training.recipe import Plan, Update
from models.training.run import TrainingRun
from models.verse.recipes import WITHOUT_KERAS, _with_reference_loss
from models.weights import Trained, load_weights
from tests.models.tiny import LETTERS, VERSE, card, lstm, rnn
from tests.models.verse.test_poem import VERSES, Reciter
from tests.optional import downloaded
from tests.slow.training.small import SMALL, Report, Resting, error_of, small_trainer


def test_results_are_written(names: Path, out: Path, report: Report) -> None:
    code, events = report("names", "--corpus", names, "--out", out, "--seed", 7)
    assert code == 0
    plan, *between, done = events
    notes = ["1 duplicate removed."]
    assert plan == {"event": "plan", "steps": 120, "corpus": "elves.txt", "notes": notes}
    assert {event["event"] for event in between} == {"progress", "samples"}
    last = [event for event in between if event["event"] == "progress"][-1]
    assert last["step"] == last["steps"]
    figures = {"loss", "validation", "characters_per_second", "seconds_left"}
    assert set(last) == {"event", "step", "steps"} | figures
    trained, plot = load_weights(out), out.with_suffix(".png")
    assert (done["event"], done["weights"], done["plot"]) == ("done", str(out), str(plot))
    assert done["validation"] == trained.card.validation
    assert len(done["samples"]) == 7
    assert done["seconds"] > 0
    card = trained.card
    assert (card.task, card.corpus, card.seed) == ("names", "elves.txt", 7)
    assert card.updates == last["step"]
    assert set(card.versions) == {"numpy"}
    assert load_names().training[0] in trained.known
    page = out.with_suffix(".md").read_text()
    assert page.startswith("# Weights for names: best\n")
    assert trained.digest in page
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert trained.words == load_weights(out).words == tuple(sorted(trained.words))
    assert len(list(out.parent.iterdir())) == 3


def test_terminal_output(names: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["names", "--corpus", str(names), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    words = captured.err.replace("\n", "")
    for said in ("elves.txt", "1 duplicate removed.", "after 10 updates", "nats/char", out.name):
        assert said in words


def test_units_begin_anew(names: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["names", "--corpus", str(names), "--out", str(out), "--minutes", "1e-9"]
    assert main(options) == 0
    assert "begins anew" not in capsys.readouterr().err
    assert main([*options, "--units", "8"]) == 0
    assert "begins anew" in capsys.readouterr().err


def test_other_alphabet(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "rivers.txt"
    path.write_text("Волга\nДон\nОка\n")
    assert "--recipe list reads others" in error_of(report("names", "--corpus", path))


def test_time_limit_keeps_the_best_network(names: Path, out: Path, report: Report) -> None:
    code, events = report("names", "--corpus", names, "--out", out, "--minutes", 1e-9)
    assert (code, events[-1]["event"]) == (0, "done")
    assert events[-1]["validation"] is None  # there was no time to measure it
    assert load_weights(out).card.updates == 1


def test_notebook_recipe(
    names: Path, out: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.names.notebook.ITERATIONS", 50)
    code, events = report("names", "--recipe", "notebook", "--corpus", names, "--out", out)
    assert code == 0
    card = load_weights(out).card
    assert events[-1]["validation"] == card.validation
    assert card.architecture == "rnn"
    assert card.reads_all


def test_unwritable_folder(names: Path, tmp_path: Path, report: Report) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "elves.safetensors"
    assert "Cannot write" in error_of(report("names", "--corpus", names, "--out", out))


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ("names --recipe list --corpus {} --from x.safetensors", "--from"),
        ("names --recipe notebook --units 8", "--units"),
        ("sonnets --units 8", "--units"),  # that of the weights
        ("sonnets --also {}", "takes no --also"),
    ],
)
def test_option_of_another_recipe(names: Path, report: Report, options: str, refused: str) -> None:
    assert refused in error_of(report(*options.format(names).split()))


@pytest.mark.parametrize("recipe", TASKS["sonnets"].recipes)
def test_missing_keras(report: Report, monkeypatch: pytest.MonkeyPatch, recipe: str) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert error_of(report("sonnets", "--recipe", recipe)) == WITHOUT_KERAS
    assert "requirements-train.txt" in WITHOUT_KERAS


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["names", "--recipe", "soup"], "no recipe 'soup'; choose one of best, quick, pretrain"),
        (["names", "--recipe", "default"], "names has no recipe 'default'"),
        (["limericks"], "invalid choice"),
        (["names", "--seed", "-1"], "not a whole number from 0, for example 7"),
        (["names", "--minutes", "0"], "not a positive number, for example 2.5"),
        (["names", "--minutes", "inf"], "not a positive number"),
        (["sonnets", "--units", "0"], "not a whole number from 1 to 2048, for example 60"),
        (["names", "--units", "99999"], "not a whole number from 1 to 2048"),
        (["names", "--out", "names.md"], "does not end in .safetensors, for example"),
        ([], "required"),
    ],
)
def test_wrong_options(arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("network", "task", "known", "count"),
    [
        (lstm(LETTERS), "names", [], 7),
        (rnn(), "names", [], 7),
        (lstm(VERSE), "sonnets", [], 4),
        (Reciter(VERSES), "sonnets", VERSES, 0),  # it is overfitted
    ],
)
def test_samples(network: Network, task: str, known: list[str], count: int) -> None:
    facts = card(task, network.vocabulary)
    plan = Plan(load_names(), Resting(network), "lstm", 0, Fingerprints.of(known), {})  # type: ignore[arg-type]
    sample = partial(task_of(task).sample, full=False)
    run = TrainingRun(plan, facts, Path("out.safetensors"), sample, loss_curve)
    assert len(run.samples()) == count


# `python -m bot.train`: further names, lists in any alphabet, and figures to compare by


def test_extra_names(names: Path, out: Path, tmp_path: Path, report: Report) -> None:
    also = tmp_path / "likes.txt"
    listed = names.read_text().split("\n")[0]
    also.write_text(f"Mangosaurus\nmangosaurus\n{listed}\n\nPapayasaurus")
    _, events = report("names", "--corpus", names, "--also", also, "--out", out)
    assert events[0]["notes"][-2:] == [
        "2 names from likes.txt added to the training.",
        "1 line from likes.txt skipped: it's already in the list, or has characters that the list "
        "doesn't use.",
    ]
    trained = load_weights(out)
    assert "mangosaurus" in trained.known
    assert "mangosaurus" not in trained.words
    alone = out.with_name("alone.safetensors")
    report("names", "--corpus", names, "--out", alone)
    assert load_weights(alone).digest != trained.digest
    assert load_weights(alone).card.corpus_sha256 == trained.card.corpus_sha256


@pytest.mark.parametrize("is_own", [True, False])
def test_reference_loss(names: Path, out: Path, report: Report, is_own: bool) -> None:
    """The validation loss on the project's list, on which another one is measured, too."""
    report("names", "--out", out, *(("--corpus", names) if is_own else ()))
    card = load_weights(out).card
    assert card.reference_loss is not None
    assert (card.reference_loss != card.validation) == is_own


def verse_plan(verse: str) -> Plan:
    odes = "\n".join([verse, *VERSES * 200])
    corpus = parse_corpus(odes.encode(), "odes.txt", "verse")
    trainer = Resting(lstm(VERSE))
    return Plan(corpus, trainer, "lstm", 0, Fingerprints.of([]), {})  # type: ignore[arg-type]


@pytest.fixture
def poems() -> tuple[str, ...]:
    """The project's validation sonnets, if they can be had."""
    return downloaded(load_sonnets).validation


def test_verse_has_reference_loss(poems: tuple[str, ...]) -> None:
    plan = _with_reference_loss(verse_plan(""))
    assert plan.figures().reference_loss == pytest.approx(cross_entropy(lstm(VERSE), poems))
    plan = _with_reference_loss(verse_plan(poems[0]))
    assert plan.figures().reference_loss is None
    assert "it learns from poems that the comparison uses" in plan.corpus.notes[-1]


def test_validation_sonnets_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> Corpus:
        raise CorpusError("Cannot fetch the sonnets.")

    monkeypatch.setattr("models.verse.recipes.corpora.load_sonnets", unreachable)
    plan = _with_reference_loss(verse_plan(""))
    assert plan.figures().reference_loss is None
    assert plan.corpus.notes[-1].endswith("Cannot fetch the sonnets.")


ENDS = ("sur-Lys", "sous-Bois", "Éon", "Auge", "sur-Orne", "Ville", "sous-Roche", "d'Or")
TOWNS = [f"{begin}-{end}" for begin in ("Vâl", "Mont", "Fôret", "Pont") for end in ENDS]


def test_list_in_any_alphabet(tmp_path: Path, report: Report) -> None:
    path, out = tmp_path / "towns.txt", tmp_path / "towns.safetensors"
    path.write_text("\n".join([*TOWNS, TOWNS[0]]))
    code, events = report("names", "--recipe", "list", "--corpus", path, "--out", out, "--units", 8)
    assert code == 0
    assert events[0]["notes"] == ["1 duplicate removed (line 33)."]
    trained = load_weights(out)
    assert trained.words == tuple(sorted(town.lower() for town in TOWNS))
    assert all(town.lower() in trained.known for town in TOWNS)
    assert "iguanodon" not in trained.known
    card = trained.card
    assert of_a_list(card)
    assert (card.capitals, card.small_words) == ("^-'", ("d", "sous", "sur"))
    assert (card.symbols[0], "â" in card.symbols) == ("\n", True)
    assert card.measured == 4
    assert card.kneser_ney is not None
    assert card.validation is not None
    assert "| Kneser-Ney |" in out.with_suffix(".md").read_text()
    for name in events[-1]["samples"]:
        assert name[0].isupper()


# `python -m bot.train`: interruption and resuming


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
