"""Characters and their indices, and what is made of characters that a network does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.networks.vocabulary import END, Vocabulary
from tests.models.tiny import LETTERS, VERSE


def test_the_vocabulary_of_texts_is_sorted_and_begins_with_the_end() -> None:
    vocabulary = Vocabulary.of(["mango", "tango"])
    assert vocabulary.symbols == "\nagmnot"
    assert vocabulary.end == 0
    assert len(vocabulary) == 7


def test_the_end_need_not_come_first() -> None:
    assert Vocabulary("ab\nc").end == 2


@pytest.mark.parametrize("symbols", ["", "abc", "\na\n", "\naa"])
def test_what_lacks_the_end_or_repeats_itself_is_no_vocabulary(symbols: str) -> None:
    with pytest.raises(ValueError, match="each character once"):
        Vocabulary(symbols)


@given(st.lists(st.text(max_size=20)))
def test_what_is_encoded_comes_back(texts: list[str]) -> None:
    vocabulary = Vocabulary.of(texts)
    for text in texts:
        indices = vocabulary.encode(text)
        assert indices.shape == (len(text),)
        assert vocabulary.decode(indices) == text


def test_an_unknown_character_cannot_be_encoded() -> None:
    with pytest.raises(KeyError):
        LETTERS.encode("é")


@given(st.text())
def test_everything_that_is_folded_can_be_encoded_and_is_not_folded_again(text: str) -> None:
    folded = VERSE.fold(text)
    assert VERSE.decode(VERSE.encode(folded)) == folded
    assert VERSE.fold(folded) == folded


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Éa", "ea"),
        ("“Où—là”", "'ou-la'"),
        ("🦕 42 rex", "  rex"),
        ("two\nlines", "two\nlines"),
        ("ǅ ﬁ æ", "dz fi ae"),
    ],
)
def test_characters_are_folded_to_the_nearest_that_is_known(typed: str, read: str) -> None:
    assert VERSE.fold(typed) == read


def test_a_character_that_is_known_is_never_folded() -> None:
    assert Vocabulary.of(["Éé"]).fold("Éé E") == "Éé" + END * 0
