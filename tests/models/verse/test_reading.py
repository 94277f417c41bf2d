"""What is kept of the texts that networks of verse read: vocabulary, rare words, copies."""

import pytest

from data.corpora import Corpus
from data.text import words_of
from models.fingerprints import has_sparse_run
from models.networks.words import SPECIAL
from models.verse import reading
from models.verse.reading import copies_of, counts_of, rare_words_of, vocabulary_of

SONNET = "shall i compare thee to a summer's day?\n\n"
PLAY = "to be, or not to be.\n\n"
BIBLE = ["in the beginning god created the heaven\nand the earth was without form\n\n"]


def corpus(*passages: str) -> Corpus:
    return Corpus("verse", "verse", passages, passages, (), (), "\n".join(passages))


def test_vocabulary_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Größe und Größe,\nund Liebe, und Haß\n\n"
    assert vocabulary_of([text]).tokens == (*SPECIAL, "und", ",", "Größe")
    assert vocabulary_of(["a" * 70 + " " + "a" * 70]).tokens == SPECIAL
    monkeypatch.setattr(reading, "MOST_WORDS", 2)
    assert len(vocabulary_of(["a a a b b c c d d"])) == len(SPECIAL) + 2


def test_rare_words() -> None:
    """Those that miss the vocabulary."""
    counts = counts_of(["Über die Größe, die Größe, " + "a" * 65])
    assert rare_words_of(counts, vocabulary_of(["die die"])) == {"Über", "Größe"}
    assert rare_words_of(counts, vocabulary_of(["die die"]), least=2) == {"Größe"}


def test_copies() -> None:
    stored = copies_of([[PLAY], BIBLE])
    assert has_sparse_run(["and", "god", "created", "the", "heaven", "and", "the"], stored)
    assert "to be or not to be" in stored
    assert not has_sparse_run(words_of(SONNET), stored)
    assert "in the beginning god created the heaven" not in stored  # its runs are


def test_copies_run_across_passages() -> None:
    stored = copies_of([["a b c d\n\n", "e f g h\n\n"]])
    assert has_sparse_run(["b", "c", "d", "e", "f", "g", "h"], stored)
    assert "a b c d" in stored
    assert "uber die grosse" in copies_of([["Über die Größe!\n\n"]])
