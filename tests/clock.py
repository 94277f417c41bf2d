"""A clock that a test sets."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Returns the seconds that a test has set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now
