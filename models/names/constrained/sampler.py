"""Constrained sampling: network probabilities weighted by a look-ahead estimate.

After a prefix, the next character c is drawn with the probability

    q(c | prefix) ∝ p(c | prefix) · h(prefix c)

where p is the network's prediction and h estimates the probability that the network, continuing
from there, meets the constraints. With the exact h, q would be the network's own distribution over
the names that meet them. Here h is exact for a Markov model of the network, and 0 only where the
constraints can no longer be met, so every name meets them. Importance weights p / q correct
the error of h: the names of a batch are ordered by a draw that prefers high weights (Rubin, 1987).

Shapes: N nodes, V characters in the vocabulary, B names in a batch.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.names.constrained.automaton import Automaton
from models.names.constrained.constraints import NameConstraints
from models.names.constrained.markov_model import Contexts, learn_contexts
from models.networks.network import Network, State, read
from models.networks.sampling import draw, probabilities
from models.networks.vocabulary import END
from models.weights import Trained

PREFIX_BATCH = 32
"""Names per batch with at most a prefix. One batch usually has ten good names."""
BATCH, KEPT_PER_BATCH = 128, 16
"""Names per batch with any other constraint, and how many of them to use. The rest are spare, so
that importance weights have something to choose from."""
MAX_WEIGHT_GAP = 20.0
"""How far a name's log weight may be below the highest of its batch, in nats. Beyond it the network
was forced into text that it finds very unlikely, for example because a low temperature leaves few
names that meet the constraints."""
COMMON = math.log(1e-5)
"""log p of a name that a network writes often. Without constraints, a name above it is preferred
less, in proportion, because members want different names. With this value 99.5% of ten thousand
names are distinct (97.6% without), and a classifier finds them as easy or hard to tell from real
ones as before."""
MIN_PROBABILITY = 1e-11
"""Lower limit of a character's probability in the Markov model: the product over a name stays above
zero in double precision."""


@dataclass(frozen=True, eq=False)
class ConstrainedSampler:
    """Samples names that meet constraints.

    Its *nodes* are pairs of an automaton state (which constraints are satisfied) and a context of
    the Markov model (what the network read last). Node 0 is the one after the prefix.
    """

    network: Network
    constraints: NameConstraints
    temperature: float
    transitions: NDArray[np.int64]
    """Node and character → next node, `(N, V)`."""
    forbidden: NDArray[np.bool_]
    """Where a character would be the third of its kind in a row, `(N, V)`."""
    may_end: NDArray[np.bool_]
    """Whether a name that ends here has its pieces and a vowel, `(N,)`."""
    log_h: NDArray[np.float64]
    """By number of characters so far and node, `(longest + 1, N)`; −∞ where the constraints cannot
    be met."""
    logits: NDArray[np.float32]
    """The network's prediction after the prefix, `(1, V)`."""
    state: State
    """The network's state after the prefix, a batch of one."""

    @classmethod
    def of(
        cls,
        trained: Trained,
        constraints: NameConstraints,
        automaton: Automaton,
        temperature: float,
    ) -> "ConstrainedSampler":
        """Prepare a sampler for constraints that at least one name meets.

        With at most a prefix the network is not steered, and h is only 1 or 0.
        """
        network, vocabulary = trained.network, trained.network.vocabulary
        unsteered = constraints.is_prefix_only
        contexts = Contexts.of((), {}, vocabulary) if unsteered else learn_contexts(trained)
        transitions, state_of, context_of = _nodes(automaton, contexts, constraints, vocabulary.end)
        forbidden = contexts.third_in_a_row(vocabulary)[context_of] & (
            not constraints.shape.allows_triples
        )
        may_end = (automaton.has_pieces & automaton.has_vowel)[state_of]  # (N,)
        p = probabilities(np.log(contexts.p), temperature)  # (contexts, V)
        p = np.maximum(p, MIN_PROBABILITY)[context_of]  # (N, V)
        p[forbidden] = 0
        h = _look_ahead(p, transitions, may_end, constraints, vocabulary.end)
        with np.errstate(divide="ignore"):  # ln 0 = −∞ is meant
            log_h = np.log(np.sign(h) if unsteered else h)  # (longest + 1, N)
        logits, state = read(network, END + constraints.starts_with, network.initial_state(1))
        return cls(
            network,
            constraints,
            temperature,
            transitions,
            forbidden,
            may_end,
            log_h,
            logits,
            state,
        )

    @property
    def batch(self) -> int:
        """Number of names per batch."""
        return PREFIX_BATCH if self.constraints.is_prefix_only else BATCH

    @property
    def kept_per_batch(self) -> int:
        """How many names of a batch to use."""
        return PREFIX_BATCH if self.constraints.is_prefix_only else KEPT_PER_BATCH

    def sample(self, rng: np.random.Generator) -> list[tuple[str, bool]]:
        """A batch of names that meet the constraints, each with whether it is plausible.

        A name is implausible if the constraints forced the network far from what it would write
        (`MAX_WEIGHT_GAP`). Names with a high importance weight tend to come first: the order is
        that of weighted sampling without replacement (Efraimidis & Spirakis, 2006).
        """
        names, log_p, log_q = self._draw(self.batch, rng)
        log_ratio = log_p - log_q  # ln p / q: (B,)
        plausible = log_ratio > log_ratio.max() - MAX_WEIGHT_GAP
        log_weights = np.minimum(0, COMMON - log_p) if self.constraints.is_empty else log_ratio
        # Gumbel noise on log weights: sorting by the sum draws without replacement.
        order = np.argsort(-log_weights - rng.gumbel(size=len(names)), kind="stable")
        return [(names[row], bool(plausible[row])) for row in order]

    def _draw(
        self, batch: int, rng: np.random.Generator
    ) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Names that meet the constraints, and log p and log q of each, `(B,)`."""
        vocabulary, longest = self.network.vocabulary, self.constraints.shape.longest
        prefix = len(self.constraints.starts_with)
        text = np.full((batch, longest + 1), vocabulary.end)
        text[:, :prefix] = vocabulary.encode(self.constraints.starts_with)
        log_p, log_q = np.zeros(batch), np.zeros(batch)
        row = np.arange(batch)  # names that have not ended; node, logits and state are theirs only
        node = np.zeros(batch, np.int64)
        logits, state = self.logits.repeat(batch, axis=0), self.state.repeat(batch, axis=-2)
        for t in range(prefix, longest + 1):
            p = probabilities(logits, self.temperature)  # (rows, V)
            p = np.maximum(p, np.finfo(np.float64).tiny)  # a finite log p, even if it underflowed
            q = probabilities(np.log(p) + self._log_h_after(t, node))
            x = draw(q, rng.random(len(q)))  # (rows,)
            log_p[row] += np.log(p[np.arange(len(row)), x])
            log_q[row] += np.log(q[np.arange(len(row)), x])
            text[row, t] = x
            unfinished = x != vocabulary.end
            row, x = row[unfinished], x[unfinished]
            if not len(row):
                break
            node = self.transitions[node[unfinished], x]
            logits, state = self.network.step(x, state[..., unfinished, :])
        return [vocabulary.decode(line).partition(END)[0] for line in text], log_p, log_q

    def _log_h_after(self, length: int, node: NDArray[np.int64]) -> NDArray[np.float64]:
        """log h of each next character, after `length` characters: `(rows, V)`."""
        log_h = np.full((len(node), len(self.network.vocabulary)), -np.inf)
        if length < self.constraints.shape.longest:
            log_h = self.log_h[length + 1, self.transitions[node]]  # (rows, V)
            log_h[self.forbidden[node]] = -np.inf
        may_end = self.may_end[node] & (length in self.constraints.lengths)
        log_h[:, self.network.vocabulary.end] = np.where(may_end, 0, -np.inf)
        return log_h


def _nodes(
    automaton: Automaton, contexts: Contexts, constraints: NameConstraints, end: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Transitions `(N, V)`, and the automaton state and the context of each node, `(N,)`.

    Only reachable pairs are nodes. They are few, because a partly matched piece determines most of
    the context.
    """
    width = len(contexts.texts)
    pairs = len(automaton.transitions) * width
    found = np.array([contexts.read(END + constraints.starts_with)])  # state 0 and this context
    new = found
    for _ in range(pairs):  # breadth-first; every round finds a new pair, or is the last
        reached = np.delete(_next_pairs(automaton, contexts, new), end, axis=1)
        new = np.setdiff1d(reached, found)
        if not len(new):
            break
        found = np.concatenate([found, new])
    number = np.zeros(pairs, np.int64)  # the entries of what follows END are never used
    number[found] = np.arange(len(found))
    return number[_next_pairs(automaton, contexts, found)], *np.divmod(found, width)


def _next_pairs(
    automaton: Automaton, contexts: Contexts, pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The pairs after each character: `(pairs,)` → `(pairs, V)`.

    A pair is the number `state · contexts + context`.
    """
    width = len(contexts.texts)
    state, context = np.divmod(pairs, width)
    following: NDArray[np.int64] = (
        automaton.transitions[state] * width + contexts.transitions[context]
    )
    return following


def _look_ahead(
    p: NDArray[np.float64],
    transitions: NDArray[np.int64],
    may_end: NDArray[np.bool_],
    constraints: NameConstraints,
    end: int,
) -> NDArray[np.float64]:
    """h by number of characters t and node s, `(longest + 1, N)`, by dynamic programming.

    h_t(s) = [t is an allowed length, s may end] p(END | s) + Σ_c p(c | s) h_{t+1}(next(s, c))
    """
    longest, lengths = constraints.shape.longest, constraints.lengths
    h = np.zeros((longest + 1, len(transitions)))
    letters = np.delete(np.arange(p.shape[1]), end)
    p_letters, following = p[:, letters], transitions[:, letters]  # (N, V − 1) each
    for t in range(longest, -1, -1):  # backward: h_t needs h_{t+1}
        if t in lengths:
            h[t] = may_end * p[:, end]
        if t < longest:
            h[t] += np.einsum("sc,sc->s", p_letters, h[t + 1, following])
    return h
