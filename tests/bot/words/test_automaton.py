"""The Aho-Corasick automaton."""

from hypothesis import given
from hypothesis import strategies as st

from bot.words.matching import Automaton

WORDS = st.lists(st.text("ab", min_size=1, max_size=5), max_size=8)


@given(WORDS, st.text("abc", max_size=40))
def test_finds_every_occurrence(words: list[str], text: str) -> None:
    found = sorted(Automaton((word, word) for word in words).find(text))
    assert found == sorted(
        (word, end)
        for word in words
        for end in range(len(word), len(text) + 1)
        if text[:end].endswith(word)
    )


def test_words_of_the_same_letters() -> None:
    automaton = Automaton([("mud", 1), ("mud", 2), ("ud", 3)])
    assert [*automaton.find("mud")] == [(1, 3), (2, 3), (3, 3)]
