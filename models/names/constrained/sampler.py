"""Names drawn so that a wish comes true: the network's next letter, times a look ahead.

A letter c after a prefix is drawn with the probability

    q(c | prefix) ∝ p(c | prefix) · h(prefix c)

where p is the network's and h estimates how probable it is that the network meets the wish from
there on. With the exact h this would be the network's own distribution of the names that meet the
wish. Here h is exact under a Markov model of the network, and zero just where the wish can no
longer be met, so that every name obeys. What h misjudges, importance weights p / q put right: of a
batch the names that come first are a sample by weight (Rubin, 1987).
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

BATCH = 32
"""Names that are written side by side behind a mere beginning. One batch is enough for ten good
ones as a rule."""
CANDIDATES, ENOUGH = 128, 16
"""Names that are written side by side for any other wish, and how many of them are to be taken."""
FARTHEST = 20.0
"""Nats that a name's log weight may be below the greatest of its batch. The network is driven to
what is beyond, and babbles, where it has run out of names: at a low temperature, for example."""
COMMON = math.log(1e-5)
"""log p of a name that a network writes often. Where nothing is wished for, those that it writes
even more often are taken about as rarely: a name that everybody gets is not a new one. With this
value 99.5% of ten thousand names are distinct, instead of 97.6%, and a classifier tells them from
real ones neither better nor worse."""
LEAST_PROBABILITY = 1e-11
"""Of a letter in the Markov model, so that the product over a name can be told from zero."""


@dataclass(frozen=True, eq=False)
class ConstrainedSampler:
    """A network that is about to write names to a wish.

    Its *places* are pairs of a state of the wish's automaton and a context of the Markov model.
    """

    network: Network
    wish: NameConstraints
    temperature: float
    moves: NDArray[np.int64]
    """Place and character to the next place, `(places, vocabulary)`. The first is that after the
    beginning."""
    barred: NDArray[np.bool_]
    """Where a letter would stand three times running, `(places, vocabulary)`."""
    may_end: NDArray[np.bool_]
    """Whether a name that ends there has its pieces and a vowel, `(places,)`."""
    log_h: NDArray[np.float64]
    """By letters written and place, `(longest + 1, places)`; −∞ where the wish cannot be met
    any more."""
    logits: NDArray[np.float32]
    """What comes after the beginning, `(1, vocabulary)`."""
    state: State
    """After the beginning, for a batch of one."""

    @classmethod
    def of(
        cls, trained: Trained, wish: NameConstraints, automaton: Automaton, temperature: float
    ) -> "ConstrainedSampler":
        """A pen for a wish that some name can meet.

        Behind a mere beginning the network is left to itself, and h is one or zero.
        """
        network, symbols = trained.network, trained.network.vocabulary
        alone = wish.is_beginning
        contexts = Contexts.of((), {}, symbols) if alone else learn_contexts(trained)
        moves, at, after = _places(automaton, contexts, wish, symbols.end)
        barred = contexts.thrice(symbols)[after] & (not wish.shape.thrice)
        may_end = (automaton.met & automaton.voiced)[at]
        p = np.maximum(probabilities(np.log(contexts.p), temperature), LEAST_PROBABILITY)[after]
        p[barred] = 0
        h = _look_ahead(p, moves, may_end, wish, symbols.end)
        with np.errstate(divide="ignore"):
            log_h = np.log(np.sign(h) if alone else h)
        begun = read(network, END + wish.starts_with, network.initial_state(1))
        return cls(network, wish, temperature, moves, barred, may_end, log_h, *begun)

    @property
    def batch(self) -> int:
        """How many names are written side by side."""
        return BATCH if self.wish.is_beginning else CANDIDATES

    @property
    def enough(self) -> int:
        """How many names of a batch are to be taken."""
        return BATCH if self.wish.is_beginning else ENOUGH

    def write(self, rng: np.random.Generator) -> list[tuple[str, bool]]:
        """A batch of names that meet the wish, and whether the network is in earnest about each.

        Those to be preferred tend to come first: the order is that of a sample by weight without
        replacement (Efraimidis & Spirakis, 2006).
        """
        names, log_p, log_q = self._draw(self.batch, rng)
        in_earnest = log_p - log_q > (log_p - log_q).max() - FARTHEST
        log_weights = np.minimum(0, COMMON - log_p) if self.wish.is_empty else log_p - log_q
        order = np.argsort(-log_weights - rng.gumbel(size=len(names)), kind="stable")
        return [(names[row], bool(in_earnest[row])) for row in order]

    def _draw(
        self, batch: int, rng: np.random.Generator
    ) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Names that meet the wish, and log p and log q of what was drawn of each, `(batch,)`."""
        symbols, longest = self.network.vocabulary, self.wish.shape.longest
        begun = len(self.wish.starts_with)
        text = np.full((batch, longest + 1), symbols.end)
        text[:, :begun] = symbols.encode(self.wish.starts_with)
        log_p, log_q = np.zeros(batch), np.zeros(batch)
        row = np.arange(batch)  # those that have not ended
        place = np.zeros(batch, np.int64)
        logits, state = self.logits.repeat(batch, axis=0), self.state.repeat(batch, axis=-2)
        for t in range(begun, longest + 1):
            p = np.maximum(probabilities(logits, self.temperature), np.finfo(np.float64).tiny)
            q = probabilities(np.log(p) + self._log_h_after(t, place))
            x = draw(q, rng.random(len(q)))
            log_p[row] += np.log(p[np.arange(len(row)), x])
            log_q[row] += np.log(q[np.arange(len(row)), x])
            text[row, t] = x
            going_on = x != symbols.end
            row, x = row[going_on], x[going_on]
            if not len(row):
                break
            place = self.moves[place[going_on], x]
            logits, state = self.network.step(x, state[..., going_on, :])
        return [symbols.decode(line).partition(END)[0] for line in text], log_p, log_q

    def _log_h_after(self, length: int, place: NDArray[np.int64]) -> NDArray[np.float64]:
        """log h with each next character after `length` letters: `(batch, vocabulary)`."""
        log_h = np.full((len(place), len(self.network.vocabulary)), -np.inf)
        if length < self.wish.shape.longest:
            log_h = self.log_h[length + 1, self.moves[place]]
            log_h[self.barred[place]] = -np.inf
        may_end = self.may_end[place] & (length in self.wish.lengths)
        log_h[:, self.network.vocabulary.end] = np.where(may_end, 0, -np.inf)
        return log_h


def _places(
    automaton: Automaton, contexts: Contexts, wish: NameConstraints, end: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Moves `(places, vocabulary)`, and the state and context of each place, `(places,)`.

    Of all pairs only those that can be reached are places, which are few: a piece that is half
    read tells what the context is.
    """
    width = len(contexts.texts)
    first = contexts.read(END + wish.starts_with)
    found = np.array([first])
    new = found
    while len(new):
        reached = _pair_moves(automaton, contexts, new)
        reached = np.delete(reached, end, axis=1)
        new = np.setdiff1d(reached, found)
        found = np.concatenate([found, new])
    number = np.zeros(len(automaton.moves) * width, np.int64)  # what follows END is never needed
    number[found] = np.arange(len(found))
    return number[_pair_moves(automaton, contexts, found)], *np.divmod(found, width)


def _pair_moves(
    automaton: Automaton, contexts: Contexts, pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The pairs after each character. A pair is `state · contexts + context`."""
    at, after = np.divmod(pairs, len(contexts.texts))
    moves: NDArray[np.int64] = automaton.moves[at] * len(contexts.texts) + contexts.moves[after]
    return moves


def _look_ahead(
    p: NDArray[np.float64],
    moves: NDArray[np.int64],
    may_end: NDArray[np.bool_],
    wish: NameConstraints,
    end: int,
) -> NDArray[np.float64]:
    """h by letters written and place, `(longest + 1, places)`, by dynamic programming.

    h_t(s) = [t is a length, s may end] p(END | s) + Σ_c p(c | s) h_{t+1}(move(s, c))
    """
    longest, lengths = wish.shape.longest, wish.lengths
    h = np.zeros((longest + 1, len(moves)))
    letters = np.delete(np.arange(p.shape[1]), end)
    p_letters, moves = p[:, letters], moves[:, letters]
    for t in range(longest, -1, -1):
        if t in lengths:
            h[t] = may_end * p[:, end]
        if t < longest:
            h[t] += np.einsum("sc,sc->s", p_letters, h[t + 1, moves])
    return h
