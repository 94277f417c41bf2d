"""Finite automaton that tracks which name constraints are satisfied so far.

A state is a product of two Knuth-Morris-Pratt matchers (1977), one for the piece that the name
contains and one for the piece that it ends with, and of what the rules of `Shape` need: whether
there was a vowel, the number of words so far, and whether the last character was a separator. The
pieces may therefore overlap in any way. Only reachable states are built: about as many as the
pieces have letters, times the number of words that a name may have. A broken rule leads to one dead
end.

Shapes: S states, V characters in the vocabulary.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.names.constraints import VOWELS, NameConstraints, Shape
from models.names.problems import NamesError, describe, try_length
from models.networks.vocabulary import END, Vocabulary


@dataclass(frozen=True, eq=False)
class ConstraintAutomaton:
    """Reads a name after the prefix of its constraints. State 0 is the state after that prefix."""

    transitions: NDArray[np.int64]
    """State and character → next state, `(S, V)`."""
    has_pieces: NDArray[np.bool_]
    """Whether a name that ends in this state has its pieces and ends correctly, `(S,)`."""
    has_vowel: NDArray[np.bool_]
    """Whether the name has a vowel, or needs none, `(S,)`."""

    @classmethod
    def of(cls, constraints: NameConstraints, vocabulary: Vocabulary) -> "ConstraintAutomaton":
        """Build the automaton. All characters of the pieces must be in the vocabulary."""
        contains = vocabulary.encode(constraints.contains)
        ends = vocabulary.encode(constraints.ends_with)
        contained_by = _matcher(contains, len(vocabulary))  # (letters + 1, V)
        ended_by = _matcher(ends, len(vocabulary))
        contained_by[-1] = len(contains)  # once contained, always contained
        shape, symbols = constraints.shape, vocabulary.symbols
        is_vowel = [symbol in VOWELS for symbol in symbols]
        is_separator = [symbol in shape.separators for symbol in symbols]
        starts_word = [shape.max_words is not None and symbol == " " for symbol in symbols]

        def next_state(state: _Matched, x: int) -> _Matched:
            words = state.words + starts_word[x]
            joined = not is_separator[x] or shape.may_follow(state.separator, symbols[x])
            if state == _DEAD_END or not joined or words > (shape.max_words or 1):
                return _DEAD_END
            return _Matched(
                int(contained_by[state.contained, x]),
                int(ended_by[state.ended, x]),
                state.has_vowel or is_vowel[x],
                symbols[x] if is_separator[x] else "",
                words,
            )

        first = _Matched(0, 0, not shape.needs_vowel, END if shape.separators else "", 1)
        for x in vocabulary.encode(constraints.starts_with):
            first = next_state(first, int(x))
        number = {first: 0}
        transitions = []
        # `states` grows while it is read, until every reachable state has been visited once.
        for state in (states := [first]):
            reached = [next_state(state, x) for x in range(len(vocabulary))]
            for new in reached:
                if new not in number:
                    number[new] = len(states)
                    states.append(new)
            transitions.append([number[new] for new in reached])
        complete = len(contains), len(ends)
        return cls(
            transitions=np.array(transitions),
            has_pieces=np.array(
                [s[:2] == complete and shape.may_follow(s.separator, END) for s in states]
            ),
            has_vowel=np.array([s.has_vowel for s in states]),
        )


class _Matched(NamedTuple):
    """State of the automaton: what it remembers of a text."""

    contained: int
    """Letters matched of the piece that the name contains."""
    ended: int
    """Letters matched of the piece that the name ends with."""
    has_vowel: bool
    separator: str
    """The last character if it is a separator, `END` at the beginning of a name, else empty."""
    words: int


_DEAD_END = _Matched(-1, -1, has_vowel=False, separator="", words=0)


def count_possible(
    automaton: ConstraintAutomaton, constraints: NameConstraints, vocabulary: Vocabulary
) -> float:
    """Number of names that meet the constraints, whatever their probability.

    Raises `NamesError` if there are none. Without constraints it returns 0 instead: a vocabulary
    need not have a vowel.
    """
    shape = constraints.shape
    by_length = _count(automaton, constraints, vocabulary)  # (longest + 1,)
    possible = float(by_length[constraints.lengths].sum())
    if possible or constraints.is_empty:
        return possible
    lengths = np.flatnonzero(by_length[shape.shortest :]) + shape.shortest
    suggested: int | None = None
    if len(lengths):
        wanted = constraints.length or shape.longest
        suggested = int(lengths[np.abs(lengths - wanted).argmin()])
    without_rules = replace(
        constraints,
        shape=Shape(shape.shortest, shape.longest, needs_vowel=False, allows_triples=True),
    )
    relaxed = ConstraintAutomaton.of(without_rules, vocabulary)
    options, advice = describe(constraints), try_length(suggested)
    if _count(relaxed, without_rules, vocabulary)[constraints.lengths].any():
        raise NamesError(
            "No name fits all of that{options}. {advice}",
            options=options,
            advice=advice,
        )
    if constraints.length is None or not len(lengths):
        raise NamesError(
            "That needs more than {longest} letters, the most a name can have. {advice}",
            longest=shape.longest,
            advice=advice,
        )
    if (lengths > constraints.length).all():
        raise NamesError(
            "That needs more than {length} letters. {advice}",
            length=constraints.length,
            advice=advice,
        )
    raise NamesError(
        "No name can fit all of that{options}. {advice}", options=options, advice=advice
    )


def _count(
    automaton: ConstraintAutomaton, constraints: NameConstraints, vocabulary: Vocabulary
) -> NDArray[np.float64]:
    """Number of names of each length that meet the constraints, `(longest + 1,)`.

    Computed forward, letter by letter; exact up to 2⁵³.
    """
    longest = constraints.shape.longest
    states, width = automaton.transitions.shape  # S, V
    letters = np.delete(np.arange(width), vocabulary.end)  # (V − 1,)
    accepted = automaton.has_pieces & automaton.has_vowel
    prefix = vocabulary.encode(constraints.starts_with)
    counts = np.zeros(longest + 1)
    # n[s, c, d]: texts of the current length in state s whose last character is c, standing there
    # once (d = 0) or twice in a row (d = 1). A third one is forbidden.
    n = np.zeros((states, width, 2))
    last = prefix[-1] if len(prefix) else vocabulary.end
    n[0, last, int(len(prefix) > 1 and prefix[-2] == last)] = 1
    for length in range(len(prefix), longest + 1):
        counts[length] = n[accepted].sum()
        by_last = n.sum(axis=2)  # (S, V)
        # Append c: for the first time after another character, or after a single c.
        different = by_last.sum(axis=1, keepdims=True) - by_last
        appended = np.stack([different, n[:, :, 0]], axis=2)  # (S, V, 2)
        if constraints.shape.allows_triples:
            appended[:, :, 1] += n[:, :, 1]
        n = np.zeros_like(n)
        # add.at, because several states may lead to the same next state.
        np.add.at(n, (automaton.transitions[:, letters], letters), appended[:, letters])
    return counts


def _matcher(piece: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Letters of the piece matched so far and next character → letters matched.

    Shape `(len(piece) + 1, width)`; the last row is that of a text that ends with the piece.
    """
    table = np.zeros((len(piece) + 1, width), np.int64)
    fallback = 0  # letters matched of the same text without its first letter
    for i, x in enumerate(piece):
        table[i] = table[fallback]  # on a mismatch, go on with the longest shorter match
        table[i, x] = i + 1
        fallback = int(table[fallback, x]) if i else 0
    table[-1] = table[fallback]
    return table
