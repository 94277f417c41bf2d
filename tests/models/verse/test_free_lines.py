"""Constraints of lines without metre."""

import numpy as np

from models.verse.free_lines import (
    MAX_LINE,
    MIN_LINE,
    CharacterBudget,
    LengthConstraint,
    LineConstraint,
)
from tests.models.tiny import VERSE

END, SPACE, LETTER = VERSE.encode("\n a")


def write(constraint: LineConstraint, row: int, symbol: np.int64, times: int) -> None:
    for _ in range(times):
        constraint.advance(np.array([row]), np.array([symbol]))


def may_end(constraint: LineConstraint, row: int) -> bool:
    return bool(constraint.allowed(np.array([row]))[0, END])


def must_end(constraint: LineConstraint, row: int) -> bool:
    return may_end(constraint, row) and int(constraint.allowed(np.array([row])).sum()) == 1


def test_free_line_min_length() -> None:
    constraint = LengthConstraint(VERSE, [0], rows=1)
    write(constraint, 0, LETTER, MIN_LINE - 1)
    assert constraint.allowed(np.array([0])).sum() == len(VERSE) - 1
    assert not may_end(constraint, 0)
    write(constraint, 0, LETTER, 1)
    assert constraint.allowed(np.array([0])).all()


def test_free_line_max_length() -> None:
    constraint = LengthConstraint(VERSE, [0, 0], rows=1)
    write(constraint, 0, LETTER, MAX_LINE)
    assert not must_end(constraint, 0)
    write(constraint, 0, SPACE, 1)
    assert must_end(constraint, 0)
    write(constraint, 1, LETTER, 2 * MAX_LINE)
    assert not must_end(constraint, 1)
    write(constraint, 1, LETTER, 1)
    assert must_end(constraint, 1)


def test_typed_characters_count() -> None:
    constraint = LengthConstraint(VERSE, [0, MIN_LINE, 2 * MAX_LINE + 1], rows=2)
    assert [may_end(constraint, row) for row in range(6)] == [False, False, True, True, True, True]
    assert [must_end(constraint, row) for row in range(6)] == [
        False,
        False,
        False,
        False,
        True,
        True,
    ]


def test_character_budget() -> None:
    constraint = CharacterBudget(VERSE, [3, 0], rows=1)
    assert must_end(constraint, 1)
    for _ in range(3):
        assert constraint.allowed(np.array([0])).all()
        write(constraint, 0, LETTER, 1)
    assert must_end(constraint, 0)
