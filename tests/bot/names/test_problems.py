"""Sentences for problems with names."""

import string
from typing import get_args

import pytest

from bot.chat.message import plain
from bot.names.problems import explain_problem, explain_shortfall
from models.names.constraints import DINOSAURS, NameConstraints, Piece, Shape
from models.names.problems import (
    AlwaysUnreadable,
    CannotCombine,
    Flaw,
    LengthOutOfRange,
    LengthTooShort,
    NamesProblem,
    NotAName,
    NotLatin,
    NoUsableCharacters,
    OnlyNameRejected,
    OutOfRange,
    PiecesTooLong,
    PieceTooLong,
    Shortfall,
    TripleCharacter,
    UnknownCharacters,
)

KANA = Shape(shortest=2, longest=9, usual=4, latin=False)
WISH = NameConstraints("tri", ends_with="ops", length=9)

EXPLAINED = [
    (LengthOutOfRange(64, KANA), "Names here have 2 to 9 letters, not 64. Try length:4."),
    (OutOfRange("count", 20_000, 1, 10_000), "The count can be 1 to 10,000, not 20,000."),
    (
        OutOfRange("temperature", 0.001, 0.01, 10.0),
        "The temperature can be 0.01 to 10, not 0.001.",
    ),
    (
        NoUsableCharacters(Piece.STARTS_WITH, DINOSAURS),
        "Names only have the letters a to z, and starts_with has none. Try starts_with:tyranno.",
    ),
    (
        NoUsableCharacters(Piece.CONTAINS, KANA),
        "Names here only have characters of their list, and contains has none. "
        "Try those of a name on the list.",
    ),
    (
        NotLatin(Piece.CONTAINS, "龍"),
        "Names only have the letters a to z, so not 龍. Try contains:mango.",
    ),
    (
        PieceTooLong(Piece.ENDS_WITH, 21, 20, DINOSAURS),
        "ends_with can have at most 20 letters, and yours has 21. Try fewer.",
    ),
    (
        TripleCharacter(Piece.ENDS_WITH, "ooo", DINOSAURS),
        "No name has “ooo”, the same letter three times in a row. Try ends_with:raptor.",
    ),
    (
        UnknownCharacters(("w", "y"), Piece.ENDS_WITH, KANA),
        "No name on the list has the characters w and y. Try other letters.",
    ),
    (
        NotAName(0, DINOSAURS, "mangosaurus"),
        "A name has 3 to 26 letters from a to z, and yours has 0. Try mangosaurus.",
    ),
    (
        NotAName(40, KANA, None),
        "Names here have 2 to 9 characters of their list, and yours has 40. Try another.",
    ),
    (LengthTooShort(WISH, 13), "That needs more than 9 letters. Try length:13."),
    (
        PiecesTooLong(WISH, None),
        "That needs more than 26 letters, the most that a name has. Try fewer letters.",
    ),
    (
        CannotCombine(WISH, 10),
        "No name can meet all of that (starts_with:tri ends_with:ops length:9). Try length:10.",
    ),
    (
        AlwaysUnreadable(WISH, None),
        "Nothing that meets all of that (starts_with:tri ends_with:ops length:9) "
        "reads like a name. Try fewer letters.",
    ),
    (
        OnlyNameRejected("triops", Flaw.REAL, WISH),
        "The only such name, triops, was rejected for being a real dinosaur. "
        "Leave out the length, or some letters.",
    ),
]


@pytest.mark.parametrize(("problem", "said"), EXPLAINED)
def test_problems(problem: NamesProblem, said: str) -> None:
    assert plain(explain_problem(problem)) == said


def test_every_problem_is_tested() -> None:
    assert {type(problem) for problem, _ in EXPLAINED} == set(get_args(NamesProblem))


@pytest.mark.parametrize("flaw", Flaw)
@pytest.mark.parametrize(
    ("share", "much"), [(0.3, "Much of what"), (0.6, "Most of what"), (0.95, "Almost everything")]
)
def test_shortfall_has_reason(flaw: Flaw, share: float, much: str) -> None:
    said = explain_shortfall(Shortfall(1, NameConstraints(), flaw, share))
    assert said.startswith(f"Only 1 new name was found. {much}")
    assert said.endswith(".")


def test_longest_shortfall_fits_in_database() -> None:
    """A poll keeps it as a note of at most 400 characters."""
    piece = string.ascii_lowercase[:20]
    constraints = NameConstraints(piece, piece, piece, 26)
    said = explain_shortfall(Shortfall(9, constraints, Flaw.NEAR, 0.95))
    assert len(said) <= 400


def test_shortfall_without_others() -> None:
    said = explain_shortfall(Shortfall(0, NameConstraints("xqz"), None, 0.0))
    assert said == "No new name was found (starts_with:xqz). There are no others."
