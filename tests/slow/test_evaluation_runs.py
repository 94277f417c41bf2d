"""Complete evaluations, with tiny networks."""

import lzma
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.evaluate import main
from bot.help.headline import read_headline
from data.corpora import load_names, read_corpus
from models.fingerprints import Fingerprints
from models.networks.rnn import RNN
from models.weights import load_weights, save_weights
from tests.models.tiny import LETTERS, VERSE, card, lstm, rnn
from tests.optional import skip_without
from tests.tools.evaluation.texts import WORDS, random_poems
from tools.evaluation import names as names_evaluation
from tools.evaluation import run
from tools.evaluation import sonnets as sonnets_evaluation
from tools.evaluation.names import Auc

skip_without("sklearn", "pronouncing", "textblob", requirements="requirements-evaluate.txt")

COUNT = 5
"""Poems; the least that a classifier needs."""
SYSTEMS = [
    "Mangosaurus",
    "the form free",
    "plain sampling",
    "the notebook",
    "his plays",
    "Shakespeare",
]


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments for evaluating tiny weights with a hundred names, without training."""

    def untrained(*_: object) -> RNN:
        return rnn(LETTERS)

    def toss(*_: object) -> Auc:
        return 0.5, 0.1

    monkeypatch.setattr(names_evaluation, "auc", toss)
    monkeypatch.setattr(names_evaluation, "notebook_names", untrained)
    monkeypatch.setattr(names_evaluation, "quick_names", lambda *_: (lstm(LETTERS), 12.0))
    corpus = tmp_path / "elves.txt"
    corpus.write_text("\n".join(load_names().training[:100]))
    weights = tmp_path / "elves.safetensors"
    digest = read_corpus(corpus, "names").sha256
    facts = card("names", LETTERS, corpus_sha256=digest)
    save_weights(weights, lstm(LETTERS).arrays(), facts, Fingerprints.of(["mango"]))
    page = tmp_path / "docs" / "scoreboard.md"
    options = ["--weights", weights, "--corpus", corpus, "--page", page]
    return ["names", "--count", "3", *map(str, options)]


def poems_by_others() -> tuple[str, ...]:
    return tuple(random_poems(3, seed=3, words=WORDS))


@pytest.fixture
def sonnets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments for evaluating tiny weights with some verse."""
    corpus = tmp_path / "verse.txt"
    corpus.write_text("\n\n".join(random_poems(15, seed=1, words=WORDS)))
    read = read_corpus(corpus, "verse")
    plays = replace(read, items=tuple(random_poems(20, seed=2, words=WORDS)))
    monkeypatch.setattr("tools.evaluation.sonnets.corpora.load_plays", lambda: plays)
    for load in ("load_poems", "load_bible"):
        monkeypatch.setattr(f"tools.evaluation.sonnets.further_reading.{load}", poems_by_others)
    monkeypatch.setattr(sonnets_evaluation, "notebook_sonnets", lambda: lstm(seed=3))
    weights = tmp_path / "verse.safetensors"
    facts = card("sonnets", VERSE, corpus_sha256=read.sha256)
    save_weights(weights, lstm().arrays(), facts, Fingerprints.of(()))
    openings = tmp_path / "openings.txt"
    openings.write_text("Shall I\n\nO mango, \n")
    packed = tmp_path / "a-verse.txt.xz"
    packed.write_bytes(lzma.compress(b"### A | B | 1601 | c\n\nShall I\n"))
    page = tmp_path / "docs" / "scoreboard.md"
    options = ["--weights", weights, "--corpus", corpus, "--page", page]
    options += ["--corpora", tmp_path]
    return ["sonnets", "--count", str(COUNT), "--openings", str(openings), *map(str, options)]


def test_names_run(names: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(names) == 0
    shown = capsys.readouterr().out
    for words in ("held-out nats/char", "Kneser-Ney, order 8", "Written"):
        assert words in shown
    page = (tmp_path / "docs" / "scoreboard.md").read_text()
    assert "## Names" in page
    assert "## Sonnets" not in page
    assert page.count("\n| Kneser-Ney, order") == 8
    assert "| the recipe quick, trained in 12 s |" in page
    assert "| ✓ | names in the corpus | at most 0 | 0 |" in page
    assert "| Kneser-Ney, order 6 | the notebook's recipe | real names |" in page


def test_sonnets_run(
    sonnets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(sonnets) == 0
    assert "rhyming pairs" in capsys.readouterr().out
    page = (tmp_path / "docs" / "scoreboard.md").read_text()
    assert page.count(f"|  | {' | '.join(SYSTEMS)} |") == 2
    assert f"| poems | {' | '.join([str(COUNT)] * 4)} |" in page
    assert "| the notebook's recipe |" in page
    assert "| limerick |" in page
    assert "verse.txt, the plays, poems by others, the Bible, a-verse\n" in page
    poems = (tmp_path / "docs" / "poems.md").read_text()
    assert poems.count("```text") == 12
    # Texts are not measured by models of themselves.
    rows = dict(re.findall(r"^\| (told apart|keeps to)[^|]*\|(.*)", page, re.MULTILINE))
    assert re.fullmatch(r"( [01]\.\d\d \|){5} – \|", rows["told apart"])
    assert re.fullmatch(r"( ([01]\.\d\d|–) \|){4} – \| 0\.\d\d \|", rows["keeps to"])


def test_headline_of_other_weights_is_not_saved(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([*names, "--record"]) == 0
    assert not (tmp_path / "scoreboard.json").exists()
    monkeypatch.setattr(run, "SHIPPED", tmp_path)
    monkeypatch.setattr("models.weights.SHIPPED", tmp_path)
    assert main([*names, "--record"]) == 0
    digest = load_weights(tmp_path / "elves.safetensors").digest
    headline = read_headline("names", digest, tmp_path / "scoreboard.json")
    assert headline[0].measure == "How often a program can tell them from real names"
    assert "the founding notebook" in headline[0].beside.template


def test_missing_extra(
    names: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "LIBRARIES", ("sklearn", "no_such_library"))
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
