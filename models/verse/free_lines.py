"""Lines without metre and rhyme, sampled from a character network for several poems in one batch.

Shapes: R rows in the batch (candidates of all requests), V characters in the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Network, State, join_states, log_softmax, state_row
from models.networks.sampling import draw, probabilities
from models.networks.vocabulary import Vocabulary

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FreeLineRequest:
    """A poem that needs its next line."""

    state: State = field(repr=False)
    """The network's state after the poem so far, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """The network's prediction, `(1, V)`."""
    temperature: float
    rng: np.random.Generator
    """For this poem only, so that its lines do not depend on the other poems of the batch."""


@dataclass(frozen=True, eq=False)
class FreeLine:
    """A sampled continuation of a line."""

    text: str
    """What the network wrote, without the final `END`."""
    log_p: NDArray[np.float64] = field(repr=False)
    """Of each character and the `END`, at temperature 1, in nats: `(characters,)`."""
    state: State = field(repr=False)
    logits: NDArray[np.float32] = field(repr=False)


class LineConstraint(Protocol):
    """Constrains what each row of a batch may write next. A row is a candidate of a request."""

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """Which characters some rows may write next, `(rows, V)`. A row without any is dropped."""

    def advance(self, rows: Indices, x: Indices) -> None:
        """Append one allowed character per row, `(rows,)`."""


def generate_lines(
    network: Network,
    requests: Sequence[FreeLineRequest],
    constraint: LineConstraint,
    rows: int,
    *,
    max_length: int,
    top_p: float | None,
) -> list[list[FreeLine]]:
    """Sample `rows` candidates for each request; those that reach an `END` in time are returned.

    `max_length` is in characters. `constraint` starts with `len(requests) · rows` rows, those of
    the first request first.
    """
    batch = _FreeBatch(network, requests, constraint, rows, max_length, top_p)
    unfinished = np.arange(len(requests) * rows)
    # Ends: `step` makes every row longer, and drops those with `max_length` characters.
    while len(unfinished):
        unfinished = batch.step(unfinished)
    return batch.candidates


class _FreeBatch:
    """Partly written rows."""

    def __init__(
        self,
        network: Network,
        requests: Sequence[FreeLineRequest],
        constraint: LineConstraint,
        rows: int,
        max_length: int,
        top_p: float | None,
    ) -> None:
        self.network, self.requests, self.constraint = network, requests, constraint
        self.max_length, self.top_p = max_length, top_p
        self.candidates: list[list[FreeLine]] = [[] for _ in requests]
        self.request = np.arange(len(requests)).repeat(rows)  # that each row belongs to: (R,)
        self.state = join_states([r.state for r in requests]).repeat(rows, axis=-2)
        self.logits = np.concatenate([r.logits for r in requests]).repeat(rows, axis=0)  # (R, V)
        self.temperature = np.array([[r.temperature] for r in requests]).repeat(rows, axis=0)
        self.length = np.zeros(len(self.request), np.int64)  # characters written: (R,)
        self.text = np.zeros((len(self.request), max_length), np.int64)  # indices
        self.log_p = np.zeros((len(self.request), max_length))  # of each character
        # By position in the line, so that a row's draws do not depend on when others end.
        self.uniform = np.concatenate([r.rng.random((rows, max_length)) for r in requests])

    def step(self, rows: Indices) -> Indices:
        """Write one character in some rows. Returns the rows that are not finished."""
        allowed = self.constraint.allowed(rows)  # (rows, V)
        able = allowed.any(axis=1)
        rows, allowed = rows[able], allowed[able]
        if not len(rows):
            return rows
        t = self.length[rows]  # (rows,)
        scaled = np.where(allowed, self.logits[rows], -np.inf) / self.temperature[rows]
        x = draw(probabilities(scaled, top_p=self.top_p), self.uniform[rows, t])  # (rows,)
        self.text[rows, t] = x
        # Candidates are compared by the network's own distribution: unconstrained, temperature 1.
        self.log_p[rows, t] = log_softmax(self.logits[rows])[np.arange(len(x)), x]
        self.length[rows] += 1
        self.constraint.advance(rows, x)
        self.logits[rows], self.state[..., rows, :] = self.network.step(x, self.state[..., rows, :])
        ended = x == self.network.vocabulary.end
        for row in rows[ended]:
            self.candidates[self.request[row]].append(self._candidate(int(row)))
        unfinished: Indices = rows[~ended & (self.length[rows] < self.max_length)]
        return unfinished

    def _candidate(self, row: int) -> FreeLine:
        length = int(self.length[row])
        return FreeLine(
            text=self.network.vocabulary.decode(self.text[row, : length - 1]),  # without `END`
            log_p=self.log_p[row, :length].copy(),
            state=state_row(self.state, row),
            logits=self.logits[row : row + 1].copy(),
        )


# Constraints --------------------------------------------------------------------------------------

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
