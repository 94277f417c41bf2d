"""Free lines end in time, and counted characters are counted."""

import numpy as np
import pytest

from models.verse.free_lines import (
    LONGEST_LINE,
    SHORTEST_LINE,
    CountingWalk,
    FreeWalk,
)
from models.verse.line_generator import Walk
from tests.models.tiny import VERSE

END, SPACE, LETTER = VERSE.encode("\n a")


def write(walk: Walk, row: int, symbol: np.int64, times: int) -> None:
    for _ in range(times):
        walk.advance(np.array([row]), np.array([symbol]))


def may_end(walk: Walk, row: int) -> bool:
    return bool(walk.allowed(np.array([row]))[0, END])


def must_end(walk: Walk, row: int) -> bool:
    return may_end(walk, row) and int(walk.allowed(np.array([row])).sum()) == 1


def test_a_free_line_may_say_anything_but_not_end_too_early() -> None:
    walk = FreeWalk(VERSE, [0], rows=1)
    write(walk, 0, LETTER, SHORTEST_LINE - 1)
    assert walk.allowed(np.array([0])).sum() == len(VERSE) - 1
    assert not may_end(walk, 0)
    write(walk, 0, LETTER, 1)
    assert walk.allowed(np.array([0])).all()


def test_a_long_line_ends_behind_a_word_and_an_endless_word_anywhere() -> None:
    walk = FreeWalk(VERSE, [0, 0], rows=1)
    write(walk, 0, LETTER, LONGEST_LINE)
    assert not must_end(walk, 0)
    write(walk, 0, SPACE, 1)
    assert must_end(walk, 0)
    write(walk, 1, LETTER, 2 * LONGEST_LINE)
    assert not must_end(walk, 1)
    write(walk, 1, LETTER, 1)
    assert must_end(walk, 1)


def test_what_a_member_has_written_of_a_line_counts() -> None:
    walk = FreeWalk(VERSE, [0, SHORTEST_LINE, 2 * LONGEST_LINE + 1], rows=2)
    assert [may_end(walk, row) for row in range(6)] == [False, False, True, True, True, True]
    assert [must_end(walk, row) for row in range(6)] == [False, False, False, False, True, True]


def test_counted_characters_go_on_until_all_are_written() -> None:
    walk = CountingWalk(VERSE, [3, 0], rows=1)
    assert must_end(walk, 1)
    for _ in range(3):
        assert walk.allowed(np.array([0])).all()
        write(walk, 0, LETTER, 1)
    assert must_end(walk, 0)


@pytest.mark.parametrize("walk", [FreeWalk(VERSE, [0, 30], 2), CountingWalk(VERSE, [0, 5], 2)])
def test_there_is_no_fork_and_rows_can_be_taken_in_any_order(walk: Walk) -> None:
    assert not walk.at_fork(np.arange(4)).any()
    before = walk.allowed(np.arange(4))
    order = np.array([3, 0, 0])
    walk.take(order)
    np.testing.assert_array_equal(walk.allowed(np.arange(3)), before[order])
