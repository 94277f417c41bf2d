"""TODO"""

import logging
from types import SimpleNamespace

import aiohttp
import discord
from discord.http import Route

from bot.logs import shorten
from bot.monitoring.monitor import Monitor
from bot.platforms.discord.platform import NO_NETWORK

LOGGERS = ("discord.app_commands.tree", "discord.client", "discord.shard", "discord.gateway")
"""The loggers of suggestions that did not arrive, and of connections that are made again."""
_HANDLED = (*NO_NETWORK, discord.HTTPException, discord.ConnectionClosed, discord.GatewayNotFound)


def shorten_library_logs() -> None:
    """Log failures of the network in one line: a traceback says that the bot has a fault."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(shortened)


def shortened(record: logging.LogRecord) -> bool:
    """Replace the traceback of a failure of the network by its error."""
    shorten(record, _HANDLED)
    return True


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
