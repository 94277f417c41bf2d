"""Characters and the indices that a network knows them by."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.text import fold

END = "\n"
"""Ends a name or a line. It is also what a network reads before the first character."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters of a corpus in sorted order, so that `END` is index 0 of the usual ones."""

    symbols: str

    def __post_init__(self) -> None:
        """Refuse what cannot be a vocabulary."""
        if END not in self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise ValueError(f"a vocabulary holds each character once, {END!r} among them")

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """The vocabulary of some texts."""
        return cls("".join(sorted({END}.union(*map(set, texts)))))

    def __len__(self) -> int:
        """How many characters there are: the width of the logits."""
        return len(self.symbols)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {symbol: index for index, symbol in enumerate(self.symbols)}

    @property
    def end(self) -> int:
        """The index of `END`."""
        return self._index[END]

    def encode(self, text: str) -> NDArray[np.int64]:
        """The indices of a text, shape `(len(text),)`. Raises `KeyError` for an unknown one."""
        return np.array([self._index[c] for c in text], dtype=np.int64)

    def decode(self, indices: Iterable[int]) -> str:
        """The text of some indices."""
        return "".join(self.symbols[int(i)] for i in indices)

    def fold(self, text: str) -> str:
        """The nearest text that can be encoded: `É` → `e`, `“` → `'`, an emoji → nothing."""
        kept = (c if c in self._index else fold(c) for c in text)
        return "".join(c for c in "".join(kept) if c in self._index)
