"""The state of the process: checks, samples of the last day, event loop lag, memory."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """One condition for being ready."""

    passes: bool
    detail: str
    """Result of the check, for the operator."""


SAMPLE_S = 60.0
"""Seconds between two samples."""
KEPT = 1_440
"""Samples that are kept: one day."""


@dataclass(frozen=True, slots=True)
class MinuteState:
    """The state of the bot at the end of a minute."""

    at: datetime
    memory_bytes: int
    worst_lag: float
    """The largest lag of the event loop in this minute, in seconds."""
    requests: int
    """Requests that ended in this minute."""
    failures: int
    """Requests of this minute that failed through the bot, its database, or the platform."""
    database_seconds: float | None
    """How long the database took to answer; `None` if it did not."""


LAG_S, KEPT_S = 0.25, 60.0
"""Seconds between two measurements of the lag, and for which they are kept."""


class LoopLag:
    """Measures the lag by short sleeps, and keeps the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lags: deque[tuple[float, float]] = deque(maxlen=int(KEPT_S / LAG_S))
        """Times and lags, in seconds."""

    def add(self, lag: float) -> None:
        """Add a measurement in seconds."""
        self._lags.append((self._clock(), lag))

    def worst(self, seconds: float = KEPT_S) -> float:
        """The largest lag, in seconds, of the last `seconds` (at most 60)."""
        since = self._clock() - seconds
        return max((lag for at, lag in self._lags if at >= since), default=0.0)

    async def measure(self, observe: Callable[[float], None]) -> None:
        """Measure until cancelled; `observe` gets each lag."""
        while True:
            due = self._clock() + LAG_S
            await asyncio.sleep(LAG_S)
            lag = max(0.0, self._clock() - due)
            self.add(lag)
            observe(lag)


def resident_bytes() -> int:
    """Resident memory; on systems without `/proc` the largest so far, or 0 if unknown.

    `/proc` is kernel memory: reading it waits for no disk.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return _peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    try:
        import resource  # missing on Windows
    except ImportError:
        return 0
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
