"""What a member can wish of a name, and which wishes cannot come true."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from data.lists import normalise_entry
from data.text import clean_name, fold
from models.names.shape import DINOSAURS, Shape
from models.networks.vocabulary import Vocabulary
from models.text_generator import GenerationError

LONGEST_PIECE = 20
"""Letters of a member's own that a name may begin with, contain or end with."""


class NamesError(GenerationError):
    """A request cannot be served. The message is a sentence for the member who made it."""


class _Place(NamedTuple):
    """Where a piece stands in a name, in words."""

    infinitive: str
    participle: str
    example: str


_PLACES: Mapping[str, _Place] = {
    "starts_with": _Place("begin with", "beginning with", "tyranno"),
    "contains": _Place("contain", "containing", "mango"),
    "ends_with": _Place("end with", "ending with", "raptor"),
}


@dataclass(frozen=True)
class NameConstraints:
    """How a name shall be: pieces in lower case, empty for none, and its length in letters."""

    starts_with: str = ""
    contains: str = ""
    """Anywhere; also across what it begins or ends with, which may overlap too."""
    ends_with: str = ""
    length: int | None = None
    shape: Shape = DINOSAURS
    """What it must keep to beside the wish."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wished for."""
        return self.is_beginning and not self.starts_with

    @property
    def lengths(self) -> range:
        """How long it may be. A piece alone is no answer, unless the length says so."""
        if self.length is not None:
            return range(self.length, self.length + 1)
        longest = max(map(len, (self.starts_with, self.contains, self.ends_with)))
        return range(max(self.shape.shortest, longest + 1), self.shape.longest + 1)

    @property
    def is_beginning(self) -> bool:
        """Whether a beginning is all that is wished for: a network just goes on from there."""
        return not self.contains and not self.ends_with and self.length is None

    def __str__(self) -> str:
        """As a clause: ` of 9 letters beginning with "tri" and ending with "ops"`, or empty."""
        length = "" if self.length is None else f" of {self.length} {self.shape.units}"
        told = ((place.participle, getattr(self, name)) for name, place in _PLACES.items())
        pieces = " and ".join(f'{participle} "{piece}"' for participle, piece in told if piece)
        return f"{length} {pieces}".rstrip()


def parse_constraints(
    starts_with: str,
    contains: str,
    ends_with: str,
    length: int | None,
    vocabulary: Vocabulary,
    shape: Shape = DINOSAURS,
) -> NameConstraints:
    """The wish for pieces as they were typed: folded, and what no name has dropped.

    Raises `NamesError` for a piece or a length that no name of this vocabulary can have.
    """
    if length is not None and not shape.shortest <= length <= shape.longest:
        raise NamesError(
            f"A name has {shape.shortest} to {shape.longest} {shape.units}, and you asked for "
            f"{length:,}; try for example: {shape.usual}"
        )
    typed = {"starts_with": starts_with, "contains": contains, "ends_with": ends_with}
    pieces = {name: _piece(text, name, vocabulary, shape) for name, text in typed.items()}
    return NameConstraints(**pieces, length=length, shape=shape)


def clean_piece(typed: str, symbols: Container[str], *, ends: bool) -> str:
    """A piece of a name of any list, as it was typed: as its network reads it.

    What the list lacks becomes its nearest plain character if the list has that (`É` → `e`), is
    dropped if it is no letter or digit, and else stays. `ends`: whether a name ends with the piece.
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


def _piece(typed: str, name: str, vocabulary: Vocabulary, shape: Shape) -> str:
    place = _PLACES[name]
    if shape.latin:
        piece, alphabet = clean_name(typed), "letters from a to z"
        example = f"try for example: {place.example}"
    else:
        piece = clean_piece(typed, vocabulary.symbols, ends=name == "ends_with")
        alphabet = "characters of the list"
        example = "try what one of the names on the list has there"
    if typed.strip() and not piece:
        raise NamesError(
            f"A name can {place.infinitive} {alphabet}, and there are none in what you "
            f"typed; {example}"
        )
    if shape.latin and (lost := [c for c in typed if c.isalpha() and not clean_name(c)]):
        raise NamesError(
            f"A name can {place.infinitive} {alphabet}, and {lost[0]} is none; {example}"
        )
    if len(piece) > LONGEST_PIECE:
        raise NamesError(
            f"A name can {place.infinitive} at most {LONGEST_PIECE} {shape.units} of yours, and "
            f"you typed {len(piece)}; {example}"
        )
    thrice = next((letter * 3 for letter in piece if letter * 3 in piece), None)
    if thrice and not shape.thrice:
        raise NamesError(
            f'No name has the same {shape.units[:-1]} three times running, as "{thrice}" in what '
            f"you typed; {example}"
        )
    unknown = sorted(set(piece).difference(vocabulary.symbols))
    if unknown:
        raise NamesError(
            f"The list that the network learned from has no {' and no '.join(unknown)}, so no "
            f'name can {place.infinitive} "{piece}"; try other {shape.units}.'
        )
    return piece
