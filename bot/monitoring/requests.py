"""The request that the current code works for, followed by a context variable.

A request is a command, a pressed button, or a submitted form. Tasks and threads that it starts
inherit the context, so that each line that they log carries its reference.
"""

import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """A sentence told the member what was wrong, or that the bot is busy."""
    FAILED = "failed"
    """The bot, its database, or the platform was at fault."""
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Request:
    """One request, from its arrival to its answer."""

    name: str
    """`/namer create`, or `button vote`. Never what a member typed."""
    community_id: int | None = None
    reference: str = field(default_factory=lambda: secrets.token_hex(3))
    """Six hexadecimal digits: in the log, and in the reply to the member if the bot fails."""
    outcome: Outcome = Outcome.ANSWERED
    error: str = ""
    """The class of the error that it was refused with, or that it failed with."""
    acknowledged_after: float | None = None
    """Seconds until the platform had the first response."""
    seconds: float | None = None
    """Seconds until its end; `None` before."""
    waited: float = 0.0
    """Seconds that it waited for turns of the networks."""
    worked: float = 0.0
    """Seconds that its turns took; other requests may have shared them."""
    started: float = field(default_factory=time.perf_counter, init=False, repr=False)

    def end_with(self, error: BaseException, outcome: Outcome) -> None:
        """Note an error. After the end it has no effect: background tasks outlive a request."""
        if self.seconds is None:
            self.error, self.outcome = type(error).__name__, outcome

    def end(self) -> None:
        """Note the time of the end."""
        self.seconds = time.perf_counter() - self.started


current: ContextVar[Request | None] = ContextVar("request", default=None)
"""The request that this code works for; `None` for background jobs."""


def reference() -> str | None:
    """The reference of the current request."""
    request = current.get()
    return request.reference if request else None


def acknowledge() -> None:
    """Note that the platform has the first response to the current request, not later ones."""
    request = current.get()
    if request and request.acknowledged_after is None and request.seconds is None:
        request.acknowledged_after = time.perf_counter() - request.started


def end_with(error: BaseException, outcome: Outcome) -> None:
    """Note how the current request ends."""
    if request := current.get():
        request.end_with(error, outcome)


def add_turn(waited: float, worked: float) -> None:
    """Note a turn of the networks for the current request: seconds until it began, and of work."""
    if request := current.get():
        request.waited += waited
        request.worked += worked
