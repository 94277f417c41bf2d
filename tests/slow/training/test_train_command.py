"""`python -m bot.train`: results, reports and errors."""

import json
from functools import partial
from pathlib import Path

import pytest

from bot.pictures.loss_curve import loss_curve
from bot.train import main
from data.corpora import load_names
from models.fingerprints import Fingerprints
from models.networks.network import Network
from models.tasks import TASKS, task_of
from models.training.recipe import Plan
from models.training.run import TrainingRun
from models.verse.recipes import WITHOUT_KERAS
from models.weights import load_weights
from tests.models.tiny import LETTERS, VERSE, card, lstm, rnn
from tests.models.verse.test_poem import VERSES, Reciter
from tests.slow.training.small import Report, Resting, error_of


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
    history = json.loads(out.with_suffix(".json").read_text())
    assert len(history["losses"]) == history["updates"] == card.updates
    assert trained.words == load_weights(out).words == tuple(sorted(trained.words))
    assert len(list(out.parent.iterdir())) == 4


def test_terminal_output(names: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["names", "--corpus", str(names), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    words = captured.err.replace("\n", "")
    for said in ("elves.txt", "1 duplicate removed.", "after 10 updates", "nats/char", out.name):
        assert said in words


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
        ("names --recipe list --corpus {} --epochs 3", "--epochs"),
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
        (["sonnets", "--epochs", "0"], "not a whole number from 1, for example 60"),
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
