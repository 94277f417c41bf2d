"""Name constraints: the rules of a list's names, and the pieces and the length of one request.

For dinosaurs the rules are fixed. For any other list they are what all of its names have in common.
"""

import re
import string
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from data.lists import normalise_entry
from data.text import fold
from models.networks.vocabulary import END
from models.weights import ModelCard, Trained, cached_with_weights

# The rules of a list ------------------------------------------------------------------------------

SEPARATORS = " -'"
"""The characters that split a name into parts."""
SHORTEST_NAME, LONGEST_NAME = 3, 26
"""Length limits for dinosaurs."""
VOWELS = frozenset("aeiou")
MAX_WORDS = 8
"""Highest limit for the words of a name; a list with longer names has no limit."""
_REGULAR = 0.9
"""A list of letters from a to z gets the rules of dinosaurs if this share of it follows them."""
_A_TO_Z = frozenset(string.ascii_lowercase)
_TRIPLE = re.compile(r"(.)\1\1")


@dataclass(frozen=True)
class Shape:
    """Rules for names. The defaults are those of dinosaurs."""

    shortest: int = SHORTEST_NAME
    longest: int = LONGEST_NAME
    usual: int = 8
    """A typical length, for examples."""
    needs_vowel: bool = True
    """Whether a name needs one of `VOWELS`."""
    allows_triples: bool = False
    """Whether a character may come three times in a row."""
    separators: str = ""
    """Separators of the vocabulary. They do not start or end a name, nor follow each other."""
    adjacent_separators: frozenset[str] = frozenset()
    """Exceptions that the list has: two separators, or one next to `END` at the start or end."""
    max_words: int | None = None
    """Maximum number of words, separated by spaces; `None` for any number."""
    latin: bool = True
    """Whether names only have letters from a to z, so that typed text is reduced to them."""

    @classmethod
    def of(cls, symbols: str, words: tuple[str, ...]) -> "Shape":
        """The rules of a list of words, whose characters are all among `symbols`.

        Those of dinosaurs for a list of letters from a to z that nearly always follows them.
        """
        latin = set(symbols) <= {END, *string.ascii_lowercase}
        regular = latin and sum(map(DINOSAURS.admits, words)) >= _REGULAR * len(words)
        if regular or not words:
            return DINOSAURS
        lengths = sorted(map(len, words))
        separators = "".join(c for c in SEPARATORS if c in symbols)
        spaces = max(word.count(" ") for word in words)
        return cls(
            shortest=max(1, lengths[0]),
            longest=min(lengths[-1], LONGEST_ENTRY),
            usual=lengths[len(lengths) // 2],
            needs_vowel=not any(map(VOWELS.isdisjoint, words)),
            allows_triples=any(map(_TRIPLE.search, words)),
            separators=separators,
            adjacent_separators=frozenset(
                pair for word in words for pair in _adjacent_separators(word, separators)
            ),
            max_words=spaces + 1 if " " in symbols and spaces < MAX_WORDS else None,
            latin=latin,
        )

    def may_follow(self, before: str, after: str) -> bool:
        """Whether the separator or end `after` may follow `before`, a separator, `END` or empty."""
        return not before or before + after in self.adjacent_separators

    def admits(self, name: str) -> bool:
        """Whether a name follows the rules."""
        return (
            self.shortest <= len(name) <= self.longest
            and not (self.latin and not _A_TO_Z.issuperset(name))
            and not (self.needs_vowel and VOWELS.isdisjoint(name))
            and (self.allows_triples or not _TRIPLE.search(name))
            and (
                not self.separators
                or self.adjacent_separators.issuperset(_adjacent_separators(name, self.separators))
            )
            and (self.max_words is None or name.count(" ") < self.max_words)
        )


DINOSAURS = Shape()
LIST_RECIPE = "list"
"""The recipe for lists of other names than dinosaurs'."""


def of_a_list(card: ModelCard) -> bool:
    """Whether a network for names was trained on a list of other names than dinosaurs'."""
    return card.recipe == LIST_RECIPE


@cached_with_weights
def shape_of(trained: Trained) -> Shape:
    """The shape of the names that a network was trained on."""
    return Shape.of(trained.card.symbols, tuple(trained.words))


def _adjacent_separators(name: str, separators: str) -> set[str]:
    """Pairs of neighbours in a name that are both separators, or a separator and an end."""
    if not separators:
        return set()
    edges = separators + END
    return {a + b for a, b in pairwise(f"{END}{name}{END}") if a in edges and b in edges}


# The constraints of a request ---------------------------------------------------------------------

LONGEST_PIECE = 20
"""Maximum number of letters that a name can be made to start with, contain or end with."""


class Piece(StrEnum):
    """The places where a name has to have a piece of text. The values are the options' names."""

    STARTS_WITH = "starts_with"
    CONTAINS = "contains"
    ENDS_WITH = "ends_with"


@dataclass(frozen=True)
class NameConstraints:
    """Constraints on a name. A piece is in lower case, as the network reads it; empty for none."""

    starts_with: str = ""
    contains: str = ""
    """Anywhere in the name. It may overlap the start and the end, which may overlap each other."""
    ends_with: str = ""
    length: int | None = None
    """Length in characters; `None` for any."""
    shape: Shape = DINOSAURS
    """The rules that every name of the list follows."""

    @property
    def is_empty(self) -> bool:
        """Whether there are no constraints."""
        return self.is_prefix_only and not self.starts_with

    @property
    def is_prefix_only(self) -> bool:
        """Whether there is at most a prefix, which needs no constrained sampling."""
        return not self.contains and not self.ends_with and self.length is None

    @property
    def lengths(self) -> range:
        """Allowed lengths. Without a `length`, a name has to be longer than each of its pieces."""
        if self.length is not None:
            return range(self.length, self.length + 1)
        longest_piece = max(map(len, (self.starts_with, self.contains, self.ends_with)))
        return range(max(self.shape.shortest, longest_piece + 1), self.shape.longest + 1)


def clean_piece(typed: str, symbols: Container[str], *, ends: bool) -> str:
    """A piece of a name of any list, as typed → as the network reads it.

    A character that is not in `symbols` is replaced by its plain form if that is (`É` → `e`), kept
    if it is a letter or digit (for an error message), and dropped otherwise. `ends`: whether the
    piece is at the end of the name.
    """
    kept = (_nearest(c, symbols) for c in normalise_entry(typed, ends=ends))
    return " ".join("".join(kept).split())


def _nearest(character: str, symbols: Container[str]) -> str:
    if character in symbols:
        return character
    folded = fold(character)
    if folded and all(c in symbols for c in folded):
        return folded
    return character if character.isalnum() else ""
