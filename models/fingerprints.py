"""Fingerprints of corpus lines, for rejecting verbatim copies.

A weight file holds a 64-bit fingerprint of each name or line of its corpus, so that the process
that serves it can reject copies without having the corpus.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """A set of texts, stored as fingerprints. False positives: about one in 10¹⁵."""

    fingerprints: NDArray[np.uint64]
    """Sorted, shape `(texts,)`."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Fingerprints":
        """Return the set of some texts."""
        return cls(np.array(sorted({_fingerprint(text) for text in texts}), dtype=np.uint64))

    def __contains__(self, text: str) -> bool:
        """Whether the text was in the corpus."""
        wanted = np.uint64(_fingerprint(text))
        place = int(np.searchsorted(self.fingerprints, wanted))
        return place < len(self.fingerprints) and bool(self.fingerprints[place] == wanted)

    def __or__(self, other: "Fingerprints") -> "Fingerprints":
        """The union of both sets."""
        return Fingerprints(np.union1d(self.fingerprints, other.fingerprints))

    def __len__(self) -> int:
        """Number of different texts."""
        return len(self.fingerprints)


LONGEST_RUN = 6
"""Maximum number of consecutive words that a poem may share with its network's corpus."""


def runs_of(words: Sequence[str]) -> list[str]:
    """All runs of `LONGEST_RUN` + 1 consecutive words, each joined by spaces."""
    length = LONGEST_RUN + 1
    return [" ".join(words[i : i + length]) for i in range(len(words) - length + 1)]


def _fingerprint(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


NOTHING = Fingerprints.of(())
"""The empty set."""
