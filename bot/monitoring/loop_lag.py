"""Event loop lag: how much later than planned the event loop runs what is due."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

INTERVAL_S = 0.25
KEPT_S = 60.0


class LoopLag:
    """Measures the lag by short sleeps, and keeps the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lags: deque[tuple[float, float]] = deque(maxlen=int(KEPT_S / INTERVAL_S))
        """Times and lags, in seconds."""

    def add(self, lag: float) -> None:
        """Add a measurement in seconds."""
        self._lags.append((self._clock(), max(0.0, lag)))

    @property
    def latest(self) -> float:
        """The last lag in seconds; 0 before the first measurement."""
        return self._lags[-1][1] if self._lags else 0.0

    def worst(self, seconds: float = KEPT_S) -> float:
        """The largest lag, in seconds, of the last `seconds` (at most 60)."""
        since = self._clock() - seconds
        return max((lag for at, lag in self._lags if at >= since), default=0.0)

    async def measure(self, observe: Callable[[float], None]) -> None:
        """Measure until cancelled; `observe` gets each lag."""
        while True:
            due = self._clock() + INTERVAL_S
            await asyncio.sleep(INTERVAL_S)
            self.add(self._clock() - due)
            observe(self.latest)
