"""Winner of a poll: the rule that decides it, and explains why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple


class Tally(NamedTuple):
    """The votes for a name."""

    votes: int
    has_own: bool
    """Whether one of them is the discoverer's."""
    last_at: datetime | None
    """When it got the last of them; `None` without votes."""
    is_removed: bool

    def can_win(self, votes_needed: int) -> bool:
        """Whether it has enough votes of others than the discoverer."""
        is_running = self.votes > 0 and not self.is_removed
        return is_running and self.votes - self.has_own >= votes_needed


class Reason(Enum):
    """Why a name has won, or none."""

    MOST_VOTES = auto()
    UNVOTED = auto()
    TOO_FEW = auto()
    """No name has enough votes of others than the discoverer."""


@dataclass(frozen=True)
class Decision:
    """Which name wins a poll, and why."""

    winner: int | None
    """Its position."""
    reason: Reason
    later: tuple[int, ...] = ()
    """Positions of names with as many votes as the winner, which they reached later."""
    too_few: tuple[int, ...] = ()
    """Positions of those with as many votes, too few of which are of others."""


def decide(tallies: Sequence[Tally], votes_needed: int) -> Decision:
    """Decide a poll from the tallies of its names, by position.

    The name with the most votes wins, of those with enough votes of others than the discoverer. In
    a tie, the one that reached its count first wins; if that was at the same moment, the upper one.
    """
    ranked = sorted(
        (-tally.votes, tally.last_at, position)
        for position, tally in enumerate(tallies)
        if tally.last_at is not None and tally.can_win(votes_needed)
    )
    if not ranked:
        has_votes = any(tally.votes for tally in tallies)
        return Decision(None, Reason.TOO_FEW if has_votes else Reason.UNVOTED)
    winner, votes = ranked[0][2], -ranked[0][0]
    tied = [p for p, tally in enumerate(tallies) if tally.votes == votes and p != winner]
    return Decision(
        winner,
        Reason.MOST_VOTES,
        later=tuple(p for p in tied if tallies[p].can_win(votes_needed)),
        too_few=tuple(p for p in tied if not tallies[p].can_win(votes_needed)),
    )
