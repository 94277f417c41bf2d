"""What the word network is pretrained on: vocabulary and copies."""

from dataclasses import replace

import pytest

from data import corpora
from data.corpora import Corpus, CorpusError
from data.text import words_of
from models.fingerprints import has_sparse_run
from models.networks.words import SPECIAL
from models.verse import reading
from models.verse.reading import (
    PretrainingTexts,
    copies_of,
    load_reading,
    rare_words_of,
    vocabulary_of,
)

SONNET = "shall i compare thee to a summer's day?\n\n"
PLAY = "to be, or not to be.\n\n"
BIBLE = ["in the beginning god created the heaven\nand the earth was without form\n\n"]


def corpus(*passages: str) -> Corpus:
    return Corpus("verse", "verse", passages, passages, (), (), "\n".join(passages))


def texts(bible: int = 10, plays: int = 3) -> PretrainingTexts:
    return PretrainingTexts(corpus(SONNET), corpus(*[PLAY] * plays), [PLAY], BIBLE * bible)


def test_vocabulary() -> None:
    """Words that occur once in the sonnets, three times in plays and poems or ten in the Bible."""
    tokens = texts().vocabulary.tokens
    assert tokens[: len(SPECIAL)] == SPECIAL
    assert {"shall", "summer's", "?", "be", "not", "beginning"} <= set(tokens)
    assert "beginning" not in texts(bible=9).vocabulary.tokens
    assert "not" not in texts(plays=1).vocabulary.tokens
    assert "not" in texts(plays=2).vocabulary.tokens  # with the poem
    assert tokens[len(SPECIAL)] == "the"


def test_vocabulary_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Größe und Größe,\nund Liebe, und Haß\n\n"
    assert vocabulary_of([text]).tokens == (*SPECIAL, "und", ",", "Größe")
    assert vocabulary_of(["a" * 70 + " " + "a" * 70]).tokens == SPECIAL
    monkeypatch.setattr(reading, "MOST_WORDS", 2)
    assert len(vocabulary_of(["a a a b b c c d d"])) == len(SPECIAL) + 2


def test_rare_words() -> None:
    """Those that miss the vocabulary, of plays and poems."""
    assert texts(plays=1).rare_words == {"be", "or", "not", "to"} - {"to", "be"}
    assert texts(bible=1).rare_words == frozenset()
    rare = rare_words_of(["Über die Größe, " + "a" * 65], vocabulary_of(["die die"]))
    assert rare == {"Über", "Größe"}


def test_copies() -> None:
    stored = texts().copies
    assert has_sparse_run(["and", "god", "created", "the", "heaven", "and", "the"], stored)
    assert "to be or not to be" in stored
    assert not has_sparse_run(words_of(SONNET), stored)
    assert "in the beginning god created the heaven" not in stored  # its runs are


def test_copies_run_across_passages() -> None:
    stored = copies_of([["a b c d\n\n", "e f g h\n\n"]])
    assert has_sparse_run(["b", "c", "d", "e", "f", "g", "h"], stored)
    assert "a b c d" in stored
    assert "uber die grosse" in copies_of([["Über die Größe!\n\n"]])


def test_training_without_the_bible(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline() -> tuple[str, ...]:
        raise CorpusError("Cannot download {title}: offline.", title="the king james bible")

    monkeypatch.setattr(corpora, "load_sonnets", lambda: corpus(SONNET))
    monkeypatch.setattr(corpora, "load_plays", lambda: corpus(PLAY))
    monkeypatch.setattr("data.further_reading.load_poems", lambda: (PLAY,))
    monkeypatch.setattr("data.further_reading.load_bible", offline)
    read = load_reading()
    assert read.bible == ()
    (note,) = read.notes
    assert note == "Trained without the Bible: Cannot download the king james bible: offline."
    assert "be" in replace(read, plays=corpus(*[PLAY] * 3)).vocabulary.tokens
