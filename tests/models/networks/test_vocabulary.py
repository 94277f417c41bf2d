"""Vocabulary: encoding, decoding, folding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.networks.vocabulary import END, Vocabulary
from tests.models.tiny import VERSE


def test_vocabulary_is_sorted() -> None:
    vocabulary = Vocabulary.of(["mango", "tango"])
    assert vocabulary.symbols == "\nagmnot"
    assert vocabulary.end == 0
    assert len(vocabulary) == 7
    assert Vocabulary("ab\nc").end == 2


@pytest.mark.parametrize("symbols", ["", "abc", "\na\n", "\naa"])
def test_invalid_vocabulary_raises(symbols: str) -> None:
    with pytest.raises(ValueError, match="distinct characters"):
        Vocabulary(symbols)
    with pytest.raises(KeyError):
        VERSE.encode("é")


@given(st.lists(st.text(max_size=20)))
def test_encode_decode_round_trip(texts: list[str]) -> None:
    vocabulary = Vocabulary.of(texts)
    for text in texts:
        indices = vocabulary.encode(text)
        assert indices.shape == (len(text),)
        assert vocabulary.decode(indices) == text


@given(st.lists(st.text(st.characters(exclude_characters="\0\n"), max_size=9), min_size=1))
def test_decode_each(texts: list[str]) -> None:
    """Rows that are filled with ENDs, however they lie in memory."""
    vocabulary = Vocabulary.of(texts)
    rows = np.array([vocabulary.encode(text.ljust(9, END)) for text in texts])
    assert vocabulary.decode_each(rows) == texts
    assert vocabulary.decode_each(np.asfortranarray(rows)) == texts


@given(st.text())
def test_fold_is_idempotent(text: str) -> None:
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
def test_fold_to_nearest_character(typed: str, read: str) -> None:
    assert VERSE.fold(typed) == read
    assert Vocabulary.of(["Éé"]).fold("Éé E") == "Éé"
