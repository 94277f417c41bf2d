"""Constrained sampling: network probabilities weighted by a look-ahead estimate.

After a prefix, the next character c is drawn with the probability

    q(c | prefix) ∝ p(c | prefix) · h(prefix c)

where p is the network's prediction and h estimates the probability that the network, continuing
from there, meets the constraints. With the exact h, q would be the network's own distribution over
the names that meet them. Here h is exact for a Markov model of the network, and 0 only where the
constraints can no longer be met, so every name meets them. Importance weights p / q correct
the error of h: the names of a batch are ordered by a draw that prefers high weights (Rubin, 1987).

Several requests share the steps of the network, each with its own constraints and random numbers.

Shapes: N nodes, V characters in the vocabulary, B names of all requests together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.names.automaton import ConstraintAutomaton, count_possible
from models.names.constraints import NameConstraints
from models.names.look_ahead import LookAhead, look_ahead_of
from models.networks.network import Network, State, join_states, read
from models.networks.sampling import softmax
from models.networks.vocabulary import END, Vocabulary
from models.weights import Trained, cached_with_weights

PREFIX_BATCH = 16
"""Names per batch with at most a prefix. One batch nearly always has ten good names."""
BATCH, LENGTH_BATCH, KEPT_PER_BATCH = 64, 128, 16
"""Names per batch with a piece to contain or to end with, and with a length, and how many of them
to use. The rest are spare, so that importance weights have something to choose from. The estimate
is worst for long names of a given length: half as many of 20 letters would be 3 times less likely
by the network, while with pieces there is no difference."""
MAX_WEIGHT_GAP = 20.0
"""How far a name's log weight may be below the highest of its batch, in nats. Beyond it the network
was forced into text that it finds very unlikely, for example because a low temperature leaves few
names that meet the constraints."""
COMMON = math.log(4e-6)
"""log p of a name that a network writes often. Without constraints, a name above it is preferred
less, in proportion, because members want different names. With this value 99.3% of ten thousand
names are distinct (96.0% without), and a classifier finds them as easy or hard to tell from real
ones as before."""
MOST_OPENINGS = 2**20
"""Bytes of states after one character that are kept; the shipped weights need 130,000."""
MOST_PREPARED = 2**21
"""Bytes of samplers that are kept with the weights, besides the one used last. With constraints
other than a prefix one takes 150 to 300 kB of the shipped weights, otherwise 5."""


@dataclass(frozen=True, eq=False)
class Names:
    """Names that were drawn for a request."""

    texts: list[str]
    log_p: NDArray[np.float64]
    """ln of the network's probability of each, `(names,)`."""
    log_q: NDArray[np.float64]
    """ln of the probability with which each was drawn, `(names,)`."""

    def of_request(self, rows: slice, prefix: str) -> "Names":
        """The names of some rows, with the prefix that they begin with."""
        texts = [prefix + text for text in self.texts[rows]]
        return Names(texts, self.log_p[rows], self.log_q[rows])


@dataclass(frozen=True, eq=False)
class ConstrainedSampler:
    """Samples names that meet constraints."""

    constraints: NameConstraints
    temperature: float
    possible: float
    """Number of names that meet the constraints (`automaton.count_possible`)."""
    look_ahead: LookAhead
    node: int
    """The node of the look-ahead after the prefix."""
    logits: NDArray[np.float32]
    """The network's prediction after the prefix, `(1, V)`; −∞ for an `END` that comes too soon."""
    state: State
    """The network's state after the prefix, a batch of one."""
    openings: "Openings | None" = None
    """The network's predictions after each first character, if there is no prefix."""

    @classmethod
    def of(
        cls, trained: Trained, constraints: NameConstraints, temperature: float
    ) -> "ConstrainedSampler":
        """Prepare a sampler. Raises `NamesError` for constraints that no name can meet."""
        network, vocabulary = trained.network, trained.network.vocabulary
        automaton = ConstraintAutomaton.of(constraints, vocabulary)
        possible = count_possible(automaton, constraints, vocabulary)
        look_ahead, node = look_ahead_of(trained, constraints, automaton, temperature)
        prefix = constraints.starts_with
        logits, state = read(network, END + prefix, network.initial_state(1))
        if len(prefix) not in constraints.lengths:
            logits = np.where(np.arange(len(vocabulary)) == vocabulary.end, -np.inf, logits)
        openings = None if prefix else openings_of(trained)
        return cls(constraints, temperature, possible, look_ahead, node, logits, state, openings)

    @property
    def size(self) -> int:
        """Bytes that only this sampler takes."""
        shared = self.constraints.is_prefix_only
        return self.logits.nbytes + self.state.nbytes + (0 if shared else self.look_ahead.size)

    @property
    def batch(self) -> int:
        """Number of names per batch."""
        if self.constraints.is_prefix_only:
            return PREFIX_BATCH
        return BATCH if self.constraints.length is None else LENGTH_BATCH

    @property
    def kept_per_batch(self) -> int:
        """How many names of a batch to use."""
        return PREFIX_BATCH if self.constraints.is_prefix_only else KEPT_PER_BATCH

    def ordered(self, names: Names, rng: np.random.Generator) -> list[tuple[str, bool]]:
        """The names of a batch, each with whether it is plausible.

        A name is implausible if the constraints forced the network far from what it would write
        (`MAX_WEIGHT_GAP`). Names with a high importance weight tend to come first: the order is
        that of weighted sampling without replacement (Efraimidis & Spirakis, 2006).
        """
        log_ratio = names.log_p - names.log_q  # ln p / q: (names,)
        plausible = log_ratio > log_ratio.max() - MAX_WEIGHT_GAP
        is_free = self.constraints.is_empty
        log_weights = np.minimum(0, COMMON - names.log_p) if is_free else log_ratio
        # Gumbel noise on log weights: sorting by the sum draws without replacement.
        order = np.argsort(-log_weights - rng.gumbel(size=len(log_weights)), kind="stable")
        return [(names.texts[k], bool(plausible[k])) for k in order]


@dataclass(frozen=True, eq=False)
class Openings:
    """A network after one character of a name, for each character: the first step of all names."""

    logits: NDArray[np.float32]
    """The prediction after each character, `(V, V)`."""
    state: State
    """The state after each character, a batch of V."""

    def after(self, x: NDArray[np.int64]) -> tuple[NDArray[np.float32], State]:
        """The result of `network.step`: logits `(batch, V)` and state."""
        return self.logits.take(x, axis=0), self.state.take(x, axis=-2)


@cached_with_weights
def openings_of(trained: Trained) -> Openings | None:
    """The openings of a network; `None` if they would take more than `MOST_OPENINGS` bytes."""
    network, width = trained.network, len(trained.network.vocabulary)
    _, state = read(network, END, network.initial_state(1))
    if width * state.nbytes > MOST_OPENINGS:
        return None
    return Openings(*network.step(np.arange(width), state.repeat(width, axis=-2)))


def sampler_of(
    trained: Trained, constraints: NameConstraints, temperature: float
) -> ConstrainedSampler:
    """A prepared sampler: one of those used last, or a new one. Raises `NamesError`."""
    prepared, key = _prepared(trained), (constraints, temperature)
    sampler = prepared.pop(key, None) or ConstrainedSampler.of(trained, constraints, temperature)
    size = sampler.size
    for older in reversed([*prepared]):  # the one that was used last is the last one
        if (other := prepared.get(older)) is not None:
            size += other.size
        if size > MOST_PREPARED:
            prepared.pop(older, None)
    prepared[key] = sampler
    return sampler


@cached_with_weights
def _prepared(_: Trained) -> dict[tuple[NameConstraints, float], ConstrainedSampler]:
    return {}


def sample_batches(
    network: Network, samplers: Sequence[ConstrainedSampler], rngs: Sequence[np.random.Generator]
) -> list[Names]:
    """A batch of names for each request, with its sampler and its generator.

    Each name is drawn with random numbers of its own, so that it does not depend on the others.
    """
    sizes, end = [sampler.batch for sampler in samplers], network.vocabulary.end
    look_ahead, first_nodes = _joined(samplers)
    longest = len(look_ahead.h) - 1  # with the END
    u = np.hstack([rng.random((longest, n)) for rng, n in zip(rngs, sizes, strict=True)])
    rows = _Rows(
        name=np.arange(sum(sizes)),
        node=np.repeat(first_nodes, sizes),
        length=np.repeat([len(sampler.constraints.starts_with) for sampler in samplers], sizes),
        temperature=np.repeat([sampler.temperature for sampler in samplers], sizes),
    )
    logits = np.concatenate([sampler.logits for sampler in samplers]).repeat(sizes, axis=0)
    state = join_states([sampler.state for sampler in samplers]).repeat(sizes, axis=-2)
    openings = samplers[0].openings if all(sampler.openings for sampler in samplers) else None
    steps = list[_DrawnCharacters]()
    for t in range(longest):
        step = _draw(look_ahead, rows, logits, u[t])
        steps.append(step)
        x, rows = step.x, rows._replace(node=step.next_node, length=rows.length + 1)
        unfinished = np.flatnonzero(x != end)
        if not len(unfinished):
            break
        if len(unfinished) < len(x):
            x, state = x.take(unfinished), state.take(unfinished, axis=-2)
            rows = rows.some(unfinished)
        if t == 0 and openings is not None:
            logits, state = openings.after(x)
        else:
            logits, state = network.step(x, state)
    names = _names(steps, network.vocabulary)
    ends = np.cumsum(sizes).tolist()
    return [
        names.of_request(slice(last - n, last), sampler.constraints.starts_with)
        for sampler, n, last in zip(samplers, sizes, ends, strict=True)
    ]


class _Rows(NamedTuple):
    """The names of a batch that have not ended. All arrays are `(rows,)`."""

    name: NDArray[np.int64]
    """Index of the name in the batch."""
    node: NDArray[np.int64]
    length: NDArray[np.int64]
    """Number of characters so far."""
    temperature: NDArray[np.float64]

    def some(self, kept: NDArray[np.int64]) -> "_Rows":
        """Some of the rows, by index."""
        name, node, length = (array.take(kept) for array in self[:3])
        return _Rows(name, node, length, self.temperature.take(kept))


class _DrawnCharacters(NamedTuple):
    """The next characters of some names. All arrays are `(rows,)`."""

    name: NDArray[np.int64]
    """Index of the name in the batch."""
    x: NDArray[np.int64]
    """The character."""
    next_node: NDArray[np.int64]
    p: NDArray[np.float64]
    """Probability of the character in the network's prediction."""
    q: NDArray[np.float64]
    """The probability with which the character was drawn."""


def _draw(
    look_ahead: LookAhead, rows: _Rows, logits: NDArray[np.floating], u: NDArray[np.float64]
) -> _DrawnCharacters:
    """Draw a character for each row: logits `(rows, V)`, u in [0, 1) `(B,)`.

    p and q are scaled as is convenient, until the probability of the character drawn is needed.
    """
    scaled = logits / rows.temperature[:, np.newaxis]  # in double precision: (rows, V)
    scaled -= scaled.max(axis=1, keepdims=True)
    p = np.exp(scaled)
    next_nodes = look_ahead.transitions.take(rows.node, axis=0)  # (rows, V)
    h = look_ahead.at(rows.length, next_nodes)  # (rows, V)
    cumulative = (q := p * h).cumsum(axis=1)
    if not cumulative[:, -1].all():  # p h underflowed: nothing is allowed that the network likes
        with np.errstate(divide="ignore"):  # ln 0 = −∞ is meant
            q = softmax(scaled + np.log(h))
        cumulative = q.cumsum(axis=1)
    total = cumulative[:, -1]  # (rows,)
    # Inverse transform sampling: the first character whose cumulative probability exceeds u.
    x = (cumulative > (u.take(rows.name) * total)[:, np.newaxis]).argmax(axis=1)
    at = np.arange(0, q.size, q.shape[1]) + x  # its places in the flattened arrays: (rows,)
    return _DrawnCharacters(
        rows.name, x, next_nodes.take(at), p.take(at) / p.sum(axis=1), q.take(at) / total
    )


def _names(steps: Sequence[_DrawnCharacters], vocabulary: Vocabulary) -> Names:
    """All names of a batch, each without its prefix, from the characters of each step."""
    # Of each character its name, its step and the rest: (characters,).
    name, x, p, q = (
        np.concatenate([getattr(step, field) for step in steps])
        for field in ("name", "x", "p", "q")
    )
    t = np.repeat(np.arange(len(steps)), [len(step.name) for step in steps])
    text = np.full((len(steps[0].name), len(steps)), vocabulary.end)
    text[name, t] = x
    log_p = np.log(np.maximum(p, np.finfo(np.float64).tiny))  # finite, even if p underflowed
    sums: list[NDArray[Any]] = [np.bincount(name, weights=log) for log in (log_p, np.log(q))]
    return Names(vocabulary.decode_each(text), *sums)


def _joined(samplers: Sequence[ConstrainedSampler]) -> tuple[LookAhead, list[int]]:
    """The look-aheads of all samplers in one, and the first node of each sampler."""
    parts = list(dict.fromkeys(sampler.look_ahead for sampler in samplers))
    joined, offsets = LookAhead.join(parts)
    return joined, [s.node + offsets[parts.index(s.look_ahead)] for s in samplers]
