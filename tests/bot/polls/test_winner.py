from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.polls.winner import Decision, Reason, Tally, decide

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def tally(votes: int, minute: int = 0, *, has_own: bool = False, is_removed: bool = False) -> Tally:
    last_at = NOON + timedelta(minutes=minute) if votes else None
    return Tally(votes, has_own and votes > 0, last_at, is_removed)


def test_tie_is_explained() -> None:
    tied = [tally(2, 3), tally(2, 1), tally(2, has_own=True), tally(1)]
    assert decide(tied, 2) == Decision(1, Reason.MOST_VOTES, later=(0,), too_few=(2,))
    assert decide([tally(1), tally(1)], 1).winner == 0  # at the same moment


def test_no_winner_is_explained() -> None:
    assert decide([tally(0), tally(0)], 0) == Decision(None, Reason.UNVOTED)
    assert decide([tally(2, has_own=True), tally(0)], 2) == Decision(None, Reason.TOO_FEW)


@given(
    st.lists(
        st.builds(
            tally,
            st.integers(0, 3),
            st.integers(0, 3),
            has_own=st.booleans(),
            is_removed=st.booleans(),
        )
    ),
    st.integers(0, 3),
)
def test_winner_is_the_best_of_those_that_can_win(tallies: list[Tally], needed: int) -> None:
    winner = decide(tallies, needed).winner
    others = [each for each in tallies if each.can_win(needed)]
    assert (winner is None) == (not others)
    for position, each in enumerate(tallies):
        if winner is not None and each.can_win(needed):
            best = tallies[winner]
            assert (-best.votes, best.last_at, winner) <= (-each.votes, each.last_at, position)
