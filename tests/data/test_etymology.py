"""Etymology: the best reading of a name as roots."""

import re
import tomllib
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from data.etymology import NamePart, is_imagined, parts_of, reading
from data.roots import TABLE, Place, Root, all_roots, imagined_meanings, load_roots


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("microdon", "small tooth"),
        ("microodon", "small tooth"),
        ("tyrannosaurus", "tyrant lizard"),
        ("velociraptor", "swift thief"),
        ("triceratops", "three-horned face"),
        ("giganotosaurus", "giant southern lizard"),
        ("ornithomimus", "bird mimic"),
        ("eoraptor", "dawn thief"),
        ("saurus", "lizard"),
        ("titan", "giant"),
    ],
)
def test_known_roots(name: str, meaning: str) -> None:
    assert reading(parts_of(name)) == meaning


def test_part_facts() -> None:
    assert parts_of("microraptor") == (
        NamePart("micro", "mikros", "small", "Greek"),
        NamePart("raptor", "raptor", "thief", "Latin"),
    )


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("microblixosaurus", "micro-saurus"),  # unknown letters are skipped
        ("micromangosaurus", "micro-mango-saurus"),
        ("acroblix", "acro"),  # four letters need no neighbour
        ("dryanosaurus", "dry-saurus"),  # all but the last vowel of *dryo*
        ("phylaxosaurus", "phyl-saurus"),  # the first four letters of *phyllo*
        ("bliplexpachysaurus", "pachy-saurus"),  # inside
        ("euerosaurus", "eu-saurus"),  # no tail (*urus*)
        ("othnielosaurus", "saurus"),  # a real genus: neither rare roots nor imagined ones
        ("pachyoraptor", "pachy-raptor"),  # a link
        ("macrognathus", "macro-gnathus"),
        ("eugnathia", "eu-gnath"),  # an ending
        ("blixoceratops", "ceratops"),  # the longer root
        ("pteranodon", "ptera-odon"),  # a tie goes to the later end
    ],
)
def test_parts(name: str, parts: str) -> None:
    assert "-".join(part.letters for part in parts_of(name)) == parts


def test_names_without_roots() -> None:
    """Their meaning is imagined, always the same one, and marked."""
    short_roots_without_a_neighbour = ("diblix", "blipodix", "blurablix")
    roots_at_another_place = ("blopsix", "blixneo")
    for name in ("blix", *short_roots_without_a_neighbour, *roots_at_another_place):
        (part,) = parts_of(name)
        assert is_imagined((part,)), name
        assert (part.letters, part.word, part.language) == (name, "", ""), name
        assert part.meaning in imagined_meanings()
    imagined, lizard = parts_of("blixosaurus")
    assert (imagined.letters, lizard.letters) == ("blixo", "saurus")
    assert parts_of("minmi") == ()
    assert not reading(())


@given(st.lists(st.sampled_from(sorted(all_roots())), min_size=1, max_size=4).map("".join))
def test_parts_are_roots(name: str) -> None:
    """Or begin one; no meaning occurs twice."""
    roots = all_roots()
    parts = parts_of(name)
    assert len({part.meaning for part in parts}) == len(parts)
    for part in parts:
        assert part.letters in name
        root = roots.get(part.letters)
        begun = [key for key in roots if key.startswith(part.letters)]
        begins = part.word in {roots[key].word for key in begun if roots[key].place != "ends"}
        if root is None:
            assert is_imagined((part,)) or begins
        elif (
            (part.word, part.meaning, part.language) == root[:3]
            and root.place == "ends"
            and not begins
        ):
            assert part == parts[-1]
            assert name.endswith(part.letters)


def test_most_genera_have_a_part() -> None:
    genera = load_names().words
    assert sum(bool(parts_of(name)) for name in genera) > 0.85 * len(genera)


# The table of roots


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
