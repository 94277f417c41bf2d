"""Slack's errors, rate limits, scopes, and sizes of messages.

From Slack's documentation of each Web API method, "Rate limits" and "Truncating really long
messages".
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from simulators.common.payloads import JSON
from simulators.common.rate_limits import RateLimiter

ACKNOWLEDGEMENT_S = 3.0
"""Seconds to acknowledge an envelope, and for which a trigger is valid."""
RESPONSE_URL_S, RESPONSE_URL_USES = 1800.0, 5
POSTED_TEXT, UPDATED_TEXT = 40_000, 4_000
"""Characters of a message's text. Slack cuts posted ones off silently; the simulator rejects."""
ALT_TEXT = 1_000
"""Characters of an uploaded picture's description; those of an image block may have 2,000."""
_METHODS_BY_SCOPE = {
    "chat:write": "chat.postMessage chat.postEphemeral chat.update",
    "im:write": "conversations.open",
    "users:read": "users.info users.list",
    "files:read": "files.info",
    "files:write": "files.getUploadURLExternal files.completeUploadExternal files.delete",
}
NEEDED_SCOPES: Mapping[str, str] = {
    method: scope for scope, methods in _METHODS_BY_SCOPE.items() for method in methods.split()
}
"""Scopes by method."""
DEFAULT_SCOPES = frozenset({*_METHODS_BY_SCOPE, "channels:read", "commands", "groups:read"})
"""Scopes of the bot's token; those of no method are for events and commands."""

_TIERS = {
    20: "users.list",
    50: "apps.connections.open chat.update conversations.open",
    100: "auth.test chat.postEphemeral files.info users.info views.open views.publish views.update "
    "files.getUploadURLExternal files.completeUploadExternal",
}
"""Slack's tiers 2 to 4: calls of each method per minute, for the whole workspace."""


class SlackError(Exception):
    """An error response of the Web API, as {"ok": false, "error": …}.

    error: Slack's code ("invalid_blocks").
    details: what is wrong, with the place in the payload.
    extra: more fields of the response.
    """

    def __init__(self, error: str, details: Sequence[str] = (), **extra: object) -> None:
        super().__init__(error + "".join(f"\n  {detail}" for detail in details))
        self.error, self.details, self._extra = error, list(details), extra

    def body(self) -> JSON:
        body: JSON = {"ok": False, "error": self.error} | self._extra
        if self.details:
            body["errors"] = self.details
            messages = [f"[ERROR] {detail}" for detail in self.details]
            body["response_metadata"] = {"messages": messages}
        return body


class RateLimits:
    """Limits of the Web API: of each method in the workspace, and of messages in each channel."""

    def __init__(self, clock: Callable[[], float], *, active: bool = True) -> None:
        self.active = active
        self.refused: Counter[str] = Counter()
        """Number of 429 responses by method."""
        self.forced: Counter[str] = Counter()
        """How often each method, or "response_url", is limited whatever its limit."""
        self._methods = {
            method: RateLimiter(calls, 60.0, clock)
            for calls, methods in _TIERS.items()
            for method in methods.split()
        }
        self._posts = RateLimiter(1, 1.0, clock)

    def take(self, method: str, channel_id: str = "") -> int:
        """Count a call. Returns the seconds to wait if it is one too many, else 0.

        channel_id: the channel of a posted message.
        """
        limiter = self._posts if method == "chat.postMessage" else self._methods.get(method)
        pause = 0
        if self.forced[method] > 0:
            self.forced[method] -= 1
            pause = 1
        elif self.active and limiter is not None:
            allowance = limiter.take(channel_id if limiter is self._posts else "")
            pause = 0 if allowance.granted else max(1, math.ceil(allowance.reset_after))
        if pause:
            self.refused[method] += 1
        return pause


def length(text: str) -> int:
    """The length of a text as Slack counts it, in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_text(text: str, longest: int) -> None:
    """Raise `msg_too_long` if a message's text is too long."""
    if length(text) > longest:
        raise SlackError("msg_too_long")
