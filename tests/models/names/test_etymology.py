"""Etymology: the best reading of a name as roots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from data.roots import load_roots
from models.names.dissection import NamePart, parts_of, reading


def read_as(name: str) -> str:
    """The recognised parts of a name."""
    return "-".join(part.letters for part in parts_of(name))


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


def test_unknown_letters_are_skipped() -> None:
    assert read_as("mangosaurus") == "saurus"
    assert read_as("micromangosaurus") == "micro-saurus"
    assert parts_of("blix") == ()
    assert reading(parts_of("blix")) is None


def test_links_and_endings() -> None:
    assert read_as("pachyoraptor") == "pachy-raptor"
    assert read_as("macrognathus") == "macro-gnathus"
    assert read_as("eugnathia") == "eu-gnath"


@pytest.mark.parametrize("name", ["eoblix", "diblix", "triblix", "blipodix", "blurablix"])
def test_short_root_needs_a_neighbour(name: str) -> None:
    assert parts_of(name) == ()


@pytest.mark.parametrize("name", ["blimicro", "longblix", "blopsix"])
def test_root_position(name: str) -> None:
    assert parts_of(name) == ()


def test_longer_root_wins() -> None:
    assert read_as("mangoceratops") == "ceratops"


@given(st.lists(st.sampled_from(sorted(load_roots())), min_size=1, max_size=4).map("".join))
def test_parts_are_ordered_roots(name: str) -> None:
    roots = load_roots()
    parts = parts_of(name)
    place = 0
    for part in parts:
        root = roots[part.letters]
        assert (part.root, part.meaning, part.language) == root[:3]
        assert root.place != "ends" or (part == parts[-1] and name.endswith(part.letters))
        place = name.index(part.letters, place) + len(part.letters)


def test_most_genera_have_a_part() -> None:
    genera = load_names().words
    assert sum(bool(parts_of(name)) for name in genera) > 0.85 * len(genera)


def test_tie_goes_to_the_later_end() -> None:
    assert read_as("pteranodon") == "ptera-odon"
