"""Aho-Corasick automaton: finds all occurrences of many words in one pass.

A. Aho and M. Corasick, "Efficient string matching: an aid to bibliographic search",
Communications of the ACM 18, 1975.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")

_CODE_BITS = 21
"""Bits of a Unicode code point. A transition's key is the state and the character in one number."""


class Automaton(Generic[ValueT]):
    """Maps words to values. Immutable, so threads may share it."""

    def __init__(self, words: Iterable[tuple[str, ValueT]]) -> None:
        """Build the automaton of words, none of them empty, with their values."""
        self._transitions: dict[int, int] = {}
        self._values: list[tuple[ValueT, ...]] = [()]
        """Of each state: the values of the words that end there."""
        children: list[list[tuple[int, int]]] = [[]]
        for word, value in words:
            state = 0
            for code in map(ord, word):
                key = state << _CODE_BITS | code
                following = self._transitions.get(key)
                if following is None:
                    following = self._transitions[key] = len(self._values)
                    self._values.append(())
                    children.append([])
                    children[state].append((code, following))
                state = following
            self._values[state] += (value,)
        self._link(children)

    def __len__(self) -> int:
        """Number of states."""
        return len(self._values)

    def find(self, text: str) -> Iterator[tuple[ValueT, int]]:
        """The value of each occurrence of a word, and the position after it; in order of these.

        Takes time linear in the text and the occurrences.
        """
        transitions, values, fallbacks = self._transitions, self._values, self._fallbacks
        state = 0
        for end, code in enumerate(map(ord, text), 1):
            following = transitions.get(state << _CODE_BITS | code)
            while following is None and state:
                state = fallbacks[state]
                following = transitions.get(state << _CODE_BITS | code)
            state = following or 0
            for value in values[state]:
                yield value, end

    def _link(self, children: list[list[tuple[int, int]]]) -> None:
        """Find each state's fallback: the state of its longest suffix that begins a word."""
        self._fallbacks = fallbacks = [0] * len(children)
        waiting = deque(state for _code, state in children[0])
        while waiting:
            state = waiting.popleft()
            for code, child in children[state]:
                fallback, following = state, None
                while following is None and fallback:
                    fallback = fallbacks[fallback]
                    following = self._transitions.get(fallback << _CODE_BITS | code)
                fallbacks[child] = following or 0
                # States nearer to the start are complete: the search is breadth-first.
                self._values[child] += self._values[fallbacks[child]]
                waiting.append(child)
