"""Faults of the simulator: errors of Discord and of the network, made on purpose.

    local.faults.rest = RestFault(FaultKind.BAD_GATEWAY, share=0.5, paths=r"POST /interactions/")
    ...
    local.faults.clear()

Faults of REST requests are decided one request at a time, from a seed. Faults of the gateway that
happen once are methods of `simulators.discord.gateway.Gateway`: `drop`, `stall`, `invalidate`, ….
"""

import asyncio
import enum
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Limited = Callable[[float, bool], web.StreamResponse]

MOVED = "moved"
"""In the address to which a request was redirected."""
HELD_S = 600.0
"""Seconds that a request of `FaultKind.SILENCE` is held: longer than any client waits."""


class FaultKind(enum.StrEnum):
    """What happens to a REST request."""

    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    ROUTE_LIMIT = "429 for the route"
    GLOBAL_LIMIT = "429 for everything"
    SILENCE = "silence"  # not handled, and never answered
    SLOW = "slow"
    CUT = "cut"  # not handled; the connection is closed
    LOST_ANSWER = "lost answer"  # handled; the connection is closed before the answer
    MALFORMED = "malformed JSON"  # handled; the answer breaks off
    REDIRECT = "302"  # to where it is handled


@dataclass(frozen=True)
class RestFault:
    """A fault of REST requests.

    share: of the requests that have it, 0 to 1.
    paths: the requests that can have it, a regular expression for "POST /api/v10/interactions/…".
    seconds: the delay, for `SLOW`; when to try again, for a 429.
    """

    kind: FaultKind
    share: float = 1.0
    paths: str = ""
    seconds: float = 1.0


class Faults:
    """The present faults: none, unless a test or a soak sets them."""

    def __init__(self, limited: Limited, *, seed: int = 0) -> None:
        """`limited` makes a 429 of the seconds to wait, and whether it is for everything."""
        self._limited = limited
        self.rest: RestFault | None = None
        self.event_delay_s = 0.0
        """Seconds before each event of the gateway is sent."""
        self.duplicates = False
        """Whether every event is sent twice."""
        self.gathering_s = 0.0
        """Seconds in which events are gathered, to send them in another order; 0: in order."""
        self.made: Counter[str] = Counter()
        """Number of requests that had a fault, by kind."""
        self.disturbed: set[str] = set()
        """Tokens of interactions whose responses had a fault."""
        self.random = np.random.default_rng(seed)

    def clear(self) -> None:
        """End all faults. Requests that are held in silence stay so."""
        self.rest, self.event_delay_s, self.gathering_s = None, 0.0, 0.0
        self.duplicates = False

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Handle a REST request, with a fault if it is to have one."""
        fault = self.rest
        if fault is None or not re.search(fault.paths, f"{request.method} {request.path}"):
            return await handler(request)
        if self.random.random() >= fault.share:
            return await handler(request)
        if fault.kind is FaultKind.REDIRECT and MOVED in request.query:
            return await handler(request)
        self.made[fault.kind] += 1
        if token := request.match_info.get("token"):
            self.disturbed.add(token)
        match fault.kind:
            case FaultKind.SERVER_ERROR | FaultKind.BAD_GATEWAY:
                return _error(500 if fault.kind is FaultKind.SERVER_ERROR else 502)
            case FaultKind.ROUTE_LIMIT | FaultKind.GLOBAL_LIMIT:
                return self._limited(fault.seconds, fault.kind is FaultKind.GLOBAL_LIMIT)
            case FaultKind.SLOW:
                await asyncio.sleep(fault.seconds)
                return await handler(request)
            case FaultKind.SILENCE:
                await asyncio.sleep(HELD_S)
            case FaultKind.LOST_ANSWER:
                await handler(request)
            case FaultKind.REDIRECT:
                location = f"{request.url.update_query({MOVED: '1'})}"
                return web.Response(status=302, headers={"Location": location})
            case FaultKind.MALFORMED:
                return _broken_off(await handler(request))
        return _cut(request)


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _error(status: int) -> web.Response:
    """Like the pages of the proxies before Discord's API."""
    html = f"<html><head><title>{status}</title></head><body></body></html>"
    return web.Response(status=status, text=html, content_type="text/html")


def _broken_off(answer: web.StreamResponse) -> web.StreamResponse:
    """The first half of a JSON response; a response without a body stays as it is."""
    if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
        return answer
    half = answer.body[: len(answer.body) // 2]
    headers = {"Content-Type": "application/json"}
    return web.Response(body=half, status=answer.status, headers=headers)
