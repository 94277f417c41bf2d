"""Index of a network's words by position in a line and by rhyme.

Built once per network from the words of its corpus, as far as their pronunciation is known.

Shapes: W words, K readings per word. A pattern is a string of stresses, such as `010`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.lexicon import Reading, load_lexicon
from data.text import words_of
from models.networks.vocabulary import Vocabulary
from models.verse.constrained.metre import Metre
from models.verse.constrained.word_trie import WordTrie
from models.weights import Trained

PositionSets = NDArray[np.uint64]
"""Sets of positions in a metre, see `models.verse.constrained.metre`."""

MAX_READINGS = 3
"""K: readings (pronunciations) of a word that are used, the most common ones."""
MIN_WORDS = 500
"""A network with fewer words of known pronunciation does not write English."""
_REQUIRED = frozenset(" -,.:;!?")
"""Characters that a line needs."""
COMMON_WORDS = 9_000
"""The most common words, which count as rhyming words in `rhyme_count`."""
MAX_ENDING_RANK = 12_000
"""Rarer words do not end a line: for many, the dictionary has only a name spelt the same."""
HALF_WEIGHT_RANK = 1_000
"""A word of this rank gets half the weight of a rare one as the last word of a line."""


@dataclass(frozen=True, eq=False)
class InnerWords:
    """Where words can be that do not end a line."""

    starts: PositionSets
    """For each pattern, where a word can start, `(patterns,)`."""
    nodes: PositionSets
    """For each trie node, the union over the words below it, `(nodes,)`."""


class RhymeAndMetreIndex:
    """A network's words with known pronunciation, by stresses and rhyme."""

    def __init__(
        self,
        words: Sequence[str],
        vocabulary: Vocabulary,
        readings: Callable[[str], Sequence[Reading]],
        may_end: Callable[[str], bool] = bool,
    ) -> None:
        """Index the `words`, most common first, that have `readings`.

        Only words for which `may_end` is true end a line.
        """
        known = {word: readings(word)[:MAX_READINGS] for word in words if _is_word(word)}
        self._readings = readings
        self.trie = WordTrie((word for word, found in known.items() if found), vocabulary)
        self.index = {word: index for index, word in enumerate(self.trie.words)}
        """Row of each word in the arrays below. They have W + 1 rows; the last one is for none."""
        self.rank = {word: rank for rank, word in enumerate(words)}
        """Number of words that are more common."""

        patterns = {"": 0}  # pattern 0 fits nowhere: for words with fewer than K readings
        self.patterns = np.zeros((len(self.index) + 1, MAX_READINGS), np.int32)
        """The patterns of each word's readings, `(W + 1, K)`."""
        for word, index in self.index.items():
            for k, reading in enumerate(known[word]):
                self.patterns[index, k] = patterns.setdefault(reading.stresses, len(patterns))
        self.stresses = tuple(patterns)
        self.syllables = np.array([len(stresses) for stresses in patterns], np.uint64)
        """Of each pattern, `(patterns,)`."""

        self._rhymes: dict[str, int] = {}
        self.rhyme = np.full(len(self.index) + 1, -1)
        """The rhyme of each word's first reading; −1 if it must not end a line: `(W + 1,)`."""
        self._same_spelling: dict[str, list[int]] = {}
        for word, index in self.index.items():
            self._same_spelling.setdefault(word.replace("'", ""), []).append(index)
            first = known[word][0]
            # Not for words in quotation marks, which look like apostrophes.
            ends = self.rank[word] < MAX_ENDING_RANK and may_end(word) and words_of(word) == [word]
            if ends and first.stresses.strip("0"):  # a rhyme needs a stressed vowel
                self.rhyme[index] = self._rhymes.setdefault(first.rhyme, len(self._rhymes))
        # A rhyme is only useful if common words have it.
        common = [index for word, index in self.index.items() if self.rank[word] < COMMON_WORDS]
        rhymes = self.rhyme[common]
        size = np.bincount(rhymes[rhymes >= 0], minlength=len(self._rhymes) + 1)  # (rhymes + 1,)
        self.rhyme_count = np.where(self.rhyme >= 0, size[self.rhyme], 0)
        """Common words that rhyme with each word, including itself: `(W + 1,)`."""
        ranks = np.array([self.rank[word] for word in self.index] + [0])
        self.ending_weight = (ranks + 1) / (ranks + HALF_WEIGHT_RANK)
        """Weight of each word as the last word of a line, low for common words: `(W + 1,)`."""

        self._inner_words = lru_cache(maxsize=16)(self._make_inner_words)
        self._positions = lru_cache(maxsize=16)(self._make_positions)

    def same_spelling(self, words: Iterable[str]) -> list[int]:
        """Rows of these words, and of words that differ from one only in an apostrophe.

        *Bears* and *bear's* are different words, but do not rhyme.
        """
        return [i for word in words for i in self._same_spelling.get(word.replace("'", ""), ())]

    def rhyme_of(self, word: str) -> int:
        """The rhyme of any word, known or not; −1 if it rhymes with no word that may end a line."""
        return next((self._rhymes.get(r.rhyme, -1) for r in self._readings(word)), -1)

    def stresses_of(self, word: str) -> tuple[str, ...]:
        """The distinct patterns of a word; empty if its pronunciation is unknown."""
        return tuple(dict.fromkeys(reading.stresses for reading in self._readings(word)))

    def inner_words(self, metre: Metre, viable: int) -> InnerWords:
        """Where words can be after which the line is at one of the positions `viable`."""
        return self._inner_words(metre, viable)

    def endings(self, metre: Metre, chosen: NDArray[np.bool_]) -> PositionSets:
        """Where each `chosen` word can end a line, `(W + 1,)`; the empty set for other words."""
        positions = self._positions(metre)  # (patterns,)
        # Shifted back by its syllables, an end of the line is where the word has to start.
        at_end = positions & (np.uint64(metre.ends) >> self.syllables)
        sets = at_end[self.patterns[:, 0]]  # by the first reading, as for rhymes
        sets[~chosen] = 0
        return sets

    def _make_positions(self, metre: Metre) -> PositionSets:
        """Where each pattern fits, `(patterns,)`."""
        return np.array([metre.positions_of(s) if s else 0 for s in self.stresses], np.uint64)

    def _make_inner_words(self, metre: Metre, viable: int) -> InnerWords:
        starts = self._positions(metre) & (np.uint64(viable) >> self.syllables)  # (patterns,)
        by_word = np.bitwise_or.reduce(starts[self.patterns[:-1]], axis=1)  # (W, K) → (W,)
        return InnerWords(starts, self.trie.union(by_word))


def _is_word(spelling: str) -> bool:
    """Whether it is a word, and not the name of a letter, which the dictionary has too."""
    return len(spelling) > 1 or spelling in ("a", "i", "o")


@lru_cache(maxsize=2)
def rhyme_and_metre_of(trained: Trained) -> RhymeAndMetreIndex | None:
    """The index of a network; `None` if it does not write English.

    Cached. Building it takes half a second.
    """
    vocabulary = trained.network.vocabulary
    if not trained.words or not _REQUIRED.issubset(vocabulary.symbols):
        return None
    lexicon = load_lexicon()

    def may_end(word: str) -> bool:
        """Whether the dictionary has it, and it does not need another word after it."""
        return bool(lexicon.entry(word)) and not word.endswith("'s")

    index = RhymeAndMetreIndex(trained.words, vocabulary, lexicon.readings, may_end)
    return index if len(index.index) >= MIN_WORDS else None
