"""Look-ahead of constrained sampling: how likely a beginning is to become a name as wished.

After each beginning of a name, h estimates the probability that the network, continuing from there,
meets the constraints. It is computed by dynamic programming on a graph, whose *nodes* are pairs of
an automaton state (which constraints are satisfied) and a context of a Markov model (what the
network read last). Two more nodes are reached by a character that breaks a rule, and by an `END`
where a name may end.

The Markov model (`Contexts`) is estimated from names that the network samples. Its contexts are the
character sequences that it read last: up to six characters, of every length that is frequent enough
(variable-order Markov model; Ron, Singer & Tishby, 1996). After "saurus", which is one, a name
ends; after "us" it may continue.

Shapes: N nodes, C contexts, V characters in the vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.names.automaton import ConstraintAutomaton
from models.names.constraints import NameConstraints, shape_of
from models.networks.network import Network
from models.networks.sampling import probabilities, sample
from models.networks.vocabulary import END, Vocabulary
from models.weights import Trained, cached_with_weights

# Markov model -------------------------------------------------------------------------------------

SAMPLE_SIZE = 512
"""Names that are sampled from the network to estimate its Markov model."""
MAX_CONTEXT = 6
"""Maximum number of characters in a context."""
MIN_OCCURRENCES = 8
"""Minimum number of occurrences of a context in the sampled names."""
MAX_PREDICTIONS = 2**18
"""Limit for contexts times vocabulary, at twelve bytes each; dinosaurs need 10,000. Beyond it, the
rarer contexts are left out."""


@dataclass(frozen=True, eq=False)
class Contexts:
    """A variable-order Markov model: contexts, transitions and probabilities."""

    texts: tuple[str, ...]
    """The contexts, shortest first, beginning with the empty one. A prefix of a context is one too,
    and so is every doubled letter."""
    transitions: NDArray[np.int32]
    """Context and character → next context, the longest suffix of the text: `(C, V)`."""
    p: NDArray[np.float64]
    """Probability of each next character, `(C, V)`."""
    third_in_a_row: NDArray[np.bool_]
    """Whether the next character would be the third of its kind in a row, `(C, V)`."""

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        predictions: dict[str, NDArray[np.float64]],
        vocabulary: Vocabulary,
    ) -> "Contexts":
        """Build the model from contexts and, for each, the sum of the predictions after it, `(V,)`.

        Each mean is shrunk towards that of the context without its first character, with the weight
        of one observation (like Witten & Bell, 1991).
        """
        symbols = vocabulary.symbols
        # Doubled letters are needed to recognise a third one (`third_in_a_row`).
        doubled = {letter * n for letter in symbols for n in (1, 2)} - {END * 2}
        ordered = tuple(sorted({"", *doubled, *texts}, key=lambda text: (len(text), text)))
        index = {text: number for number, text in enumerate(ordered)}
        transitions = np.zeros((len(ordered), len(symbols)), np.int32)
        p = np.full((len(ordered), len(symbols)), 1 / len(symbols))
        for number, text in enumerate(ordered):
            # The empty context is its own suffix, and starts out uniform.
            shorter = p[index[text[1:]]]  # computed already, because contexts are sorted by length
            total = predictions.get(text, np.zeros(len(symbols)))  # (V,)
            p[number] = (total + shorter) / (total.sum() + 1)
        # As in Aho & Corasick (1975): where no context continues a text, fall back to its suffix.
        extensions: list[list[tuple[int, int]]] = [[] for _ in ordered]
        for number, text in enumerate(ordered[1:], start=1):
            if (prefix := index.get(text[:-1])) is not None:
                extensions[prefix].append((int(vocabulary.encode(text[-1])[0]), number))
        for number, text in enumerate(ordered):
            transitions[number] = transitions[index[text[1:]]]
            for x, longer in extensions[number]:
                transitions[number, x] = longer
        ends = np.array([text[-1:] if text[-2:] == text[-1:] * 2 else "" for text in ordered])
        third_in_a_row = ends[:, np.newaxis] == np.array([*symbols])
        return cls(ordered, transitions, p, third_in_a_row)

    def read(self, text: str) -> int:
        """The number of the context after a text that begins with `END`."""
        index = {context: number for number, context in enumerate(self.texts)}
        suffixes = (text[begin:] for begin in range(len(text) + 1))  # the empty one is a context
        return next(index[suffix] for suffix in suffixes if suffix in index)


@cached_with_weights
def learn_contexts(trained: Trained) -> Contexts:
    """Estimate the Markov model of a network from names that it samples.

    Deterministic: the same weights always give the same model.
    """
    vocabulary = trained.network.vocabulary
    rng = np.random.default_rng(0)
    names, p = _sample_corpus(trained.network, shape_of(trained).longest, rng)
    # Every suffix of every prefix, up to MAX_CONTEXT characters, and what follows it.
    occurrences = [
        (name[begin:end], row, end - 1)
        for row, name in enumerate(names)
        for end in range(1, len(name) + 1)
        for begin in range(max(0, end - MAX_CONTEXT), end + 1)
    ]
    counts = Counter(text for text, _, _ in occurrences)
    # A prefix is as frequent as the context that it begins, and shorter, so that it is kept too.
    by_frequency = sorted(
        (text for text, count in counts.items() if count >= MIN_OCCURRENCES),
        key=lambda text: (-counts[text], len(text), text),
    )
    frequent = frozenset(by_frequency[: MAX_PREDICTIONS // len(vocabulary)])
    sums: dict[str, NDArray[np.float64]] = {}
    for text, row, t in occurrences:
        if text in frequent:
            sums[text] = sums.get(text, 0) + p[row, t]
    return Contexts.of(frequent, sums, vocabulary)


def _sample_corpus(
    network: Network, longest: int, rng: np.random.Generator
) -> tuple[list[str], NDArray[np.float64]]:
    """Sample names, each preceded by `END`.

    Returns them with the prediction after each of their characters, `(names, longest + 1, V)`.
    """
    end = network.vocabulary.end
    text = np.full((SAMPLE_SIZE, longest + 1), end)
    p = np.zeros((*text.shape, len(network.vocabulary)))
    lengths = np.full(SAMPLE_SIZE, longest + 1)
    # `row` are the names that have not ended; x and state are theirs only.
    row, x, state = np.arange(SAMPLE_SIZE), text[:, 0], network.initial_state(SAMPLE_SIZE)
    for t in range(longest + 1):
        text[row, t] = x
        logits, state = network.step(x, state)  # (rows, V)
        p[row, t] = probabilities(logits)
        x = sample(logits, rng)  # (rows,)
        lengths[row[x == end]] = t + 1
        unfinished = x != end
        row, x, state = row[unfinished], x[unfinished], state[..., unfinished, :]
        if not len(row):
            break
    names = [network.vocabulary.decode(line[:n]) for line, n in zip(text, lengths, strict=True)]
    return names, p


# Look-ahead ---------------------------------------------------------------------------------------

MIN_PROBABILITY = 1e-11
"""Lower limit of a character's probability in the Markov model: the product over a name stays above
zero in double precision."""


@dataclass(frozen=True, eq=False)
class LookAhead:
    """Look-ahead: what may follow a beginning of a name, and how likely that is to succeed."""

    transitions: NDArray[np.int64]
    """Node and character → next node, `(N, V)`. Node 0 is the one after the prefix."""
    h: NDArray[np.float64]
    """h by number of characters and node, `(longest + 2, N)`; 0 where no name is possible.
    The `END` counts as a character."""

    @classmethod
    def of(
        cls,
        constraints: NameConstraints,
        automaton: ConstraintAutomaton,
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
        """Size in bytes."""
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
    automaton = ConstraintAutomaton.of(constraints, vocabulary)
    contexts = Contexts.of((), {}, vocabulary)
    estimate = LookAhead.of(constraints, automaton, contexts, vocabulary)
    return LookAhead(estimate.transitions, np.sign(estimate.h))


def look_ahead_of(
    trained: Trained,
    constraints: NameConstraints,
    automaton: ConstraintAutomaton,
    temperature: float,
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
    automaton: ConstraintAutomaton, contexts: Contexts, constraints: NameConstraints, end: int
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
    automaton: ConstraintAutomaton, contexts: Contexts, pairs: NDArray[np.int64]
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
