"""Rules derived from a list of names."""

import pytest

from models.names.constraints import DINOSAURS, Shape, shape_of
from models.training.numpy_lstm import LETTERS, vocabulary_of
from models.weights import load_shipped


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
