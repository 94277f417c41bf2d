"""Fingerprints of corpus lines, for rejecting verbatim copies.

A weight file holds a 64-bit fingerprint of each name or line of its corpus, so that the process
that serves it can reject copies without having the corpus. Of further reading, which has millions
of words, it holds a Bloom filter.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """A set of texts, stored as fingerprints. False positives: about one in 10¹⁵."""

    fingerprints: NDArray[np.uint64]
    """Fingerprints, sorted, `(texts,)`."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Fingerprints":
        """Return the set of some texts."""
        return cls(np.array(sorted({_fingerprint(text) for text in texts}), dtype=np.uint64))

    def __contains__(self, text: str) -> bool:
        """Whether the text was in the corpus."""
        wanted, listed = _fingerprint(text), self.fingerprints.data
        place = bisect_left(listed, wanted)  # for one text faster than NumPy's search
        return place < len(listed) and listed[place] == wanted

    def __or__(self, other: "Fingerprints") -> "Fingerprints":
        """The union of both sets."""
        return Fingerprints(np.union1d(self.fingerprints, other.fingerprints))

    def __len__(self) -> int:
        """Number of different texts."""
        return len(self.fingerprints)


BITS_PER_TEXT, HASHES = 12, 8
"""Size of a Bloom filter, and bits that are set per text."""
SPARSE_RUN = 5
"""Words of the runs in a Bloom filter."""


@dataclass(frozen=True, eq=False)
class BloomFilter:
    """A set of texts in 12 bits for each (Bloom, 1970). False positives: 0.3%; of 10 bits, 0.9%.

    Every text sets eight bits. Their positions are a + i b for i = 0 … 7, where a and b are the
    halves of the text's digest (Kirsch & Mitzenmacher, 2008).
    """

    bits: NDArray[np.uint8]
    """Eight bits in each byte, the lowest first, `(bytes,)`."""
    run: int = SPARSE_RUN
    """Words of the runs among the texts."""
    is_shipped: bool = False
    """Whether the filter is that of the shipped base, which other weight files do not repeat."""

    @classmethod
    def of(
        cls, texts: Iterable[str], run: int = SPARSE_RUN, bits_per_text: int = BITS_PER_TEXT
    ) -> "BloomFilter":
        """Return the set of some texts."""
        digests = bytearray()
        for text in texts:  # there may be millions
            digests += _digest(text)
        a, b = np.frombuffer(digests, "<u8").reshape(-1, 2).T  # (texts,) each
        bits = np.zeros(-(-bits_per_text * len(np.unique(a)) // 8), np.uint8)
        for i in range(HASHES if len(a) else 0):
            places = (a + np.uint64(i) * b) % np.uint64(8 * len(bits))  # the sum wraps at 2⁶⁴
            np.bitwise_or.at(bits, places // 8, np.uint8(1) << (places % 8).astype(np.uint8))
        return cls(bits, run)

    def __contains__(self, text: str) -> bool:
        """Whether the text was in the corpus, or is one of the false positives."""
        if not len(self.bits):
            return False
        digest, size = _digest(text), 8 * len(self.bits)
        a, b = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
        places = ((a + i * b) % 2**64 % size for i in range(HASHES))
        return all(self.bits[place // 8] >> place % 8 & 1 for place in places)


LONGEST_RUN = 6
"""Maximum number of consecutive words that a poem may share with a text trained on."""
STRIDE = 3
"""Further reading is stored as runs of 5 words, at every third word. Every run of 7 words has one
of them in it."""


def runs_of(words: Sequence[str]) -> list[str]:
    """All runs of `LONGEST_RUN` + 1 consecutive words, each joined by spaces."""
    return _runs(words, LONGEST_RUN + 1)


def sparse_runs_of(words: Sequence[str], run: int = SPARSE_RUN, stride: int = STRIDE) -> list[str]:
    """Every third run of `SPARSE_RUN` consecutive words, or others, each joined by spaces."""
    return _runs(words, run, stride)


def has_sparse_run(words: Sequence[str], stored: BloomFilter) -> bool:
    """Whether a run of these words, at any place, is stored."""
    return any(run in stored for run in _runs(words, stored.run))


def _runs(words: Sequence[str], length: int, stride: int = 1) -> list[str]:
    begins = range(0, len(words) - length + 1, stride)
    return [" ".join(words[begin : begin + length]) for begin in begins]


def _fingerprint(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


NOTHING = Fingerprints(np.zeros(0, np.uint64))
"""The empty set."""
EMPTY_FILTER = BloomFilter(np.zeros(0, np.uint8))
"""The empty Bloom filter."""
