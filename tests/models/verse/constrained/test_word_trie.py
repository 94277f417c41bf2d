"""Word trie."""

from functools import reduce
from operator import or_

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from models.verse.constrained.word_trie import WordTrie

from models.networks.vocabulary import Vocabulary

SYMBOLS = Vocabulary("\n 'abc")
WORD = st.text("abc'", max_size=5)
WORDS = st.lists(WORD, max_size=20)


def words_below(trie: WordTrie, node: int, prefix: str = "") -> dict[str, int]:
    """The words below a node and their indices, found by recursion."""
    place = int(trie.word_at[node])
    found = {prefix: place} if place >= 0 else {}
    for letter, child in zip(SYMBOLS.decode(trie.letters), trie.children[node], strict=True):
        if child:
            found |= words_below(trie, int(child), prefix + letter)
    return found


@given(WORDS)
def test_trie_words(words: list[str]) -> None:
    trie = WordTrie(words, SYMBOLS)
    assert trie.words == tuple(sorted(set(words) - {""}))
    assert words_below(trie, 0) == {word: place for place, word in enumerate(trie.words)}


@given(WORDS, WORD)
def test_find_prefix(words: list[str], prefix: str) -> None:
    trie = WordTrie(words, SYMBOLS)
    node = trie.find(prefix)
    below = {word for word in words if word.startswith(prefix)} - {""}
    assert (node > 0) == bool(prefix and below)
    if node:
        assert set(words_below(trie, node, prefix)) == below


@given(WORDS, st.integers(0, 2**32))
def test_union_of_words_below(words: list[str], seed: int) -> None:
    trie = WordTrie(words, SYMBOLS)
    sets = np.random.default_rng(seed).integers(0, 2**64, len(trie.words), dtype=np.uint64)
    unions = trie.union(sets)
    assert len(unions) == len(trie.children)
    assert unions[0] == 0  # the root stands for "no such node"
    for node in range(1, len(unions)):
        below = words_below(trie, node).values()
        assert unions[node] == reduce(or_, (int(sets[place]) for place in below))


def test_unencodable_words_are_left_out() -> None:
    assert WordTrie(["cab", "dab", "café", ""], SYMBOLS).words == ("cab",)


def test_unknown_letter_has_no_node() -> None:
    trie = WordTrie(["ab"], SYMBOLS)
    assert trie.find("c") == trie.find("🦕") == trie.find("abc") == trie.find("") == 0
