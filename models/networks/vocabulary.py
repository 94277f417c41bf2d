"""Vocabulary: maps characters to the indices that a network uses, and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.text import fold

END = "\n"
"""End of a name or a line; also the input before the first character."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters of a corpus, in sorted order (`of`), which usually gives `END` index 0."""

    symbols: str

    def __post_init__(self) -> None:
        """Raise `ValueError` unless every symbol is distinct and `END` is one of them."""
        if END not in self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise ValueError(f"a vocabulary needs distinct characters, including {END!r}")

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """The characters of some texts, and `END`."""
        return cls("".join(sorted({END}.union(*map(set, texts)))))

    def __len__(self) -> int:
        """Number of characters, which is the width of the logits."""
        return len(self.symbols)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {symbol: index for index, symbol in enumerate(self.symbols)}

    @property
    def end(self) -> int:
        """The index of `END`."""
        return self._index[END]

    def encode(self, text: str) -> NDArray[np.int64]:
        """Text → indices `(len(text),)`. Raises `KeyError` for an unknown character."""
        return np.array([self._index[c] for c in text], dtype=np.int64)

    def decode(self, indices: Iterable[int]) -> str:
        """Indices → text."""
        return "".join(self.symbols[int(i)] for i in indices)

    def decode_each(self, indices: NDArray[np.int64]) -> list[str]:
        """Rows of indices `(texts, length)`, each filled up with `END`s → texts."""
        characters = np.ascontiguousarray(self._code_points[indices])  # (texts, length)
        lines: list[str] = characters.view(f"U{indices.shape[1]}")[:, 0].tolist()
        return lines

    @cached_property
    def _code_points(self) -> NDArray[np.uint32]:
        """Characters by index, with zero for `END`, which NumPy strips from texts."""
        return np.array([0 if c == END else ord(c) for c in self.symbols], np.uint32)

    def fold(self, text: str) -> str:
        """Replace or drop unknown characters: `É` → `e`, `“` → `'`, an emoji → nothing."""
        kept = (c if c in self._index else fold(c) for c in text)
        return "".join(c for c in "".join(kept) if c in self._index)
