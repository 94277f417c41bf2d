"""Names that are real already, or a letter away from one: poor jokes, both."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from data.corpora import load_names
from models.names.shape import of_a_list
from models.networks.vocabulary import END
from models.weights import Trained

SHORTEST_NEAR = 5
"""Characters of a name of any list that can be a near copy. Of shorter ones nearly all are: with
fifty kana, each name of two has a hundred neighbours."""
CROWDED = 0.25
"""Share of a list whose names have a neighbour on it, from which on that is how its names are, and
no flaw of a new one."""
_ASKED = 200
"""Names of a list that are looked at to find that out."""


class Neighbours(Protocol):
    """Names that must not be copied, nor nearly."""

    @property
    def names(self) -> frozenset[str]:
        """The names themselves."""

    def nearly_has(self, name: str) -> bool:
        """Whether a name is too near to one of them."""


def neighbours_of(trained: Trained) -> Neighbours:
    """What names of a network must keep away from: those of its list and, unless that is a list of
    a member's own, the genera that come with the project."""
    if of_a_list(trained.card):
        return listed_names(trained.words)
    return real_names(trained.words)


@dataclass(frozen=True, eq=False)
class RealNames:
    """Some names, and all that is within edit distance 1 of them (Levenshtein, 1966).

    A name is so if it is one of them with a letter less, more or changed. The sets hold about
    twenty-five short strings a name.
    """

    names: frozenset[str]
    shortened: frozenset[str]
    """With one letter left out."""
    holed: frozenset[str]
    """With one letter replaced by a hole: what two names share that differ just there."""

    @classmethod
    def of(cls, names: Iterable[str]) -> "RealNames":
        """The set of some names."""
        every = frozenset(names)
        return cls(
            every,
            frozenset(short for name in every for short in _shortened(name)),
            frozenset(holed for name in every for holed in _holed(name)),
        )

    def nearly_has(self, name: str) -> bool:
        """Whether one of the names is at edit distance 0 or 1."""
        return (
            name in self.names
            or name in self.shortened
            or not self.names.isdisjoint(_shortened(name))
            or not self.holed.isdisjoint(_holed(name))
        )


@lru_cache(maxsize=2)
def real_names(words: tuple[str, ...]) -> RealNames:
    """The names of a list that was learned from, and the genera that come with the project.

    Those of the last two lists are kept.
    """
    return RealNames.of({*words, *load_names().words})


@dataclass(frozen=True, eq=False)
class ListedNames:
    """The names of any list, of up to fifty thousand, and a quick way to what is near them.

    If an edit makes one name of another, either the first half of it stands untouched at the
    beginning of the other, or the second half at its end. So only names that share a half are
    compared; two sorted tuples find them.
    """

    names: frozenset[str]
    forwards: tuple[str, ...]
    """Sorted."""
    backwards: tuple[str, ...]
    """Each name reversed, sorted."""
    crowded: bool = False
    """Whether its names are so near to each other that nearness is no flaw."""

    @classmethod
    def of(cls, words: Sequence[str]) -> "ListedNames":
        """The names of a list."""
        forwards, backwards = sorted(words), sorted(word[::-1] for word in words)
        names = cls(frozenset(words), tuple(forwards), tuple(backwards))
        asked = forwards[:: max(1, len(forwards) // _ASKED)]
        near = sum(any(other != name for other in names.within_an_edit(name)) for name in asked)
        return cls(names.names, names.forwards, names.backwards, near > CROWDED * len(asked))

    def nearly_has(self, name: str) -> bool:
        """Whether a name of `SHORTEST_NEAR` characters or more is at edit distance 0 or 1."""
        if name in self.names:
            return True
        return (
            not self.crowded
            and len(name) >= SHORTEST_NEAR
            and any(True for _ in self.within_an_edit(name))
        )

    def within_an_edit(self, name: str) -> Iterable[str]:
        """The names at edit distance 0 or 1, some perhaps twice."""
        half = len(name) // 2
        for other in _beginning_with(name[:half], self.forwards):
            if _is_one_edit(name, other):
                yield other
        for reversed_other in _beginning_with(name[half:][::-1], self.backwards):
            if _is_one_edit(name, reversed_other[::-1]):
                yield reversed_other[::-1]


@lru_cache(maxsize=4)
def listed_names(words: tuple[str, ...]) -> ListedNames:
    """The names of a list. Those of the last few are kept."""
    return ListedNames.of(words)


def _beginning_with(beginning: str, names: tuple[str, ...]) -> Iterable[str]:
    for place in range(bisect_left(names, beginning), len(names)):
        if not names[place].startswith(beginning):
            return
        yield names[place]


def _is_one_edit(name: str, other: str) -> bool:
    """Whether one edit or none makes one of the other: what they share at both ends is nearly all
    of the longer one."""
    longer = max(len(name), len(other))
    if abs(len(name) - len(other)) > 1:
        return False
    shorter = min(len(name), len(other))
    same = 0
    while same < shorter and name[same] == other[same]:
        same += 1
    tail = 0
    while tail < shorter - same and name[-1 - tail] == other[-1 - tail]:
        tail += 1
    return same + tail >= longer - 1


def _shortened(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))]


def _holed(name: str) -> list[str]:
    return [name[:i] + END + name[i + 1 :] for i in range(len(name))]
