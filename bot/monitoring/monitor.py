"""`Monitor`: counts what happens in one process, and writes a line in the log for each request."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.monitoring.invalid_requests import COUNTED, InvalidRequests
from bot.monitoring.metrics import Metrics
from bot.monitoring.requests import Outcome, Request, current

log = logging.getLogger(__name__)


class Monitor:
    """The counters of one process."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.invalid_requests = InvalidRequests()
        self.requests = 0
        """Requests that have ended."""
        self.failures = 0
        """Requests that have failed."""

    @contextmanager
    def track(self, name: str, community_id: int | None) -> Iterator[Request]:
        """Follow a request to its end; then count it and log one line.

        Code within, and what it starts, finds the request by `bot.monitoring.requests.current`.
        """
        request = Request(name, community_id)
        token = current.set(request)
        try:
            yield request
        except asyncio.CancelledError as error:
            request.end_with(error, Outcome.CANCELLED)
            raise
        except BaseException as error:
            request.end_with(error, Outcome.FAILED)
            raise
        finally:
            request.end()
            self.requests += 1
            self.failures += request.outcome is Outcome.FAILED
            self.metrics.request(request)
            log.info(_line(request))
            current.reset(token)

    def response(self, status: int, headers: Mapping[str, str]) -> None:
        """Count a response of the platform's API."""
        self.metrics.rest_responses.labels(f"{status // 100}xx").inc()
        if status in COUNTED:
            self.metrics.invalid_requests.labels(str(status)).inc()
            self.invalid_requests.count(status, headers)

    def no_response(self) -> None:
        """Count a request to the platform's API that was not answered."""
        self.metrics.rest_responses.labels("error").inc()


def _line(request: Request) -> str:
    """`/name in server 1: answered after 0.21 s (acknowledged 0.02, waited 0.1, networks 0.05)`.

    In brackets are the seconds until the first response, those that it waited for the networks, and
    those that they worked on it.
    """
    where = f"server {request.community_id}" if request.community_id else "a direct message"
    error = f" {request.error}" if request.error else ""
    line = f"{request.name} in {where}: {request.outcome}{error} after {request.seconds:.3f} s"
    parts = []
    if request.acknowledged_after is not None:
        parts.append(f"acknowledged {request.acknowledged_after:.3f}")
    if request.worked:
        parts += [f"waited {request.waited:.3f}", f"networks {request.worked:.3f}"]
    return f"{line} ({', '.join(parts)})" if parts else line
