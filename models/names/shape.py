"""What reads as a name: how long it is, and what it never does.

Of dinosaurs it is known beforehand. Of any other list it is what all of its names have in common.
"""

import re
import string
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from models.names.capitalization import SEPARATORS
from models.networks.vocabulary import END
from models.weights import ModelCard, Trained

SHORTEST_NAME, LONGEST_NAME = 3, 26
"""Letters of a dinosaur's name."""
VOWELS = "aeiou"
MOST_WORDS = 8
"""Of a name; a list with longer ones has no limit."""
_REGULAR = 0.9
"""Share of a list from a to z that must read as dinosaurs do, for their rules to be its own."""
_THRICE = re.compile(r"(.)\1\1")


@dataclass(frozen=True)
class Shape:
    """The rules that a name keeps. The defaults are those of dinosaurs."""

    shortest: int = SHORTEST_NAME
    longest: int = LONGEST_NAME
    usual: int = 8
    """Characters of a usual name, for an example."""
    vowel: bool = True
    """Whether one of `VOWELS` must be there."""
    thrice: bool = False
    """Whether a character may stand three times running."""
    separators: str = ""
    """Those of the vocabulary that neither begin nor end a name, nor stand side by side."""
    joints: frozenset[str] = frozenset()
    """Where the list does so all the same: two of them, or one and the `END` before or behind."""
    most_words: int | None = None
    """Words, between spaces, at most; `None` for any number."""
    latin: bool = True
    """Whether names are of the letters a to z alone, and what is typed is reduced to them."""

    @classmethod
    def of(cls, symbols: str, words: tuple[str, ...]) -> "Shape":
        """The shape of a list, all of whose characters are among the symbols of a vocabulary.

        That of dinosaurs if it is of the letters a to z and nearly all of it reads like them.
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
            vowel=not any(set(word).isdisjoint(VOWELS) for word in words),
            thrice=any(map(_THRICE.search, words)),
            separators=separators,
            joints=frozenset(joint for word in words for joint in _joints(word, separators)),
            most_words=spaces + 1 if " " in symbols and spaces < MOST_WORDS else None,
            latin=latin,
        )

    @property
    def units(self) -> str:
        """What lengths are counted in."""
        return "letters" if self.latin else "characters"

    def joins(self, before: str, after: str) -> bool:
        """Whether a separator or an end may stand behind another; empty for what is none."""
        return not before or before + after in self.joints

    def admits(self, name: str) -> bool:
        """Whether a name keeps the rules."""
        return (
            self.shortest <= len(name) <= self.longest
            and not (self.latin and not set(name) <= set(string.ascii_lowercase))
            and not (self.vowel and set(name).isdisjoint(VOWELS))
            and (self.thrice or not _THRICE.search(name))
            and self.joints.issuperset(_joints(name, self.separators))
            and (self.most_words is None or name.count(" ") < self.most_words)
        )


DINOSAURS = Shape()
LIST_RECIPE = "list"
"""The recipe for lists of other names than dinosaurs'."""


def of_a_list(card: ModelCard) -> bool:
    """Whether a network for names was trained on a list of other names than dinosaurs'."""
    return card.recipe == LIST_RECIPE


@lru_cache(maxsize=8)
def shape_of(trained: Trained) -> Shape:
    """The shape of the names that a network was trained on. Those of the last few are kept."""
    return Shape.of(trained.card.symbols, trained.words)


def _joints(name: str, separators: str) -> set[str]:
    """Each two that follow on each other in a name, where both are separators or its ends."""
    if not separators:
        return set()
    ended = f"{END}{name}{END}"
    edges = separators + END
    return {a + b for a, b in pairwise(ended) if a in edges and b in edges}
