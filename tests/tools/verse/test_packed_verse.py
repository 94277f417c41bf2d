"""Packed corpora: works, years, metre, and what is left out."""

import lzma
from pathlib import Path

import pytest

from data import downloads
from data.errors import CorpusError
from tools.verse import packed_verse
from tools.verse.held_out import runs_in
from tools.verse.packed_verse import (
    LONGEST,
    load_lyric_validation,
    load_packed_verse,
    missing_collections,
    year_of,
)

SONNET = "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n"
LYRIC = "I came by day,\nI left by night,\nI lost my way,\nI found the light.\n"
BALLAD = "It fell about the Martinmas\nWhen nights are lang and mirk\n"
TEXT = (
    f"### A. Poet | Songs | 1601 | book/1\n\n{SONNET}\n{BALLAD}\n"
    "### B. Poet | More | 1788-1824 | book/2\n\n“Two lines—of prose”\n"
)


def packed(folder: Path, text: str = TEXT, name: str = "verse") -> Path:
    (folder / f"{name}.txt.xz").write_bytes(lzma.compress(text.encode()))
    return folder


def test_passages(tmp_path: Path) -> None:
    pentameter, ballad, short = load_packed_verse(packed(tmp_path))
    assert pentameter.text.startswith("shall i compare thee to a summer's day?\nthou art")
    assert all(passage.text.endswith("\n\n") for passage in (pentameter, ballad, short))
    assert short.text == "'two lines-of prose'\n\n"
    assert [p.is_pentameter for p in (pentameter, ballad, short)] == [True, False, False]
    assert [p.year for p in (pentameter, ballad, short)] == [1601, 1601, 1823]
    assert not pentameter.is_drama
    assert next(load_packed_verse(packed(tmp_path, name="drama-a"))).is_drama


def test_held_out_verse_is_left_out(tmp_path: Path) -> None:
    held_out = runs_in(["thou arte more louely, and more temperat\n\n"])
    texts = [passage.text for passage in load_packed_verse(packed(tmp_path), held_out)]
    assert len(texts) == 2
    assert not any("lovely" in text for text in texts)


def test_passages_are_not_too_long(tmp_path: Path) -> None:
    text = "### A | B | 1601 | c\n\n" + (SONNET + "\n") * 200
    lines = [p.text.count("\n") for p in load_packed_verse(packed(tmp_path, text))]
    assert max(lines) <= LONGEST * 1.5
    assert sum(lines) == 600


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no packed verse"):
        list(load_packed_verse(tmp_path))


def test_missing_collections(tmp_path: Path) -> None:
    missing = missing_collections(tmp_path)
    assert "standard-ebooks.txt.xz" in missing
    (tmp_path / "standard-ebooks.txt.xz").touch()
    assert missing_collections(tmp_path) == [n for n in missing if n != "standard-ebooks.txt.xz"]


@pytest.mark.parametrize(
    ("header", "year"),
    [
        ("A | B | 1609 | c", 1609),
        ("A, 1588?-1623. | B | 1610 | c", 1610),
        ("A | B | 1588-1667 | c", 1623),
        ("A | B | 1795-1821 | c", 1821),
        ("Homer | The Iliad |  | standardebooks/homer_the-iliad@c", 1870),
        ("A | B |  | c", None),
    ],
)
def test_years(header: str, year: int | None) -> None:
    assert year_of(header, downloads.sources()["years"]) == year


def test_lyric_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has stanzas of whole works, which are left out of what is read."""
    monkeypatch.setattr(packed_verse, "ONE_WORK_IN", 1)
    work = "### A | B | {} | c\n\n" + LYRIC + "\n" + SONNET + "\n"
    text = "".join(map(work.format, (1779, 1850, 1901)))
    lyric = load_lyric_validation(packed(tmp_path, text))
    assert lyric.stanzas == (LYRIC.lower() + "\n",)
    assert lyric.works == {"A | B | 1850 | c"}
    assert {p.year for p in load_packed_verse(tmp_path, left_out=lyric.works)} == {1779, 1901}
    monkeypatch.setattr(packed_verse, "ONE_WORK_IN", 10**9)
    assert not load_lyric_validation(tmp_path).works
