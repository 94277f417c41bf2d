"""Counts the responses of Discord's API, whatever part of the library sent the request."""

from types import SimpleNamespace

import aiohttp
from discord.http import Route

from bot.monitoring.monitor import Monitor


def tracing(monitor: Monitor) -> aiohttp.TraceConfig:
    """A trace for `discord.Client`: its one session sends all requests, also for interactions."""

    async def ended(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        request: aiohttp.TraceRequestEndParams,
    ) -> None:
        if _is_api(request.url):
            monitor.response(request.response.status, request.response.headers)

    async def failed(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        request: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        if _is_api(request.url):
            monitor.no_response()

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    trace.on_request_exception.append(failed)
    return trace


def _is_api(url: object) -> bool:
    """Whether a request goes to the API, not to the gateway or a file."""
    return str(url).startswith(Route.BASE)
