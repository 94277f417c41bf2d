"""Prose is broken into lines as verse is."""

from pathlib import Path

from tests.tools.verse.test_packed_verse import packed
from tools.verse.held_out import runs_in
from tools.verse.packed_prose import LEANING, lines_of_paragraph, load_packed_prose
from tools.verse.packed_verse import LONGEST

FOX = (
    'A hungry Fox saw some fine bunches of Grapes hanging from a vine. "I thought," said Mr. Fox to'
    " himself, “those Grapes were ripe, but I see now that they are quite sour—and small.”"
)
TEXT = (
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


def test_passages(tmp_path: Path) -> None:
    fox, end = load_packed_prose(packed(tmp_path, TEXT), frozenset())
    assert fox == ("\n".join(lines_of_paragraph(FOX)) + "\n\n", 1912)  # without the digits
    assert end == ("the end.\n\n", 1849)
    assert [*load_packed_prose(tmp_path, runs_in(["saw some fine bunches of"]))] == [end]


def test_passages_are_not_too_long(tmp_path: Path) -> None:
    text = TEXT.replace(FOX, "\n".join([FOX] * 100))
    lines = [text.count("\n") for text, _ in load_packed_prose(packed(tmp_path, text), frozenset())]
    assert max(lines) <= LONGEST * 1.5
    assert len(lines) > 5
