"""What reads as a name of a list: as long as its names are, and nothing that none of them does."""

import pytest

from models.names.shape import DINOSAURS, Shape, shape_of
from models.training.numpy_lstm import LETTERS, vocabulary_of
from models.weights import load_shipped


def shape(*words: str) -> Shape:
    return Shape.of(vocabulary_of(words).symbols, words)


def test_a_list_from_a_to_z_has_the_shape_of_dinosaurs() -> None:
    assert shape_of(load_shipped("names")) == DINOSAURS
    assert shape("mango", "papaya") == DINOSAURS
    assert Shape.of(LETTERS.symbols, ()) == DINOSAURS


def test_unless_most_of_it_breaks_their_rules() -> None:
    short = shape("xi", "li", "wu", "xu")
    assert (short.shortest, short.longest, short.latin) == (2, 2, True)
    assert short.admits("yi")
    assert not short.admits("y-")


def test_lengths_are_those_of_the_list() -> None:
    towns = shape("aÿ", "évreux", "y" * 80)
    assert (towns.shortest, towns.longest, towns.usual, towns.units) == (2, 64, 6, "characters")


def test_a_vowel_is_asked_for_only_if_every_name_has_one() -> None:
    assert shape("é a", "émo").vowel
    assert not shape("é a", "ély").vowel


@pytest.mark.parametrize(
    "name", ["-val", "val-", "val--or", "val- or", "a b c", "val-ooor", "v" * 12]
)
def test_what_no_name_of_the_list_does_is_no_name(name: str) -> None:
    towns = shape("val-d'or", "le mans", "ô", "pont-l'abbé")
    assert towns.admits("mans-d'or")
    assert not towns.admits(name)


@pytest.mark.parametrize(
    ("name", "word"),
    [("sant'", "sant' anna-"), ("ooo", "ooo'o"), ("a b c d", "a b c d"), ("y y", "yyy y")],
)
def test_what_one_name_of_the_list_does_is_free_to_all(name: str, word: str) -> None:
    assert shape("le mans", "val-d'or", word).admits(word)


def test_names_of_many_words_may_have_any_number() -> None:
    assert shape("a b", "a b c").most_words == 3
    assert shape("a b c d e f g h i").most_words is None


def test_an_exception_of_the_list_frees_nothing_else() -> None:
    towns = shape("sant'", "hrín - ves", "'s-heerenberg", "ôôô")
    assert towns.joints == {"'\n", " -", "- ", "\n'"}
    for name in ("ves - sant'", "'s-ves", "sant' - ves"):
        assert towns.admits(name) == (name != "sant' - ves")
    for name in ("ves ", " ves", "ves -", "ves--ves", "ves  ves", "ves-"):
        assert not towns.admits(name)
