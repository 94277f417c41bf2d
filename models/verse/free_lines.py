"""Lines that are neither scanned nor rhymed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary
from models.verse.line_generator import Indices

SHORTEST_LINE = 20
"""Characters that a line has before it may end."""
LONGEST_LINE = 56
"""Characters after which a line ends at the next space: Shakespeare's have 42, at most 60."""
LONGEST = 2 * LONGEST_LINE + 2
"""Characters after which a line without a space has ended too, its `END` counted."""
NUCLEUS = 0.95
"""The rare rest is never drawn: it is where misspelt words come from."""


class FreeWalk:
    """Rows of lines that neither end too early nor go on for ever. A `line_writer.Walk`."""

    def __init__(self, vocabulary: Vocabulary, begun: Sequence[int], rows: int) -> None:
        """`begun` says how many characters each task's line has already."""
        self._vocabulary = vocabulary
        self._space = vocabulary.symbols.find(" ")
        self._length = np.repeat(begun, rows)
        self._at_space = np.zeros(len(self._length), np.bool_)

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """Anything, but for the end of a line that is too short, or nothing but that."""
        length, at_space = self._length[rows], self._at_space[rows]
        allowed = np.ones((len(rows), len(self._vocabulary)), np.bool_)
        allowed[length < SHORTEST_LINE, self._vocabulary.end] = False
        too_long = (length > LONGEST - 2) | ((length > LONGEST_LINE) & at_space)
        allowed[too_long] = np.arange(len(self._vocabulary)) == self._vocabulary.end
        return allowed

    def advance(self, rows: Indices, x: Indices) -> None:
        """Go on with a symbol each."""
        self._length[rows] += 1
        self._at_space[rows] = x == self._space

    def at_fork(self, rows: Indices) -> NDArray[np.bool_]:
        """There is none."""
        return np.zeros(len(rows), np.bool_)

    def take(self, rows: Indices) -> None:
        """Go on with these rows."""
        self._length, self._at_space = self._length[rows], self._at_space[rows]


class CountingWalk:
    """Rows that go on until so many characters are written. A `line_writer.Walk`."""

    def __init__(self, vocabulary: Vocabulary, left: Sequence[int], rows: int) -> None:
        """`left` says how many characters each task may still write, the ends of lines included."""
        self._vocabulary = vocabulary
        self._left = np.repeat(left, rows)

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """Anything, or nothing but the end when all is written."""
        allowed = np.ones((len(rows), len(self._vocabulary)), np.bool_)
        allowed[self._left[rows] <= 0] = np.arange(len(self._vocabulary)) == self._vocabulary.end
        return allowed

    def advance(self, rows: Indices, x: Indices) -> None:
        """Go on with a symbol each."""
        self._left[rows] -= 1

    def at_fork(self, rows: Indices) -> NDArray[np.bool_]:
        """There is none."""
        return np.zeros(len(rows), np.bool_)

    def take(self, rows: Indices) -> None:
        """Go on with these rows."""
        self._left = self._left[rows]
