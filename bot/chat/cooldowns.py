"""Per-user cooldowns."""

from collections.abc import Hashable
from datetime import datetime, timedelta

from bot.store.fleet import DISORDER


class TooSoon(Exception):  # noqa: N818 (a state)
    """The cooldown of the key is not over."""


class Cooldowns:
    """Cooldowns of equal length by key, of which `most` may run one after the other.

    So each key can start `most` in a row, and from then on one in each `seconds`. Keys are
    forgotten when theirs are over.
    """

    def __init__(self, seconds: float, *, most: int = 1) -> None:
        self.length = timedelta(seconds=seconds)
        self.longest = most * self.length
        self._until: dict[Hashable, datetime] = {}
        """The end of the last cooldown of each key, in the order in which they were started."""

    def start(self, key: Hashable, now: datetime) -> int:
        """Start a cooldown of a key. Returns how many are running then.

        Raises `TooSoon` while `most` are running.
        """
        for other, until in list(self._until.items()):
            if until > now:
                break
            del self._until[other]
        running = self._until.get(key, now)
        if running - now > self.longest + DISORDER:  # the clock has stepped back
            running = now
        until = max(running, now) + self.length
        if until - now > self.longest:
            raise TooSoon
        self.end(key)
        self._until[key] = until
        return -((now - until) // self.length) if self.length else 1

    def end(self, key: Hashable) -> None:
        """End the cooldowns of a key now."""
        self._until.pop(key, None)
