"""Name constraints: pieces that a name starts with, contains or ends with, and its length."""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from data.lists import normalise_entry
from data.text import fold
from models.names.constrained.shape import DINOSAURS, Shape

LONGEST_PIECE = 20
"""Maximum number of letters that a name can be made to start with, contain or end with."""


class Piece(StrEnum):
    """Where a piece of text has to be in a name. The values are the names of the options."""

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
    """In characters; `None` for any."""
    shape: Shape = DINOSAURS
    """The rules that every name of the list follows."""

    def piece(self, piece: Piece) -> str:
        """The text of a piece."""
        text: str = getattr(self, piece.value)
        return text

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
