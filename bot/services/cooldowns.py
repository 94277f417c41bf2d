"""Per-user cooldowns."""

from collections.abc import Hashable
from datetime import datetime, timedelta


class TooSoon(Exception):  # noqa: N818 (a state)
    """The cooldown of the key is not over."""


class Cooldowns:
    """Cooldowns of equal length by key. Keys are forgotten when theirs is over."""

    def __init__(self, seconds: float) -> None:
        self._length = timedelta(seconds=seconds)
        self._until: dict[Hashable, datetime] = {}
        """Ordered by time, since all cooldowns are equally long, unless the clock steps."""

    def start(self, key: Hashable, now: datetime) -> None:
        """Start the cooldown of a key. Raises `TooSoon` while one is running."""
        for other, until in list(self._until.items()):
            if until > now:
                break
            del self._until[other]
        running = self._until.get(key)
        if running is not None and running - now <= self._length:  # else the clock has stepped back
            raise TooSoon
        self.end(key)
        self._until[key] = now + self._length

    def end(self, key: Hashable) -> None:
        """End the cooldown of a key now."""
        self._until.pop(key, None)
