"""Etymology: the best reading of a name as roots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from data.etymology import NamePart, parts_of, reading
from data.roots import load_roots


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
        ("mangosaurus", "saurus"),  # unknown letters are skipped
        ("micromangosaurus", "micro-saurus"),
        ("acroblix", "acro"),  # four letters need no neighbour
        ("pachyoraptor", "pachy-raptor"),  # a link
        ("macrognathus", "macro-gnathus"),
        ("eugnathia", "eu-gnath"),  # an ending
        ("mangoceratops", "ceratops"),  # the longer root
        ("pteranodon", "ptera-odon"),  # a tie goes to the later end
    ],
)
def test_parts(name: str, parts: str) -> None:
    assert "-".join(part.letters for part in parts_of(name)) == parts


def test_names_without_parts() -> None:
    short_roots_without_a_neighbour = ("eoblix", "diblix", "triblix", "blipodix", "blurablix")
    roots_at_another_place = ("blimicro", "longblix", "blopsix")
    for name in ("blix", *short_roots_without_a_neighbour, *roots_at_another_place):
        assert parts_of(name) == (), name
    assert reading(parts_of("blix")) is None


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
