"""What a member can wish of a name, and which wishes cannot come true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from data.text import clean_name
from models.vocabulary import Vocabulary

SHORTEST_NAME, LONGEST_NAME = 3, 26
LONGEST_PIECE = 20
"""Letters of a member's own that a name may begin with, contain or end with."""
VOWELS = "aeiou"


class NamesError(Exception):
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
class Wish:
    """How a name shall be: pieces in lower case, empty for none, and its length in letters."""

    starts_with: str = ""
    contains: str = ""
    """Anywhere; also across what it begins or ends with, which may overlap too."""
    ends_with: str = ""
    length: int | None = None

    @property
    def lengths(self) -> range:
        """How long it may be. A piece alone is no answer, unless the length says so."""
        if self.length is not None:
            return range(self.length, self.length + 1)
        longest = max(map(len, (self.starts_with, self.contains, self.ends_with)))
        return range(max(SHORTEST_NAME, longest + 1), LONGEST_NAME + 1)

    @property
    def is_beginning(self) -> bool:
        """Whether a beginning is all that is wished for: a network just goes on from there."""
        return not self.contains and not self.ends_with and self.length is None

    def __str__(self) -> str:
        """As a clause: ` of 9 letters beginning with "tri" and ending with "ops"`, or empty."""
        length = "" if self.length is None else f" of {self.length} letters"
        told = ((place.participle, getattr(self, name)) for name, place in _PLACES.items())
        pieces = " and ".join(f'{participle} "{piece}"' for participle, piece in told if piece)
        return f"{length} {pieces}".rstrip()


def wish_of(
    starts_with: str, contains: str, ends_with: str, length: int | None, vocabulary: Vocabulary
) -> Wish:
    """The wish for pieces as they were typed: folded, and everything but letters dropped.

    Raises `NamesError` for a piece or a length that no name of this vocabulary can have.
    """
    if length is not None and not SHORTEST_NAME <= length <= LONGEST_NAME:
        raise NamesError(
            f"A name has {SHORTEST_NAME} to {LONGEST_NAME} letters, and you asked for {length:,}; "
            "try for example: 8"
        )
    typed = {"starts_with": starts_with, "contains": contains, "ends_with": ends_with}
    pieces = {name: _piece(text, _PLACES[name], vocabulary) for name, text in typed.items()}
    return Wish(**pieces, length=length)


def _piece(typed: str, place: _Place, vocabulary: Vocabulary) -> str:
    piece = clean_name(typed)
    example = f"try for example: {place.example}"
    if typed.strip() and not piece:
        raise NamesError(
            f"A name can {place.infinitive} letters from a to z, and there are none in what you "
            f"typed; {example}"
        )
    if len(piece) > LONGEST_PIECE:
        raise NamesError(
            f"A name can {place.infinitive} at most {LONGEST_PIECE} letters of yours, and you "
            f"typed {len(piece)}; {example}"
        )
    if thrice := next((letter * 3 for letter in piece if letter * 3 in piece), None):
        raise NamesError(
            f'No name has the same letter three times running, as "{thrice}" in what you typed; '
            f"{example}"
        )
    unknown = sorted(set(piece).difference(vocabulary.symbols))
    if unknown:
        raise NamesError(
            f"The list that the network learned from has no {' and no '.join(unknown)}, so no "
            f'name can {place.infinitive} "{piece}"; try other letters.'
        )
    return piece
