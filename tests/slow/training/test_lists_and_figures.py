"""`python -m bot.train`: further names, lists in any alphabet, and figures to compare by."""

from pathlib import Path

import pytest

from data.corpora import Corpus, CorpusError, load_sonnets, parse_corpus
from models.fingerprints import Fingerprints
from models.names.constraints import of_a_list
from models.networks.network import cross_entropy
from models.training.recipe import Plan
from models.verse.recipes import _with_reference_loss
from models.weights import load_weights
from tests.models.tiny import VERSE, lstm
from tests.models.verse.test_poem import VERSES
from tests.optional import downloaded
from tests.slow.training.small import Report, Resting


def test_extra_names(names: Path, out: Path, tmp_path: Path, report: Report) -> None:
    also = tmp_path / "likes.txt"
    listed = names.read_text().split("\n")[0]
    also.write_text(f"Mangosaurus\nmangosaurus\n{listed}\n\nPapayasaurus")
    _, events = report("names", "--corpus", names, "--also", also, "--out", out)
    assert events[0]["notes"][-2:] == [
        "2 names of likes.txt added to the training.",
        "1 line of likes.txt skipped: already in the list, or with characters that the list does "
        "not have.",
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
    assert "it reads poems that they are compared by" in plan.corpus.notes[-1]


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
