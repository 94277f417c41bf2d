"""Faults of the simulator: errors of an API and of the network, made on purpose.

    local.faults.rest = RestFault(FaultKind.LOST_ANSWER, paths=r"POST /interactions/")
    ...
    local.faults.rest = None

Faults of the gateway are methods of `simulators.discord.gateway.Gateway`: `drop`, `stall`.
"""

import enum
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Limited = Callable[[float, bool], web.StreamResponse]

MOVED = "moved"
"""Part of the address to which a request was redirected."""


class FaultKind(enum.StrEnum):
    """Fault of a REST request."""

    ROUTE_LIMIT = "429 for the route"
    GLOBAL_LIMIT = "429 for everything"
    LOST_ANSWER = "lost answer"  # handled; the connection is closed before the answer
    REDIRECT = "302"  # to where it is handled
    BLOCKED = "403 of Cloudflare"  # not handled
    BLOCKED_AS_PAGE = "403 of Cloudflare as HTML"
    UNAVAILABLE = "503"  # not handled


@dataclass(frozen=True)
class RestFault:
    """A fault of REST requests.

    paths: the requests that have it, a regular expression for "POST /api/v10/interactions/…".
    seconds: when to try again, for a 429.
    """

    kind: FaultKind
    paths: str = ""
    seconds: float = 1.0


class Faults:
    """The present fault of REST requests: none, unless a test sets one."""

    def __init__(self, limited: Limited) -> None:
        """`limited` makes a 429 of the seconds to wait, and whether it is for everything."""
        self._limited = limited
        self.rest: RestFault | None = None
        self.made: Counter[str] = Counter()
        """Number of requests that had a fault, by kind."""

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Handle a REST request, with a fault if it is to have one."""
        fault = self.rest
        if fault is None or not re.search(fault.paths, f"{request.method} {request.path}"):
            return await handler(request)
        if fault.kind is FaultKind.REDIRECT and MOVED in request.query:
            return await handler(request)
        self.made[fault.kind] += 1
        match fault.kind:
            case FaultKind.ROUTE_LIMIT | FaultKind.GLOBAL_LIMIT:
                return self._limited(fault.seconds, fault.kind is FaultKind.GLOBAL_LIMIT)
            case FaultKind.REDIRECT:
                location = f"{request.url.update_query({MOVED: '1'})}"
                return web.Response(status=302, headers={"Location": location})
            case FaultKind.BLOCKED:
                body = {"message": "internal network error", "code": 40333}
                return web.json_response(body, status=403)
            case FaultKind.BLOCKED_AS_PAGE:
                page = "<title>Attention Required! | Cloudflare</title>"
                return web.Response(text=page, status=403, content_type="text/html")
            case FaultKind.UNAVAILABLE:
                return web.Response(text="upstream connect error", status=503)
            case FaultKind.LOST_ANSWER:
                await handler(request)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
