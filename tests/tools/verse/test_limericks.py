"""Limericks in packed verse."""

import lzma
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
    monkeypatch.setattr(sys, "argv", ["limericks", str(tmp_path), "--corpora", str(tmp_path)])
    limericks.main()
    assert load_limericks(tmp_path) == ("\n".join(FOUND) + "\n\n",)
    assert (tmp_path / LIMERICKS).exists()


def test_no_corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["limericks", str(tmp_path), "--corpora", str(tmp_path)])
    with pytest.raises(SystemExit, match="no packed verse"):
        limericks.main()
