"""`IdentifyGate`: spaces the IDENTIFYs of all processes, as Discord's `max_concurrency` asks.

Shards whose numbers have the same remainder share a bucket, which takes one IDENTIFY in 5 seconds.
Discord refuses those that come too fast, and lets a bot start 1,000 sessions a day.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

import numpy as np

from bot.concurrency import start_kept
from bot.store import Unavailable
from bot.store.locks import AdvisoryLocks, Space

log = logging.getLogger(__name__)

SPACING_S = 5.0
MARGIN_S = 0.25
"""Seconds for the way to Discord, which one IDENTIFY may take faster than another."""
POLL_S = (0.2, 0.4)
"""Seconds between two looks whether a bucket is free, at random from this range."""


class IdentifyGate:
    """Grants one IDENTIFY a bucket at a time, in all processes together.

    While the database does not answer, it spaces those of this process alone.
    """

    def __init__(
        self,
        locks: AdvisoryLocks,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.max_concurrency = 1
        """Number of buckets, which Discord tells."""
        self._locks = locks
        self._clock = clock
        self._sleep = sleep
        self._buckets: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Held by this process, also while the database is away."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._pauses = np.random.default_rng()

    async def turn(self, shard_id: int, patience: float) -> None:
        """Wait until a shard may IDENTIFY, which it has to do at once.

        After `patience` seconds it may do so in any case: a process that hangs may hold the bucket.
        A caller who is cancelled leaves the bucket unused for some seconds.
        """
        bucket = shard_id % self.max_concurrency
        granted = asyncio.Event()
        start_kept(self._tasks, self._take(bucket, granted, self._clock() + patience))
        try:
            async with asyncio.timeout(patience):
                await granted.wait()
        except TimeoutError:
            log.warning("Shard %d has waited %g s for its turn to connect", shard_id, patience)

    async def _take(self, bucket: int, granted: asyncio.Event, deadline: float) -> None:
        async with self._buckets[bucket]:
            is_held = await self._acquired(bucket, deadline)
            granted.set()
            await self._sleep(SPACING_S + MARGIN_S)
            if is_held:
                try:
                    await self._locks.release(Space.IDENTIFY, [bucket])
                except Unavailable as error:  # then it is free
                    log.debug("A lock ended with its connection: %s", error)

    async def _acquired(self, bucket: int, deadline: float) -> bool:
        """Take the bucket from the other processes. Returns false if it was not free in time."""
        while self._clock() < deadline:
            try:
                if await self._locks.hold(Space.IDENTIFY, [bucket]):
                    return True
            except Unavailable as error:
                log.warning(
                    "Shards of other processes may connect at the same time, which Discord may "
                    "refuse: %s",
                    error,
                )
                return False
            await self._sleep(self._pauses.uniform(*POLL_S))
        return False
