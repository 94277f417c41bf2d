"""A sample of the bot's state once a minute, for the last day."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

INTERVAL_S = 60.0
KEPT = 1_440
"""Samples: one day."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The state of the bot at the end of a minute."""

    at: datetime
    memory_bytes: int
    worst_lag: float
    """The largest lag of the event loop in this minute, in seconds."""
    queue_length: int
    requests: int
    """Requests that ended in this minute."""
    failures: int
    """Those of them that failed by the fault of the bot, its database, or the platform."""
    database_seconds: float | None
    """How long the database took to answer; `None` if it did not."""


class History:
    """The samples of the last day."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def add(self, sample: Sample) -> None:
        """Add a sample; the oldest one of more than a day is forgotten."""
        self._samples.append(sample)

    def since(self, start: datetime) -> Sequence[Sample]:
        """The samples after `start`, oldest first."""
        return [sample for sample in self._samples if sample.at > start]

    def totals(self, now: datetime, duration: timedelta) -> tuple[int, int]:
        """Requests and failures within a duration before `now`."""
        samples = self.since(now - duration)
        return sum(s.requests for s in samples), sum(s.failures for s in samples)
