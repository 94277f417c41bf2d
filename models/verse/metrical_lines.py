"""Lines in metre and rhyme: a network's words, of which only those are drawn that fit.

At every letter, what the network may not write is taken out of its prediction: letters that lead to
no real word, words that the metre has no place for, a line that ends in another word than one of
those that it may end in. What is left is drawn from as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary
from models.verse.line_generator import Indices
from models.verse.metre import Metre
from models.verse.rhyme_and_metre import RhymeAndMetreIndex, Sets

NUCLEUS = 0.9
"""The rare rest is never drawn."""
LONGEST = 100
"""Characters after which a line is given up."""
LATE = 3
"""Syllables that are left to write at the fork, or fewer."""
PUNCTUATION, CLOSING = ",.:;!?", ".!?"


@dataclass(frozen=True)
class Start:
    """Where a line stands behind the words that it begins with."""

    places: int
    """Behind its last whole word."""
    prefix: str = ""
    """The letters of a word that is begun."""
    between: bool = False
    """Whether a word has just ended, so that a space or punctuation comes next."""
    punctuated: bool = False
    """Whether punctuation stands behind it already."""
    full: bool = False
    """Whether the line may end here."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What a line is to be."""

    metre: Metre
    start: Start
    endings: Sets = field(repr=False)
    """Where each word can end it, see `RhymeAndMetreIndex.endings`."""
    closes: bool = False
    """Whether it ends the poem, in a full stop or the like."""

    @property
    def alive(self) -> int:
        """From where it can still come to an end: single syllables fill any gap."""
        return self.metre.places_before(int(np.bitwise_or.reduce(self.endings)))

    def nodes(self, poetics: RhymeAndMetreIndex) -> Sets:
        """Where the words behind each node of the trie can stand, in it or at its end."""
        return poetics.inner(self.metre, self.alive).nodes | poetics.trie.union(self.endings[:-1])

    def can_be_met(self, poetics: RhymeAndMetreIndex) -> bool:
        """Whether words lead from its start to its end."""
        if not self.start.prefix:
            return self.start.full or bool(self.start.places & self.alive)
        behind = self.nodes(poetics)[poetics.trie.find(self.start.prefix)]
        return bool(int(behind) & self.start.places)


class MetricalWalk:
    """Where the rows of a batch stand, each in its word and in its line. A `line_writer.Walk`."""

    def __init__(
        self, vocabulary: Vocabulary, poetics: RhymeAndMetreIndex, plans: Sequence[Plan], rows: int
    ) -> None:
        """All rows begin where their plan says."""
        self._poetics, self._trie = poetics, poetics.trie
        self._width = len(vocabulary)
        index = {symbol: k for k, symbol in enumerate(vocabulary.symbols)}
        self._end, self._space, self._hyphen = vocabulary.end, index[" "], index["-"]
        self._punctuation, self._closing = (
            np.array([index[c] for c in symbols]) for symbols in (PUNCTUATION, CLOSING)
        )
        self._is_punctuation, self._is_closing = (
            np.isin(np.arange(self._width), symbols)
            for symbols in (self._punctuation, self._closing)
        )
        self._column = np.zeros(self._width, np.int64)
        self._column[self._trie.letters] = np.arange(len(self._trie.letters))

        inner = [poetics.inner(plan.metre, plan.alive) for plan in plans]
        self._starts = np.stack([words.starts for words in inner])
        self._nodes = np.stack([plan.nodes(poetics) for plan in plans])
        self._endings = np.stack([plan.endings for plan in plans])
        self._closes = np.array([plan.closes for plan in plans])
        self._late = np.array([plan.metre.places_left(LATE) for plan in plans], np.uint64)

        starts = [plan.start for plan in plans]
        next_places = [plan.start.places & plan.alive for plan in plans]
        self.plan = np.repeat(np.arange(len(plans)), rows)
        """Which plan each row follows."""
        self.node = np.repeat([self._trie.find(start.prefix) for start in starts], rows)
        """How far it is in its word."""
        self.places = np.repeat(np.array([s.places for s in starts], np.uint64), rows)
        """Where its line stood before that word."""
        self.between = np.repeat([start.between for start in starts], rows)
        """Whether it is behind a word, and `next` and `full` say what it may go on with."""
        self.punctuated = np.repeat([start.punctuated for start in starts], rows)
        self.next = np.repeat(np.array(next_places, np.uint64), rows)
        """Where its line stands behind that word, if another one is to follow."""
        self.full = np.repeat([start.full for start in starts], rows)
        """Whether its line may end behind that word."""

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """What some rows may write next, `(rows, vocabulary)`."""
        plan, places, between = self.plan[rows], self.places[rows], self.between[rows]
        node, punctuated = self.node[rows], self.punctuated[rows]
        allowed = np.zeros((len(rows), self._width), np.bool_)
        child = self._trie.children[node]
        fits = self._nodes[plan[:, np.newaxis], child] & places[:, np.newaxis]
        allowed[:, self._trie.letters] = (fits != 0) & ~between[:, np.newaxis]

        word = self._trie.word_at[node]  # −1, and so the last row, for none
        patterns = self._poetics.patterns[word]
        begun = self._starts[plan[:, np.newaxis], patterns] & places[:, np.newaxis]
        behind = np.bitwise_or.reduce(begun << self._poetics.syllables[patterns], axis=1)
        ends = (self._endings[plan, word] & places) != 0
        self.next[rows] = np.where(between, self.next[rows], behind)
        self.full[rows] = np.where(between, self.full[rows], ends)

        goes_on, full, closes = self.next[rows] != 0, self.full[rows], self._closes[plan]
        allowed[:, self._space] = goes_on
        allowed[:, self._hyphen] = goes_on & ~between
        allowed[:, self._punctuation] = (goes_on | (full & ~closes))[:, np.newaxis]
        allowed[:, self._closing] |= full[:, np.newaxis]
        allowed[np.ix_(punctuated, self._punctuation)] = False
        allowed[:, self._end] = full & (~closes | punctuated)
        return allowed

    def advance(self, rows: Indices, x: Indices) -> None:
        """Go on in some rows with a symbol each that was allowed, `(rows,)`."""
        punctuation = self._is_punctuation[x]
        between_words = (x == self._space) | (x == self._hyphen)
        child = self._trie.children[self.node[rows], self._column[x]]  # of a letter
        self.places[rows] = np.where(between_words, self.next[rows], self.places[rows])
        self.node[rows] = np.where(between_words | punctuation, 0, child)
        self.between[rows] = self.punctuated[rows] = punctuation
        # A comma does not close a poem.
        self.full[rows] &= self._is_closing[x] | ~self._closes[self.plan[rows]]

    def at_fork(self, rows: Indices) -> NDArray[np.bool_]:
        """Whether each row is before a word, with few syllables left to write."""
        late = (self.places[rows] & self._late[self.plan[rows]]) != 0
        at_fork: NDArray[np.bool_] = late & (self.node[rows] == 0) & ~self.between[rows]
        return at_fork

    def take(self, rows: Indices) -> None:
        """Go on with these rows alone, in this order."""
        self.plan, self.node, self.places = self.plan[rows], self.node[rows], self.places[rows]
        self.between, self.punctuated = self.between[rows], self.punctuated[rows]
        self.next, self.full = self.next[rows], self.full[rows]
