"""Counts requests that Discord refuses: 10,000 of them in ten minutes bring a ban of the address.

See "Invalid Request Limit" in Discord's documentation of rate limits: responses 401, 403 and 429
count, except for 429 with the scope `shared`.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

WINDOW_S = 600
BAN_AT = 10_000
"""Invalid requests in the window at which Discord bans an address for a while."""
WARN_AT = 500
SAVE_AT = 2_000
"""Invalid requests in the window from which on the bot leaves out optional edits."""
COUNTED = (401, 403, 429)


class InvalidRequests:
    """The number of invalid requests in the last ten minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[tuple[int, int]] = deque()
        """Seconds in which some were counted, with their number; at most `WINDOW_S` + 1."""
        self._total = 0
        self._warned_at = 0

    @property
    def recent(self) -> int:
        """Their number in the last ten minutes."""
        self._forget()
        return self._total

    @property
    def are_many(self) -> bool:
        """Whether optional requests should be left out."""
        return self.recent >= SAVE_AT

    def count(self, status: int, headers: Mapping[str, str]) -> None:
        """Count a response if it is one to an invalid request, and warn when there are many."""
        if status not in COUNTED or headers.get("X-RateLimit-Scope") == "shared":
            return
        second = int(self._clock())
        number = 1
        if self._seconds and self._seconds[-1][0] == second:
            number += self._seconds.pop()[1]
        self._seconds.append((second, number))
        self._total += 1
        self._forget()
        self._warn(status)

    def _forget(self) -> None:
        oldest = int(self._clock()) - WINDOW_S
        while self._seconds and self._seconds[0][0] <= oldest:
            self._total -= self._seconds.popleft()[1]
        if self._total < WARN_AT:
            self._warned_at = 0

    def _warn(self, status: int) -> None:
        """Warn at 500, and again whenever the number has doubled."""
        if self._total < max(WARN_AT, 2 * self._warned_at):
            return
        self._warned_at = self._total
        saving = "; optional edits are left out" if self._total >= SAVE_AT else ""
        log.warning(
            "Discord refused %s requests in ten minutes, the last one with %d%s. At %s it bans "
            "this address for a while. Usual reasons: a missing permission (403), a token that "
            "was reset (401), too many bots behind one address (429).",
            f"{self._total:,}",
            status,
            saving,
            f"{BAN_AT:,}",
        )
