"""Names of any list: constraints, copies, capitals and dissection in its alphabet."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.names.automaton import ConstraintAutomaton
from models.names.capitalization import format_name
from models.names.constraints import NameConstraints, Shape, clean_piece
from models.names.dissection import dissect
from models.names.filters import ListedNames, near_names_of
from models.names.generator import NamesRequest, generate_names
from models.names.problems import Flaw, NamesError
from models.networks.vocabulary import Vocabulary
from models.training.numpy_lstm import vocabulary_of
from tests.models.lists import HEROES, KANA, PAINTERS, VILLAGES, listed
from tests.models.names.test_near_copies import WORDS, edit_distance
from tests.models.tiny import anything


@pytest.mark.parametrize(
    ("names", "new", "constraints"),
    [
        (VILLAGES, "Sainte-Ophée-sur-l'Yon", {"starts_with": "SAINTE-O", "ends_with": "L’Yon"}),
        (PAINTERS, "Griet van der Damme", {"contains": "Van der", "length": 19}),
        (KANA, "アイン", {"starts_with": "ア", "contains": "イ"}),
        (HEROES, "Θησίλος", {"starts_with": "ΘΗΣ", "ends_with": "ΟΣ"}),
    ],
)
def test_constraints_on_any_list(
    names: tuple[str, ...], new: str, constraints: dict[str, object]
) -> None:
    trained = listed(names, written=[new])
    result = generate_names(trained, NamesRequest(1, 0, **constraints), anything)  # type: ignore[arg-type]
    assert [format_name(trained.card, name) for name in result.names] == [new]
    assert dissect(trained, new.upper()).name == result.names[0]
    assert len(dissect(trained, new).nearest) == 3
    assert dissect(trained, new).parts == ()
    copies = generate_names(listed(names), NamesRequest(1, 0), anything)
    assert copies.names == ()
    assert copies.shortfall is not None
    assert copies.shortfall.flaw is Flaw.KNOWN


def test_list_may_repeat_dinosaurs() -> None:
    elves = listed(["galadhon", "elrohir", "nimrodel"], written=["iguanodon"])
    assert generate_names(elves, NamesRequest(1, 0), anything).names == ("iguanodon",)


def test_short_names_may_be_near() -> None:
    towns = near_names_of(listed(["Évreux", "Orléans", "Aÿ", "Lyon"]))
    assert towns.is_near("évreu")
    assert towns.is_near("orlèans")
    assert towns.is_near("lyon")
    assert not towns.is_near("lyot")
    assert not towns.is_near("ély")
    # Nor may those of a dense list.
    dense = ListedNames.of([f"kal{a}{b}o" for a, b in itertools.product("abcdef", repeat=2)])
    assert dense.is_near("kalabo")
    assert not dense.is_near("kalabi")


@given(st.sets(WORDS, max_size=6), WORDS)
def test_within_one_edit(names: set[str], name: str) -> None:
    found = set(ListedNames.of(sorted(names)).within_one_edit(name))
    assert found == {other for other in names if edit_distance(name, other) <= 1}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"starts_with": "!?"},
            "Names here only have characters of their list, and starts_with has none. Try the "
            "letters of a name on the list.",
        ),
        ({"contains": "я"}, "No name on the list has я. Try other letters."),
        (
            {"starts_with": "éé e-", "length": 8},
            "Names here have 4 to 7 letters, not 8. Try length:5.",
        ),
        (
            {"starts_with": "le e l"},
            "Nothing that meets all of that (starts_with:le e l) reads like a name. Try fewer "
            "letters.",
        ),
    ],
)
def test_problems_of_a_list(typed: dict[str, object], sentence: str) -> None:
    trained = listed(["Le Lé-x", "Lélé", "Exxel", "Lexé"], written=["lélexé"])
    with pytest.raises(NamesError) as refusal:
        generate_names(trained, NamesRequest(1, 0, **typed), anything)  # type: ignore[arg-type]
    assert str(refusal.value) == sentence


def test_unknown_characters() -> None:
    assert clean_piece("ÉÈ’x!", "eé'x", ends=False) == "ée'x"
    assert clean_piece("ñ", "eéx", ends=False) == "ñ"
    with pytest.raises(NamesError, match="No name on the list has b, я"):
        dissect(listed(KANA), "яb")
    with pytest.raises(NamesError, match="2 to 3 characters of their list, and yours has 4"):
        dissect(listed(KANA), "アアアア")


def test_vocabulary_of_list() -> None:
    assert vocabulary_of(["mango"]) == Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
    assert vocabulary_of(["アイ", "a"]) == Vocabulary("\naアイ")


@given(st.integers(0, 50), st.sampled_from(["", "ves", " - "]), st.integers(6, 12))
def test_automaton_agrees_with_shape(seed: int, contains: str, length: int) -> None:
    names = ["hrín - ves", "'s-ves", "ves-na-hré", "sant'", "nové ves"]
    symbols = vocabulary_of(names)
    shape = Shape.of(symbols.symbols, tuple(names))
    constraints = NameConstraints(contains=contains, length=length, shape=shape)
    automaton = ConstraintAutomaton.of(constraints, symbols)
    rng = np.random.default_rng(seed)
    pieces = ["hrín", "ves", "sant", "'", "-", " ", " - ", "é"]
    name = "".join(rng.choice(pieces, 4))
    state = 0
    for x in symbols.encode(name):
        state = automaton.transitions[state, x]
    accepted = bool((automaton.has_pieces & automaton.has_vowel)[state])
    free = replace(shape, shortest=1, longest=64, allows_triples=True)
    assert accepted == (free.admits(name) and contains in name)
