"""Genome of a name: all that is drawn about its animal, the same on every machine and for ever.

Each trait is drawn by a key of its own, so a trait that is added later changes no other. Only
integers and exact fractions are used.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

_BITS = 53
"""Bits of a draw: all that a float can hold exactly."""

T = TypeVar("T")


def folded(name: str) -> str:
    """A name as its genome has it: NFC, case-folded, single spaces. Idempotent."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(text.split())


class Genome:
    """The SHA-256 of a folded name."""

    def __init__(self, name: str) -> None:
        self._digest = sha256(folded(name).encode()).digest()

    def _bits(self, key: str) -> int:
        drawn = sha256(self._digest + key.encode()).digest()
        return int.from_bytes(drawn[:8], "big") >> (64 - _BITS)

    def draw(self, key: str) -> float:
        """A number from 0 to below 1."""
        return self._bits(key) / (1 << _BITS)

    def choose(self, key: str, options: Sequence[T]) -> T:
        """One of some options, all equally likely."""
        return options[self._bits(key) * len(options) >> _BITS]

    def weigh(self, key: str, weights: Mapping[T, int]) -> T:
        """One of some options, as likely as their weights, some of which are above 0."""
        left = self._bits(key) * sum(weights.values()) >> _BITS
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        raise ValueError("all weights are 0")
