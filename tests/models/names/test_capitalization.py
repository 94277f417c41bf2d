"""Capitalization: the rules of a list, and their application."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.lists import normalise_entry
from models.names.capitalization import capitals_of, format_name
from tests.models.lists import HEROES, KANA, PAINTERS, VILLAGES
from tests.models.tiny import card


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
