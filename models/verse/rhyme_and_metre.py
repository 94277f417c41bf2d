"""What a network's words sound like: where each can stand in a line, and what it rhymes with.

Made once for a network from the words of its verse, of which those are kept whose sounds are known.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.lexicon import Reading, load_lexicon
from data.text import words_of
from models.networks.vocabulary import Vocabulary
from models.verse.metre import Metre
from models.verse.word_trie import WordTrie
from models.weights import Trained

Sets = NDArray[np.uint64]
"""Sets of places of a metre, see `models.verse.metre`."""

MOST_READINGS = 3
"""Ways of pronouncing a word that are considered, the usual ones."""
LEAST_WORDS = 500
"""A network whose verse has fewer words with known sounds does not write English."""
_NEEDED = frozenset(" -,.:;!?")
"""Symbols without which no line can be written."""
COMMON = 9_000
"""So many of the commonest words count as partners where it is asked how many rhymes there are."""
ENDING = 12_000
"""So many may end a line. Of the rarer ones a dictionary often knows but a name spelt alike."""
HALF_WEIGHT = 1_000
"""The rank of a word that is let end a line half as readily as a rare one."""


@dataclass(frozen=True, eq=False)
class Inner:
    """Where words can stand that do not end a line."""

    starts: Sets
    """For each pattern of stresses the places where it can begin, `(patterns,)`."""
    nodes: Sets
    """For each node of the trie the union of those of the words behind it, `(nodes,)`."""


class RhymeAndMetreIndex:
    """The words of a network by their sounds."""

    def __init__(
        self,
        words: Sequence[str],
        vocabulary: Vocabulary,
        readings: Callable[[str], Sequence[Reading]],
        may_end: Callable[[str], bool] = bool,
    ) -> None:
        """Of `words`, the commonest first, those are kept that have `readings`.

        A line ends in words that `may_end`.
        """
        sounds = {word: readings(word)[:MOST_READINGS] for word in words if _is_word(word)}
        self._sounds = readings
        self.trie = WordTrie((word for word, known in sounds.items() if known), vocabulary)
        self.index = {word: index for index, word in enumerate(self.trie.words)}
        """Of each word in what follows; behind the last word's is a row that is no word's."""
        self.rank = {word: rank for rank, word in enumerate(words)}
        """How many words are commoner than a word."""

        patterns = {"": 0}  # the pattern of no word: it can stand nowhere
        self.patterns = np.zeros((len(self.index) + 1, MOST_READINGS), np.int32)
        """The patterns of each word's readings, 0 where it has fewer."""
        for word, index in self.index.items():
            for k, reading in enumerate(sounds[word]):
                self.patterns[index, k] = patterns.setdefault(reading.stresses, len(patterns))
        self.stresses = tuple(patterns)
        self.syllables = np.array([len(stresses) for stresses in patterns], np.uint64)
        """Of each pattern."""

        self._rhymes: dict[str, int] = {}
        self.rhyme = np.full(len(self.index) + 1, -1)
        """The rhyme of each word by its first reading, −1 for a word that is not to end a line."""
        self._spelt: dict[str, list[int]] = {}
        for word, index in self.index.items():
            self._spelt.setdefault(word.replace("'", ""), []).append(index)
            first = sounds[word][0]
            # Of a word in quotation marks nobody can tell whether they are apostrophes.
            ends = self.rank[word] < ENDING and may_end(word) and words_of(word) == [word]
            if ends and first.stresses.strip("0"):
                self.rhyme[index] = self._rhymes.setdefault(first.rhyme, len(self._rhymes))
        common = [index for word, index in self.index.items() if self.rank[word] < COMMON]
        found = self.rhyme[common]
        size = np.bincount(found[found >= 0], minlength=len(self._rhymes) + 1)
        self.richness = np.where(self.rhyme >= 0, size[self.rhyme], 0)
        """How many common words rhyme with each word, itself counted."""
        ranks = np.array([self.rank[word] for word in self.index] + [0])
        self.ending_weight = (ranks + 1) / (ranks + HALF_WEIGHT)
        """How readily each word is let end a line: the commonest hardly ever, most always."""

        self._inner = lru_cache(maxsize=16)(self._make_inner)
        self._places = lru_cache(maxsize=16)(self._make_places)

    def spelt_like(self, words: Iterable[str]) -> list[int]:
        """The indices of these words, and of those that only an apostrophe tells from one of them.

        *Bears* and *bear's* are different words, and no rhyme.
        """
        return [i for word in words for i in self._spelt.get(word.replace("'", ""), ())]

    def rhyme_of(self, word: str) -> int:
        """The rhyme of any word, a member's too; −1 if no word that may end a line has it."""
        return next((self._rhymes.get(r.rhyme, -1) for r in self._sounds(word)), -1)

    def stresses_of(self, word: str) -> tuple[str, ...]:
        """How a word can be stressed; empty for a word whose sounds are not known."""
        return tuple(dict.fromkeys(reading.stresses for reading in self._sounds(word)))

    def inner(self, metre: Metre, alive: int) -> Inner:
        """Where words can stand that lead to one of the places `alive`."""
        return self._inner(metre, alive)

    def endings(self, metre: Metre, chosen: NDArray[np.bool_]) -> Sets:
        """Where each of the `chosen` words can end a line, `(words + 1,)`; the others nowhere."""
        places = self._places(metre)
        at_end = places & (np.uint64(metre.ends) >> self.syllables)
        sets = at_end[self.patterns[:, 0]]
        sets[~chosen] = 0
        return sets

    def _make_places(self, metre: Metre) -> Sets:
        return np.array([metre.places_of(s) if s else 0 for s in self.stresses], np.uint64)

    def _make_inner(self, metre: Metre, alive: int) -> Inner:
        starts = self._places(metre) & (np.uint64(alive) >> self.syllables)
        of_words = np.bitwise_or.reduce(starts[self.patterns[:-1]], axis=1)
        return Inner(starts, self.trie.union(of_words))


def _is_word(spelling: str) -> bool:
    """Of the names of letters, which a dictionary has too, only these are words."""
    return len(spelling) > 1 or spelling in ("a", "i", "o")


@lru_cache(maxsize=2)
def rhyme_and_metre_of(trained: Trained) -> RhymeAndMetreIndex | None:
    """The poetics of a network; `None` if it does not write English.

    Takes half a second the first time.
    """
    vocabulary = trained.network.vocabulary
    if not trained.words or not _NEEDED.issubset(vocabulary.symbols):
        return None
    lexicon = load_lexicon()

    def may_end(word: str) -> bool:
        """Whether its sounds are beyond doubt, and nothing has to follow it."""
        return bool(lexicon.entry(word)) and not word.endswith("'s")

    poetics = RhymeAndMetreIndex(trained.words, vocabulary, lexicon.readings, may_end)
    return poetics if len(poetics.index) >= LEAST_WORDS else None
