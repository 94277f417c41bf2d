"""Rate limits of both simulators."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """The rate limit of a bucket after a request; `granted` if the request is allowed."""

    granted: bool
    limit: int
    remaining: int
    reset_after: float  # seconds until the bucket is full again


class RateLimiter:
    """Allows `allowed` requests in each bucket, within `window_s` seconds of its first request."""

    def __init__(self, allowed: int, window_s: float, clock: Callable[[], float]) -> None:
        self._allowed, self._window, self._clock = allowed, window_s, clock
        self._buckets: dict[str, tuple[float, int]] = {}  # start of the window, requests in it

    def take(self, key: str) -> Allowance:
        now = self._clock()
        if len(self._buckets) > 1000:  # tokens come and go: drop old windows
            fresh = {k: v for k, v in self._buckets.items() if now - v[0] < self._window}
            self._buckets = fresh
        began, taken = self._buckets.get(key, (now, 0))
        if now - began >= self._window:
            began, taken = now, 0
        granted = taken < self._allowed
        if granted:
            taken += 1
            self._buckets[key] = (began, taken)
        return Allowance(
            granted, self._allowed, self._allowed - taken, max(0.0, began + self._window - now)
        )
