"""The table of parts of speech: what it says of words."""

import pytest

from data.parts_of_speech import Part, load_parts_of_speech

TABLE = load_parts_of_speech()


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("sword", Part.NOUN),
        ("appear", Part.BASE),
        ("love", Part.NOUN | Part.BASE),
        ("loves", Part.PLURAL | Part.THIRD),
        ("loveth", Part.THIRD),
        ("lov'st", Part.SECOND),
        ("lov'd", Part.PAST | Part.PARTICIPLE),
        ("stopping", Part.NOUN | Part.GERUND),
        ("wretches", Part.PLURAL),
        ("great", Part.ADJECTIVE),
        ("spake", Part.PAST),
        ("men", Part.PLURAL),
    ],
)
def test_shipped_table(word: str, parts: Part) -> None:
    assert TABLE[word] == parts


@pytest.mark.parametrize("word", ["the", "thou", "hath", "love's", "knowed", "unheard-of"])
def test_words_that_are_left_out(word: str) -> None:
    assert word not in TABLE
