"""Packed texts: a long list of short texts in a fifth of the memory of a tuple."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

BREAK = "\n"
"""Between two texts. No text has one."""
MOST_IN_TUPLE = 5_000
"""Texts of a shorter list stay in a tuple, which is faster (`packed`)."""


@dataclass(frozen=True, eq=False)
class PackedTexts(Sequence[str]):
    """A list of texts, which are decoded each time that they are read."""

    encoded: bytes
    """All texts in UTF-8, with a `BREAK` between two. At least one text, which may be empty."""

    @cached_property
    def _ends(self) -> NDArray[np.int32]:
        """End of each text in `encoded`, `(texts,)`."""
        breaks = np.flatnonzero(np.frombuffer(self.encoded, np.uint8) == ord(BREAK))
        return np.append(breaks, len(self.encoded)).astype(np.int32)

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._ends)

    def __iter__(self) -> Iterator[str]:
        """All texts, decoded at once: much faster than one by one."""
        return iter(self.encoded.decode().split(BREAK))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        """A text, or several as a tuple. Raises `IndexError`."""
        if isinstance(index, slice):
            return tuple(map(self.__getitem__, range(*index.indices(len(self)))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        begin = self._ends.item(index - 1) + len(BREAK) if index else 0
        return self.encoded[begin : self._ends.item(index)].decode()


def packed(texts: Iterable[str]) -> Sequence[str]:
    """Texts without a `BREAK` in a tuple, or packed if they are many."""
    return unpacked(BREAK.join(texts).encode())


def unpacked(encoded: bytes) -> Sequence[str]:
    """Texts from UTF-8 with a `BREAK` between two; none from nothing.

    Raises `UnicodeDecodeError` if it is not UTF-8.
    """
    text = encoded.decode()
    if text.count(BREAK) < MOST_IN_TUPLE:
        return tuple(text.split(BREAK)) if text else ()
    return PackedTexts(encoded)
