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

import numpy as np
from numpy.typing import NDArray

from models.names.constrained.automaton import Automaton, count_possible
from models.names.constrained.constraints import NameConstraints
from models.names.constrained.look_ahead import LookAhead, look_ahead_of
from models.networks.network import Network, State, join_states, read
from models.networks.sampling import draw, softmax
from models.networks.vocabulary import END
from models.weights import Trained, cached_with_weights

PREFIX_BATCH = 16
"""Names per batch with at most a prefix. One batch nearly always has ten good names."""
BATCH, KEPT_PER_BATCH = 64, 16
"""Names per batch with any other constraint, and how many of them to use. The rest are spare, so
that importance weights have something to choose from."""
MAX_WEIGHT_GAP = 20.0
"""How far a name's log weight may be below the highest of its batch, in nats. Beyond it the network
was forced into text that it finds very unlikely, for example because a low temperature leaves few
names that meet the constraints."""
COMMON = math.log(4e-6)
"""log p of a name that a network writes often. Without constraints, a name above it is preferred
less, in proportion, because members want different names. With this value 99.3% of ten thousand
names are distinct (96.0% without), and a classifier finds them as easy or hard to tell from real
ones as before."""
MOST_PREPARED = 8
"""Samplers that are kept with the weights."""
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, eq=False)
class Names:
    """Names that were drawn for a request."""

    texts: list[str]
    log_p: NDArray[np.float64]
    """ln of the network's probability of each, `(names,)`."""
    log_q: NDArray[np.float64]
    """ln of the probability with which each was drawn, `(names,)`."""


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

    @classmethod
    def of(
        cls, trained: Trained, constraints: NameConstraints, temperature: float
    ) -> "ConstrainedSampler":
        """Prepare a sampler. Raises `NamesError` for constraints that no name can meet."""
        network, vocabulary = trained.network, trained.network.vocabulary
        automaton = Automaton.of(constraints, vocabulary)
        possible = count_possible(automaton, constraints, vocabulary)
        look_ahead, node = look_ahead_of(trained, constraints, automaton, temperature)
        prefix = constraints.starts_with
        logits, state = read(network, END + prefix, network.initial_state(1))
        if len(prefix) not in constraints.lengths:
            logits = np.where(np.arange(len(vocabulary)) == vocabulary.end, -np.inf, logits)
        return cls(constraints, temperature, possible, look_ahead, node, logits, state)

    @property
    def batch(self) -> int:
        """Number of names per batch."""
        return PREFIX_BATCH if self.constraints.is_prefix_only else BATCH

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


def sampler_of(
    trained: Trained, constraints: NameConstraints, temperature: float
) -> ConstrainedSampler:
    """A prepared sampler: one of those used last, or a new one. Raises `NamesError`."""
    prepared, key = _prepared(trained), (constraints, temperature)
    sampler = prepared.pop(key, None) or ConstrainedSampler.of(trained, constraints, temperature)
    prepared[key] = sampler  # the one that was used last comes last
    for oldest in [*prepared][:-MOST_PREPARED]:
        prepared.pop(oldest, None)
    return sampler


@cached_with_weights
def _prepared(_: Trained) -> dict[tuple[NameConstraints, float], ConstrainedSampler]:
    return {}


def sample_batches(
    network: Network,
    samplers: Sequence[ConstrainedSampler],
    rngs: Sequence[np.random.Generator],
) -> list[Names]:
    """A batch of names for each request, with its sampler and its generator.

    Each name is drawn with random numbers of its own, so that it does not depend on the others.
    """
    vocabulary, sizes = network.vocabulary, [sampler.batch for sampler in samplers]
    look_ahead, first_nodes = _joined(samplers)
    longest, nodes = len(look_ahead.h) - 1, look_ahead.h.shape[1]  # `longest` counts the END
    u = np.hstack([g.random((longest, n)) for g, n in zip(rngs, sizes, strict=True)])
    text = np.full(u.shape, vocabulary.end)  # what follows the prefix of each name: (longest, B)
    p_of_text, q_of_text = np.ones(u.shape), np.ones(u.shape)  # by character

    # Below, a row is a name that has not ended.
    row = np.arange(u.shape[1])
    prefix_lengths = [len(sampler.constraints.starts_with) for sampler in samplers]
    length, node = np.repeat(prefix_lengths, sizes), np.repeat(first_nodes, sizes)  # (rows,)
    temperature = np.repeat([sampler.temperature for sampler in samplers], sizes)[:, np.newaxis]
    logits = np.concatenate([sampler.logits for sampler in samplers]).repeat(sizes, axis=0)
    state = join_states([sampler.state for sampler in samplers]).repeat(sizes, axis=-2)
    for t in range(longest):
        scaled = logits / temperature  # in double precision: (rows, V)
        p = softmax(scaled)
        next_nodes = look_ahead.transitions.take(node, axis=0)  # (rows, V)
        h = look_ahead.h.take(
            next_nodes + nodes * (length + 1)[:, np.newaxis]
        )  # [length + 1, node]
        q = p * h
        total = q.sum(axis=1, keepdims=True)
        if total.min() < _TINY:  # p h underflowed: at low temperatures all that is left is unlikely
            with np.errstate(divide="ignore"):  # ln 0 = −∞ is meant
                q = softmax(scaled + np.log(h))
            total = 1.0
        x = draw(q, u[t, row])  # (rows,)
        text[t, row] = x
        each = np.arange(len(row))
        p_of_text[t, row], q_of_text[t, row] = p[each, x], (q / total)[each, x]
        unfinished = np.flatnonzero(x != vocabulary.end)
        if not len(unfinished):
            break
        node = next_nodes[unfinished, x[unfinished]]
        row, x, length = row[unfinished], x[unfinished], length[unfinished] + 1
        temperature = temperature[unfinished]
        logits, state = network.step(x, state.take(unfinished, axis=-2))

    texts = vocabulary.decode_each(text.T)
    log_p = np.log(np.maximum(p_of_text, _TINY)).sum(axis=0)  # finite, even if p underflowed
    log_q = np.log(q_of_text).sum(axis=0)
    batches, begin = [], 0
    for sampler, size in zip(samplers, sizes, strict=True):
        of_request = slice(begin, begin := begin + size)
        prefix = sampler.constraints.starts_with
        names = [prefix + text for text in texts[of_request]]
        batches.append(Names(names, log_p[of_request], log_q[of_request]))
    return batches


def _joined(samplers: Sequence[ConstrainedSampler]) -> tuple[LookAhead, list[int]]:
    """The look-aheads of all samplers in one, and the first node of each sampler."""
    parts = list(dict.fromkeys(sampler.look_ahead for sampler in samplers))
    joined, offsets = LookAhead.join(parts)
    return joined, [s.node + offsets[parts.index(s.look_ahead)] for s in samplers]
