"""Limericks in packed verse."""

import lzma
import re
import sys
from pathlib import Path

import pytest

from models.verse.training_folder import LIMERICKS, load_limericks
from tools.verse import limericks
from tools.verse.limericks import limerick_of

FOUND = [
    "there was a young baker of kent,",
    "who mended the roof of his tent,",
    "but the rain and the snow",
    "came and told him to go,",
    "so he packed up his oven and went.",
]

OTHER = [
    "there was a young cook of peru,",
    "who burnt all the meat in his stew,",
    "when they gave him a pan",
    "he replied, 'if i can,'",
    "and he burnt all the kettle up, too.",
]


def test_limerick_by_its_form() -> None:
    assert limerick_of(FOUND) == "\n".join(FOUND)
    in_four = [*FOUND[:2], " ".join(FOUND[2:4]), FOUND[4]]
    assert limerick_of(in_four) == "\n".join(FOUND)


@pytest.mark.parametrize(
    "stanza",
    [
        FOUND[:4],
        [*FOUND[:2], "but the rain and the hail", *FOUND[3:]],
        [*FOUND[:2], *FOUND[:2], FOUND[4]],
        ["o sing me a song of the tent,", *FOUND[1:]],
        ["there was a young baker of rome,", *FOUND[1:]],
    ],
)
def test_no_limerick(stanza: list[str]) -> None:
    assert limerick_of(stanza) is None


def test_limericks_for_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once; a run without any has none."""
    assert load_limericks(tmp_path) == ()
    again = "\n".join(FOUND).upper().replace(",", ";")
    verse = "\n\n".join(["### A | B | 1850 | c", "\n".join(FOUND), "A song\nof a day", again])
    (tmp_path / "some.txt.xz").write_bytes(lzma.compress(verse.encode()))
    (tmp_path / "data").mkdir()
    book = "\r\n\r\n".join(["A BOOK", "\r\n".join(f"    {line}" for line in OTHER)])
    monkeypatch.setattr(limericks, "books", lambda: [book])
    monkeypatch.setattr(sys, "argv", ["limericks", str(tmp_path), "--corpora", str(tmp_path)])
    limericks.main()
    assert load_limericks(tmp_path) == tuple("\n".join(each) + "\n\n" for each in (FOUND, OTHER))
    assert (tmp_path / LIMERICKS).exists()


def test_books(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the repositories of the table, by commit, in their own encoding."""
    asked = []

    def documents(*arguments: str) -> list[tuple[str, str]]:
        asked.append(arguments)
        return [("path", "text")]

    monkeypatch.setattr(limericks, "documents_in", documents)
    texts = [*limericks.books("https://example.org/{}")]
    assert len(texts) == len(asked) > 1
    assert {arguments[1:] for arguments in asked} == {
        ("*-8.txt", "https://example.org/{}", "latin-1")
    }
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) for name, *_ in asked)


def test_no_corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["limericks", str(tmp_path), "--corpora", str(tmp_path)])
    with pytest.raises(SystemExit, match="no packed verse"):
        limericks.main()
