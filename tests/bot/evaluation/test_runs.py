"""Complete evaluations, with tiny networks."""

import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn: install requirements-evaluate.txt")
pytest.importorskip("pronouncing", reason="needs pronouncing: install requirements-evaluate.txt")

from bot import evaluate
from bot.evaluate import main
from bot.evaluation.measures import names_run, sonnets_run
from bot.evaluation.measures.baselines import Baseline
from bot.evaluation.measures.classifier import Auc
from bot.evaluation.results.headline import read_headline
from data.corpora import load_names, parse_corpus, read_corpus
from models.fingerprints import Fingerprints
from models.networks.rnn import RNN
from models.weights import load_weights, save_weights
from tests.models.tiny import LETTERS, VERSE, card, lstm, rnn

VERSE_TEXT = "When forty winters shall besiege thy brow,\nAnd dig deep trenches there,\n" * 100


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments for evaluating tiny weights with a hundred names, without training."""

    def untrained(*_: object) -> RNN:
        return rnn(LETTERS)

    def toss(*_: object) -> Auc:
        return Auc(0.5, 0.1)

    monkeypatch.setattr(names_run, "auc", toss)
    monkeypatch.setattr(names_run, "notebook_names", untrained)
    monkeypatch.setattr(names_run, "quick_names", lambda *_: (lstm(LETTERS), 12.0))
    corpus = tmp_path / "elves.txt"
    corpus.write_text("\n".join(load_names().training[:100]))
    weights = tmp_path / "elves.safetensors"
    digest = read_corpus(corpus, "names").sha256
    facts = card("names", LETTERS, corpus_sha256=digest)
    save_weights(weights, lstm(LETTERS).arrays(), facts, Fingerprints.of(["mango"]))
    page = tmp_path / "docs" / "scoreboard.md"
    options = ["--weights", weights, "--corpus", corpus, "--previous", weights, "--page", page]
    return ["names", "--count", "3", *map(str, options)]


@pytest.fixture
def sonnets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments for evaluating tiny weights with some verse."""
    corpus = tmp_path / "verse.txt"
    corpus.write_text(VERSE_TEXT)
    read = parse_corpus(VERSE_TEXT.encode(), "verse.txt", "verse")
    monkeypatch.setattr("bot.evaluation.scoreboard.corpora.load_plays", lambda: read)
    notebook = Baseline("the notebook's recipe", lstm(seed=3))
    monkeypatch.setattr(sonnets_run, "notebook_sonnets", lambda: notebook)
    weights = tmp_path / "verse.safetensors"
    facts = card("sonnets", VERSE, corpus_sha256=read.sha256)
    save_weights(weights, lstm().arrays(), facts, Fingerprints.of(()))
    openings = tmp_path / "openings.txt"
    openings.write_text("Shall I\n\nO mango, \n")
    page = tmp_path / "docs" / "scoreboard.md"
    options = ["--weights", weights, "--corpus", corpus, "--previous", weights, "--page", page]
    return ["sonnets", "--count", "3", "--openings", str(openings), *map(str, options)]


def test_names_run(names: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(names) == 0
    shown = capsys.readouterr().out
    for words in ("held-out nats/char", "Kneser-Ney, order 8", "ends_with: raptor", "Written"):
        assert words in shown
    figures = json.loads((tmp_path / "docs" / "scoreboard" / "names.json").read_text())
    systems = figures["figures"]["held_out"]
    assert len([name for name in systems if name.startswith("Kneser-Ney")]) == 8
    assert systems["the recipe quick, trained in 12 s"]["difference"]["value"] == 0
    quality = {w["quality"]["system"]: w["quality"] for w in figures["figures"]["writing"]}
    ours = quality["Mangosaurus (default)"]
    assert ours["count"] <= 30
    assert ours["in_corpus"] == 0
    assert set(quality) >= {"Kneser-Ney, order 6", "the notebook's recipe", "the previous weights"}
    page = (tmp_path / "docs" / "scoreboard.md").read_text()
    assert "## Names" in page
    assert "## Sonnets" not in page
    assert all(target["name"] in page for target in figures["targets"])


def test_sonnets_run(
    sonnets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(sonnets) == 0
    assert "rhyming pairs" in capsys.readouterr().out
    folder = tmp_path / "docs" / "scoreboard"
    figures = json.loads((folder / "sonnets.json").read_text())
    ours, plain, *_ = figures["figures"]["verse"]
    assert (ours["system"], plain["system"]) == ("Mangosaurus", "plain sampling")
    assert ours["form"]["poems"] == plain["form"]["poems"] == 3
    notebook, shakespeare = figures["figures"]["verse"][2:]
    assert (notebook["system"], shakespeare["system"]) == ("the notebook", "Shakespeare")
    assert notebook["form"]["poems"] == 3
    assert "the notebook's recipe" in figures["figures"]["held_out"]
    assert [poem[:7] for poem in figures["samples"]] == ["Shall I", "O mango", "Shall I"]
    assert (folder / "sonnets-lines.png").exists()


def test_seeds_differ(names: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = []
    for seed in ("0", "0", "500"):
        assert main([*names, "--seed", seed, "--json"]) == 0
        samples.append(json.loads(capsys.readouterr().out)["samples"])
    assert samples[0] == samples[1] != samples[2]


def test_headline_of_other_weights_is_not_saved(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([*names, "--record"]) == 0
    assert not (tmp_path / "scoreboard.json").exists()
    monkeypatch.setattr(evaluate, "SHIPPED", tmp_path)
    monkeypatch.setattr("models.weights.SHIPPED", tmp_path)
    assert main([*names, "--record"]) == 0
    digest = load_weights(tmp_path / "elves.safetensors").digest
    headline = read_headline("names", digest, tmp_path / "scoreboard.json")
    assert headline[0].measure == "Held-out names"
    assert "the notebook" in headline[0].beside


def test_missing_extra(
    names: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "has_classifier", lambda: False)
    assert main(names) == 1
    assert "requirements-evaluate.txt" in " ".join(capsys.readouterr().err.split())
    assert main([*names, "--quick"]) == 0


def test_unreadable_openings(
    sonnets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*sonnets, "--openings", str(tmp_path / "none.txt")]) == 1
    assert "Cannot read the openings" in capsys.readouterr().err
    (tmp_path / "openings.txt").write_text("\n  \n")
    assert main(sonnets) == 1
    assert "has no openings" in " ".join(capsys.readouterr().err.split())
