"""Names that are real already, or a letter away from one: poor jokes, both."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from data.corpora import load_names
from models.vocabulary import END


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


def _shortened(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))]


def _holed(name: str) -> list[str]:
    return [name[:i] + END + name[i + 1 :] for i in range(len(name))]
