"""`Fleet`: which shards this process holds, and how many others share its database."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from enum import IntEnum

from bot.concurrency import PeriodicTask
from bot.fleet.identifying import IdentifyGate
from bot.settings.values import format_shards
from bot.store import Unavailable
from bot.store.locks import AdvisoryLocks, Space

log = logging.getLogger(__name__)

WATCH_S = 2.0
"""Seconds between two looks at the others, and between two attempts to connect again."""
PREDECESSOR_S = 60.0
"""Seconds that a start waits for shards of another process, which may be about to end."""
LOOK_S = 1.0
REGISTERING_S = 10.0
"""Seconds that a start waits for another process that registers commands."""
ALL_SHARDS = 0
"""Stands for `SHARD_COUNT` where a process runs all shards, as many as Discord says."""
TAKEN_S = 60.0
"""Seconds without its shards, which another process holds, after which this one gives up. The
server may take 25 to notice that an old connection of this process is gone."""


class ShardsTaken(Exception):  # noqa: N818 (a state)
    """Another process runs these shards. The message is a sentence for the operator."""


class Served(IntEnum):
    """Platform that a process serves, as the number of a lock."""

    ANYTHING = 0
    DISCORD = 1
    SLACK = 2


class Fleet:
    """This process among those that share its PostgreSQL database; alone with SQLite."""

    def __init__(
        self,
        locks: AdvisoryLocks | None = None,
        shards: Collection[int] = (),
        shard_count: int | None = None,
        *,
        has_part: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`locks`: `None` with SQLite. `shards`: those that this process is to run, if chosen.

        has_part: whether other processes run the other shards, as the settings say.
        """
        self.locks = locks
        self.shards = frozenset(shards)
        self.gate = IdentifyGate(locks) if locks is not None and self.shards else None
        """Gate that shards pass before they connect; `None` where the library decides."""
        self.watchers: list[Callable[[], None]] = []
        """Called after each look at the other processes."""
        self.shard_count = shard_count
        self.has_part = has_part
        self._clock = clock
        self._sleep = sleep
        self._is_on_discord = bool(self.shards)
        self._served: set[Served] = set()
        self._processes: Mapping[int, int] = {}
        self._seen: set[int] = set()
        self._taken_since: float | None = None
        self._watch: PeriodicTask | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other processes use the database, so that limits must hold for all together."""
        if self.locks is None:
            return False
        return self.has_part or self.processes(Served.ANYTHING) > 1

    @property
    def lost(self) -> str:
        """Why this process has to end; "" if it need not."""
        since = self._taken_since
        if since is None or self._clock() - since < TAKEN_S:
            return ""
        return "another process runs its shards now"

    def processes(self, platform: Served) -> int:
        """Number of processes that serve a platform, at least 1."""
        return max(1, self._processes.get(platform, 1))

    def has_seen(self, platform: Served) -> bool:
        """Whether any process served a platform since this one has started."""
        return platform in self._seen

    async def join(self, *platforms: Served) -> None:
        """Take the shards, and let others see what this process serves.

        Waits a while for a process that holds some of the shards. Raises `ShardsTaken`, and
        `Unavailable`.
        """
        locks = self.locks
        if locks is None:
            return
        if self._watch is None:
            await locks.connect()
            self._is_on_discord |= Served.DISCORD in platforms
            if self._is_on_discord:
                await self._claim(locks)
            self._watch = PeriodicTask(self._watched, WATCH_S)
        new = {Served.ANYTHING, *platforms} - self._served
        self._served |= new
        for platform in new:
            await locks.share(Space.PRESENCE, platform)
        await self._look(locks)

    @asynccontextmanager
    async def registering(self) -> AsyncIterator[None]:
        """Let one process at a time register commands, as far as the database answers in time.

        Raises `TimeoutError` while another process does so, which may wait for a rate limit.
        """
        locks, is_held = self.locks, False
        if locks is not None:
            deadline = self._clock() + REGISTERING_S
            with suppress(Unavailable):
                while not is_held and self._clock() < deadline:
                    is_held = bool(await locks.hold(Space.COMMANDS, [0]))
                    if not is_held:
                        await self._sleep(LOOK_S / 4)
                if not is_held:
                    raise TimeoutError("another process registers the commands")
        try:
            yield
        finally:
            if locks is not None and is_held:
                with suppress(Unavailable):  # then it is free
                    await locks.release(Space.COMMANDS, [0])

    async def close(self) -> None:
        """Free the shards. To be called once they are disconnected."""
        if self._watch is not None:
            await self._watch.close(patience=LOOK_S)
            self._watch = None
        if self.locks is not None:
            await self.locks.close()

    async def _claim(self, locks: AdvisoryLocks) -> None:
        deadline, is_told = self._clock() + PREDECESSOR_S, False
        while problem := await self._missing(locks):
            if self._clock() >= deadline:
                raise ShardsTaken(problem)
            if not is_told:
                log.info("%s Waiting up to %g s for it to end", problem, PREDECESSOR_S)
                is_told = True
            await self._sleep(LOOK_S)

    async def _missing(self, locks: AdvisoryLocks) -> str:
        """Take what is free. Returns why not all of it is: "" if it is.

        What this process holds can be taken again: PostgreSQL frees it with the connection.
        """
        count = self.shard_count or ALL_SHARDS
        await locks.share(Space.SHARD_COUNT, count)
        if missing := self.shards - await locks.hold(Space.SHARD, self.shards):
            return f"Another process runs the shards {format_shards(missing)}."
        others = {*await locks.holders(Space.SHARD_COUNT)} - {count}
        if ALL_SHARDS in others:
            return "Another process runs all shards, without SHARD_COUNT."
        if others:
            return f"Another process runs with SHARD_COUNT={min(others)}."
        return ""

    async def _look(self, locks: AdvisoryLocks) -> None:
        before, self._processes = self._processes, await locks.holders(Space.PRESENCE)
        together = self.processes(Served.ANYTHING)
        if together != max(1, before.get(Served.ANYTHING, 1)):
            log.info("Processes that share the database: %d", together)
        self._seen |= {*self._processes}
        for watcher in self.watchers:
            watcher()

    async def _watched(self) -> None:
        """Look at the others. After a lost connection, take everything again."""
        assert self.locks is not None  # noqa: S101 (only then is it watched)
        try:
            if not self.locks.is_connected:
                await self._return(self.locks)
            elif self._taken_since is not None:
                await self._retake(self.locks)
            await self._look(self.locks)
        except Unavailable as error:
            log.debug("The other processes are not known: %s", error)

    async def _return(self, locks: AdvisoryLocks) -> None:
        await locks.connect()
        for platform in self._served:
            await locks.share(Space.PRESENCE, platform)
        log.info("The other processes see this one again")
        if self._is_on_discord:
            await self._retake(locks)

    async def _retake(self, locks: AdvisoryLocks) -> None:
        problem = await self._missing(locks)
        if not problem:
            if self._taken_since is not None:
                log.info("The shards of this process are its own again")
            self._taken_since = None
        elif self._taken_since is None:
            log.error("%s This process ends in %g s if that goes on", problem, TAKEN_S)
            self._taken_since = self._clock()
