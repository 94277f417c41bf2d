"""Rejecting copies and near copies: names that exist already, or differ from one in one letter."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.corpora import load_names
from models.names.constrained.shape import of_a_list
from models.networks.vocabulary import END
from models.serving.packed_texts import packed
from models.weights import Trained, cached_with_weights

MIN_NEAR_LENGTH = 5
"""Characters that a name of a list needs to count as a near copy. Nearly all shorter names are one:
with fifty kana, every name of two has a hundred neighbours."""
DENSE = 0.25
"""If at least this share of a list's names has a neighbour on the list, near copies are allowed."""
MOST_INDEXED = 5_000
"""Names of a longer list are looked up among its sorted names (`ListedNames`)."""
_DENSITY_SAMPLE = 200
"""Number of names from which this share is estimated."""


class NearNames(Protocol):
    """Names that must not be copied, not even nearly."""

    def __contains__(self, name: str) -> bool:
        """Whether a name is one of them."""

    def is_near(self, name: str) -> bool:
        """Whether a name is one of them, or a near copy of one."""


@cached_with_weights
def near_names_of(trained: Trained) -> NearNames:
    """The names that a network must not copy: those of its list and, unless the list is a member's,
    the genera of the project's corpus."""
    if of_a_list(trained.card):
        return ListedNames.of(trained.words)
    if len(trained.words) > MOST_INDEXED:
        return ListedNames.of(packed({*trained.words, *load_names().words}))
    return RealNames.of({*trained.words, *load_names().words})


@dataclass(frozen=True, eq=False)
class RealNames:
    """Names, indexed by everything within edit distance 1 (Levenshtein, 1966).

    Two names are within one edit if deleting a letter of one gives the other, or if they are equal
    after replacing one letter of each by a wildcard. The sets hold about twenty-five short strings
    per name, 2 kB, so that only lists of up to `MOST_INDEXED` names get them.
    """

    names: frozenset[str]
    deletions: frozenset[str]
    """Each name with one letter deleted."""
    wildcards: frozenset[str]
    """Each name with one letter replaced by a wildcard, `END`."""

    @classmethod
    def of(cls, names: Iterable[str]) -> "RealNames":
        """Build the index."""
        every = frozenset(names)
        return cls(
            every,
            frozenset(short for name in every for short in _deletions(name)),
            frozenset(pattern for name in every for pattern in _wildcards(name)),
        )

    def __contains__(self, name: str) -> bool:
        """Whether a name is one of them."""
        return name in self.names

    def is_near(self, name: str) -> bool:
        """Whether one of the names is at edit distance 0 or 1."""
        return (
            name in self.names
            or name in self.deletions
            or not self.names.isdisjoint(_deletions(name))
            or not self.wildcards.isdisjoint(_wildcards(name))
        )


@dataclass(frozen=True, eq=False)
class ListedNames:
    """Names of a list of up to fifty thousand, sorted for looking up near copies.

    If one edit turns one name into another, then either the first half of it is the beginning of
    the other, or its second half is the end of the other. So only names that share a half are
    compared; two orders of the list find them.
    """

    names: Sequence[str]
    """In any order."""
    forwards: NDArray[np.int32]
    """Indices of the names in the order of the alphabet, `(names,)`."""
    backwards: NDArray[np.int32]
    """The same for the names read backwards."""
    dense: bool = False
    """Whether the list's own names are so similar that near copies are allowed."""

    @classmethod
    def of(cls, words: Sequence[str]) -> "ListedNames":
        """Index the names of a list."""
        forwards = _order([*words])
        names = cls(words, forwards, _order([word[::-1] for word in words]))
        sampled = [words[i] for i in forwards[:: max(1, len(forwards) // _DENSITY_SAMPLE)]]
        near = sum(any(other != name for other in names.within_one_edit(name)) for name in sampled)
        return replace(names, dense=near > DENSE * len(sampled))

    def __contains__(self, name: str) -> bool:
        """Whether a name is on the list."""
        return next(iter(self._with_prefix(name)), None) == name  # the shortest comes first

    def is_near(self, name: str) -> bool:
        """Whether a name of the list is at edit distance 0, or 1 (`MIN_NEAR_LENGTH`, `dense`)."""
        if name in self:
            return True
        return (
            not self.dense
            and len(name) >= MIN_NEAR_LENGTH
            and any(True for _ in self.within_one_edit(name))
        )

    def within_one_edit(self, name: str) -> Iterator[str]:
        """The names at edit distance 0 or 1; a name may come twice."""
        half = len(name) // 2
        for other in chain(self._with_prefix(name[:half]), self._with_suffix(name[half:])):
            if _is_one_edit(name, other):
                yield other

    def _with_prefix(self, prefix: str) -> Iterator[str]:
        """The names that start with a prefix, sorted."""
        names, order = self.names, self.forwards
        first = bisect_left(order, prefix, key=lambda i: names[i])
        every = (names[i] for i in order[first:])
        return takewhile(lambda name: name.startswith(prefix), every)

    def _with_suffix(self, suffix: str) -> Iterator[str]:
        """The names that end with a suffix."""
        names, order = self.names, self.backwards
        first = bisect_left(order, suffix[::-1], key=lambda i: names[i][::-1])
        every = (names[i] for i in order[first:])
        return takewhile(lambda name: name.endswith(suffix), every)


def _order(texts: Sequence[str]) -> NDArray[np.int32]:
    """Indices of texts in the order of the alphabet."""
    return np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int32)


def _is_one_edit(name: str, other: str) -> bool:
    """Whether at most one insertion, deletion or substitution turns one name into the other."""
    if abs(len(name) - len(other)) > 1:
        return False
    shorter, longer = sorted((len(name), len(other)))
    pairs = zip(name, other, strict=False)
    prefix = next((i for i, (a, b) in enumerate(pairs) if a != b), shorter)
    # The common suffix must not overlap the common prefix.
    reversed_pairs = zip(name[::-1], other[::-1], strict=False)
    suffix = next((i for i, (a, b) in enumerate(reversed_pairs) if a != b), shorter)
    return prefix + min(suffix, shorter - prefix) >= longer - 1


def _deletions(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))]


def _wildcards(name: str) -> list[str]:
    return [name[:i] + END + name[i + 1 :] for i in range(len(name))]
