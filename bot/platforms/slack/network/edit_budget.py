"""`EditBudget`: edits of many messages, spaced out where a platform counts them all together."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

Waiting = OrderedDict[Hashable, "asyncio.Future[bool]"]
EDIT_S = 1.2
"""Seconds between two edits in the workspace: Slack takes about 50 a minute in all of it."""


class EditBudget:
    """Grants one edit every `interval` seconds. Channels take turns.

    A newer edit of a message supersedes one that waits, and takes its place in the queue.
    """

    def __init__(
        self,
        interval: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`interval` is in seconds."""
        self._whole = self._interval = interval
        self._is_hurried = False
        self._clock = clock
        self._sleep = sleep
        self._due = 0.0
        self._waiting: OrderedDict[Hashable, Waiting] = OrderedDict()
        """Edits by channel and message; the channel whose turn it is comes first."""
        self._granting: asyncio.Task[None] | None = None

    async def turn(self, channel: Hashable, message: Hashable) -> bool:
        """Wait until a message may be edited. Returns false if a newer edit has superseded it."""
        messages = self._waiting.setdefault(channel, OrderedDict())
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        older = messages.get(message)
        messages[message] = granted
        if older is not None and not older.done():
            older.set_result(False)
        if self._granting is None or self._granting.done():
            self._granting = asyncio.create_task(self._grant())
        try:
            return await granted
        finally:
            self._forget(channel, message, granted)

    def share(self, processes: int) -> None:
        """Leave room for other processes, of which each has an equal share of the edits."""
        if not self._is_hurried:
            self._interval = self._whole * processes

    def pause(self, seconds: float) -> None:
        """Grant nothing for some seconds, as the platform has asked."""
        self._due = max(self._due, self._clock() + seconds)

    def hurry(self) -> None:
        """Grant everything at once from now on: the process stops."""
        self._interval = self._due = 0.0
        self._is_hurried = True
        if self._granting is not None:
            self._granting.cancel()
        if self._waiting:
            self._granting = asyncio.create_task(self._grant())

    async def _grant(self) -> None:
        while self._waiting:
            left = self._due - self._clock()
            if left > 0:
                await self._sleep(left)
                continue  # there may have been a pause
            channel, messages = next(iter(self._waiting.items()))
            self._waiting.move_to_end(channel)
            message, granted = next(iter(messages.items()))
            self._forget(channel, message, granted)
            if not granted.done():
                granted.set_result(True)
                self._due = self._clock() + self._interval

    def _forget(
        self, channel: Hashable, message: Hashable, granted: "asyncio.Future[bool]"
    ) -> None:
        messages = self._waiting.get(channel)
        if messages is not None and messages.get(message) is granted:
            del messages[message]
            if not messages:
                del self._waiting[channel]
