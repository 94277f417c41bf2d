"""Tokens of a text, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tokens import (
    FLIP,
    are_tokens,
    has_space,
    is_word,
    is_word_character,
    join_tokens,
    split_units,
    tokenise,
)

texts = st.text(st.sampled_from("abé' ,.-()\n!")) | st.text(st.characters(exclude_characters="\t"))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("love, self-love", ["love", ",", "self", "-", "love"]),
        ("o'er the ocean'\n", ["o'er", "the", "ocean'", "\n"]),
        ("(ah me) 'tis", ["(", "ah", "me", ")", "'tis"]),
        ("größe", ["größe"]),
        ("no ,yes", ["no", FLIP, ",", FLIP, "yes"]),
        ("a\n b \n", ["a", "\n", FLIP, "b", FLIP, "\n"]),
        ("", []),
    ],
)
def test_tokenise(text: str, tokens: list[str]) -> None:
    assert tokenise(text) == tokens
    assert join_tokens(tokens) == text


@given(texts)
def test_units_cover_the_text(text: str) -> None:
    units = split_units(text)
    assert "".join(unit.text for unit in units) == text
    assert [token for unit in units for token in unit.tokens] == tokenise(text)
    assert all(unit.tokens and are_tokens(unit.tokens[-1:]) for unit in units if unit.exact)


@given(texts)
def test_round_trip(text: str) -> None:
    """Texts whose units are all exact are those that tokens express."""
    expressed = all(unit.exact for unit in split_units(text))
    assert (join_tokens(tokenise(text)) == text) == expressed
    assert expressed == ("  " not in text and not text.endswith(" "))


def test_kinds_of_tokens() -> None:
    apart, together = ("love is", ", is"), ("love ,", "self -", "- love", "\n love")
    assert all(has_space(*pair.split(" ")) for pair in apart)
    assert not any(has_space(*pair.split(" ")) for pair in together)
    assert all(map(is_word, ("a", "o'er", "é", "любовь")))
    assert not any(map(is_word, (",", "\n", FLIP, "'", "")))
    tokens = ["a", "o'er", ",", "'"]
    assert are_tokens(tokens)
    for other in ("a b", "a,", "", FLIP, " ", "a\n", "a\nb"):
        assert not are_tokens([other])
        assert not are_tokens([*tokens, other, *tokens])
    assert all(map(is_word_character, "aé'"))
    assert not any(map(is_word_character, " ,\n-1"))
