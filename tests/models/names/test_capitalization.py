"""Capitals: what a list teaches about them, and how names are written by it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.lists import normalise_entry
from models.names.capitalization import capitals_of, format_name
from models.weights import load_shipped
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
def test_the_majority_of_a_list_decides(
    names: tuple[str, ...], capitals: str, small: tuple[str, ...]
) -> None:
    found, words = capitals_of(names)
    assert found == capitals
    assert set(small) <= set(words)


@pytest.mark.parametrize("names", [VILLAGES, PAINTERS, HEROES, KANA])
def test_names_of_a_list_are_written_as_the_list_has_them(names: tuple[str, ...]) -> None:
    capitals, small = capitals_of(names)
    facts = replace(card("names"), capitals=capitals, small_words=small)
    assert [format_name(facts, normalise_entry(name)) for name in names] == list(names)


@given(st.text("abcdefghijklmnopqrstuvwxyz"))
def test_dinosaurs_are_written_with_one_capital(name: str) -> None:
    assert format_name(SHIPPED, name) == format_name(None, name) == name.capitalize()


SHIPPED = load_shipped("names").card


@given(st.text(), st.text(" -'^"))
def test_whatever_the_name_no_more_than_capitals_change(name: str, capitals: str) -> None:
    facts = replace(card("names"), capitals=capitals)
    assert format_name(facts, name).casefold() == name.casefold() or not name.isascii()
