"""Look-ahead of constrained sampling: how likely a beginning is to become a name as wished.

After each beginning of a name, h estimates the probability that the network, continuing from there,
meets the constraints. It is computed by dynamic programming on a graph, whose *nodes* are pairs of
an automaton state (which constraints are satisfied) and a context of a Markov model (what the
network read last). Two more nodes are reached by a character that breaks a rule, and by an `END`
where a name may end.

Shapes: N nodes, V characters in the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.names.constrained.automaton import Automaton
from models.names.constrained.constraints import NameConstraints
from models.names.constrained.markov_model import Contexts, learn_contexts
from models.names.constrained.shape import shape_of
from models.networks.sampling import probabilities
from models.networks.vocabulary import END, Vocabulary
from models.weights import Trained, cached_with_weights

MIN_PROBABILITY = 1e-11
"""Lower limit of a character's probability in the Markov model: the product over a name stays above
zero in double precision."""


@dataclass(frozen=True, eq=False)
class LookAhead:
    """What may follow a beginning of a name, and how likely it is to meet the constraints."""

    transitions: NDArray[np.int64]
    """Node and character → next node, `(N, V)`. Node 0 is the one after the prefix."""
    h: NDArray[np.float64]
    """By number of characters and node, `(longest + 2, N)`; 0 where the constraints cannot be met.
    The `END` counts as a character."""

    @classmethod
    def of(
        cls,
        constraints: NameConstraints,
        automaton: Automaton,
        contexts: Contexts,
        vocabulary: Vocabulary,
        temperature: float = 1.0,
    ) -> "LookAhead":
        """Compute it for constraints, with a Markov model of a network at some temperature."""
        next_nodes, state_of, context_of = _nodes(automaton, contexts, constraints, vocabulary.end)
        nodes = len(next_nodes)
        dead_end, ended = nodes, nodes + 1
        may_end = (automaton.has_pieces & automaton.has_vowel)[state_of]  # (nodes,)
        next_nodes[:, vocabulary.end] = np.where(may_end, ended, dead_end)
        if not constraints.shape.allows_triples:
            next_nodes[contexts.third_in_a_row[context_of]] = dead_end
        transitions = np.full((nodes + 2, len(vocabulary)), dead_end, np.int64)  # N = nodes + 2
        transitions[:nodes] = next_nodes
        p = np.zeros(transitions.shape)  # nothing follows the dead end and the end
        p_after = probabilities(np.log(contexts.p), temperature)  # (contexts, V)
        p[:nodes] = np.maximum(p_after, MIN_PROBABILITY)[context_of]

        # h_t(s) = Σ_c p(c | s) h_{t+1}(next(s, c)), and 1 for the END of a name of allowed length.
        h = np.zeros((constraints.shape.longest + 2, nodes + 2))
        for t in range(len(h) - 1, -1, -1):  # backward: h_t needs h_{t+1}
            if t + 1 < len(h):
                h[t] = np.einsum("sc,sc->s", p, h[t + 1].take(transitions))
            h[t, ended] = t - 1 in constraints.lengths
        return cls(transitions, h)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self.transitions.nbytes + self.h.nbytes

    def at(self, length: NDArray[np.int64], nodes: NDArray[np.int64]) -> NDArray[np.float64]:
        """h of nodes `(rows, V)` that texts of some lengths `(rows,)` reach by one character."""
        begin = len(self.transitions) * (length + 1)  # of the row of h, which is (longest + 2, N)
        return self.h.take(nodes + begin[:, np.newaxis])

    def after(self, text: NDArray[np.int64]) -> int:
        """The node after some characters."""
        node = 0
        for x in text:
            node = int(self.transitions[node, x])
        return node

    @classmethod
    def join(cls, parts: Sequence["LookAhead"]) -> tuple["LookAhead", list[int]]:
        """Several in one, and the number of the first node of each."""
        if len(parts) == 1:
            return parts[0], [0]
        ends = np.cumsum([len(part.transitions) for part in parts]).tolist()
        begins = [0, *ends[:-1]]
        transitions = [part.transitions + b for part, b in zip(parts, begins, strict=True)]
        return cls(np.concatenate(transitions), np.hstack([part.h for part in parts])), begins


@cached_with_weights
def rules_only(trained: Trained) -> LookAhead:
    """The look-ahead without constraints, where h is 1 or 0: whether it can still become a name."""
    vocabulary, constraints = trained.network.vocabulary, NameConstraints(shape=shape_of(trained))
    automaton, contexts = Automaton.of(constraints, vocabulary), Contexts.of((), {}, vocabulary)
    estimate = LookAhead.of(constraints, automaton, contexts, vocabulary)
    return LookAhead(estimate.transitions, np.sign(estimate.h))


def look_ahead_of(
    trained: Trained, constraints: NameConstraints, automaton: Automaton, temperature: float
) -> tuple[LookAhead, int]:
    """The look-ahead for constraints that at least one name meets, and the node after the prefix.

    With at most a prefix the network is not steered.
    """
    vocabulary = trained.network.vocabulary
    if constraints.is_prefix_only:
        rules = rules_only(trained)
        return rules, rules.after(vocabulary.encode(constraints.starts_with))
    contexts = learn_contexts(trained)
    return LookAhead.of(constraints, automaton, contexts, vocabulary, temperature), 0


def _nodes(
    automaton: Automaton, contexts: Contexts, constraints: NameConstraints, end: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Transitions `(N, V)`, and the automaton state and the context of each node, `(N,)`.

    Only reachable pairs are nodes. They are few, because a partly matched piece determines most of
    the context.
    """
    width = len(contexts.texts)
    pairs = len(automaton.transitions) * width
    new = np.array([contexts.read(END + constraints.starts_with)])  # state 0 and this context
    rounds, seen = [new], np.zeros(pairs, np.bool_)
    seen[new] = True
    for _ in range(pairs):  # breadth-first; every round finds a new pair, or is the last
        reached = np.zeros(pairs, np.bool_)
        reached[np.delete(_next_pairs(automaton, contexts, new), end, axis=1)] = True
        new = np.flatnonzero(reached & ~seen)
        if not len(new):
            break
        rounds.append(new)
        seen |= reached
    found = np.concatenate(rounds)
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
