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
        self._times: deque[float] = deque(maxlen=BAN_AT)
        self._warned_at = 0

    @property
    def recent(self) -> int:
        """Number of invalid requests in the last ten minutes, up to the number for a ban."""
        oldest = self._clock() - WINDOW_S
        while self._times and self._times[0] <= oldest:
            self._times.popleft()
        return len(self._times)

    @property
    def are_many(self) -> bool:
        """Whether optional requests should be left out."""
        return self.recent >= SAVE_AT

    def count(self, status: int, headers: Mapping[str, str]) -> None:
        """Count a response if it is one to an invalid request, and warn when there are many."""
        if status not in COUNTED or headers.get("X-RateLimit-Scope") == "shared":
            return
        self._times.append(self._clock())
        recent = self.recent
        if recent < WARN_AT:
            self._warned_at = 0
        elif recent >= 2 * self._warned_at:
            self._warned_at = recent
            self._warn(status, recent)

    @staticmethod
    def _warn(status: int, recent: int) -> None:
        """Warn at 500, and again whenever the number has doubled."""
        saving = "; optional edits are left out" if recent >= SAVE_AT else ""
        log.warning(
            "Discord refused %s requests in ten minutes, the last one with %d%s. At %s it bans "
            "this address for a while. Usual reasons: a missing permission (403), a token that "
            "was reset (401), too many bots behind one address (429).",
            f"{recent:,}",
            status,
            saving,
            f"{BAN_AT:,}",
        )
