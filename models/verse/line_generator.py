"""Drawing lines from a network: several ways to go on for each of several poems, in one batch.

Lines may be drawn in two stages. The likeliest of those that have come to a fork, before the last
words of a line, go on from there in several ways each: that is where a rhyme has to be met, and a
good line is more often met by trying its end again than by trying all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.network import (
    Network,
    State,
    join_states,
    log_softmax,
    state_of,
)
from models.networks.sampling import draw, probabilities

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LineRequest:
    """A poem that is to get a line."""

    state: State = field(repr=False)
    """What the network remembers of it, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """What it expects next, `(1, vocabulary)`."""
    temperature: float
    rng: np.random.Generator
    """The poem's own, so that its lines do not depend on what shares the batch."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A way in which a line can go on."""

    text: str
    """What the network wrote, without the `END` behind it."""
    log_p: NDArray[np.float64] = field(repr=False)
    """Of each of its characters, the `END` included, at temperature 1, in nats."""
    state: State = field(repr=False)
    logits: NDArray[np.float32] = field(repr=False)


class Walk(Protocol):
    """Where the rows of a batch stand. A row stands for a candidate of a task."""

    def allowed(self, rows: Indices) -> NDArray[np.bool_]:
        """What some rows may write next, `(rows, vocabulary)`; one that may write nothing ends."""

    def advance(self, rows: Indices, x: Indices) -> None:
        """Go on in some rows with a symbol each that was allowed, `(rows,)`."""

    def at_fork(self, rows: Indices) -> NDArray[np.bool_]:
        """Whether each of some rows has come to where its last words begin, `(rows,)`."""

    def take(self, rows: Indices) -> None:
        """Go on with these rows alone, in this order; a row may be taken more than once."""


@dataclass(frozen=True)
class Breadth:
    """How many candidates are drawn for each task."""

    rows: int
    """From the beginning."""
    stems: int = 0
    """So many of them, the likeliest, go on from the fork; 0 if none is to stop there."""
    branches: int = 0
    """In so many ways each."""


def generate_lines(
    network: Network,
    tasks: Sequence[LineRequest],
    walk: Walk,
    breadth: Breadth,
    *,
    longest: int,
    top_p: float | None,
) -> list[list[Candidate]]:
    """Draw ways to go on for each task; those that came to an `END` within `longest` characters.

    `walk` stands at the beginning of `len(tasks) · breadth.rows` rows, the first task's first.
    """
    rows = _Rows(network, tasks, walk, breadth.rows, longest, top_p)
    if breadth.stems:
        at_fork = rows.write(stop_at_fork=True)
        rows.branch(rows.likeliest(at_fork, breadth.stems).repeat(breadth.branches))
    rows.write(stop_at_fork=False)
    return rows.candidates


class _Rows:
    """The rows of a batch, each as far as it is written."""

    def __init__(
        self,
        network: Network,
        tasks: Sequence[LineRequest],
        walk: Walk,
        rows: int,
        longest: int,
        top_p: float | None,
    ) -> None:
        self.network, self.tasks, self.walk = network, tasks, walk
        self.longest, self.top_p = longest, top_p
        self.candidates: list[list[Candidate]] = [[] for _ in tasks]
        self.task = np.arange(len(tasks)).repeat(rows)
        self.state = join_states([task.state for task in tasks]).repeat(rows, axis=-2)
        self.logits = np.concatenate([task.logits for task in tasks]).repeat(rows, axis=0)
        self.temperature = np.array([[task.temperature] for task in tasks]).repeat(rows, axis=0)
        self.length = np.zeros(len(self.task), np.int64)
        self.text = np.zeros((len(self.task), longest), np.int64)
        self.log_p = np.zeros((len(self.task), longest))
        self._draw_uniform()

    def write(self, *, stop_at_fork: bool) -> Indices:
        """Write all rows to their ends, which makes candidates of them; or to the fork.

        Returns those that have stopped there.
        """
        going_on = np.arange(len(self.task))
        stopped: list[Indices] = []
        while len(going_on):
            if stop_at_fork:
                at_fork = self.walk.at_fork(going_on)
                stopped.append(going_on[at_fork])
                going_on = going_on[~at_fork]
            going_on = self._step(going_on)
        return np.concatenate([*stopped, np.zeros(0, np.int64)])

    def _step(self, rows: Indices) -> Indices:
        """Write a character in some rows. Returns those of them that go on."""
        allowed = self.walk.allowed(rows)
        able = allowed.any(axis=1)
        rows, allowed = rows[able], allowed[able]
        if not len(rows):
            return rows
        t = self.length[rows]
        scaled = np.where(allowed, self.logits[rows], -np.inf) / self.temperature[rows]
        x = draw(probabilities(scaled, top_p=self.top_p), self.uniform[rows, t])
        self.text[rows, t] = x
        self.log_p[rows, t] = log_softmax(self.logits[rows])[np.arange(len(x)), x]
        self.length[rows] += 1
        self.walk.advance(rows, x)
        self.logits[rows], self.state[..., rows, :] = self.network.step(x, self.state[..., rows, :])
        ended = x == self.network.vocabulary.end
        for row in rows[ended]:
            self.candidates[self.task[row]].append(self._candidate(int(row)))
        going_on: Indices = rows[~ended & (self.length[rows] < self.longest)]
        return going_on

    def _candidate(self, row: int) -> Candidate:
        length = int(self.length[row])
        return Candidate(
            text=self.network.vocabulary.decode(self.text[row, : length - 1]),
            log_p=self.log_p[row, :length].copy(),
            state=state_of(self.state, row),
            logits=self.logits[row : row + 1].copy(),
        )

    def likeliest(self, rows: Indices, count: int) -> Indices:
        """Of some rows those of each task that are the likeliest by the character."""
        mean = self.log_p[rows].sum(axis=1) / np.maximum(self.length[rows], 1)
        best = rows[np.argsort(-mean, kind="stable")]
        return np.concatenate([best[self.task[best] == k][:count] for k in range(len(self.tasks))])

    def branch(self, rows: Indices) -> None:
        """Go on with these rows alone; a row that comes twice will go on in two ways."""
        for name in ("task", "logits", "temperature", "length", "text", "log_p"):
            setattr(self, name, getattr(self, name)[rows])
        self.state = self.state[..., rows, :]
        self.walk.take(rows)
        self._draw_uniform()

    def _draw_uniform(self) -> None:
        """What rows are drawn with: of each task from its own generator."""
        counts = np.bincount(self.task, minlength=len(self.tasks))
        drawn = [
            task.rng.random((count, self.longest))
            for task, count in zip(self.tasks, counts, strict=True)
        ]
        self.uniform = np.concatenate(drawn)
