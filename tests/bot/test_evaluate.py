"""`python -m bot.evaluate`: held-out nats per character, and the card that records them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.evaluate import main
from data.corpora import Corpus, load_names, parse_corpus, read_corpus
from data.lists import read_list, stored_list
from models.fingerprints import Fingerprints
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary
from models.weights import describe, load_shipped, load_weights, save_weights
from tests.models.tiny import LETTERS, card, lstm, namer
from tools.evaluation.held_out import held_out_losses, record
from tools.evaluation.options import EvaluationOptions
from tools.evaluation.run import OTHER_PAGE, PAGE, _page


@pytest.fixture
def names(tmp_path: Path) -> Path:
    """A list of a hundred names."""
    path = tmp_path / "elves.txt"
    path.write_text("\n".join(load_names().training[:100]))
    return path


@pytest.fixture
def weights(tmp_path: Path, names: Path) -> Path:
    """Small weights that say that they were trained on these names."""
    path = tmp_path / "elves.safetensors"
    facts = card("names", LETTERS, corpus_sha256=read_corpus(names, "names").sha256)
    proper, known = Fingerprints.of(["helen"]), Fingerprints.of(["mango"])
    save_weights(path, lstm(LETTERS).arrays(), facts, known, proper)
    return path


def names_corpus() -> Corpus:
    return parse_corpus("\n".join(load_names().training[:100]).encode(), "mine", "names")


def test_held_out_names() -> None:
    corpus = names_corpus()
    losses = held_out_losses(namer(), corpus)
    written = [name + "\n" for name in corpus.held_out]
    assert losses.nats_per_character == pytest.approx(cross_entropy(lstm(LETTERS), written))
    assert losses.sizes.tolist() == list(map(len, written))
    assert losses.unknown == 0
    other = replace(corpus, training=("x",), validation=("y",), items=("z",))
    assert held_out_losses(namer(), other).nats.tolist() == losses.nats.tolist()


def test_table(
    names: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["names", "--quick", "--weights", str(weights), "--corpus"]
    assert main([*arguments, str(names)]) == 0
    table = capsys.readouterr().out
    assert "names: elves.txt" in table
    assert "nats/char" in table
    assert "another corpus" not in table
    other = tmp_path / "[red]dwarves[:o:].txt"
    other.write_text("\n".join(load_names().training[:50]))
    assert main([*arguments, str(other)]) == 0
    table = capsys.readouterr().out
    assert "[red]dwarves[:o:].txt" in table
    assert "These weights were trained on another corpus" in table


def test_list_in_another_alphabet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights of a list are measured on that list, as they have read it."""
    path, weights = tmp_path / "rivers.txt", tmp_path / "rivers.safetensors"
    path.write_text("\n".join(f"Река {letter}" for letter in "абвгдежзиклмнопрстуфхц"))
    corpus = stored_list(read_list(path), path.name)
    letters = Vocabulary("".join(sorted({"\n", *"".join(corpus.items)})))
    facts = card("names", letters, corpus_sha256=corpus.sha256, recipe="list", reads_all=True)
    save_weights(weights, lstm(letters).arrays(), facts, Fingerprints.of([]), Fingerprints.of([]))
    assert main(["names", "--quick", "--weights", str(weights), "--corpus", str(path)]) == 0
    table = capsys.readouterr().out
    assert "4 items" in table
    assert "nan" not in table
    assert "another corpus" not in table
    assert "trained on the held-out part too" in table
    assert main(["names", "--weights", str(weights), "--corpus", str(path)]) == 1
    assert "There is no scoreboard for weights of a list; use --quick." in said(capsys)
    assert main(["names", "--quick", "--corpus", str(path)]) == 1
    assert "This one has 0. To measure weights of the recipe list" in said(capsys)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_record(names: Path, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, corpus = load_weights(weights), read_corpus(names, "names")
    arguments = ["names", "--quick", "--weights", weights, "--corpus", names, "--record"]
    assert main([*map(str, arguments)]) == 0
    table = capsys.readouterr().out
    after = load_weights(weights)
    loss = held_out_losses(before, corpus).nats_per_character
    assert after.card == replace(before.card, held_out=loss)
    assert f"{loss:.4f}" in table
    assert after.digest[:12] in table
    assert after.digest != before.digest
    assert weights.with_suffix(".md").read_text() == describe(after.card, after.digest)
    for name, array in after.network.arrays().items():
        np.testing.assert_array_equal(array, before.network.arrays()[name])
    assert "mango" in after.known
    assert "helen" in after.proper
    assert main([*map(str, arguments)]) == 0
    assert capsys.readouterr().out == table


def test_loss_that_differs_by_rounding_changes_nothing(weights: Path) -> None:
    """The digest identifies the weights, and other machines find a loss with other last digits."""
    loss = 1.4165
    trained = record(weights, load_weights(weights), loss)
    content = weights.read_bytes()
    assert record(weights, trained, loss * (1 + 1e-7)) is trained
    assert weights.read_bytes() == content
    assert record(weights, trained, loss * 1.001).digest != trained.digest


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("names --weights elves.safetensors --corpus dwarves.txt --record", "not on dwarves.txt"),
        ("names --weights x", "Cannot read the weights"),
        ("sonnets --weights elves.safetensors --corpus elves.txt", "writes names, not sonnets"),
        ("names --weights elves.safetensors --corpus x", "Couldn't read"),
    ],
)
def test_refusals(
    arguments: str,
    why: str,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(weights.parent)
    Path("dwarves.txt").write_text("\n".join(load_names().training[:50]))
    before = weights.read_bytes()
    assert main(arguments.split()) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert why in " ".join(captured.err.split())
    assert weights.read_bytes() == before


def test_shipped_figure() -> None:
    losses = held_out_losses(load_shipped("names"), load_names())
    page = (Path(__file__).parents[2] / "models" / "weights" / "names.md").read_text()
    assert f"| Held out | {losses.nats_per_character:.4f} nats per character |" in page
    assert losses.nats_per_character < 1.62
    assert (len(losses.nats), losses.unknown) == (131, 0)


@pytest.mark.parametrize(("record", "page"), [(False, OTHER_PAGE), (True, PAGE)])
def test_page_of_the_project_is_kept(record: bool, page: Path) -> None:
    """A changed file of the repository would block the operator's next `git pull`."""
    assert _page(EvaluationOptions("names", record=record)) == page
