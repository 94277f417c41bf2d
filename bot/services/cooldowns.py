"""Per-user cooldowns."""

from collections.abc import Hashable
from datetime import datetime, timedelta


class TooSoon(Exception):  # noqa: N818 (a state)
    """The key's cooldown is not over."""


class Cooldowns:
    """Lets each key pass once in so many seconds. Forgets a key when its cooldown is over."""

    def __init__(self, seconds: float) -> None:
        self._length = timedelta(seconds=seconds)
        self._until: dict[Hashable, datetime] = {}
        """In the order of time, as all cooldowns are equally long."""

    def start(self, key: Hashable, now: datetime) -> None:
        """Start the cooldown of a key. Raises `TooSoon` while one is running."""
        for other, until in list(self._until.items()):
            if until > now:
                break
            del self._until[other]
        if key in self._until:
            raise TooSoon
        self._until[key] = now + self._length

    def end(self, key: Hashable) -> None:
        """End the cooldown of a key at once."""
        self._until.pop(key, None)
