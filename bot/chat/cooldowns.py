"""Per-user cooldowns."""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import datetime, timedelta

from bot.concurrency import start_kept, within
from bot.store import Unavailable
from bot.store.fleet import DISORDER, RunningCooldowns

MOST_KEYS = 10_000
"""Keys that are remembered; the oldest are forgotten first."""


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
        self._until.pop(key, None)  # the latest is the last
        self._until[key] = until
        if len(self._until) > MOST_KEYS:
            del self._until[next(iter(self._until))]
        return -((now - until) // self.length) if self.length else 1

    def end(self, key: Hashable) -> None:
        """End the cooldowns of a key now."""
        self._until.pop(key, None)


log = logging.getLogger(__name__)

PATIENCE_S = 0.5
"""Seconds that a request waits for the database. It is acknowledged meanwhile if that is late."""
PAUSE_S = 5.0
"""Seconds for which the database is not asked after it was too slow, or away."""


class SharedCooldowns:
    """Cooldowns of this process, and of the others while there are any.

    The database is asked only where this process allows a request, so that a flood of them does not
    reach it. While it is slow or away, each process counts by itself.
    """

    def __init__(
        self,
        name: str,
        local: Cooldowns,
        running: RunningCooldowns,
        *,
        is_shared: Callable[[], bool],
        free: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` tells these cooldowns from others.

        free: number of cooldowns that may run before the database is asked, for requests that cost
            little: a member who is not in a hurry then costs no statement.
        """
        self._name = name
        self._local = local
        self._running = running
        self._is_shared = is_shared
        self._free = free
        self._clock = clock
        self._asks_from = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, key: Hashable, now: datetime) -> None:
        """Start a cooldown of a key. Raises `TooSoon` as `Cooldowns` does."""
        number = self._local.start(key, now)
        local = self._local
        if not local.length or number <= self._free or not self._is_shared():
            return
        if self._clock() < self._asks_from:
            return
        work = self._running.start(self._named(key), now, local.length, local.longest)
        try:
            is_granted = await within(PATIENCE_S, work)
        except (TimeoutError, Unavailable) as error:
            self._asks_from = self._clock() + PAUSE_S
            log.info("Cooldowns hold in each process alone for %g s: %r", PAUSE_S, error)
            return
        if not is_granted:
            raise TooSoon

    def end(self, key: Hashable) -> None:
        """End the cooldowns of a key now."""
        self._local.end(key)
        if self._is_shared() and self._local.length:
            start_kept(self._tasks, self._end(key))

    async def _end(self, key: Hashable) -> None:
        with suppress(Unavailable):  # it ends by itself
            await self._running.end(self._named(key))

    def _named(self, key: Hashable) -> str:
        return f"{self._name} {key!r}"
