"""The table of roots."""

import re
import tomllib
from typing import get_args

from data.roots import TABLE, Place, Root, all_roots, load_roots


def test_variants() -> None:
    roots = load_roots()
    assert roots["micro"] == Root("mikros", "small", "Greek", "begins")
    assert roots["raptor"] == Root("raptor", "thief", "Latin", "joins")
    assert roots["odon"] == roots["odonto"] == Root("odous", "tooth", "Greek", "joins")


def test_number_of_roots() -> None:
    languages = [root.language for root in load_roots().values()]
    assert languages.count("Greek") > 200
    assert languages.count("Latin") > 50


def test_table_is_valid() -> None:
    """No letters are listed twice, and every entry has a word, a meaning and a place in a name."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert all(table.pop("imagined"))
    places = [place for language in table.values() for place in language.values()]
    listed = [letters for place in places for entry in place for letters in entry.split()]
    roots = all_roots()
    assert len(listed) == len(set(listed)) == len(roots)
    assert all(re.fullmatch("[a-z]{2,}", letters) for letters in roots)
    assert {root.place for root in roots.values()} == set(get_args(Place))
    assert all(root.word and 1 <= len(root.meaning.split()) <= 3 for root in roots.values())


def test_usual_roots() -> None:
    assert {root.place for root in load_roots().values()} == {"begins", "joins", "ends"}
