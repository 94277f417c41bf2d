"""Why a request for names fails or falls short, as data.

Each problem is a frozen dataclass of facts, from which a command builds its reply. `str()` of a
problem is a plain English sentence for terminals and logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.names.constraints import NameConstraints, Piece, Shape
from models.text_generator import GenerationError

_VERBS: Mapping[Piece, str] = {
    Piece.STARTS_WITH: "start with",
    Piece.CONTAINS: "contain",
    Piece.ENDS_WITH: "end with",
}
_PARTICIPLES: Mapping[Piece, str] = {
    Piece.STARTS_WITH: "starting with",
    Piece.CONTAINS: "containing",
    Piece.ENDS_WITH: "ending with",
}
EXAMPLES: Mapping[Piece, str] = {
    Piece.STARTS_WITH: "tyranno",
    Piece.CONTAINS: "mango",
    Piece.ENDS_WITH: "raptor",
}


class Flaw(StrEnum):
    """Why a generated name is not given to the member."""

    KNOWN = "known"
    """It is in the list that the network was trained on."""
    REAL = "real"
    """It is a real genus, or another name that is never given."""
    NEAR = "near"
    """It differs from such a name in one letter."""
    UNREADABLE = "unreadable"
    """It breaks the rules of its `Shape`, or the network itself finds it very unlikely."""
    REPEATED = "repeated"
    """The result has it already."""
    UNSAYABLE = "unsayable"
    """It has a consonant cluster that no name of the list has, and others have none."""
    UNFIT = "unfit"
    """The word filter rejects it."""


FLAW_DESCRIPTIONS: Mapping[Flaw, str] = {
    Flaw.KNOWN: "is already on the list that the network learned from",
    Flaw.REAL: "is a real dinosaur",
    Flaw.NEAR: "is only one letter away from a real name",
    Flaw.UNREADABLE: "does not read like a name",
    Flaw.REPEATED: "is a repetition",
    Flaw.UNSAYABLE: "is hard to say",
    Flaw.UNFIT: "is rejected by the word filter",
}


@dataclass(frozen=True)
class LengthOutOfRange:
    """The requested length is outside the lengths of the list."""

    length: int
    shape: Shape

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        shape = self.shape
        return (
            f"Names have {shape.shortest} to {shape.longest} {shape.units}, not {self.length:,}; "
            f"try a length of {shape.usual}"
        )


@dataclass(frozen=True)
class OutOfRange:
    """A number of the request is out of its range, or a piece as typed has too many characters."""

    option: str
    value: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f"The {self.option} can be {self.lowest:,} to {self.highest:,}, not {self.value:,}; "
            f"try for example: {self.lowest:,}"
        )


@dataclass(frozen=True)
class NoUsableCharacters:
    """Nothing is left of a piece once characters that names do not have are removed."""

    piece: Piece
    shape: Shape

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f"Names {_VERBS[self.piece]} {_alphabet(self.shape)}, and what you typed has none; "
            f"{_try_piece(self.piece, self.shape)}"
        )


@dataclass(frozen=True)
class NotLatin:
    """A piece has a letter that does not become one of a to z when folded."""

    piece: Piece
    character: str

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f"Names {_VERBS[self.piece]} letters from a to z, and {self.character} is not one; "
            f"try for example: {EXAMPLES[self.piece]}"
        )


@dataclass(frozen=True)
class PieceTooLong:
    """A piece has more characters than the limit."""

    piece: Piece
    length: int
    limit: int
    shape: Shape

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f"Names can {_VERBS[self.piece]} at most {self.limit} {self.shape.units} of your "
            f"choice, and you typed {self.length}; {_try_piece(self.piece, self.shape)}"
        )


@dataclass(frozen=True)
class TripleCharacter:
    """A piece repeats a character three times, which no name of the list does."""

    piece: Piece
    triple: str
    """The three characters: `aaa`."""
    shape: Shape

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f'No name has the same {self.shape.units[:-1]} three times in a row, like "'
            f'{self.triple}"; {_try_piece(self.piece, self.shape)}'
        )


@dataclass(frozen=True)
class UnknownCharacters:
    """A piece, or a name to dissect, has characters that are not in the network's vocabulary."""

    characters: tuple[str, ...]
    """Each once, sorted."""
    piece: Piece | None
    """`None` for a name to dissect."""
    shape: Shape

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        none = " and no ".join(self.characters)
        if self.piece is None:
            return f"The list that the network learned from has no {none}; try another name."
        return (
            f"The list that the network learned from has no {none}, so no name can "
            f"{_VERBS[self.piece]} that; try other {self.shape.units}."
        )


@dataclass(frozen=True)
class NotAName:
    """A name to dissect has too few or too many usable characters."""

    length: int
    shape: Shape
    example: str | None
    """A name that can be dissected, if one is known."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        advice = f"for example: {self.example}" if self.example else "another name."
        return (
            f"Names have {self.shape.shortest} to {self.shape.longest} {_alphabet(self.shape)}, "
            f"and yours has {self.length}; try {advice}"
        )


@dataclass(frozen=True)
class LengthTooShort:
    """The pieces need more characters than the requested length."""

    constraints: NameConstraints
    needed: int | None
    """The shortest length that works; `None` if there is none."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        units = self.constraints.shape.units
        return (
            f"That needs more than {self.constraints.length} {units}; "
            f"{_try_length(self.constraints, self.needed)}"
        )


@dataclass(frozen=True)
class PiecesTooLong:
    """The pieces together need more characters than any name of the list has."""

    constraints: NameConstraints
    suggested: int | None
    """A length that works, if there is one."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        shape = self.constraints.shape
        return (
            f"That needs more than {shape.longest} {shape.units}, the longest that names get; "
            f"{_try_length(self.constraints, self.suggested)}"
        )


@dataclass(frozen=True)
class CannotCombine:
    """No name of this length has these pieces."""

    constraints: NameConstraints
    suggested: int | None
    """The nearest length that works, if there is one."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f"Names{describe(self.constraints)} are not possible; "
            f"{_try_length(self.constraints, self.suggested)}"
        )


@dataclass(frozen=True)
class AlwaysUnreadable:
    """Every name with these pieces breaks the rules of its `Shape`: no vowel, a triple letter, …"""

    constraints: NameConstraints
    suggested: int | None
    """The nearest length at which one does not, if there is one."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        rule = "have no vowel, or the same letter three times in a row"
        if not self.constraints.shape.latin:
            rule = "do something that no name on the list does"
        return (
            f"Names{describe(self.constraints)} would {rule}; "
            f"{_try_length(self.constraints, self.suggested)}"
        )


@dataclass(frozen=True)
class OnlyNameRejected:
    """Exactly one name meets the constraints, and it has a flaw."""

    name: str
    flaw: Flaw
    constraints: NameConstraints

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f'The only name{describe(self.constraints)} is "{self.name}", and that '
            f"{FLAW_DESCRIPTIONS[self.flaw]}; try it without the length, or with shorter pieces."
        )


NamesProblem = (
    LengthOutOfRange
    | OutOfRange
    | NoUsableCharacters
    | NotLatin
    | PieceTooLong
    | TripleCharacter
    | UnknownCharacters
    | NotAName
    | LengthTooShort
    | PiecesTooLong
    | CannotCombine
    | AlwaysUnreadable
    | OnlyNameRejected
)


class NamesError(GenerationError):
    """A request that no name can meet. `str(error)` is the sentence of its `problem`."""

    def __init__(self, problem: NamesProblem) -> None:
        """Keep the problem, so that a command can word its reply."""
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Shortfall:
    """Why fewer names were found than requested."""

    found: int
    constraints: NameConstraints
    flaw: Flaw | None
    """The most frequent flaw of the last generated names; `None` if no other names exist."""
    share: float
    """How many of these names have that flaw, from 0 to 1."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        plural = "" if self.found == 1 else "s"
        names = f"Only {self.found:,} new name{plural}" if self.found else "No new name"
        names += describe(self.constraints)
        if self.flaw is None:
            return f"{names} could be found; there are no others."
        much = "most of what" if self.share > 0.5 else "much of what"
        if self.share >= 0.9:
            much = "almost everything that"
        task = "" if self.constraints.is_empty else " for that"
        return (
            f"{names} could be found; {much} the network writes{task} "
            f"{FLAW_DESCRIPTIONS[self.flaw]}."
        )


def describe(constraints: NameConstraints) -> str:
    """Constraints as a clause: ` of 9 letters starting with "tri" and ending with "ops"`."""
    units = constraints.shape.units
    length = "" if constraints.length is None else f" of {constraints.length} {units}"
    texts = ((_PARTICIPLES[piece], constraints.piece(piece)) for piece in Piece)
    pieces = " and ".join(f'{participle} "{text}"' for participle, text in texts if text)
    return f"{length} {pieces}".rstrip()


def _alphabet(shape: Shape) -> str:
    return "letters from a to z" if shape.latin else "characters of the list"


def _try_piece(piece: Piece, shape: Shape) -> str:
    if shape.latin:
        return f"try for example: {EXAMPLES[piece]}"
    return "try the characters of a name on the list"


def _try_length(constraints: NameConstraints, suggested: int | None) -> str:
    if suggested is not None:
        return f"try a length of {suggested}"
    return "try a shorter piece" + (", for example: tri" if constraints.shape.latin else ".")
