"""How much of a wish a name has met, letter by letter: an automaton, and how many names it takes.

Its states are the product of two matchers of Knuth, Morris & Pratt (1977), one for the piece that
shall be contained and one for that at the end, and of what the shape of a name asks for: whether
there has been a vowel, how many words have begun, whether a separator came last. The pieces may so
overlap in any way. Of all these only what can be reached are states: about as many as the pieces
have letters, for each word that a name may have. What breaks a rule for good leads to one dead end.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.names.constrained.constraints import NameConstraints, NamesError
from models.names.shape import VOWELS, Shape
from models.networks.vocabulary import END, Vocabulary


@dataclass(frozen=True, eq=False)
class Automaton:
    """Reads a name behind the beginning that was wished for."""

    moves: NDArray[np.int64]
    """State and letter to the next state, `(states, vocabulary)`. The first state is that of the
    beginning, read."""
    met: NDArray[np.bool_]
    """Whether a name that ends here has its pieces, `(states,)`."""
    voiced: NDArray[np.bool_]
    """Whether it has a vowel, `(states,)`."""

    @classmethod
    def of(cls, wish: NameConstraints, vocabulary: Vocabulary) -> "Automaton":
        """The automaton of a wish, whose letters are all in the vocabulary."""
        contains, ends = (vocabulary.encode(piece) for piece in (wish.contains, wish.ends_with))
        inner, outer = _matcher(contains, len(vocabulary)), _matcher(ends, len(vocabulary))
        inner[-1] = len(contains)  # once contained, always contained
        shape, symbols = wish.shape, vocabulary.symbols
        vowel = [symbol in VOWELS for symbol in symbols]
        parts = [symbol in shape.separators for symbol in symbols]
        counted = [shape.most_words is not None and symbol == " " for symbol in symbols]

        def move(state: _State, x: int) -> _State:
            words = state.words + counted[x]
            joined = not parts[x] or shape.joins(state.parted, symbols[x])
            if state == _DEAD_END or not joined or words > (shape.most_words or 1):
                return _DEAD_END
            inside, outside = int(inner[state.inner, x]), int(outer[state.outer, x])
            parted = symbols[x] if parts[x] else ""
            return _State(inside, outside, state.voiced or vowel[x], parted, words)

        begun = _State(0, 0, not shape.vowel, END if shape.separators else "", 1)
        for x in vocabulary.encode(wish.starts_with):
            begun = move(begun, int(x))
        number = {begun: 0}
        moves = []
        for state in (states := [begun]):  # which grows meanwhile
            reached = [move(state, x) for x in range(len(vocabulary))]
            for new in reached:
                if new not in number:
                    number[new] = len(states)
                    states.append(new)
            moves.append([number[new] for new in reached])
        read = len(contains), len(ends)
        return cls(
            moves=np.array(moves),
            met=np.array([s[:2] == read and shape.joins(s.parted, END) for s in states]),
            voiced=np.array([s.voiced for s in states]),
        )


class _State(NamedTuple):
    """What matters of what has been read."""

    inner: int
    """Letters matched of the piece that shall be contained."""
    outer: int
    """And of that at the end."""
    voiced: bool
    parted: str
    """The separator that came last, or `END` before anything did; empty for other characters."""
    words: int


_DEAD_END = _State(-1, -1, voiced=False, parted="", words=0)


def count_possible(automaton: Automaton, wish: NameConstraints, vocabulary: Vocabulary) -> float:
    """How many names can be as wished, whatever the network thinks of them.

    Raises `NamesError` if a wish cannot be met at all. Where nothing is wished for, none may be
    possible: a vocabulary need not have a vowel.
    """
    shape = wish.shape
    readable = _count(automaton, wish, vocabulary)
    possible = float(readable[wish.lengths].sum())
    if possible or wish.is_empty:
        return possible
    lengths = np.flatnonzero(readable[shape.shortest :]) + shape.shortest
    free = replace(wish, shape=Shape(shape.shortest, shape.longest, vowel=False, thrice=True))
    if _count(Automaton.of(free, vocabulary), free, vocabulary)[wish.lengths].any():
        fault = "would have no vowel, or one letter three times running"
        if not shape.latin:
            fault = "would do what no name on the list does"
    elif wish.length is None:
        fault = f"needs more than {shape.longest} {shape.units}, which are the most"
    else:
        fault = "cannot be so short" if (lengths > wish.length).all() else "is not possible"
    if len(lengths):
        nearest = lengths[np.abs(lengths - (wish.length or shape.longest)).argmin()]
        advice = f"try for example: {nearest} {shape.units}"
    else:
        advice = "try a shorter piece" + (", for example: tri" if shape.latin else ".")
    raise NamesError(f"A name{wish} {fault}; {advice}")


def _count(
    automaton: Automaton, wish: NameConstraints, vocabulary: Vocabulary
) -> NDArray[np.float64]:
    """How many names of each length have the pieces and the shape of a wish: `(longest + 1,)`.

    Exact up to 2⁵³.
    """
    longest = wish.shape.longest
    states, width = automaton.moves.shape
    letters = np.delete(np.arange(width), vocabulary.end)
    accepted = automaton.met & automaton.voiced
    begun = vocabulary.encode(wish.starts_with)
    counts = np.zeros(longest + 1)
    # By state, last letter, and whether that stands there twice.
    n = np.zeros((states, width, 2))
    last = begun[-1] if len(begun) else vocabulary.end
    n[0, last, int(len(begun) > 1 and begun[-2] == last)] = 1
    for length in range(len(begun), longest + 1):
        counts[length] = n[accepted].sum()
        of_last = n.sum(axis=2)
        new = np.stack([of_last.sum(axis=1, keepdims=True) - of_last, n[:, :, 0]], axis=2)
        if wish.shape.thrice:
            new[:, :, 1] += n[:, :, 1]
        n = np.zeros_like(n)
        np.add.at(n, (automaton.moves[:, letters], letters), new[:, letters])
    return counts


def _matcher(piece: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Letters matched so far and the next letter to letters matched: `(len(piece) + 1, width)`."""
    table = np.zeros((len(piece) + 1, width), np.int64)
    fallback = 0  # what is matched of the text without its first letter
    for i, x in enumerate(piece):
        table[i] = table[fallback]
        table[i, x] = i + 1
        fallback = int(table[fallback, x]) if i else 0
    table[-1] = table[fallback]
    return table
