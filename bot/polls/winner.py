"""Winner of a poll: the rule that decides it, and explains why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple


class Tally(NamedTuple):
    """Votes for one name of a poll."""

    votes: int
    has_own: bool
    """Whether one of the votes is the discoverer's."""
    last_at: datetime | None
    """Time of the last vote; `None` without votes."""
    is_removed: bool

    def can_win(self, votes_needed: int) -> bool:
        """Whether the name has enough votes from anyone but the discoverer, and was not removed."""
        is_running = self.votes > 0 and not self.is_removed
        return is_running and self.votes - self.has_own >= votes_needed


class Reason(Enum):
    """Why a poll has its winner, or has none."""

    MOST_VOTES = auto()
    UNVOTED = auto()
    TOO_FEW = auto()
    """No name has enough votes from anyone but its discoverer."""


@dataclass(frozen=True)
class Decision:
    """Which name wins a poll, and why."""

    winner: int | None
    """Position of the name that wins; `None` if none does."""
    reason: Reason
    later: tuple[int, ...] = ()
    """Positions of names that have as many votes as the winner, but reached that count later."""
    too_few: tuple[int, ...] = ()
    """Positions of names with as many votes, but too few from anyone but their discoverer."""


def decide(tallies: Sequence[Tally], votes_needed: int) -> Decision:
    """Decide a poll from the tallies of its names, by position.

    Of the names that can win (`Tally.can_win`), the one with the most votes wins. In a tie, the one
    that reached its count first wins; if that was at the same moment, the upper one.
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
