"""Verse of TEI and XHTML, and of repositories at their commits."""

import subprocess
from pathlib import Path

import pytest

from data import downloads
from data.errors import CorpusError
from tools.verse.packed_verse import load_packed_verse
from tools.verse.sources import (
    VerseParser,
    cleaned,
    documents_in,
    extract,
    is_repeat,
    is_verse,
)

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


def test_repository_cannot_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match=r"git fetch failed: .+"):
        list(documents_in("owner/name@" + "0" * 40, "*", f"{tmp_path}/{{}}"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CorpusError, match="git, which cannot be run"):
        list(documents_in("owner/name@" + "0" * 40, "*", f"{tmp_path}/{{}}"))


def test_listed_collections() -> None:
    for name, collection in downloads.sources()["verse"].items():
        assert collection["title"], name
        assert collection["licence"]
        for repository in collection["repositories"]:
            owner_and_name, commit = repository.split("@")
            assert owner_and_name.count("/") == 1
            assert len(commit) == 40
