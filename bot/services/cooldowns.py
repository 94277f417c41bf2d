"""A rest between two answers, so that nobody floods the bot."""

from collections.abc import Hashable
from datetime import datetime, timedelta

from bot.commands.message import Timestamp, UserError


class Cooldown:
    """Lets each key pass once in `rest`. Forgets a key when its rest is over."""

    def __init__(self, rest: timedelta) -> None:
        self._rest = rest
        self._until: dict[Hashable, datetime] = {}
        """Insertion order is order of time, as every key rests equally long."""

    def start(self, key: Hashable, now: datetime) -> None:
        """Let the key pass and start its rest. Raises `UserError` while one is on."""
        for other, until in list(self._until.items()):
            if until > now:
                break
            del self._until[other]
        if key in self._until:
            raise UserError("One moment: you can ask again ", Timestamp(self._until[key]), ".")
        self._until[key] = now + self._rest

    def forgive(self, key: Hashable) -> None:
        """End the rest of a key at once."""
        self._until.pop(key, None)
