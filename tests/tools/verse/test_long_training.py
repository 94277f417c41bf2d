"""What the long training reads: its sources, and what is stored of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from data.errors import CorpusError
from models.networks.words import SPECIAL, WordVocabulary
from models.training.word_lines import PackedLines, features_of
from models.verse.training_folder import load_network, load_of_texts, load_vocabulary
from tests.tools.verse.prepared import prepare_small
from tools.verse.long_training import WEIGHTS, by_stanza, source_of
from tools.verse.packed_verse import VersePassage


@pytest.mark.parametrize(
    ("year", "is_pentameter", "name"),
    [
        (1600, True, "early pentameter"),
        (1700, False, "middle others"),
        (None, True, "middle pentameter"),
        (1850, True, "late pentameter"),
    ],
)
def test_source_of(year: int | None, *, is_pentameter: bool, name: str) -> None:
    passage = VersePassage("", year, is_drama=False, is_pentameter=is_pentameter)
    assert source_of(passage) == name
    assert name in WEIGHTS


def test_by_stanza() -> None:
    """A passage goes with most of its stanzas."""
    ends = ["day", "night", "way", "light", "may", "bright", "say", "sight"]
    alternating = ["".join(f"the {end}\n" for end in ends[:n]) + "\n" for n in (4, 8)]
    couplets = "".join(f"the {end}\n" for end in (*ends[::2], *ends[1::2])) + "\n"
    prose = "the night\nthe way\n\n"
    vocabulary = WordVocabulary(WordVocabulary.of(["the", *ends]).tokens, features_of(ends))
    passages = [couplets, alternating[0] * 2 + couplets, prose, alternating[1]]
    lines = PackedLines.read(passages, vocabulary)
    found = [np.diff(part.passages).tolist() for part in by_stanza(lines, vocabulary)]
    lengths = [len(lines.passage(number)) for number in range(len(passages))]
    assert found == [[lengths[1]], [lengths[3]], [lengths[0], lengths[2]]]


def test_prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_small(tmp_path, monkeypatch)
    facts = json.loads((tmp_path / "data" / "facts.json").read_text())
    assert {facts[name]["passages"] for name in WEIGHTS.keys() - {"drama"}} == {1}
    assert "drama" not in facts  # there is none
    assert facts["prose"]["passages"] == 8
    vocabulary = load_vocabulary(tmp_path)
    assert {"temperate", "tongue", "beginning", "grapes"} <= vocabulary.index.keys()
    assert "lost" not in vocabulary.index  # of a lyric stanza that validates
    assert "told" not in vocabulary.index  # of what shares words with a validation poem
    assert vocabulary.encode_features({"period": 1600, "kind": "verse"}).any()
    of_texts = load_of_texts(tmp_path)
    assert "in the beginning" in of_texts.copies
    assert "the song is not the song" not in of_texts.copies  # of what shares words, too
    assert len(of_texts.vectors) == len(vocabulary) > len(SPECIAL)
    assert of_texts.digests.keys() == facts.keys() - {"vocabulary", "features"}


def test_missing_files_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="--corpora CORPORA"):
        load_of_texts(tmp_path)
    with pytest.raises(CorpusError, match="long_training run"):
        load_network(tmp_path)
