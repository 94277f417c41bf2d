"""Trie of words: which letters can come next in a known word."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary


class WordTrie:
    """Trie over the characters of a vocabulary, as arrays, for looking up a whole batch at once.

    Node 0 is the root. The root is not a child, so 0 also means "no such node".
    """

    def __init__(self, words: Iterable[str], vocabulary: Vocabulary) -> None:
        """Build the trie. Words with a character that is not in the vocabulary are left out."""
        symbols = set(vocabulary.symbols)
        self.words = tuple(sorted({word for word in words if word and symbols.issuperset(word)}))
        """All words in alphabetical order. A word's index is its identity."""
        self._letters = "".join(sorted(set("".join(self.words))))
        self.letters = vocabulary.encode(self._letters)
        """Characters that occur in words, as indices of the vocabulary, `(letters,)`."""
        self._column = {letter: column for column, letter in enumerate(self._letters)}
        children: list[list[int]] = [[0] * len(self._letters)]
        # Words are sorted, so those below a node are words[first:last].
        first, last, word_at = [0], [len(self.words)], [-1]
        path = [0]  # nodes of the previous word, from the root
        previous = ""
        for index, word in enumerate(self.words):
            shared = _common_prefix(previous, word)
            for node in path[shared + 1 :]:  # no later word is below these
                last[node] = index
            del path[shared + 1 :]
            for letter in word[shared:]:
                node = len(children)
                children[path[-1]][self._column[letter]] = node
                children.append([0] * len(self._letters))
                first.append(index)
                last.append(len(self.words))
                word_at.append(-1)
                path.append(node)
            word_at[path[-1]] = index
            previous = word
        self.children: NDArray[np.int32] = np.array(children, np.int32)
        """The node after each letter, or 0, `(nodes, letters)`."""
        self.word_at: NDArray[np.int32] = np.array(word_at, np.int32)
        """The word that ends at each node, or −1, `(nodes,)`."""
        # reduceat takes pairs of (first, last) as [f0, l0, f1, l1, …] and wants each in range.
        self._ranges = np.column_stack([first, last]).ravel()

    def find(self, prefix: str) -> int:
        """The node of a prefix; 0 if no word starts with it."""
        node = 0
        for letter in prefix:
            column = self._column.get(letter)
            node = 0 if column is None else int(self.children[node, column])
            if node == 0:
                return 0
        return node

    def union(self, sets: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """For each node, the union of the sets of the words below it: `(words,)` → `(nodes,)`.

        A set is an integer with one bit per element. The root gets the empty set, because it also
        means "no such node".
        """
        padded = np.append(sets, np.uint64(0))  # so that a range may end at len(words)
        unions: NDArray[np.uint64] = np.bitwise_or.reduceat(padded, self._ranges)[::2]
        unions[0] = 0
        return unions


def _common_prefix(a: str, b: str) -> int:
    """Length of the common prefix of two words."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))
