"""Names of any list: wished for, kept from copies, written and dissected in its own alphabet."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.names.capitalization import format_name
from models.names.constrained.automaton import Automaton
from models.names.constrained.constraints import NameConstraints, clean_piece, parse_constraints
from models.names.dissection import dissect
from models.names.generator import NamesError, NamesRequest, generate_names
from models.names.near_copies import ListedNames, neighbours_of
from models.names.shape import Shape
from models.networks.vocabulary import Vocabulary
from models.training.numpy_lstm import vocabulary_of
from tests.models.lists import HEROES, KANA, PAINTERS, VILLAGES, listed
from tests.models.names.test_near_copies import WORDS, edit_distance


def anything(_name: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("names", "new", "wish"),
    [
        (VILLAGES, "Sainte-Ophée-sur-l'Yon", {"starts_with": "SAINTE-O", "ends_with": "L’Yon"}),
        (PAINTERS, "Griet van der Damme", {"contains": "Van der", "length": 19}),
        (KANA, "アイン", {"starts_with": "ア", "contains": "イ"}),
        (HEROES, "Θησίλος", {"starts_with": "ΘΗΣ", "ends_with": "ΟΣ"}),
    ],
)
def test_names_come_as_wished_and_are_written_as_the_list_is(
    names: tuple[str, ...], new: str, wish: dict[str, object]
) -> None:
    trained = listed(names, written=[new])
    result = generate_names(trained, NamesRequest(1, 0, **wish), anything)  # type: ignore[arg-type]
    assert [format_name(trained.card, name) for name in result.names] == [new]
    assert dissect(trained, new.upper()).name == result.names[0]
    assert len(dissect(trained, new).nearest) == 3
    assert dissect(trained, new).parts == ()


@pytest.mark.parametrize("names", [VILLAGES, PAINTERS, KANA, HEROES])
def test_a_network_that_knows_no_other_name_says_so(names: tuple[str, ...]) -> None:
    result = generate_names(listed(names), NamesRequest(1, 0), anything)
    assert result.names == ()
    assert "is on the list that it learned from" in (result.reason or "")


def test_dinosaurs_are_no_names_that_another_list_must_keep_away_from() -> None:
    elves = listed(["galadhon", "elrohir", "nimrodel"], written=["iguanodon"])
    assert generate_names(elves, NamesRequest(1, 0), anything).names == ("iguanodon",)


def test_near_copies_of_longer_names_are_refused_and_of_short_ones_not() -> None:
    towns = neighbours_of(listed(["Évreux", "Orléans", "Aÿ", "Lyon"]))
    assert towns.nearly_has("évreu")
    assert towns.nearly_has("orlèans")
    assert towns.nearly_has("lyon")
    assert not towns.nearly_has("lyot")
    assert not towns.nearly_has("ély")


def test_where_the_names_of_a_list_are_all_near_each_other_new_ones_may_be_so_too() -> None:
    crowded = ListedNames.of([f"kal{a}{b}o" for a, b in itertools.product("abcdef", repeat=2)])
    assert crowded.nearly_has("kalabo")
    assert not crowded.nearly_has("kalabi")


@given(st.sets(WORDS, max_size=6), WORDS)
def test_what_is_within_an_edit_is_found(names: set[str], name: str) -> None:
    found = set(ListedNames.of(sorted(names)).within_an_edit(name))
    assert found == {other for other in names if edit_distance(name, other) <= 1}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"starts_with": "!?"},
            "A name can begin with characters of the list, and there are none in what you typed; "
            "try what one of the names on the list has there",
        ),
        (
            {"contains": "я"},
            'The list that the network learned from has no я, so no name can contain "я"; '
            "try other characters.",
        ),
        (
            {"ends_with": "x" * 21},
            "A name can end with at most 20 characters of yours, and you typed 21; "
            "try what one of the names on the list has there",
        ),
        (
            {"starts_with": "éé e-", "length": 8},
            "A name has 4 to 7 characters, and you asked for 8; try for example: 5",
        ),
        (
            {"starts_with": "le e l"},
            'A name beginning with "le e l" would do what no name on the list does; '
            "try a shorter piece.",
        ),
    ],
)
def test_wishes_that_cannot_be_are_refused_in_the_words_of_the_list(
    typed: dict[str, object], sentence: str
) -> None:
    trained = listed(["Le Lé-x", "Lélé", "Exxel", "Lexé"], written=["lélexé"])
    with pytest.raises(NamesError) as refusal:
        generate_names(trained, NamesRequest(1, 0, **typed), anything)  # type: ignore[arg-type]
    assert str(refusal.value) == sentence


def test_what_the_list_lacks_is_folded_if_that_helps() -> None:
    assert clean_piece("ÉÈ’x!", "eé'x", ends=False) == "ée'x"
    assert clean_piece("ñ", "eéx", ends=False) == "ñ"


def test_a_name_that_the_list_has_no_characters_for_is_not_dissected() -> None:
    with pytest.raises(NamesError, match=r"from has no b and no я, so"):
        dissect(listed(KANA), "яb")
    with pytest.raises(NamesError, match=r"2 to 3 characters of the list, and yours has 4; try an"):
        dissect(listed(KANA), "アアアア")


def test_the_vocabulary_is_that_of_the_list_or_all_letters() -> None:
    assert vocabulary_of(["mango"]) == Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
    assert vocabulary_of(["アイ", "a"]) == Vocabulary("\naアイ")


def test_a_wish_of_a_list_counts_in_characters() -> None:
    shape = Shape(2, 9, latin=False)
    assert str(parse_constraints("é", "", "", 7, Vocabulary("\né"), shape)) == (
        ' of 7 characters beginning with "é"'
    )


@given(st.integers(0, 50), st.sampled_from(["", "ves", " - "]), st.integers(6, 12))
def test_the_automaton_and_the_shape_agree(seed: int, contains: str, length: int) -> None:
    names = ["hrín - ves", "'s-ves", "ves-na-hré", "sant'", "nové ves"]
    symbols = vocabulary_of(names)
    shape = Shape.of(symbols.symbols, tuple(names))
    wish = NameConstraints(contains=contains, length=length, shape=shape)
    automaton = Automaton.of(wish, symbols)
    rng = np.random.default_rng(seed)
    pieces = ["hrín", "ves", "sant", "'", "-", " ", " - ", "é"]
    name = "".join(rng.choice(pieces, 4))
    state = 0
    for x in symbols.encode(name):
        state = automaton.moves[state, x]
    accepted = bool((automaton.met & automaton.voiced)[state])
    free = replace(shape, shortest=1, longest=64, thrice=True)
    assert accepted == (free.admits(name) and contains in name)
