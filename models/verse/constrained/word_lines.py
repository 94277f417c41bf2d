"""Writing lines in metre and rhyme with a network over words: sequential Monte Carlo.

A line is written towards its last word. The network predicts that word first (the token `PLAN`), so
that a rhyme is a choice among the network's own predictions, and then reads it beside every token
of the line. Several drafts of the line, the particles, are written side by side, each towards a
last word of its own. Before every token the network's prediction is masked: words that the metre
has no place for, and words after which the last word would not fit any more. Masking alone would
let a particle go on that has come to a place where the network wants what the metre forbids. So
each particle carries a weight, the product of the shares of the prediction that were allowed; when
the weights become unequal, particles are drawn anew in proportion to them, and those that are stuck
die out (Doucet & Johansen, 2009; for language models: Lew et al., 2023). The particles at the end
of the line are a sample of the network's lines that meet the constraint.

Shapes: R particles of all lines that are written in one batch, C columns (`WordIndex`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.syllables import syllables_of
from data.tokens import is_word, join_tokens
from models.networks.network import State, log_softmax
from models.networks.word_lstm import WordLSTM
from models.networks.word_vocabulary import LINE_END, MAX_SYLLABLES, NONE, PLAN, UNKNOWN
from models.verse.constrained.metre import Metre
from models.verse.constrained.particles import SMALLEST_MASS, draw, invert, likely, resample
from models.verse.constrained.word_index import Columns, Output, WordIndex

Indices = NDArray[np.int64]
MAX_TOKENS = 24
"""Tokens after which a line is dropped."""
END_TEMPERATURE = 2.1
"""Factor of the temperature for last words, which rhyme leaves little choice."""
ENOUGH = 0.7
"""Share of a line's particles that have to be finished: the last ones have many short words."""


@dataclass(frozen=True)
class Start:
    """A line after the member's words that it begins with."""

    positions: int
    """In the metre, after the last complete word."""
    text: str = ""
    """As the network read it."""
    tokens: tuple[str, ...] = ()
    """The complete words and marks."""
    fragment: str = ""
    """The letters of an incomplete word."""
    after_word: bool = False
    """Whether a mark may follow."""
    complete: bool = False
    """Whether the line may end here."""


@dataclass(frozen=True, eq=False)
class LineRequest:
    """A line to write."""

    state: State = field(repr=False)
    """The network's state after the poem so far, a batch of one."""
    metre: Metre
    start: Start
    ends: Columns = field(repr=False)
    """The words that the line may end in, `(C,)`."""
    bias: NDArray[np.float32] = field(repr=False)
    """Added to the logits, `(C,)`: the subject; −∞ for words that must not be written."""
    temperature: float
    ends_poem: bool
    """Whether it ends with a full stop or the like."""
    rng: np.random.Generator
    """For this line only, so that it does not depend on the other lines of the batch."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished line."""

    written: str
    """What the network wrote; it continues `Start.text`."""
    tokens: tuple[str, ...]
    """What the network wrote: words and marks, without the line feed."""
    log_weight: float
    """The particle's weight, in nats."""
    state: State = field(repr=False)
    """After the last token before the line feed."""


@dataclass(frozen=True, eq=False)
class Step:
    """What happened to the particles at one token, for pictures."""

    words: tuple[str, ...]
    """The token that each particle wrote; in the first step, the last word that it plans."""
    allowed: tuple[float, ...]
    """The share of the prediction that was allowed to each; 0 for one that is stuck."""
    weights: tuple[float, ...]
    """Afterwards; they sum to 1, or are all 0 if no particle is left."""
    parents: tuple[int, ...]
    """The particle of the step before that each continues."""


def write_lines(
    network: WordLSTM,
    index: WordIndex,
    output: Output,
    requests: Sequence[LineRequest],
    particles: int,
    trace: list[Step] | None = None,
) -> list[list[Candidate]]:
    """Candidates for each line, at most `particles`; none if no known words lead to an end."""
    batch = _Batch(network, index, output, requests, particles, trace)
    batch.plan()
    batch.read_starts()
    for step in range(MAX_TOKENS):
        batch.drop_stragglers()
        if not len(batch.line):
            break
        batch.write(step)
    return batch.candidates


def end_logits(request: LineRequest, logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The prediction of the last word, with temperature and subject: `(C,)` → `(C,)`."""
    scaled: NDArray[np.float32] = logits / (request.temperature * END_TEMPERATURE) + request.bias
    return scaled


def share_of(columns: Columns, logits: NDArray[np.float32]) -> float:
    """The share of a prediction `(C,)` that some columns have."""
    p = np.exp(logits - logits.max())
    return float(p[columns].sum() / p.sum())


class _Batch:
    """The particles of all lines. Rows of finished and of stuck particles are removed."""

    def __init__(
        self,
        network: WordLSTM,
        index: WordIndex,
        output: Output,
        requests: Sequence[LineRequest],
        particles: int,
        trace: list[Step] | None,
    ) -> None:
        self.network, self.index, self.output = network, index, output
        self.requests, self.particles, self.trace = requests, particles, trace
        self.candidates: list[list[Candidate]] = [[] for _ in requests]
        # One entry per particle, `(R, …)`.
        self.line = np.arange(len(requests)).repeat(particles)
        """The line that it is a draft of."""
        self.state = np.concatenate([request.state for request in requests])
        self.end = np.zeros(len(self.line), np.int64)
        """The column of the planned last word; 0 if the member has written the last word."""
        self.positions = [requests[line].start.positions for line in self.line.tolist()]
        self.syllables = np.zeros(len(self.line), np.int64)
        self.may_mark = np.zeros(len(self.line), np.bool_)
        """Whether the last token is a word, so that a mark may follow."""
        self.closed = np.zeros(len(self.line), np.bool_)
        """Whether the last word of the line is written."""
        self.log_weight = np.zeros(len(self.line))
        self.written: list[tuple[int, ...]] = [()] * len(self.line)
        self.ancestor = np.arange(len(self.line))
        self.twins = np.arange(len(self.line))
        """Equal numbers for particles that have written the same so far."""
        shape = (len(requests), MAX_TOKENS, particles)
        # Drawn in advance, in one call per line, so that lines do not depend on each other.
        self.uniform = np.stack([r.rng.random(shape[1:]) for r in requests]).astype(np.float32)
        self.offset = np.stack([r.rng.random(MAX_TOKENS + 1) for r in requests])

    def plan(self) -> None:
        """Draw a last word for each particle, and read the line feed before the line."""
        index, lines = self.index, len(self.requests)
        nowhere = self.network.towards(np.full(lines, NONE))
        zeros = np.zeros(lines, np.int64)
        h, state = self.network.step(np.full(lines, PLAN), zeros, nowhere, self.state)
        logits = self.output.logits(h)  # (lines, C)
        share = np.ones(len(self.line), np.float32)
        for number, request in enumerate(self.requests):
            rows = self.line == number
            ends = request.ends & (request.bias > -np.inf)
            if request.start.complete or not ends.any():
                continue  # the member's last word is read as the others are
            scaled = end_logits(request, logits[number])
            share[rows] = share_of(ends, scaled)
            scaled[~ends] = -np.inf  # not p = 0: p can overflow at low temperatures
            p = np.exp(scaled - scaled.max())
            columns = likely(p, p.sum())
            # Systematic: the particles spread over the distribution.
            u = (np.arange(self.particles) + self.offset[number, MAX_TOKENS]) / self.particles
            self.end[rows] = columns[invert(np.cumsum(p[columns]), u)]
        self._record(self.end, share)
        end_token = np.where(self.end > 0, index.tokens[self.end], NONE)
        for number, request in enumerate(self.requests):
            if request.start.complete:
                end_token[self.line == number] = self._typed_end(request.start)
        self.towards = self.network.towards(end_token)
        self.h, self.state = self.network.step(
            np.full(len(self.line), LINE_END),
            self.syllables,
            self.towards,
            state.repeat(self.particles, axis=0),
        )

    def _typed_end(self, start: Start) -> int:
        """The last word that the member typed; `NONE` if the network does not know it."""
        words = [token for token in start.tokens if is_word(token)]
        known = [token for token in self.network.vocabulary.encode(words[-1:]) if token != UNKNOWN]
        return int(known[0]) if known else NONE

    def read_starts(self) -> None:
        """Read the member's words; a last word that does not go with them loses weight."""
        starts = [request.start for request in self.requests]
        for t in range(max(len(start.tokens) for start in starts)):
            lines = self.line.tolist()
            rows = np.flatnonzero([t < len(starts[line].tokens) for line in lines])
            texts = [starts[lines[row]].tokens[t] for row in rows.tolist()]
            x = self.network.vocabulary.encode(texts)
            log_p = log_softmax(self.network.logits(self.h[rows]))
            self.log_weight[rows] += log_p[np.arange(len(rows)), x]
            self.syllables[rows] += [syllables_of(text) for text in texts]
            self.h[rows], self.state[rows] = self._read(rows, x)
        for row, line in enumerate(self.line.tolist()):
            start = starts[line]
            self.may_mark[row], self.closed[row] = start.after_word, start.complete
        self._resample(MAX_TOKENS - 1)

    def write(self, step: int) -> None:
        """Write a token in every particle."""
        index, lines = self.index, self.line.tolist()
        # Particles that were one until the last token have the same h.
        first, copies = _distinct(self.twins)
        logits = self.output.logits(self.h[first])[copies]  # (R, C)
        number = np.arange(len(lines)) - np.searchsorted(self.line, self.line)  # within its line
        for line in dict.fromkeys(lines):
            of_line = slice(*np.searchsorted(self.line, (line, line + 1)).tolist())
            logits[of_line] *= np.float32(1 / self.requests[line].temperature)
            logits[of_line] += self.requests[line].bias
        allowed = np.stack([self._allowed(row, step) for row in range(len(lines))])
        x, log_share = draw(logits, allowed, self.uniform[self.line, step, number])
        self.log_weight += log_share
        alive = log_share > -np.inf
        share = np.where(alive, np.exp(np.maximum(log_share, np.log(SMALLEST_MASS))), 0)
        ended = alive & (x == index.line_end)
        self._record(x, share)
        for row in np.flatnonzero(ended).tolist():
            self._finish(row)
        rows = np.flatnonzero(alive & ~ended)
        self._select(rows)
        x = x[rows]
        for row, column in enumerate(x.tolist()):
            self.written[row] += (column,)
            if index.counted[column]:
                ending = int(index.endings(self._metre(row))[self.end[row]])
                ends = column == self.end[row] and bool(self.positions[row] & ending)
                self.positions[row] = index.after(self._metre(row), self.positions[row], column)
                self.closed[row] = ends
        self.syllables += index.counted[x]
        self.may_mark = index.counted[x] > 0
        if len(rows):
            self.twins = self._resample(step)
            x = x[self.twins]
            first, copies = _distinct(self.twins)
            h, state = self._read(first, index.tokens[x[first]])
            self.h, self.state = h[copies], state[copies]

    def drop_stragglers(self) -> None:
        """Remove the last particles of lines of which most particles are finished."""
        enough = [len(found) >= ENOUGH * self.particles for found in self.candidates]
        if any(enough):
            rows = np.flatnonzero(~np.array(enough)[self.line])
            self.twins = self.twins[rows]
            self._select(rows)

    def _allowed(self, row: int, step: int) -> Columns:
        """The columns that a particle may write next."""
        index, request = self.index, self._request(row)
        if self.closed[row]:
            allowed = np.zeros(len(index.texts), np.bool_)
            if self.may_mark[row]:
                allowed |= index.closing if request.ends_poem else index.punctuation
            allowed[index.line_end] = not (request.ends_poem and allowed.any())
            return allowed
        metre, positions, end = self._metre(row), self.positions[row], self.end[row]
        ending = int(index.endings(metre)[end])
        allowed = index.inner(metre, positions, ending).copy()
        allowed[end] = bool(positions & ending)
        if step == 0 and request.start.fragment:
            return allowed & index.starting_with(request.start.fragment)
        if self.may_mark[row] and allowed.any():
            allowed |= index.punctuation | index.hyphen
        return allowed

    def _metre(self, row: int) -> Metre:
        return self._request(row).metre

    def _request(self, row: int) -> LineRequest:
        return self.requests[int(self.line[row])]

    def _read(self, rows: Indices, x: Indices) -> tuple[NDArray[np.float32], State]:
        """h and state of some particles after a token of the vocabulary each."""
        syllables = np.minimum(self.syllables[rows], MAX_SYLLABLES)
        return self.network.step(x, syllables, self.towards[rows], self.state[rows])

    def _resample(self, step: int) -> Indices:
        """Draw the particles of each line anew if few of them have most of the weight."""
        chosen = np.arange(len(self.line))
        log_weight = self.log_weight.copy()
        for number in np.unique(self.line).tolist():
            rows = np.flatnonzero(self.line == number)
            if drawn := resample(self.log_weight[rows], self.offset[number, step]):
                chosen[rows], log_weight[rows] = rows[drawn[0]], drawn[1]
        self._select(chosen)
        self.log_weight = log_weight
        return chosen

    def _select(self, rows: Indices) -> None:
        """Keep only these particles, in this order."""
        self.line, self.end, self.towards = self.line[rows], self.end[rows], self.towards[rows]
        self.h, self.state = self.h[rows], self.state[rows]
        self.syllables, self.may_mark = self.syllables[rows], self.may_mark[rows]
        self.closed, self.log_weight = self.closed[rows], self.log_weight[rows]
        self.positions = [self.positions[row] for row in rows]
        self.written = [self.written[row] for row in rows]
        self.ancestor = self.ancestor[rows]

    def _finish(self, row: int) -> None:
        request = self._request(row)
        start = request.start
        tokens = tuple(self.index.texts[column] for column in self.written[row])
        typed = join_tokens(start.tokens)
        written = join_tokens([*start.tokens, *tokens])[len(typed) :]
        if start.fragment or start.text.endswith(" "):
            written = written.lstrip(" ")[len(start.fragment) :]
        weight, state = float(self.log_weight[row]), self.state[row : row + 1].copy()
        candidate = Candidate(written, tokens, weight, state)
        self.candidates[self.line[row]].append(candidate)

    def _record(self, x: Indices, share: NDArray[np.float32]) -> None:
        if self.trace is None:
            return
        highest = self.log_weight.max()
        w = np.exp(self.log_weight - highest) if highest > -np.inf else np.zeros(len(x))
        self.trace.append(
            Step(
                tuple(self.index.texts[column] for column in x),
                tuple(share.tolist()),
                tuple((w / max(w.sum(), 1)).tolist()),
                tuple(self.ancestor.tolist()),
            )
        )
        self.ancestor = np.arange(len(self.line))


def _distinct(numbers: Indices) -> tuple[Indices, Indices]:
    """The first place of each different number, and for each number which of them it is."""
    which = dict[int, int]()
    copies = [which.setdefault(number, len(which)) for number in numbers.tolist()]
    first = [copies.index(i) for i in range(len(which))]
    return np.array(first), np.array(copies)
