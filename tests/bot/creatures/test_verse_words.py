"""Words of verse for animals: which names have some, and which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.creatures.labels import REGIONS
from bot.creatures.profile import Diet, Family, Period, Temper, Theme
from bot.creatures.verse_words import _table, creature_words
from data.corpora import load_names
from data.lexicon import load_lexicon


@pytest.mark.parametrize(
    ("text", "word", "absent"),
    [
        ("Stegosaurus", "plates", "river"),
        ("a sad Triceratops walks into a bar", "horn", "neck"),
        ("SPINOSAURUS", "fish", "plates"),
        ("Velociraptor", "desert", "prairie"),
        ("Tyrannosaurus", "flowers", "pine"),
        ("Mangosaurus", "claw", "neck"),
    ],
)
def test_words_of_names(text: str, word: str, absent: str) -> None:
    words = creature_words(text)
    assert word in words
    assert absent not in words
    assert words == creature_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the sea",
        "Mango",
        "Jessica and Leonardo play Minecraft",
        "my cat and the captain",
        "さくら",
        "1",
    ],
)
def test_no_dinosaur(text: str) -> None:
    assert creature_words(text) == ()


@given(st.text())
def test_any_text(text: str) -> None:
    assert all(load_lexicon().entry(word) for word in creature_words(text))


def test_names_of_the_list() -> None:
    """All are known as dinosaurs, whether their roots are known or not."""
    assert all(map(creature_words, load_names().words))


def test_all_codes_have_words_of_verse() -> None:
    kinds = {
        "family": Family,
        "diet": Diet,
        "temper": Temper,
        "theme": Theme,
        "period": Period,
        "region": REGIONS,
    }
    for kind, codes in kinds.items():
        words = _table()[kind]
        assert words.keys() == {*codes} - {Theme.NONE}
        assert all(load_lexicon().entry(w) for text in words.values() for w in text.split())
