"""Words of verse for animals: which names have some, and which."""

import pytest

from bot.creatures.profile import Diet, Family, Temper, Theme
from bot.creatures.verse_words import _table, creature_words
from data.lexicon import load_lexicon


@pytest.mark.parametrize(
    ("text", "word", "absent"),
    [
        ("Stegosaurus", "plates", "river"),
        ("a sad Triceratops walks into a bar", "horn", "neck"),
        ("SPINOSAURUS", "fish", "plates"),
        ("Mangosaurus", "claw", "neck"),
    ],
)
def test_words_of_names(text: str, word: str, absent: str) -> None:
    words = creature_words(text)
    assert word in words
    assert absent not in words
    assert words == creature_words(text)


@pytest.mark.parametrize("text", ["", "the sea", "Mango", "my cat and the captain", "さくら", "1"])
def test_no_dinosaur(text: str) -> None:
    assert creature_words(text) == ()


def test_all_codes_have_words_of_verse() -> None:
    kinds = {"family": Family, "diet": Diet, "temper": Temper, "theme": Theme}
    for kind, codes in kinds.items():
        words = _table()[kind]
        assert words.keys() == {*codes} - {Theme.NONE}
        assert all(load_lexicon().entry(w) for text in words.values() for w in text.split())
