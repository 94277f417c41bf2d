"""The benchmark of the word filter: how it makes and reads spellings."""

from pathlib import Path

import pytest

from benchmarks import written
from benchmarks.word_filter import COUNTED, REPORTED, Disguise, read_list, spellings

WORDS = [f"mud{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


@pytest.mark.parametrize("disguises", [COUNTED, COUNTED | REPORTED])
def test_number_of_spellings(disguises: dict[str, Disguise]) -> None:
    """Exactly as many as asked for, about as many of each disguise, the same for a seed."""
    drawn = spellings(WORDS, disguises, 200, seed=0)
    counts = [len(pairs) for pairs in drawn.values()]
    assert sum(counts) == 200
    assert max(counts) - min(counts) <= 1
    assert drawn == spellings(WORDS, disguises, 200, seed=0) != spellings(WORDS, disguises, 200, 1)


def test_lists_of_both_formats(tmp_path: Path) -> None:
    text, nested = tmp_path / "list.txt", tmp_path / "list.json"
    text.write_text("Mud\n\nclay \nmud\n")
    nested.write_text('{"en": ["Mud", {"more": ["clay"]}]}')
    assert read_list(text) == read_list(nested) == ["clay", "mud"]


def test_refused_lines_of_a_poem() -> None:
    """A word may also be split between two lines."""
    poem = ("a mu", "d", "or mud", "clay")
    assert written.refused(poem, lambda text: "mud" not in text.replace("\n", "")) == 2
    assert written.refused(poem, lambda _text: True) == 0
