"""Filters of generated names: names that are hard to say, and copies of names that exist.

**Clusters.** A cluster is a run of consonants. At the start or the end of a word it is one of any
length, and inside a word one of at least three: two consonants between vowels can be split between
syllables. `y` is a vowel here, as in most names. Letters whose script has no vowels, or is not
known here, are no consonants, and such names have no clusters. A name with a cluster that no name
of its list has is harder to say than those of the list.

**Near copies.** Names that exist already, or differ from one in one letter.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile

import numpy as np
from numpy.typing import NDArray

from data.corpora import held_out_of, load_names
from data.text import fold
from models.names.constraints import SEPARATORS, of_a_list
from models.networks.vocabulary import END
from models.serving.packed_texts import packed
from models.weights import Trained, cached_with_weights

# Clusters -----------------------------------------------------------------------------------------

CONSONANTS = frozenset("bcdfghjklmnpqrstvwxzβγδζθκλμνξπρσςτφχψбвгджзклмнпрстфхцчшщ")
"""Latin, Greek and Cyrillic; accented letters count as their base letter."""
LONG_CLUSTER = 3
"""Consonants that a cluster inside a word needs to count as one."""
MAX_UNSHARED = 0.75
"""Limit on the share of a list's names that have a cluster which no other name has (`unshared`).
Beyond it, the list is of abbreviations or codes, and its clusters do not limit new names."""

_WORD_END, _OTHER = "\t", " "


class _Kinds(dict[int, str]):
    """Kinds of characters by code point, for `str.translate`. It is filled as they are met.

    Consonants and line breaks stay as they are, separators become `_WORD_END`, all other characters
    `_OTHER`.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in SEPARATORS:
            kind = _WORD_END
        elif character == "\n" or fold(character)[:1] in CONSONANTS:
            kind = character
        else:
            kind = _OTHER
        if len(self) < _MOST_KINDS:
            self[code] = kind
        return kind


_MOST_KINDS = 2_000
_KINDS = _Kinds()


def clusters_of(name: str) -> frozenset[str]:
    """The clusters of a lower-case name: `^tr`, `phth` and `ps$` for "triphthops".

    `^` and `$` mark the start and the end of a word.
    """
    return frozenset(_clusters(name.translate(_KINDS)))


def _clusters(name: str) -> set[str]:
    """The clusters of a name in `_KINDS`."""
    found = set[str]()
    for word in name.split(_WORD_END):
        first, *others = word.split(_OTHER)
        last = others.pop() if others else first
        if first:
            found.add(f"^{first}")
        if last:
            found.add(f"{last}$")
        for run in others:
            if len(run) >= LONG_CLUSTER:
                found.add(run)
    return found


def known_clusters(names: Iterable[str]) -> frozenset[str]:
    """All clusters of some names."""
    return frozenset(first_names(names))


def first_names(names: Iterable[str]) -> dict[str, int]:
    """The clusters of some names. For each the index of the name that has it, or `_SHARED`."""
    first: dict[str, int] = {}
    lines = "\n".join(names).translate(_KINDS).split("\n")  # at once, which is fast
    for index, line in enumerate(lines):
        for cluster in _clusters(line):
            if first.setdefault(cluster, index) != index:
                first[cluster] = _SHARED
    return first


_SHARED = -1


def unshared(first: Mapping[str, int], count: int) -> float:
    """The share of `count` names that have a cluster which no other of them has, from 0 to 1.

    It estimates how often a new name of the same kind has a new cluster (leave-one-out). `first`:
    what `first_names` returns for them.
    """
    return len({*first.values()} - {_SHARED}) / max(1, count)


@cached_with_weights
def allowed_clusters(trained: Trained) -> frozenset[str] | None:
    """The clusters of the names that a network has read; `None` if it may write any.

    Held-out names are left out: a network must not profit from them.
    """
    words = tuple(trained.words)
    if not trained.card.reads_all:
        held_out = held_out_of(words)
        words = tuple(word for word in words if word not in held_out)
    first = first_names(words)
    if not words or unshared(first, len(words)) > MAX_UNSHARED:
        return None
    return frozenset(first)


# Near copies --------------------------------------------------------------------------------------

MIN_NEAR_LENGTH = 5
"""Characters that a name of a list needs to count as a near copy. Nearly all shorter names are one:
with fifty kana, every name of two has a hundred neighbours."""
DENSE = 0.25
"""Share of a list's names with a neighbour on the list from which on near copies are allowed."""
MOST_INDEXED = 5_000
"""Names of a longer list are looked up among its sorted names (`ListedNames`)."""
_DENSITY_SAMPLE = 200
"""Number of names from which this share is estimated."""


@cached_with_weights
def near_names_of(trained: Trained) -> "NearNames":
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
        """Whether a name is a real one."""
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
    """The names of the list, in any order."""
    forwards: NDArray[np.int32]
    """Indices of the names in the order of the alphabet, `(names,)`."""
    backwards: NDArray[np.int32]
    """Indices in the order of the names read backwards, `(names,)`."""
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


NearNames = RealNames | ListedNames
"""Names that must not be copied, not even nearly."""


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
