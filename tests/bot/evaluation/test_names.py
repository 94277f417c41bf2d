"""Measures of names."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.measures.names import ConstraintResult, GenusIndex, quality_of, within_one_edit
from models.names.filters import known_clusters

GENERA = ["mangosaurus", "triceratops", "mei", "yi"]
CLUSTERS = known_clusters(GENERA)
words = st.text("ab", max_size=6)


@cache
def distance(a: str, b: str) -> int:
    """Levenshtein distance, by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        distance(a[1:], b) + 1, distance(a, b[1:]) + 1, distance(a[1:], b[1:]) + (a[0] != b[0])
    )


@given(words, words)
def test_within_one_edit(a: str, b: str) -> None:
    assert within_one_edit(a, b) == (distance(a, b) <= 1)


@given(words, st.lists(words, max_size=5))
def test_near_copies_are_found(name: str, genera: list[str]) -> None:
    assert GenusIndex(genera).has_near(name) == any(distance(name, g) <= 1 for g in genera)


def test_measure_names() -> None:
    names = ["mangosaurus", "mangosauru", "mangasaurus", "bananasaurus", "bananasaurus"]
    writing = quality_of("ours", names, GENERA, CLUSTERS)
    assert writing.count == 5
    assert writing.in_corpus == 1 / 5
    assert writing.near == 3 / 5
    assert writing.distinct == 4 / 5
    assert writing.well_formed == 1
    assert writing.new_cluster == 2 / 5  # no genus starts with b


def test_swap_is_two_edits() -> None:
    assert quality_of("ours", ["mie"], GENERA, CLUSTERS).near == 0


def test_reads_as_name() -> None:
    names = ["rex", "xkcd", "aaardonyx", "ox", "rex2"]
    assert quality_of("ours", names, GENERA, CLUSTERS).well_formed == 1 / 5


def test_constraint_fulfilled() -> None:
    assert ConstraintResult("length: 5", 100, 100, 100, 100).fulfilled
    assert not ConstraintResult("length: 5", 100, 99, 99, 99).fulfilled
    assert not ConstraintResult("length: 5", 100, 100, 99, 100).fulfilled
    assert not ConstraintResult("length: 5", 100, 100, 100, 99).fulfilled
