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
    trained = load_weights(out)
    assert trained.card.task == "names"
    assert trained.card.corpus == "elves.txt"
    assert trained.card.seed == 7
    assert trained.card.updates == events[-2]["step"]
    assert set(trained.card.versions) == {"numpy"}
    assert load_names().training[0] in trained.known
    page = out.with_suffix(".md").read_text()
    assert page.startswith("# Weights for names: best\n")
    assert trained.digest in page
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    history = json.loads(out.with_suffix(".json").read_text())
    assert len(history["losses"]) == history["updates"] == trained.card.updates
    assert trained.words == load_weights(out).words == tuple(sorted(trained.words))
    assert len(list(out.parent.iterdir())) == 4


def test_json_lines(names: Path, out: Path, report: Report) -> None:
    _, events = report("names", "--corpus", names, "--out", out)
    plan, *between, done = events
    assert plan == {
        "event": "plan",
        "steps": 120,
        "corpus": "elves.txt",
        "notes": ["1 duplicate removed."],
    }
    assert {event["event"] for event in between} == {"progress", "samples"}
    last = [event for event in between if event["event"] == "progress"][-1]
    assert last["step"] == last["steps"]
    assert set(last) == {
        *("event", "step", "steps", "loss", "validation"),
        *("characters_per_second", "seconds_left"),
    }
    assert done["event"] == "done"
    assert done["weights"] == str(out)
    assert done["plot"] == str(out.with_suffix(".png"))
    assert done["validation"] == load_weights(out).card.validation
    assert len(done["samples"]) == 7
    assert done["seconds"] > 0


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


def test_seed_decides_the_weights(names: Path, tmp_path: Path, report: Report) -> None:
    paths = [tmp_path / f"{name}.safetensors" for name in ("one", "again", "other")]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        report("names", "--corpus", names, "--out", path, "--seed", seed)
    contents = [path.read_bytes() for path in paths]
    assert contents[0] == contents[1] != contents[2]


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


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "Cannot read"), (b"", "is empty"), (b"mango\ntango\n", "has too few names")],
)
def test_unusable_corpus(
    tmp_path: Path, out: Path, report: Report, content: bytes | None, why: str
) -> None:
    path = tmp_path / "bad.txt"
    if content is not None:
        path.write_bytes(content)
    assert why in error_of(report("names", "--corpus", path, "--out", out))
    assert not out.parent.exists()


def test_unwritable_folder(names: Path, tmp_path: Path, report: Report) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "elves.safetensors"
    assert "Cannot write" in error_of(report("names", "--corpus", names, "--out", out))


@pytest.mark.parametrize(("option", "value"), [("--from", "x.safetensors"), ("--epochs", 3)])
def test_option_of_another_recipe(names: Path, report: Report, option: str, value: object) -> None:
    arguments = ("names", "--recipe", "list", "--corpus", names, option, value)
    assert option in error_of(report(*arguments))


@pytest.mark.parametrize("arguments", [["names", "--recipe", "notebook"], ["sonnets"]])
def test_width_is_fixed_by_the_weights(report: Report, arguments: list[str]) -> None:
    assert "--units" in error_of(report(*arguments, "--units", 8))


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


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    for kind in TASKS:
        assert f"python -m bot.train {kind}" in text
        for name, recipe in TASKS[kind].recipes.items():
            assert f"  {kind:8} {name:9} {recipe.help}" in text


def run_of(network: Network, task: str, known: list[str]) -> TrainingRun:
    facts = card(task, network.vocabulary)
    plan = Plan(load_names(), Resting(network), "lstm", 0, Fingerprints.of(known), {})  # type: ignore[arg-type]
    sample = partial(task_of(task).sample, full=False)
    return TrainingRun(plan, facts, Path("out.safetensors"), sample, loss_curve)


@pytest.mark.parametrize("network", [lstm(LETTERS), rnn()], ids=["lstm", "rnn"])
def test_sample_of_names(network: Network) -> None:
    assert len(run_of(network, "names", []).samples()) == 7


def test_sample_of_lines() -> None:
    assert len(run_of(lstm(VERSE), "sonnets", []).samples()) == 4


def test_overfitted_network_goes_on() -> None:
    assert run_of(Reciter(VERSES), "sonnets", VERSES).samples() == ()
