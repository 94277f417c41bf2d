"""A trie holds exactly its words, and knows of each beginning what can come of it."""

from functools import reduce
from operator import or_

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.networks.vocabulary import Vocabulary
from models.verse.word_trie import WordTrie

SYMBOLS = Vocabulary("\n 'abc")
WORD = st.text("abc'", max_size=5)
WORDS = st.lists(WORD, max_size=20)


def words_behind(trie: WordTrie, node: int, prefix: str = "") -> dict[str, int]:
    """The words behind a node and their places, found by walking."""
    place = int(trie.word_at[node])
    found = {prefix: place} if place >= 0 else {}
    for letter, child in zip(SYMBOLS.decode(trie.letters), trie.children[node], strict=True):
        if child:
            found |= words_behind(trie, int(child), prefix + letter)
    return found


@given(WORDS)
def test_its_words_are_those_that_were_put_in(words: list[str]) -> None:
    trie = WordTrie(words, SYMBOLS)
    assert trie.words == tuple(sorted(set(words) - {""}))
    assert words_behind(trie, 0) == {word: place for place, word in enumerate(trie.words)}


@given(WORDS, WORD)
def test_a_beginning_is_found_if_a_word_begins_so(words: list[str], prefix: str) -> None:
    trie = WordTrie(words, SYMBOLS)
    node = trie.find(prefix)
    behind = {word for word in words if word.startswith(prefix)} - {""}
    assert (node > 0) == bool(prefix and behind)
    if node:
        assert set(words_behind(trie, node, prefix)) == behind


@given(WORDS, st.integers(0, 2**32))
def test_a_node_has_the_union_of_the_sets_of_the_words_behind_it(
    words: list[str], seed: int
) -> None:
    trie = WordTrie(words, SYMBOLS)
    sets = np.random.default_rng(seed).integers(0, 2**64, len(trie.words), dtype=np.uint64)
    unions = trie.union(sets)
    assert len(unions) == len(trie.children)
    assert unions[0] == 0  # the root stands for "no such node"
    for node in range(1, len(unions)):
        behind = words_behind(trie, node).values()
        assert unions[node] == reduce(or_, (int(sets[place]) for place in behind))


def test_words_that_the_vocabulary_cannot_write_are_left_out() -> None:
    assert WordTrie(["cab", "dab", "café", ""], SYMBOLS).words == ("cab",)


def test_a_letter_that_no_word_has_leads_nowhere() -> None:
    trie = WordTrie(["ab"], SYMBOLS)
    assert trie.find("c") == trie.find("🦕") == trie.find("abc") == trie.find("") == 0
