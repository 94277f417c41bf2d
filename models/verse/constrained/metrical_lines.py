"""Constraints for lines in metre and rhyme.

Before every character, the network's prediction is masked: letters that do not lead to a known
word, words that the metre has no position for, and line ends after a word that the line must not
end in. What is left is sampled as usual.

Shapes: R rows, P plans (one per request), V characters in the vocabulary, L letters in the trie,
W words, K readings per word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary
from models.verse.constrained.line_generator import Indices
from models.verse.constrained.metre import Metre
from models.verse.constrained.rhyme_and_metre import PositionSets, RhymeAndMetreIndex

TOP_P = 0.9
"""Nucleus sampling."""
MAX_LENGTH = 100
"""Characters after which a line is dropped."""
BRANCH_SYLLABLES = 3
"""The branch point is before a word with at most this many syllables left."""
PUNCTUATION, CLOSING = ",.:;!?", ".!?"


@dataclass(frozen=True)
class Start:
    """State of a line after the words that it starts with."""

    positions: int
    """After its last complete word."""
    prefix: str = ""
    """The letters of an incomplete word."""
    after_word: bool = False
    """Whether a word has just ended, so that a space or punctuation has to follow."""
    punctuated: bool = False
    """Whether that word already has punctuation."""
    complete: bool = False
    """Whether the line may end here."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Requirements for a line: its metre, its start and its possible endings."""

    metre: Metre
    start: Start
    endings: PositionSets = field(repr=False)
    """Where each word can end the line, see `RhymeAndMetreIndex.endings`: `(W + 1,)`."""
    ends_poem: bool = False
    """Whether it is the last line, which ends with a full stop or the like."""

    @property
    def viable(self) -> int:
        """Positions from which an ending can be reached: single syllables fill any gap."""
        return self.metre.positions_before(int(np.bitwise_or.reduce(self.endings)))

    def node_positions(self, index: RhymeAndMetreIndex) -> PositionSets:
        """For each trie node, where the words below it can be, within or at the end: `(nodes,)`."""
        inner = index.inner_words(self.metre, self.viable)
        return inner.nodes | index.trie.union(self.endings[:-1])

    def is_possible(self, index: RhymeAndMetreIndex) -> bool:
        """Whether known words lead from the start to an ending."""
        if not self.start.prefix:
            return self.start.complete or bool(self.start.positions & self.viable)
        below = self.node_positions(index)[index.trie.find(self.start.prefix)]
        return bool(int(below) & self.start.positions)


class MetricalConstraint:
    """Tracks each row's word and position in the line. Implements `LineConstraint`."""

    def __init__(
        self, vocabulary: Vocabulary, index: RhymeAndMetreIndex, plans: Sequence[Plan], rows: int
    ) -> None:
        """`rows` rows per plan, which start as their plan says."""
        self._index, self._trie = index, index.trie
        self._width = len(vocabulary)
        symbols = {symbol: k for k, symbol in enumerate(vocabulary.symbols)}
        self._end, self._space, self._hyphen = vocabulary.end, symbols[" "], symbols["-"]
        self._punctuation, self._closing = (
            np.array([symbols[c] for c in marks]) for marks in (PUNCTUATION, CLOSING)
        )
        self._is_punctuation, self._is_closing = (
            np.isin(np.arange(self._width), marks) for marks in (self._punctuation, self._closing)
        )  # (V,) each
        self._column = np.zeros(self._width, np.int64)  # character → letter of the trie: (V,)
        self._column[self._trie.letters] = np.arange(len(self._trie.letters))

        inner = [index.inner_words(plan.metre, plan.viable) for plan in plans]
        self._starts = np.stack([words.starts for words in inner])  # (P, patterns)
        self._nodes = np.stack([plan.node_positions(index) for plan in plans])  # (P, nodes)
        self._endings = np.stack([plan.endings for plan in plans])  # (P, W + 1)
        self._ends_poem = np.array([plan.ends_poem for plan in plans])
        self._near_end = np.array(
            [plan.metre.positions_near_end(BRANCH_SYLLABLES) for plan in plans], np.uint64
        )

        starts = [plan.start for plan in plans]
        next_positions = [plan.start.positions & plan.viable for plan in plans]
        # One entry per row, `(R,)`.
        self.plan = np.repeat(np.arange(len(plans)), rows)
        """The plan of the row."""
        self.node = np.repeat([self._trie.find(start.prefix) for start in starts], rows)
        """Trie node of the current word; the root between words."""
        self.positions = np.repeat(np.array([s.positions for s in starts], np.uint64), rows)
        """Positions of the line before the current word."""
        self.after_word = np.repeat([start.after_word for start in starts], rows)
        """Whether a word and its punctuation have just ended. What may follow is then given by
        `next_positions` and `complete`."""
        self.punctuated = np.repeat([start.punctuated for start in starts], rows)
        """Whether punctuation has just been written."""
        self.next_positions = np.repeat(np.array(next_positions, np.uint64), rows)
        """Positions after that word, if another word follows."""
        self.complete = np.repeat([start.complete for start in starts], rows)
        """Whether the line may end after that word."""

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """Which characters some rows may write next, `(rows, V)`."""
        plan, positions, after_word = self.plan[rows], self.positions[rows], self.after_word[rows]
        node, punctuated = self.node[rows], self.punctuated[rows]
        allowed = np.zeros((len(rows), self._width), np.bool_)
        # A letter is allowed if a word below its node fits at one of the line's positions.
        child = self._trie.children[node]  # (rows, L)
        fits = self._nodes[plan[:, np.newaxis], child] & positions[:, np.newaxis]  # (rows, L)
        allowed[:, self._trie.letters] = (fits != 0) & ~after_word[:, np.newaxis]

        # If the node is a word, the line could go on after it: S' = (S ∧ fits) ≪ n per reading.
        word = self._trie.word_at[node]  # −1, and so the last row, for no word: (rows,)
        patterns = self._index.patterns[word]  # (rows, K)
        fitting = self._starts[plan[:, np.newaxis], patterns] & positions[:, np.newaxis]
        behind = np.bitwise_or.reduce(fitting << self._index.syllables[patterns], axis=1)  # (rows,)
        ends = (self._endings[plan, word] & positions) != 0
        self.next_positions[rows] = np.where(after_word, self.next_positions[rows], behind)
        self.complete[rows] = np.where(after_word, self.complete[rows], ends)

        continues, complete = self.next_positions[rows] != 0, self.complete[rows]
        ends_poem = self._ends_poem[plan]
        allowed[:, self._space] = continues
        allowed[:, self._hyphen] = continues & ~after_word
        allowed[:, self._punctuation] = (continues | (complete & ~ends_poem))[:, np.newaxis]
        allowed[:, self._closing] |= complete[:, np.newaxis]
        allowed[np.ix_(punctuated, self._punctuation)] = False  # one mark at a time
        allowed[:, self._end] = complete & (~ends_poem | punctuated)
        return allowed

    def advance(self, rows: Indices, x: Indices) -> None:
        """Append one allowed character per row, `(rows,)`."""
        punctuation = self._is_punctuation[x]
        starts_word = (x == self._space) | (x == self._hyphen)
        child = self._trie.children[self.node[rows], self._column[x]]  # meant for letters only
        self.positions[rows] = np.where(
            starts_word, self.next_positions[rows], self.positions[rows]
        )
        self.node[rows] = np.where(starts_word | punctuation, 0, child)
        self.after_word[rows] = self.punctuated[rows] = punctuation
        # A comma does not end a poem.
        self.complete[rows] &= self._is_closing[x] | ~self._ends_poem[self.plan[rows]]

    def at_branch_point(self, rows: Indices) -> NDArray[np.bool_]:
        """Whether each row is before a word, with at most `BRANCH_SYLLABLES` left."""
        near_end = (self.positions[rows] & self._near_end[self.plan[rows]]) != 0
        before_word = (self.node[rows] == 0) & ~self.after_word[rows]
        at_branch_point: NDArray[np.bool_] = near_end & before_word
        return at_branch_point

    def select(self, rows: Indices) -> None:
        """Keep only these rows, in this order."""
        self.plan, self.node = self.plan[rows], self.node[rows]
        self.positions, self.next_positions = self.positions[rows], self.next_positions[rows]
        self.after_word, self.punctuated = self.after_word[rows], self.punctuated[rows]
        self.complete = self.complete[rows]
