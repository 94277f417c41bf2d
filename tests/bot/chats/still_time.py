"""Time that stands still until a test lets it pass."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2026, 1, 1, tzinfo=UTC)


class StillTime:
    """The clock of an event loop. No timer is ever due by itself, however slow the machine is."""

    def __init__(self, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stops the clock of `loop`, and counts what is done in threads: it is waited for."""
        self._loop: Any = loop
        self._begin = self._now = loop.time()
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        monkeypatch.setattr(loop, "time", lambda: self._now)
        run_in_executor = loop.run_in_executor
        monkeypatch.setattr(loop, "run_in_executor", lambda *a: self._counted(run_in_executor(*a)))

    def now(self) -> datetime:
        """The time of day."""
        return START + timedelta(seconds=self._now - self._begin)

    async def settle(self) -> None:
        """Wait until nothing is left to do at this time."""
        quiet = 0
        while quiet < 2:
            await self._idle.wait()
            await asyncio.sleep(0)
            is_quiet = not self._busy and not self._loop._ready
            quiet = quiet + 1 if is_quiet else 0

    async def advance(self, seconds: float) -> None:
        """Let time pass from timer to timer, and settle at each."""
        until = self._now + seconds
        await self.settle()
        while (due := self._next_timer()) is not None and due <= until:
            self._now = max(self._now, due)
            await self.settle()
        self._now = until
        await self.settle()

    def release(self) -> None:
        """Let time pass by itself from now on."""
        start, passed = self._now, time.monotonic()
        self._loop.time = lambda: start + time.monotonic() - passed

    def _next_timer(self) -> float | None:
        timers = (timer.when() for timer in self._loop._scheduled if not timer.cancelled())
        return min(timers, default=None)

    def _counted(self, future: asyncio.Future[Any]) -> asyncio.Future[Any]:
        """Wait for this one, too, before anything is settled."""
        self._busy += 1
        self._idle.clear()
        future.add_done_callback(self._done)
        return future

    def _done(self, _future: object) -> None:
        self._busy -= 1
        if not self._busy:
            self._idle.set()
