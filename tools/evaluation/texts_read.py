"""Texts that a network was trained on: their frequent words, and what poems share with them.

There may be thirty million words. So they are kept as numbers, and sequences are compared by
hashes.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.text import normalise_verse, words_of
from tools.verse.packed_verse import packed_works

FREQUENT = 20
"""Occurrences from which on a word is real although no dictionary has it."""
BREAK, TEXT_END = 0, 1
"""Numbers for the beginning and the end of a line, and for the end of a text."""
FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Factor of the hashes; any large odd number."""
BUCKET_SHIFT = np.uint64(44)
"""Hashes are sorted out by their highest 20 bits before they are searched."""

Numbers = NDArray[np.int32]
Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]


class TextsRead:
    """Texts as numbers of their words. Marks and capitals do not count."""

    def __init__(self, sources: Iterable[Iterable[str]]) -> None:
        """Read texts, with their lines. The texts of one source are searched together."""
        tokens = _Tokens()
        self._sources = [_read(texts, tokens) for texts in sources]
        self._numbers = tokens.numbers
        counts = np.zeros(len(self._numbers) + 1, np.int64)
        for read in self._sources:
            counts += np.bincount(read, minlength=len(counts))
        self.size = int(counts[TEXT_END + 1 :].sum())
        """Number of words."""
        self.frequent = frozenset(
            word
            for word, number in self._numbers.items()
            if number > TEXT_END and counts[number] >= FREQUENT
        )
        """Words that occur at least `FREQUENT` times."""

    def longest_runs(self, poems: Sequence[Sequence[str]]) -> list[int]:
        """Length of each poem's longest sequence of words that a text has, too."""
        ours, begins = self._numbered(poems)
        longest = np.zeros(len(ours), np.int64)
        for read in self._sources:
            theirs = read[read != BREAK]
            found = _shared(ours, np.arange(len(ours)), theirs, np.arange(len(theirs)))
            longest = np.maximum(longest, found)
        return list(map(int, np.maximum.reduceat(longest, begins)))

    def copied_lines(self, lines: Sequence[Sequence[str]]) -> int:
        """How many lines, of at least one word, have the same words as a line of a text."""
        if not lines:
            return 0
        bounded = [("\n", *words, "\n") for words in lines]
        ours, begins = self._numbered(bounded)
        longest = np.zeros(len(lines), np.int64)
        for read in self._sources:
            found = _shared(ours, begins, read, np.flatnonzero(read == BREAK))
            longest = np.maximum(longest, found)
        return int(np.sum(longest == list(map(len, bounded))))

    def _numbered(self, texts: Sequence[Sequence[str]]) -> tuple[Numbers, Indices]:
        """The numbers of words, one text after the other, and where each text begins.

        A number that no text read has stands for unknown words, and after each text.
        """
        unknown = len(self._numbers) + 1
        numbered = [[*(self._numbers.get(w, unknown) for w in words), unknown] for words in texts]
        sizes = np.array([0, *map(len, numbered)])
        return np.array([*chain.from_iterable(numbered)], np.int32), np.cumsum(sizes)[:-1]


def packed_sources(folder: Path) -> Iterable[tuple[str, Iterable[str]]]:
    """The packed files in a folder: their names, and the texts of each.

    The texts of a file have to be read before the next file. Raises `CorpusError` if there is none.
    """
    for name, works in groupby(packed_works(folder), lambda work: work[0]):
        yield name.removesuffix(".txt.xz"), (body for _, _, body in works)


class _Tokens(dict[str, tuple[int, ...]]):
    """The numbers of the words in a piece of text without spaces, normalised when first met."""

    def __init__(self) -> None:
        super().__init__({"": (), "\n": (BREAK,), "\0": (TEXT_END,)})
        self.numbers = {"\n": BREAK, "\0": TEXT_END}

    def __missing__(self, token: str) -> tuple[int, ...]:
        words, known = words_of(normalise_verse(token)), self.numbers
        self[token] = numbers = tuple(known.setdefault(word, len(known)) for word in words)
        return numbers


def _read(texts: Iterable[str], tokens: _Tokens) -> Numbers:
    """The numbers of the words of texts, with breaks around lines and `TEXT_END` after each."""
    read = [np.zeros(0, np.int32)]
    for text in texts:
        pieces = f"\n{text.lower()}\n\0".replace("\n", " \n ").split(" ")
        read.append(np.fromiter(chain.from_iterable(map(tokens.__getitem__, pieces)), np.int32))
    return np.concatenate(read)


def _shared(ours: Numbers, ours_at: Indices, theirs: Numbers, theirs_at: Indices) -> Indices:
    """The length of the longest shared sequence from each place `ours_at` and any of `theirs_at`.

    The numbers n₁ … n_k have the hash h_k = (h_{k-1} + n_k) F modulo 2⁶⁴, with h₀ = 0. Both texts
    end with a number that the other one does not have.
    """
    lengths = np.zeros(len(ours_at), np.int64)
    left = np.arange(len(ours_at))
    a, b = np.zeros(len(ours_at), np.uint64), np.zeros(len(theirs_at), np.uint64)
    length = 0
    while len(left):
        a = (a + ours[ours_at[left] + length].astype(np.uint64)) * FACTOR
        b = (b + theirs[theirs_at + length].astype(np.uint64)) * FACTOR
        in_theirs, in_ours = _in_each_other(a, b)
        left, a = left[in_theirs], a[in_theirs]
        theirs_at, b = theirs_at[in_ours], b[in_ours]
        length += 1
        lengths[left] = length
    return lengths


def _in_each_other(few: Hashes, many: Hashes) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of few hashes are among many, and which of the many among the few."""
    bucket = np.zeros(1 << 64 - int(BUCKET_SHIFT), np.bool_)
    bucket[few >> BUCKET_SHIFT] = True
    in_few = bucket[many >> BUCKET_SHIFT]
    different, which = np.unique(few, return_inverse=True)
    maybe = many[in_few]
    place = np.minimum(np.searchsorted(different, maybe), len(different) - 1)
    in_few[in_few] = same = different[place] == maybe
    found = np.zeros(len(different), np.bool_)
    found[place[same]] = True
    return found[which], in_few
