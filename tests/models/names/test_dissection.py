"""Dissections: letter probabilities, nearest names, parts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.names.dissection import dissect, edit_distances, nearest_of
from models.names.problems import NamesError
from models.networks.network import item_losses
from models.networks.vocabulary import END, Vocabulary
from tests.models.names.test_generator import Parrot
from tests.models.tiny import LETTERS, lstm, namer

WORDS = st.text("abc", min_size=1, max_size=6)


def damerau(a: str, b: str) -> int:
    """The same distance by its recurrence."""
    if not a or not b:
        return len(a) + len(b)
    ways = [
        damerau(a[:-1], b) + 1,
        damerau(a, b[:-1]) + 1,
        damerau(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    ]
    if a[-2:] == b[-2:][::-1] and len(a) > 1 and len(b) > 1:
        ways.append(damerau(a[:-2], b[:-2]) + 1)
    return min(ways)


def test_letter_probabilities() -> None:
    trained = namer(lstm(LETTERS))
    dissection = dissect(trained, " Mangosaurus! ")
    assert dissection.name == "mangosaurus"
    assert "".join(choice.letter for choice in dissection.letters) == "mangosaurus" + END
    loss = -sum(math.log(choice.probability) for choice in dissection.letters)
    assert loss == pytest.approx(item_losses(trained.network, ["mangosaurus\n"])[0], rel=1e-5)


def test_five_alternatives() -> None:
    parrot = namer(Parrot(["mango", "mangi"]))
    *_, last, end = dissect(parrot, "mango").letters
    assert [letter for letter, _ in last.alternatives[:2]] == ["i", "o"]
    assert len(last.alternatives) == 5
    assert last.probability == pytest.approx(0.5)
    assert ("o", last.probability) in last.alternatives
    assert end.alternatives[0][0] == END
    assert end.probability == pytest.approx(1)
    falling = [p for _, p in dissect(namer(lstm(LETTERS)), "mango").letters[0].alternatives]
    assert falling == sorted(falling, reverse=True)

    fewer = namer(Parrot(["aba"], Vocabulary("\nab")))
    assert all(len(choice.alternatives) == 3 for choice in dissect(fewer, "aba").letters)


def test_parts_and_nearest_names() -> None:
    found = dissect(namer(lstm(LETTERS)), "microraptor")
    assert [part.meaning for part in found.parts] == ["small", "thief"]
    assert found.nearest[0] == "microraptor"
    assert len(set(found.nearest)) == 3


def test_nearest_by_edits_then_prefix() -> None:
    genera = load_names().words
    assert nearest_of("tyranosaurus", genera)[0] == "tyrannosaurus"
    assert nearest_of("velocirpator", genera)[0] == "velociraptor"
    distances = edit_distances("mangosaurus", genera)
    found = [genera.index(name) for name in nearest_of("mangosaurus", genera, 20)]
    assert sorted(distances)[:20] == sorted(distances[found])


@given(WORDS, st.lists(WORDS, max_size=6, unique=True), st.integers(1, 4))
def test_nearest_of_short_list(name: str, names: list[str], count: int) -> None:
    found = nearest_of(name, names, count)
    distances = [damerau(name, other) for other in found]
    assert distances == sorted(damerau(name, other) for other in names)[:count]
    assert len(set(found)) == len(found)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_edit_distance_is_damerau(name: str, others: list[str]) -> None:
    expected = [damerau(name, other) for other in others]
    np.testing.assert_array_equal(edit_distances(name, others), expected)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("🦖", "A name must have 3 to 26 letters from a to z, but yours has 0. Try mangosaurus."),
        ("x" * 27, "but yours has 27"),
        ("tango", "No name on the list has t. Try other"),
    ],
)
def test_not_a_name_raises(typed: str, sentence: str) -> None:
    with pytest.raises(NamesError, match=sentence):
        dissect(namer(Parrot(["mango"], Vocabulary("\nagmnox"))), typed)
