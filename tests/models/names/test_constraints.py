"""Parsing of name constraints, and the problem that each impossible request has."""

import pickle

import pytest

from models.names.automaton import ConstraintAutomaton, count_possible
from models.names.constraints import DINOSAURS, NameConstraints, Piece
from models.names.generator import parse_constraints
from models.names.problems import (
    AlwaysUnreadable,
    CannotCombine,
    LengthOutOfRange,
    LengthTooShort,
    NamesError,
    NamesProblem,
    NotLatin,
    NoUsableCharacters,
    PiecesTooLong,
    PieceTooLong,
    TripleCharacter,
    UnknownCharacters,
    describe,
)
from models.networks.vocabulary import Vocabulary
from tests.models.tiny import LETTERS


def possible(
    starts_with: str = "",
    contains: str = "",
    ends_with: str = "",
    length: int | None = None,
    vocabulary: Vocabulary = LETTERS,
) -> float:
    """Number of names that meet constraints as typed."""
    constraints = parse_constraints(starts_with, contains, ends_with, length, vocabulary)
    return count_possible(ConstraintAutomaton.of(constraints, vocabulary), constraints, vocabulary)


def test_pieces_are_folded() -> None:
    constraints = parse_constraints(" Tri ", "Z É!", "-Raptor", 12, LETTERS)
    assert constraints == NameConstraints("tri", "ze", "raptor", 12)


def test_describe_constraints() -> None:
    assert describe(NameConstraints()) == ""
    assert describe(NameConstraints(length=5)) == " of 5 letters"
    assert describe(NameConstraints("tri", ends_with="ops", length=9)) == (
        ' of 9 letters starting with "tri" and ending with "ops"'
    )


def test_lengths_exclude_pieces() -> None:
    assert NameConstraints("mango", contains="go").lengths == range(6, 27)
    assert NameConstraints("mango", length=5).lengths == range(5, 6)
    assert NameConstraints().lengths == range(3, 27)


@pytest.mark.parametrize(
    ("typed", "problem", "sentence"),
    [
        (
            {"ends_with": "🦖 42"},
            NoUsableCharacters(Piece.ENDS_WITH, DINOSAURS),
            "Names end with letters from a to z, and what you typed has none; "
            "try for example: raptor",
        ),
        (
            {"starts_with": "Новo"},
            NotLatin(Piece.STARTS_WITH, "Н"),
            "Names start with letters from a to z, and Н is not one; try for example: tyranno",
        ),
        (
            {"contains": "abcdefghijklmnopqrstu"},
            PieceTooLong(Piece.CONTAINS, 21, 20, DINOSAURS),
            "Names can contain at most 20 letters of your choice, and you typed 21; "
            "try for example: mango",
        ),
        (
            {"starts_with": "brrr"},
            TripleCharacter(Piece.STARTS_WITH, "rrr", DINOSAURS),
            'No name has the same letter three times in a row, like "rrr"; '
            "try for example: tyranno",
        ),
        (
            {"contains": "tango", "vocabulary": Vocabulary("\nagmno")},
            UnknownCharacters(("t",), Piece.CONTAINS, DINOSAURS),
            "The list that the network learned from has no t, so no name can contain that; "
            "try other letters.",
        ),
        (
            {"length": 2},
            LengthOutOfRange(2, DINOSAURS),
            "Names have 3 to 26 letters, not 2; try a length of 8",
        ),
        (
            {"length": 1_000},
            LengthOutOfRange(1_000, DINOSAURS),
            "Names have 3 to 26 letters, not 1,000; try a length of 8",
        ),
        (
            {"starts_with": "tri", "ends_with": "ops", "length": 5},
            LengthTooShort(NameConstraints("tri", "", "ops", 5), 6),
            "That needs more than 5 letters; try a length of 6",
        ),
        (
            {"contains": "mango", "length": 4},
            LengthTooShort(NameConstraints("", "mango", "", 4), 5),
            "That needs more than 4 letters; try a length of 5",
        ),
        (
            {"starts_with": "aba", "ends_with": "ba", "length": 4},
            CannotCombine(NameConstraints("aba", "", "ba", 4), 3),
            'Names of 4 letters starting with "aba" and ending with "ba" are not possible; '
            "try a length of 3",
        ),
        (
            {"starts_with": "brr", "length": 3},
            AlwaysUnreadable(NameConstraints("brr", length=3), 4),
            'Names of 3 letters starting with "brr" would have no vowel, or the same letter '
            "three times in a row; try a length of 4",
        ),
        (
            {"starts_with": "maa", "ends_with": "aas", "length": 5},
            AlwaysUnreadable(NameConstraints("maa", "", "aas", 5), 4),
            'Names of 5 letters starting with "maa" and ending with "aas" would have no vowel, '
            "or the same letter three times in a row; try a length of 4",
        ),
        (
            {"starts_with": "pachycephalosaur", "ends_with": "tyrannosaurus"},
            PiecesTooLong(NameConstraints("pachycephalosaur", "", "tyrannosaurus"), None),
            "That needs more than 26 letters, the longest that names get; "
            "try a shorter piece, for example: tri",
        ),
        (
            {"starts_with": "pachycephalosaur", "ends_with": "tyrannosaurus", "length": 9},
            PiecesTooLong(NameConstraints("pachycephalosaur", "", "tyrannosaurus", 9), None),
            "That needs more than 26 letters, the longest that names get; "
            "try a shorter piece, for example: tri",
        ),
        (
            {"starts_with": "xyz", "vocabulary": Vocabulary("\nxyz")},
            AlwaysUnreadable(NameConstraints("xyz"), None),
            'Names starting with "xyz" would have no vowel, or the same letter three times in '
            "a row; try a shorter piece, for example: tri",
        ),
    ],
)
def test_impossible_constraints(
    typed: dict[str, object], problem: NamesProblem, sentence: str
) -> None:
    with pytest.raises(NamesError) as raised:
        possible(**typed)  # type: ignore[arg-type]
    assert raised.value.problem == problem
    assert str(raised.value) == sentence


def test_names_error_can_be_pickled() -> None:
    """Another process may have raised it."""
    error = NamesError(LengthTooShort(NameConstraints("tri", length=3), 4))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert copy.problem == error.problem
    assert str(copy) == str(error)


def test_tight_constraints_are_possible() -> None:
    assert possible("tri", "ce", "ops", 8) == 1
    assert possible("tri", "ri", "iops", 6) == 1
    assert possible("mei", length=3) == 1
