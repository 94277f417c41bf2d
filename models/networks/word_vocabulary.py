"""The tokens of a word-level network, with the syllables of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.tokens import FLIP

NONE, UNKNOWN, PLAN, LINE_END, SPACE_FLIP = range(5)
"""Indices of the tokens that every vocabulary starts with: no word; a word outside of the
vocabulary; the place where the last word of a line is drawn before the line; the line feed; and
`data.tokens.FLIP`."""
SPECIAL = ("<none>", "<unknown>", "<plan>", "\n", FLIP)
MAX_SYLLABLES = 15
"""Syllables of a line are counted up to this number."""


@dataclass(frozen=True)
class WordVocabulary:
    """Tokens by index. The first five are `SPECIAL`."""

    tokens: tuple[str, ...]

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each token."""
        return {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        """Number of tokens V."""
        return len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int64]:
        """The indices of tokens; `UNKNOWN` for those outside of the vocabulary."""
        index = self.index
        return np.array([index.get(token, UNKNOWN) for token in tokens], np.int64)

    def writable(self, characters: str) -> list[int]:
        """Indices of the tokens that consist of these characters, and of the special ones."""
        known = set(characters)
        return [i for i, t in enumerate(self.tokens) if i < len(SPECIAL) or known.issuperset(t)]

    def restricted(self, characters: str) -> "WordVocabulary":
        """The vocabulary without the tokens that have other characters than these."""
        return WordVocabulary(tuple(self.tokens[i] for i in self.writable(characters)))

    @classmethod
    def of(cls, words: Sequence[str]) -> "WordVocabulary":
        """The vocabulary of some words and marks."""
        return cls((*SPECIAL, *(word for word in words if word not in SPECIAL)))


def running_syllables(tokens: Sequence[str], counts: Sequence[int]) -> NDArray[np.int64]:
    """Syllables of the current line up to and including each token, `(len(tokens),)`.

    counts: the syllables of each token alone. At most `MAX_SYLLABLES`; 0 at a line feed.
    """
    running = np.zeros(len(tokens), np.int64)
    total = 0
    for i, (token, count) in enumerate(zip(tokens, counts, strict=True)):
        total = 0 if token == "\n" else total + count
        running[i] = min(total, MAX_SYLLABLES)
    return running
