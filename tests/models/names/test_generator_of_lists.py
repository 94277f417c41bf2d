"""Names of any list: constraints, copies, capitals and dissection in its alphabet."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from data.lists import normalise_entry
from models.names import filters
from models.names.automaton import ConstraintAutomaton
from models.names.capitalization import capitals_of, format_name
from models.names.constraints import DINOSAURS, NameConstraints, Shape, clean_piece, shape_of
from models.names.dissection import dissect
from models.names.filters import ListedNames, NearNames, RealNames, near_names_of
from models.names.generator import NamesRequest, generate_names
from models.names.problems import Flaw, NamesError
from models.networks.vocabulary import Vocabulary
from models.serving.memory import resident_bytes
from models.serving.packed_texts import packed
from models.training.numpy_lstm import LETTERS, vocabulary_of
from models.weights import load_shipped
from tests.models.lists import HEROES, KANA, PAINTERS, VILLAGES, listed
from tests.models.tiny import anything, card, namer

WORDS = st.text("abc", min_size=1, max_size=5)


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
            "Names here can only use characters from the namer's list, but starts_with has none "
            "of them. Try letters from a name on the list.",
        ),
        ({"contains": "я"}, "No name on the list has я. Try other letters."),
        (
            {"starts_with": "éé e-", "length": 8},
            "Names here must have 4 to 7 letters, not 8. Try length:5.",
        ),
        (
            {"starts_with": "le e l"},
            "No name fits all of that (starts_with:le e l). Try fewer letters.",
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
    with pytest.raises(
        NamesError, match="2 to 3 characters from the namer's list, but yours has 4"
    ):
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


# Capitalization: the rules of a list, and their application


@pytest.mark.parametrize(
    ("names", "capitals", "small"),
    [
        (VILLAGES, "^-'", ("d", "du", "la", "sur")),
        (PAINTERS, "^ ", ("de", "der", "van")),
        (HEROES, "^", ()),
        (KANA, "", ()),
        (["Mangosaurus", "iguanodon", "Minmi"], "^", ()),
        ([], "", ()),
    ],
)
def test_majority_decides_capitals(
    names: tuple[str, ...], capitals: str, small: tuple[str, ...]
) -> None:
    found, words = capitals_of(names)
    assert found == capitals
    assert set(small) <= set(words)


def test_small_words_are_exceptions() -> None:
    only_at_the_beginning = ["de Wit", "de Boer", "Anna Smit", "Jan Dam", "Piet Bakker"]
    every_word_after_a_space = ["Anna smit", "Jan smit", "Piet dam", "Saskia dam"]
    for names in (only_at_the_beginning, every_word_after_a_space):
        assert capitals_of(names)[1] == ()


@pytest.mark.parametrize("names", [VILLAGES, PAINTERS, HEROES, KANA])
def test_format_name_restores_capitals(names: tuple[str, ...]) -> None:
    capitals, small = capitals_of(names)
    facts = replace(card("names"), capitals=capitals, small_words=small)
    assert [format_name(facts, normalise_entry(name)) for name in names] == list(names)


@given(st.text("abcdefghijklmnopqrstuvwxyz"))
def test_format_dinosaur(name: str) -> None:
    shipped = card("names")
    assert format_name(shipped, name) == format_name(None, name) == name.capitalize()


@given(st.text(), st.text(" -'^"))
def test_only_case_changes(name: str, capitals: str) -> None:
    facts = replace(card("names"), capitals=capitals)
    assert format_name(facts, name).casefold() == name.casefold() or not name.isascii()


def test_final_sigma() -> None:
    greek = replace(card(), capitals="^ ")
    assert format_name(greek, "λιοςος σασ") == "Λιοσος Σας"


# Rules derived from a list of names


def shape(*words: str) -> Shape:
    return Shape.of(vocabulary_of(words).symbols, words)


def test_shape_of_latin_list() -> None:
    assert shape_of(load_shipped("names")) == DINOSAURS
    assert shape("mango", "papaya") == DINOSAURS
    assert Shape.of(LETTERS.symbols, ()) == DINOSAURS
    short = shape("xi", "li", "wu", "xu")
    assert (short.shortest, short.longest, short.latin) == (2, 2, True)
    assert short.admits("yi")
    assert not short.admits("y-")


def test_rules_of_list() -> None:
    towns = shape("aÿ", "évreux", "y" * 80)
    assert (towns.shortest, towns.longest, towns.usual, towns.latin) == (2, 64, 6, False)
    assert shape("é a", "émo").needs_vowel
    assert not shape("é a", "ély").needs_vowel
    assert shape("a b", "a b c").max_words == 3
    assert shape("a b c d e f g h i").max_words is None


@pytest.mark.parametrize(
    "name", ["-val", "val-", "val--or", "val- or", "a b c", "val-ooor", "v" * 12]
)
def test_shape_rejects_what_no_name_does(name: str) -> None:
    towns = shape("val-d'or", "le mans", "ô", "pont-l'abbé")
    assert towns.admits("mans-d'or")
    assert not towns.admits(name)


@pytest.mark.parametrize(
    ("name", "word"),
    [("sant'", "sant' anna-"), ("ooo", "ooo'o"), ("a b c d", "a b c d"), ("y y", "yyy y")],
)
def test_shape_allows_what_one_name_does(name: str, word: str) -> None:
    assert shape("le mans", "val-d'or", word).admits(word)


def test_exception_allows_nothing_else() -> None:
    towns = shape("sant'", "hrín - ves", "'s-heerenberg", "ôôô")
    assert towns.adjacent_separators == {"'\n", " -", "- ", "\n'"}
    for name in ("ves - sant'", "'s-ves", "sant' - ves"):
        assert towns.admits(name) == (name != "sant' - ves")
    for name in ("ves ", " ves", "ves -", "ves--ves", "ves  ves", "ves-"):
        assert not towns.admits(name)


# Near copies, against the edit distance itself


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance, by its recurrence."""
    if not a or not b:
        return len(a) + len(b)
    changed = edit_distance(a[1:], b[1:]) + (a[0] != b[0])
    return min(changed, 1 + edit_distance(a[1:], b), 1 + edit_distance(a, b[1:]))


@given(st.sets(WORDS, max_size=4), WORDS)
def test_is_near_is_one_edit(names: set[str], name: str) -> None:
    near = any(edit_distance(name, real) <= 1 for real in names)
    assert RealNames.of(names).is_near(name) == near
    assert not RealNames.of(["mango"]).is_near("magno")  # a swap is two edits


def near_names(*words: str) -> NearNames:
    return near_names_of(replace(namer(), words=words))


@pytest.mark.parametrize("indexed", [2, 5_000])
def test_genera_are_always_real(monkeypatch: pytest.MonkeyPatch, indexed: int) -> None:
    monkeypatch.setattr(filters, "MOST_INDEXED", indexed)
    real = near_names("mango", "papaya", "tomato")
    assert isinstance(real, RealNames) == (indexed > 2)
    assert all(name in real for name in ("mango", *load_names().items))
    assert "mangosaurus" not in real
    assert real.is_near("tyranosaurus")
    assert real.is_near("mangos")
    assert not real.is_near("mangosaurus")


def test_long_list_is_not_copied() -> None:
    """Of the longest one, the names alone take more than all orders of their indices."""
    names = packed(f"{number:08}" for number in range(10_000))
    listed = ListedNames.of(names)
    assert "00004321" in listed
    assert "00104321" not in listed
    assert resident_bytes(listed) - resident_bytes(names) < 9 * len(names)
