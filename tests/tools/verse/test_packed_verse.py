"""Packed corpora: works, years, metre, and what is left out."""

import lzma
import subprocess
from pathlib import Path

import pytest

from data import downloads
from data.errors import CorpusError
from tools.verse import packed_verse
from tools.verse.held_out import runs_in
from tools.verse.packed_prose import LEANING, lines_of_paragraph, load_packed_prose
from tools.verse.packed_verse import (
    LONGEST,
    load_lyric_validation,
    load_packed_verse,
    missing_collections,
    year_of,
)
from tools.verse.sources import VerseParser, cleaned, documents_in, extract, is_repeat, is_verse

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


# Prose is broken into lines as verse is


FOX = (
    'A hungry Fox saw some fine bunches of Grapes hanging from a vine. "I thought," said Mr. Fox to'
    " himself, “those Grapes were ripe, but I see now that they are quite sour—and small.”"
)
PROSE = (
    f"### Aesop; Fables; 1912; kind=prose; source=a/b@c; licence=PD\n\n{FOX}\nIt was 1912.\n\n"
    "### B; The end of 1911; 1849-1850; kind=prose; source=a/b@c; licence=PD\n\nThe end.\n"
)


def test_lines_end_where_a_speaker_pauses() -> None:
    assert lines_of_paragraph(FOX) == [
        "a hungry fox saw some fine bunches of grapes hanging",
        "from a vine. i thought, said mr fox to himself,",
        "those grapes were ripe, but i see now",
        "that they are quite sour-and small.",
    ]
    long = " ".join(["She gave it to the man of whom they had spoken"] * 20)
    ends = {line.split()[-1] for line in lines_of_paragraph(long)}
    assert not ends & LEANING


def test_a_word_that_is_too_long_for_a_line_has_one() -> None:
    word = "-".join(["over"] * 10)
    assert lines_of_paragraph(f"I see {word} here") == ["i see", word, "here"]


def test_passages_of_prose(tmp_path: Path) -> None:
    fox, end = load_packed_prose(packed(tmp_path, PROSE), frozenset())
    assert fox == ("\n".join(lines_of_paragraph(FOX)) + "\n\n", 1912)  # without the digits
    assert end == ("the end.\n\n", 1849)
    assert [*load_packed_prose(tmp_path, runs_in(["saw some fine bunches of"]))] == [end]


def test_passages_of_prose_are_not_too_long(tmp_path: Path) -> None:
    text = PROSE.replace(FOX, "\n".join([FOX] * 100))
    lines = [text.count("\n") for text, _ in load_packed_prose(packed(tmp_path, text), frozenset())]
    assert max(lines) <= LONGEST * 1.5
    assert len(lines) > 5


# Verse of TEI and XHTML, and of repositories at their commits


TEI = """<?xml version="1.0"?><TEI><teiHeader><title>Songs</title><author>A. Poet</author>
<birth><date>1790</date></birth><death><date>{died}</date></death></teiHeader><text><body>
<head>A title that is long enough</head>
<lg><l n="1">Shall I compare thee to a <hi>summer 's</hi> day ?<note>A note.</note></l>
<l>Thou art more lovely<gap/> and more</l><l>Thou art more lovely &amp;c. and more temperate :</l>
</lg><sp><speaker>Hamlet</speaker><l>To be, or not to be, that is<pb/> the question</l></sp>
<P>Prose of some length that is no verse.</P>
<lg><l>WILLIAM SHAKESPEARE OF STRATFORD</l><l>in 1609 a book was made of them</l></lg>
</body></text></TEI>"""
XHTML = """<html><head><title>To Autumn</title></head><body><section><h2>To Autumn</h2>
<p><span>Season of mists and mellow fruitfulness,</span><br/>
<span class="i1">Close bosom-friend of the <i>maturing</i> sun;<a epub:type="noteref">1</a>
</span></p>
<p>A paragraph of prose.</p></section></body></html>"""


def stanzas_of(text: str) -> list[list[str]]:
    parser = VerseParser()
    parser.feed(text)
    return parser.stanzas


def test_tei() -> None:
    assert stanzas_of(TEI) == [
        ["Shall I compare thee to a summer's day?", "Thou art more lovely and more temperate:"],
        ["To be, or not to be, that is the question"],
    ]
    assert stanzas_of(TEI.upper().replace("SHALL", "Shall"))  # elements of either case


def test_xhtml() -> None:
    assert stanzas_of(XHTML) == [
        ["Season of mists and mellow fruitfulness,", "Close bosom-friend of the maturing sun;"]
    ]


def test_lines() -> None:
    assert cleaned(" the un∣seen , ( and\n o'er ) lov 'd ") == "the unseen, (and o'er) lov'd"
    assert is_verse("O!")
    assert not any(map(is_verse, ["", "BOOK THE FIRST", "p. 12", "word " * 15]))


def test_repeats() -> None:
    known: set[int] = set()
    assert not is_repeat(["I love the rose", "and the day"], known)
    assert is_repeat(["i loue the rose,", "and something else"], known)
    assert not is_repeat(["a new line", "and another", "i love the rose"], known)


@pytest.fixture
def repository(tmp_path: Path) -> str:
    """`owner/name@commit` of a repository in `tmp_path`."""
    folder = tmp_path / "owner" / "name"
    folder.mkdir(parents=True)
    (folder / "a.xml").write_text(TEI.format(died=1821))
    (folder / "b.xml").write_text(TEI.format(died=1960).replace("compare", "liken"))
    (folder / "colophon.xml").write_text(TEI.format(died=1821).replace("compare", "set"))
    (folder / "c.txt").write_text("no document")

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", *who, "-C", str(folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "Add")
    return f"owner/name@{git('rev-parse', 'HEAD')}"


def test_extract(repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verse = {"poems": {"files": "*.xml", "born": [1700, 1800], "repositories": [repository]}}
    monkeypatch.setattr(downloads, "sources", lambda: {"verse": verse, "years": {}})
    extract(tmp_path / "out", address=f"{tmp_path}/{{}}")
    (passage,) = load_packed_verse(tmp_path / "out")
    assert passage.text.startswith("shall i compare thee to a summer's day?\n")
    assert passage.text.count("\n\n") == 2
    assert passage.year == 1821


def test_document_in_its_encoding(repository: str, tmp_path: Path) -> None:
    ((path, text),) = documents_in(repository, "*.txt", f"{tmp_path}/{{}}", "utf-16")
    assert path.endswith(":c.txt")
    assert text != "no document"


def test_repository_cannot_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match=r"git fetch failed: .+"):
        list(documents_in("owner/name@" + "0" * 40, "*", f"{tmp_path}/{{}}"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CorpusError, match="git, but git couldn't be run"):
        list(documents_in("owner/name@" + "0" * 40, "*", f"{tmp_path}/{{}}"))


def test_listed_collections() -> None:
    for name, collection in downloads.sources()["verse"].items():
        assert collection["title"], name
        assert collection["licence"]
        for repository in collection["repositories"]:
            owner_and_name, commit = repository.split("@")
            assert owner_and_name.count("/") == 1
            assert len(commit) == 40
