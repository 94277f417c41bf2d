"""Sampling candidate lines from a network, for several poems in one batch.

Sampling has one or two stages. In the second, the most likely lines that have reached a branch
point, before the last words of the line, are continued in several ways each: that is where the line
has to rhyme, and retrying its end succeeds more often than retrying all of it.

Shapes: R rows in the batch (candidates of all requests), V characters in the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.network import Network, State, join_states, log_softmax, state_row
from models.networks.sampling import draw, probabilities

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LineRequest:
    """A poem that needs its next line."""

    state: State = field(repr=False)
    """The network's state after the poem so far, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """The network's prediction, `(1, V)`."""
    temperature: float
    rng: np.random.Generator
    """For this poem only, so that its lines do not depend on the other poems of the batch."""


@dataclass(frozen=True, eq=False)
class Candidate:
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

    def at_branch_point(self, rows: Indices) -> NDArray[np.bool_]:
        """Whether each row is where its last words begin, `(rows,)`."""

    def select(self, rows: Indices) -> None:
        """Keep only these rows, in this order. A row may be selected more than once."""


@dataclass(frozen=True)
class CandidateCounts:
    """How many candidates are sampled per request."""

    rows: int
    """Rows that start from the beginning of the line."""
    stems: int = 0
    """How many of them, the most likely ones, continue from the branch point; 0 for one stage."""
    branches: int = 0
    """In how many ways each of these continues."""


def generate_lines(
    network: Network,
    requests: Sequence[LineRequest],
    constraint: LineConstraint,
    counts: CandidateCounts,
    *,
    max_length: int,
    top_p: float | None,
) -> list[list[Candidate]]:
    """Sample candidates for each request: those that reach an `END` within `max_length` characters.

    `constraint` starts with `len(requests) · counts.rows` rows, those of the first request first.
    """
    batch = _Batch(network, requests, constraint, counts.rows, max_length, top_p)
    if counts.stems:
        at_branch_point = batch.write(stop_at_branch_point=True)
        batch.branch(batch.most_likely(at_branch_point, counts.stems).repeat(counts.branches))
    batch.write(stop_at_branch_point=False)
    return batch.candidates


class _Batch:
    """Partly written rows."""

    def __init__(
        self,
        network: Network,
        requests: Sequence[LineRequest],
        constraint: LineConstraint,
        rows: int,
        max_length: int,
        top_p: float | None,
    ) -> None:
        self.network, self.requests, self.constraint = network, requests, constraint
        self.max_length, self.top_p = max_length, top_p
        self.candidates: list[list[Candidate]] = [[] for _ in requests]
        self.request = np.arange(len(requests)).repeat(rows)  # that each row belongs to: (R,)
        self.state = join_states([r.state for r in requests]).repeat(rows, axis=-2)
        self.logits = np.concatenate([r.logits for r in requests]).repeat(rows, axis=0)  # (R, V)
        self.temperature = np.array([[r.temperature] for r in requests]).repeat(rows, axis=0)
        self.length = np.zeros(len(self.request), np.int64)  # characters written: (R,)
        self.text = np.zeros((len(self.request), max_length), np.int64)  # indices
        self.log_p = np.zeros((len(self.request), max_length))  # of each character
        self._draw_uniform()

    def write(self, *, stop_at_branch_point: bool) -> Indices:
        """Write every row until it ends and becomes a candidate, or reaches a branch point.

        Returns the rows that stopped at a branch point.
        """
        unfinished = np.arange(len(self.request))
        stopped: list[Indices] = []
        # Ends: `_step` makes every row longer, and drops those with `max_length` characters.
        while len(unfinished):
            if stop_at_branch_point:
                at_branch_point = self.constraint.at_branch_point(unfinished)
                stopped.append(unfinished[at_branch_point])
                unfinished = unfinished[~at_branch_point]
            unfinished = self._step(unfinished)
        return np.concatenate([*stopped, np.zeros(0, np.int64)])

    def _step(self, rows: Indices) -> Indices:
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

    def _candidate(self, row: int) -> Candidate:
        length = int(self.length[row])
        return Candidate(
            text=self.network.vocabulary.decode(self.text[row, : length - 1]),  # without `END`
            log_p=self.log_p[row, :length].copy(),
            state=state_row(self.state, row),
            logits=self.logits[row : row + 1].copy(),
        )

    def most_likely(self, rows: Indices, count: int) -> Indices:
        """For each request, the `count` rows with the highest mean log p per character."""
        mean = self.log_p[rows].sum(axis=1) / np.maximum(self.length[rows], 1)
        best = rows[np.argsort(-mean, kind="stable")]
        per_request = [best[self.request[best] == k][:count] for k in range(len(self.requests))]
        return np.concatenate(per_request)

    def branch(self, rows: Indices) -> None:
        """Keep only these rows. A row that is listed twice continues in two ways."""
        for name in ("request", "logits", "temperature", "length", "text", "log_p"):
            setattr(self, name, getattr(self, name)[rows])
        self.state = self.state[..., rows, :]
        self.constraint.select(rows)
        self._draw_uniform()

    def _draw_uniform(self) -> None:
        """Draw the random numbers of all rows in advance, each request's from its own generator."""
        # By position in the line, so that a row's draws do not depend on when others end.
        counts = np.bincount(self.request, minlength=len(self.requests))
        drawn = [
            request.rng.random((count, self.max_length))
            for request, count in zip(self.requests, counts, strict=True)
        ]
        self.uniform = np.concatenate(drawn)  # (R, max_length)
