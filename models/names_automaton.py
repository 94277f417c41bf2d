"""How much of a wish a name has met, letter by letter: an automaton, and how many names it takes.

Its states are the product of two matchers of Knuth, Morris & Pratt (1977), one for the piece that
shall be contained and one for that at the end, and of whether there has been a vowel. The pieces
may so overlap in any way. Of all pairs only those that can be reached are states: about as many as
the pieces have letters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.names_wish import LONGEST_NAME, SHORTEST_NAME, VOWELS, NamesError, Wish
from models.vocabulary import Vocabulary


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
    def of(cls, wish: Wish, vocabulary: Vocabulary) -> "Automaton":
        """The automaton of a wish, whose letters are all in the vocabulary."""
        contains, ends = (vocabulary.encode(piece) for piece in (wish.contains, wish.ends_with))
        inner, outer = _matcher(contains, len(vocabulary)), _matcher(ends, len(vocabulary))
        inner[-1] = len(contains)  # once contained, always contained
        vowel = [symbol in VOWELS for symbol in vocabulary.symbols]

        def move(state: tuple[int, int, bool], x: int) -> tuple[int, int, bool]:
            i, j, voiced = state
            return int(inner[i, x]), int(outer[j, x]), voiced or vowel[x]

        begun = 0, 0, False
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
        return cls(
            moves=np.array(moves),
            met=np.array([i == len(contains) and j == len(ends) for i, j, _ in states]),
            voiced=np.array([voiced for *_, voiced in states]),
        )


def count_possible(automaton: Automaton, wish: Wish, vocabulary: Vocabulary) -> float:
    """How many names can be as wished, whatever the network thinks of them.

    Raises `NamesError` if a wish cannot be met at all. Where nothing is wished for, none may be
    possible: a vocabulary need not have a vowel.
    """
    readable = _count(automaton, wish, vocabulary)
    possible = float(readable[wish.lengths].sum())
    if possible or wish == Wish():
        return possible
    lengths = np.flatnonzero(readable[SHORTEST_NAME:]) + SHORTEST_NAME
    if _count(automaton, wish, vocabulary, readable=False)[wish.lengths].any():
        fault = "would have no vowel, or one letter three times running"
    elif wish.length is None:
        fault = f"needs more than {LONGEST_NAME} letters, which are the most"
    else:
        fault = "cannot be so short" if (lengths > wish.length).all() else "is not possible"
    if len(lengths):
        nearest = lengths[np.abs(lengths - (wish.length or LONGEST_NAME)).argmin()]
        advice = f"try for example: {nearest} letters"
    else:
        advice = "try a shorter piece, for example: tri"
    raise NamesError(f"A name{wish} {fault}; {advice}")


def _count(
    automaton: Automaton, wish: Wish, vocabulary: Vocabulary, *, readable: bool = True
) -> NDArray[np.float64]:
    """How many strings of each length have the pieces of a wish: `(LONGEST_NAME + 1,)`.

    Those that are `readable` have a vowel and no letter three times running. Exact up to 2⁵³.
    """
    states, width = automaton.moves.shape
    letters = np.delete(np.arange(width), vocabulary.end)
    accepted = automaton.met & automaton.voiced if readable else automaton.met
    begun = vocabulary.encode(wish.starts_with)
    counts = np.zeros(LONGEST_NAME + 1)
    # By state, last letter, and whether that stands there twice.
    n = np.zeros((states, width, 2))
    last = begun[-1] if len(begun) else vocabulary.end
    n[0, last, int(len(begun) > 1 and begun[-2] == last)] = 1
    for length in range(len(begun), LONGEST_NAME + 1):
        counts[length] = n[accepted].sum()
        of_last = n.sum(axis=2)
        new = np.stack([of_last.sum(axis=1, keepdims=True) - of_last, n[:, :, 0]], axis=2)
        if not readable:
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
