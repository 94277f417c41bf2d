"""`MovableClock`: the real time, until somebody moves it on."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MOST_MOVED = timedelta(days=400)
"""How far all moves together may lead."""


class MovableClock:
    """The time of the local page, for the bot (`now`) and for the simulators (`seconds`)."""

    def __init__(self) -> None:
        self.moved = timedelta()
        """How far it is ahead of the real time."""
        self.listeners: list[Callable[[], object]] = []
        """Called after each move."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.moved.total_seconds()

    def check(self, by: timedelta) -> None:
        """Raise `ValueError` for a move back, or beyond `MOST_MOVED`."""
        if by <= timedelta():
            raise ValueError("The clock can only be moved on.")
        if by > MOST_MOVED - self.moved:
            raise ValueError(f"The clock can be moved on by {MOST_MOVED.days} days in all.")

    def advance(self, by: timedelta) -> None:
        """Move the clock on. Raises `ValueError` as `check` does."""
        self.check(by)
        self.moved += by
        for listener in self.listeners:
            listener()
