"""Texts read: frequent words, shared runs, copied lines, packed corpora."""

import lzma
from pathlib import Path

import pytest

from data.errors import CorpusError
from data.text import words_of
from tools.evaluation.texts_read import FREQUENT, TextsRead, packed_sources


@pytest.mark.parametrize(
    ("poem", "texts", "longest"),
    [
        ("a b c", ["x a b c"], 3),
        ("a b c", ["a b", "c"], 2),
        ("a b c", ["a,\nB  (c)"], 3),
        ("a b c", ["a b\n\nc"], 3),
        ("a\u2014b l'ete", ["A-B l\u2019\u00e9t\u00e9\u00a0x"], 3),
        ("a q c", ["a b c"], 1),
        ("", ["a"], 0),
        ("a", [""], 0),
        ("a", [], 0),
    ],
)
def test_longest_runs(poem: str, texts: list[str], longest: int) -> None:
    """Of a text, whatever its lines, marks and capitals; no run spans two texts or two poems."""
    words = words_of(poem.replace("\u2014", "-"))
    assert TextsRead([texts]).longest_runs([words]) == [longest]
    assert TextsRead([["z"], texts]).longest_runs([["y"], words, words]) == [0, longest, longest]


def test_copied_lines() -> None:
    read = TextsRead([["The gold of day,\nso be it!\n\n"], ["again\nand again"]])
    lines = ["the gold of day", "so be", "be it", "again", "and again", "day so", "it", "again"]
    copied = [line for line in lines if read.copied_lines([words_of(line)])]
    assert copied == ["the gold of day", "again", "and again", "again"]
    assert read.copied_lines(list(map(words_of, lines))) == 4
    assert read.copied_lines([]) == 0


def test_frequent_words() -> None:
    read = TextsRead([["a B, "] * (FREQUENT - 1), ["a x\n" + "c " * FREQUENT]])
    assert read.frequent == {"a", "c"}
    assert read.size == 2 * (FREQUENT - 1) + 2 + FREQUENT


def test_packed_corpora(tmp_path: Path) -> None:
    for name, text in (("b-two", "Of day\n"), ("a-one", "The gold\n")):
        works = f"### A | B | 1601 | c\n\n{text}\n### D | E | 1602 | f\n\nA work\n"
        (tmp_path / f"{name}.txt.xz").write_bytes(lzma.compress(works.encode()))
    names = []
    for name, texts in packed_sources(tmp_path):
        names.append((name, [text.strip() for text in texts]))
    assert names == [("a-one", ["The gold", "A work"]), ("b-two", ["Of day", "A work"])]
    read = TextsRead(texts for _, texts in packed_sources(tmp_path))
    assert read.longest_runs([["gold", "a", "work"], ["of", "day"]]) == [2, 2]
    assert read.size == 8
    with pytest.raises(CorpusError, match="no packed verse"):
        next(iter(packed_sources(tmp_path / "none")))
