"""Constraints for lines without metre and rhyme."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary
from models.verse.constrained.line_generator import Indices

MIN_LINE = 20
"""Characters that a line needs before it may end."""
MAX_LINE = 56
"""Characters after which a line ends at the next space. Shakespeare's lines have 42, at most 60."""
MAX_LENGTH = 2 * MAX_LINE + 2
"""Characters after which a line ends even without a space, including its `END`."""
TOP_P = 0.95
"""Nucleus sampling: most misspelt words come from the rare rest."""


class LengthConstraint:
    """Lines that are neither too short nor too long. Implements `LineConstraint`."""

    def __init__(self, vocabulary: Vocabulary, lengths: Sequence[int], rows: int) -> None:
        """`lengths`: characters that each request's line already has; `rows` rows per request."""
        self._vocabulary = vocabulary
        self._space = vocabulary.symbols.find(" ")
        self._length = np.repeat(lengths, rows)
        self._after_space = np.zeros(len(self._length), np.bool_)

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """Everything except `END` in a line that is too short; only `END` in one too long."""
        length, after_space = self._length[rows], self._after_space[rows]  # (rows,)
        allowed = np.ones((len(rows), len(self._vocabulary)), np.bool_)
        allowed[length < MIN_LINE, self._vocabulary.end] = False
        too_long = (length > MAX_LENGTH - 2) | ((length > MAX_LINE) & after_space)
        allowed[too_long] = np.arange(len(self._vocabulary)) == self._vocabulary.end
        return allowed

    def advance(self, rows: Indices, x: Indices) -> None:
        """Append one character per row."""
        self._length[rows] += 1
        self._after_space[rows] = x == self._space


class CharacterBudget:
    """Text of a given number of characters. Implements `LineConstraint`."""

    def __init__(self, vocabulary: Vocabulary, left: Sequence[int], rows: int) -> None:
        """`left`: characters that each request may still write, including line ends."""
        self._vocabulary = vocabulary
        self._left = np.repeat(left, rows)

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """Everything; only `END` once the budget is spent."""
        allowed = np.ones((len(rows), len(self._vocabulary)), np.bool_)
        allowed[self._left[rows] <= 0] = np.arange(len(self._vocabulary)) == self._vocabulary.end
        return allowed

    def advance(self, rows: Indices, x: Indices) -> None:
        """Append one character per row."""
        self._left[rows] -= 1
