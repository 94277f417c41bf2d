"""Why a request for names fails or falls short, in sentences that the bot can translate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from data.errors import Sentence, TemplatedError
from data.phrases import ngettext
from models.names.constraints import NameConstraints, Piece, Shape
from models.text_generator import GenerationError

_EXAMPLES: Mapping[Piece, str] = {
    Piece.STARTS_WITH: "tyranno",
    Piece.CONTAINS: "mango",
    Piece.ENDS_WITH: "raptor",
}


class Flaw(StrEnum):
    """Why a generated name is not given to the member."""

    KNOWN = "known"
    """The name is in the list that the network was trained on."""
    REAL = "real"
    """The name is a real genus, or another name that is never given."""
    NEAR = "near"
    """The name differs from a listed or real one in one letter."""
    UNREADABLE = "unreadable"
    """The name breaks the rules of its `Shape`, or the network itself finds it very unlikely."""
    REPEATED = "repeated"
    """The result has the name already."""
    UNSAYABLE = "unsayable"
    """The name has a consonant cluster that no name of the list has, and others have none."""
    UNFIT = "unfit"
    """The word filter rejects the name."""


FLAWS: Mapping[Flaw, Sentence] = {
    Flaw.KNOWN: Sentence("on the list that the network learned from"),
    Flaw.REAL: Sentence("a real dinosaur"),
    Flaw.NEAR: Sentence("only one letter away from a real name"),
    Flaw.UNREADABLE: Sentence("unreadable as a name"),
    Flaw.REPEATED: Sentence("a repeat"),
    Flaw.UNSAYABLE: Sentence("hard to say"),
    Flaw.UNFIT: Sentence("blocked by the word filter"),
}
"""Reasons for rejecting a name, by flaw."""


class NamesError(TemplatedError, GenerationError):
    """A request that no name can meet, or a name that cannot be dissected."""


@dataclass(frozen=True)
class Shortfall:
    """Why fewer names were found than requested."""

    found: int
    constraints: NameConstraints
    flaw: Flaw | None
    """The most frequent flaw of the last generated names; `None` if no other names exist."""
    share: float
    """How many of these names have that flaw, from 0 to 1."""

    @property
    def found_sentence(self) -> Sentence:
        """How many names were found."""
        facts: dict[str, object] = {"count": self.found, "options": describe(self.constraints)}
        if not self.found:
            return Sentence("The bot couldn't find a new name{options}.", facts)
        only = ngettext(
            "The bot could only find {count:,} new name{options}.",
            "The bot could only find {count:,} new names{options}.",
            self.found,
        )
        return Sentence(only, facts)

    @property
    def sentence(self) -> Sentence:
        """How many names were found, what the others were rejected for, and what to do if none."""
        if self.found or self.flaw is None:
            return self._reason
        return Sentence(
            "{reason} Try a higher temperature or other letters.", {"reason": self._reason}
        )

    @property
    def _reason(self) -> Sentence:
        names = self.found_sentence
        if self.flaw is None:
            return Sentence("{names} There are no others.", {"names": names})
        facts = {"names": names, "flaw": FLAWS[self.flaw]}
        if self.share >= 0.9:
            return Sentence(
                "{names} Almost everything the bot tried was rejected for being {flaw}.", facts
            )
        if self.share > 0.5:
            return Sentence(
                "{names} Most of what the bot tried was rejected for being {flaw}.", facts
            )
        return Sentence("{names} Much of what the bot tried was rejected for being {flaw}.", facts)


def describe(constraints: NameConstraints) -> str:
    """Constraints as options, in parentheses: ` (length:9)`. Empty without constraints."""
    options = [f"{piece}:{text}" for piece in Piece if (text := getattr(constraints, piece))]
    if constraints.length is not None:
        options.append(f"length:{constraints.length}")
    return f" ({' '.join(options)})" if options else ""


def check_known(text: str, symbols: str) -> None:
    """Raise `NamesError` for a character that the list of a network does not have."""
    if unknown := sorted(set(text).difference(symbols)):
        raise NamesError(
            "No name on the list has {characters}. Try other letters.",
            characters=", ".join(unknown),
        )


def try_piece(piece: Piece, shape: Shape) -> Sentence:
    """Advice after a piece that no name can have."""
    if shape.latin:
        return Sentence("Try {hint}.", {"hint": f"{piece}:{_EXAMPLES[piece]}"})
    return Sentence("Try letters from a name on the list.")


def try_length(suggested: int | None) -> Sentence:
    """Advice after a length that no name can have."""
    if suggested is None:
        return Sentence("Try fewer letters.")
    return Sentence("Try {hint}.", {"hint": f"length:{suggested}"})
