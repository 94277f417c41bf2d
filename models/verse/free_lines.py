"""Lines without metre and rhyme, sampled from a character network for several poems in one batch.

Shapes: R rows in the batch (candidates of all requests), V characters in the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.tokens import is_word_character
from models.networks.network import Network, State, join_states, log_softmax, state_row
from models.networks.sampling import draw, probabilities

Indices = NDArray[np.int64]

MIN_LINE = 20
"""Characters that a line needs before it may end."""
MAX_LINE = 56
"""Characters after which a line ends at the next space. Shakespeare's lines have 42, at most 60."""
MAX_LENGTH = 2 * MAX_LINE + 2
"""Characters after which a line ends even without a space, including its `END`."""
TOP_P = 0.95
"""Nucleus sampling: most misspelt words come from the rare rest."""


class Bounds(NamedTuple):
    """Numbers of characters that the network may write, without the `END`."""

    least: int
    """Number of characters after which the line may end."""
    full: int
    """Number of characters after which the line ends at the next space."""
    most: int
    """Number of characters at which the line ends in any case."""

    @classmethod
    def of_line(cls, typed: int) -> "Bounds":
        """The bounds of a line of which some characters were typed."""
        return cls(MIN_LINE - typed, MAX_LINE - typed, MAX_LENGTH - 1 - typed)


@dataclass(frozen=True, eq=False)
class FreeLineRequest:
    """A poem that needs its next line."""

    state: State = field(repr=False)
    """The network's state after the poem so far, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """The network's prediction, `(1, V)`."""
    temperature: float
    rng: np.random.Generator
    """Generator of this poem, so that its lines do not depend on the other poems of the batch."""
    bounds: Bounds
    after_word: bool = False
    """Whether the text so far ends in a complete word, which is not continued."""


@dataclass(frozen=True, eq=False)
class FreeLine:
    """A sampled continuation of a line."""

    written: str
    """Text that the network wrote, without the final `END`."""
    log_p: NDArray[np.float64] = field(repr=False)
    """ln p of each character and the `END`, at temperature 1, in nats: `(characters,)`."""
    state: State = field(repr=False)
    logits: NDArray[np.float32] = field(repr=False)


def generate_lines(
    network: Network,
    requests: Sequence[FreeLineRequest],
    rows: int,
    *,
    max_length: int,
    top_p: float | None,
) -> list[list[FreeLine]]:
    """Sample `rows` candidates for each request; the likeliest come first.

    `max_length`: more than the `most` of any request. It is the same for every batch, so that the
    random numbers of a line do not depend on the lines beside it.
    """
    batch = _FreeBatch(network, requests, rows, max_length, top_p)
    unfinished = np.arange(len(requests) * rows)
    # Ends: `step` makes every row longer, up to the `most` of its request.
    while len(unfinished):
        unfinished = batch.step(unfinished)
    return [
        sorted(found, key=lambda line: float(line.log_p.mean()), reverse=True)
        for found in batch.candidates
    ]


class _FreeBatch:
    """Partly written rows."""

    def __init__(
        self,
        network: Network,
        requests: Sequence[FreeLineRequest],
        rows: int,
        max_length: int,
        top_p: float | None,
    ) -> None:
        self.network, self.top_p = network, top_p
        self.space = network.vocabulary.symbols.find(" ")
        self.candidates: list[list[FreeLine]] = [[] for _ in requests]
        self.request = np.arange(len(requests)).repeat(rows)  # that each row belongs to: (R,)
        self.state = join_states([r.state for r in requests]).repeat(rows, axis=-2)
        self.logits = np.concatenate([r.logits for r in requests]).repeat(rows, axis=0)  # (R, V)
        self.temperature = np.array([[r.temperature] for r in requests]).repeat(rows, axis=0)
        self.bounds = np.array([r.bounds for r in requests]).repeat(rows, axis=0)  # (R, 3)
        self.length = np.zeros(len(self.request), np.int64)  # characters written: (R,)
        self.after_space = np.zeros(len(self.request), np.bool_)
        self.text = np.zeros((len(self.request), max_length), np.int64)  # indices
        self.log_p = np.zeros((len(self.request), max_length))  # of each character
        self.after_word = np.array([r.after_word for r in requests]).repeat(rows)
        symbols = network.vocabulary.symbols
        self.continues = np.array([is_word_character(symbol) for symbol in symbols])  # (V,)
        # By position in the line, so that a row's draws do not depend on when others end.
        self.uniform = np.concatenate([r.rng.random((rows, max_length)) for r in requests])

    def step(self, rows: Indices) -> Indices:
        """Write one character in some rows. Returns the rows that are not finished."""
        t = self.length[rows]  # (rows,)
        allowed = self._allowed(rows, t)
        scaled = np.where(allowed, self.logits[rows], -np.inf) / self.temperature[rows]
        x = draw(probabilities(scaled, top_p=self.top_p), self.uniform[rows, t])  # (rows,)
        self.text[rows, t] = x
        # Candidates are compared by the network's own distribution: unconstrained, temperature 1.
        self.log_p[rows, t] = log_softmax(self.logits[rows])[np.arange(len(x)), x]
        self.length[rows] += 1
        self.after_space[rows] = x == self.space
        self.logits[rows], self.state[..., rows, :] = self.network.step(x, self.state[..., rows, :])
        ended = x == self.network.vocabulary.end
        for row in rows[ended]:
            self.candidates[self.request[row]].append(self._candidate(int(row)))
        unfinished: Indices = rows[~ended]
        return unfinished

    def _allowed(self, rows: Indices, written: Indices) -> NDArray[np.bool_]:
        """Which characters some rows may write next, `(rows, V)`."""
        is_end = np.arange(len(self.network.vocabulary)) == self.network.vocabulary.end
        least, full, most = self.bounds[rows].T  # (rows,) each
        has_to_end = (written >= most) | ((written > full) & self.after_space[rows])
        may_end = (written >= least) | has_to_end
        allowed: NDArray[np.bool_] = np.where(
            is_end, may_end[:, np.newaxis], ~has_to_end[:, np.newaxis]
        )
        ends_word = allowed & ~self.continues
        bound = self.after_word[rows] & (written == 0) & ends_word.any(axis=1)
        allowed[bound] = ends_word[bound]
        return allowed

    def _candidate(self, row: int) -> FreeLine:
        length = int(self.length[row])
        return FreeLine(
            written=self.network.vocabulary.decode(self.text[row, : length - 1]),  # without `END`
            log_p=self.log_p[row, :length].copy(),
            state=state_row(self.state, row),
            logits=self.logits[row : row + 1].copy(),
        )
