"""A trie of words: which letters can come next if a real word is to be written."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary


class WordTrie:
    """A trie over the symbols of a vocabulary, in arrays, so that a batch walks it at once.

    Node 0 is the root. It is nobody's child, so 0 also stands for "no such node".
    """

    def __init__(self, words: Iterable[str], vocabulary: Vocabulary) -> None:
        """Words with a symbol that the vocabulary lacks are left out, and so is the empty one."""
        symbols = set(vocabulary.symbols)
        self.words = tuple(sorted({word for word in words if word and symbols.issuperset(word)}))
        """All words in alphabetical order; a word is known by its place."""
        self._letters = "".join(sorted(set("".join(self.words))))
        self.letters = vocabulary.encode(self._letters)
        """The symbols that occur in words, as indices of the vocabulary, `(letters,)`."""
        self._column = {letter: column for column, letter in enumerate(self._letters)}
        children: list[list[int]] = [[0] * len(self._letters)]
        first, last, word_at = [0], [len(self.words)], [-1]
        path = [0]
        previous = ""
        for place, word in enumerate(self.words):
            shared = _shared(previous, word)
            for node in path[shared + 1 :]:
                last[node] = place
            del path[shared + 1 :]
            for letter in word[shared:]:
                node = len(children)
                children[path[-1]][self._column[letter]] = node
                children.append([0] * len(self._letters))
                first.append(place)
                last.append(len(self.words))
                word_at.append(-1)
                path.append(node)
            word_at[path[-1]] = place
            previous = word
        self.children: NDArray[np.int32] = np.array(children, np.int32)
        """The node behind each letter, `(nodes, letters)`."""
        self.word_at: NDArray[np.int32] = np.array(word_at, np.int32)
        """The word that ends at each node, or −1, `(nodes,)`."""
        # reduceat takes pairs of (first, last) as [f0, l0, f1, l1, …] and wants each in range.
        self._ranges = np.column_stack([first, last]).ravel()

    def find(self, prefix: str) -> int:
        """The node behind a prefix; 0 if no word begins so."""
        node = 0
        for letter in prefix:
            column = self._column.get(letter)
            node = 0 if column is None else int(self.children[node, column])
            if node == 0:
                return 0
        return node

    def union(self, sets: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """For each node the union of the sets of the words behind it: `(words,)` → `(nodes,)`.

        A set is an integer with a bit for each member. The root gets the empty one, because it also
        stands for "no such node".
        """
        padded = np.append(sets, np.uint64(0))
        unions: NDArray[np.uint64] = np.bitwise_or.reduceat(padded, self._ranges)[::2]
        unions[0] = 0
        return unions


def _shared(a: str, b: str) -> int:
    """How many letters two words have in common at their beginnings."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))
