"""Per-user cooldowns."""

from collections.abc import Hashable
from datetime import datetime, timedelta


class TooSoon(Exception):  # noqa: N818 (a state)
    """The cooldown of the key is not over."""


class Cooldowns:
    """Cooldowns of equal length by key, of which `most` may run one after the other.

    So each key can start `most` in a row, and from then on one in each `seconds`. Keys are
    forgotten when theirs are over.
    """

    def __init__(self, seconds: float, *, most: int = 1) -> None:
        self._length = timedelta(seconds=seconds)
        self._longest = most * self._length
        self._until: dict[Hashable, datetime] = {}
        """The end of the last cooldown of each key, in the order in which they were started."""

    def start(self, key: Hashable, now: datetime) -> None:
        """Start a cooldown of a key. Raises `TooSoon` while `most` are running."""
        for other, until in list(self._until.items()):
            if until > now:
                break
            del self._until[other]
        running = self._until.get(key, now)
        if running - now > self._longest:  # the clock has stepped back
            running = now
        until = max(running, now) + self._length
        if until - now > self._longest:
            raise TooSoon
        self.end(key)
        self._until[key] = until

    def end(self, key: Hashable) -> None:
        """End the cooldowns of a key now."""
        self._until.pop(key, None)
