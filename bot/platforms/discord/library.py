"""Additions to discord.py: odd events are dropped, half-open connections noticed, logs brief."""

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.http import Route

from bot.logs import shorten
from bot.monitoring.monitor import Monitor
from bot.platforms.discord.platform import NO_NETWORK, note_request

log = logging.getLogger(__name__)

BEAT_S = 5.0
"""Seconds between two heartbeats. Discord allows 120 messages a minute."""
MISSED = 2
"""Intervals in which nothing arrived, after which a connection is cut. One is not enough: it may
have been this process that was busy."""
SENDING_S = 1.0
"""Seconds that sending one may take."""
LONGEST_LIMIT_S = 3600
"""Seconds after which requests are tried again after a limit of all, whatever Discord said."""
LOGGERS = ("discord.app_commands.tree", "discord.client", "discord.shard", "discord.gateway")
"""The loggers of suggestions that did not arrive, and of connections that are made again."""
_HANDLED = (
    *NO_NETWORK,
    discord.HTTPException,
    discord.ConnectionClosed,
    discord.GatewayNotFound,
    discord.app_commands.CommandSignatureMismatch,  # suggestions for an option that has none
)


def shorten_library_logs() -> None:
    """Log what is no fault of the bot, such as failures of the network, without a traceback."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(shortened)


def shortened(record: logging.LogRecord) -> bool:
    """Replace the traceback of such a failure by its error."""
    shorten(record, _HANDLED)
    return True


def tracing(monitor: Monitor, end_limit: Callable[[], None]) -> aiohttp.TraceConfig:
    """A trace for `discord.Client`: its one session sends all requests, also for interactions.

    `end_limit` is called once a rate limit of all requests is over.
    """

    async def started(*_: object) -> None:
        note_request(is_limited=False)

    async def ended(
        _session: object, _context: object, request: aiohttp.TraceRequestEndParams
    ) -> None:
        if _is_api(request.url):
            answer = request.response
            monitor.response(answer.status, answer.headers)
            is_refused = answer.status == HTTPStatus.TOO_MANY_REQUESTS
            is_global = is_refused and "X-RateLimit-Global" in answer.headers
            note_request(is_limited=is_refused and not is_global)
            if is_global:
                seconds = answer.headers.get("Retry-After", "")
                pause_s = int(seconds) if seconds.isdecimal() else LONGEST_LIMIT_S
                asyncio.get_running_loop().call_later(min(pause_s, LONGEST_LIMIT_S), end_limit)

    async def failed(
        _session: object, _context: object, request: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if _is_api(request.url):
            monitor.no_response()

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(started)
    trace.on_request_end.append(ended)
    trace.on_request_exception.append(failed)
    return trace


def _is_api(url: object) -> bool:
    """Whether a request goes to the API, not to the gateway or a file."""
    return str(url).startswith(Route.BASE)


class TolerantWebSocket(DiscordWebSocket):
    """A connection to the gateway that drops events which discord.py cannot read.

    discord.py ends the client when an event lacks a key that it expects, or is no JSON. Without
    HELLO and READY there is no session, and what cannot be decompressed makes all that follows
    unreadable: then the shard connects again, after discord.py's growing pauses.
    """

    _frame: str | None = None
    """The frame that is read, decompressed."""

    def log_receive(self, data: Any, /) -> None:  # noqa: ANN401 (as in discord.py)
        """Keep the frame. discord.py calls this as soon as it is decompressed."""
        self._frame = data

    async def received_message(self, msg: Any, /) -> None:  # noqa: ANN401 (as in discord.py)
        """Read a frame, or drop it. Raises `ConnectionError` if the shard must connect again."""
        self._frame, sequence = None, self.sequence
        try:
            await super().received_message(msg)
            if not isinstance(self.sequence, int | None):
                raise TypeError(f"{self.sequence!r:.40} is no sequence number")
        except (ReconnectWebSocket, discord.ConnectionClosed, aiohttp.ClientError, OSError):
            raise
        except Exception as error:
            self.sequence = sequence if isinstance(sequence, int) else None
            name = "what cannot be decompressed" if self._frame is None else _event(self._frame)
            if self._frame is None or name in _NEEDED:
                await self.close()
                raise ConnectionError(f"Discord sent {name}, unreadable: {error!r:.200}") from error
            log.warning(
                "An event of Discord is dropped, it cannot be read: %s, %s",
                name,
                type(error).__name__,
            )


_NEEDED = {"HELLO", "READY"}
"""Events without which nothing works."""


def _event(frame: str) -> str:
    """The name of an event, for the log."""
    try:
        event = json.loads(frame)
        return "HELLO" if event["op"] == DiscordWebSocket.HELLO else str(event["t"])[:40]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "no event"


def survive_malformed_events() -> None:
    """Let shards connect with a `TolerantWebSocket`. discord.py has no option for that."""
    discord.shard.DiscordWebSocket = TolerantWebSocket  # type: ignore[misc]


@dataclass
class _Beat:
    """The last extra heartbeat of a connection."""

    gateway: DiscordWebSocket
    sent_at: float
    missed: int = 0


class Heartbeats:
    """Sends heartbeats on all shards of a client, and cuts connections that do not answer.

    discord.py then resumes the session on a new connection, and gets the events that it missed.

    Discord asks for a heartbeat every 41 s. When a route is lost nothing arrives any more, also no
    end of the connection, and discord.py waits 60 s for the next message before it connects again,
    and 30 s for the end of the old connection. Interactions of that time are answered too late.

    discord.py has no public way to send a heartbeat, or to know that nothing has arrived: its
    option `heartbeat_timeout` is looked at every 41 s, or cuts quiet connections that are well. So
    this uses what is internal to version 2.7. Where a later version lacks it, the bot does without.
    """

    def __init__(self, client: discord.AutoShardedClient) -> None:
        self._client = client
        self._beats: dict[int, _Beat] = {}

    async def run(self) -> None:
        """Send heartbeats until it is cancelled. Returns if discord.py cannot be used like that."""
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self.beat()
            except (AttributeError, TypeError) as error:
                log.warning(
                    "A connection that is lost without a word is noticed after a minute only, "
                    "because discord.py %s is unknown: %r",
                    discord.__version__,
                    error,
                )
                return
            except Exception:
                log.exception("Heartbeats could not be sent")

    async def beat(self) -> None:
        """Send a heartbeat on each shard, or cut its connection. Call it every `BEAT_S`."""
        shards = self._client.shards
        self._beats = {number: beat for number, beat in self._beats.items() if number in shards}
        # Concurrently: a full socket takes nothing more, and must not hold up the other shards.
        await asyncio.gather(
            *(self._try_on(number) for number, shard in shards.items() if not shard.is_closed())
        )

    async def _try_on(self, shard_id: int) -> None:
        with suppress(discord.ConnectionClosed, aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(SENDING_S):
                await self._beat_on(shard_id, self._client._get_websocket(shard_id=shard_id))

    async def _beat_on(self, shard_id: int, gateway: DiscordWebSocket) -> None:
        keep_alive = gateway._keep_alive
        if keep_alive is None:  # not greeted yet, or about to connect again
            return
        last = self._beats.get(shard_id)
        if last is None or last.gateway is not gateway:
            last = _Beat(gateway, time.perf_counter())
        elif keep_alive._last_recv >= last.sent_at:
            last.missed = 0
        else:
            last.missed += 1
        if last.missed >= MISSED:
            log.warning("Shard %d has not answered heartbeats; it connects again", shard_id)
            self._beats.pop(shard_id, None)
            _cut(gateway)
            return
        last.sent_at = time.perf_counter()
        self._beats[shard_id] = last
        await gateway.send_heartbeat(keep_alive.beat())


def _cut(gateway: DiscordWebSocket) -> None:
    """End a connection without waiting for the other side."""
    connection = gateway.socket.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):  # it has just ended
            connection.shutdown(socket.SHUT_RDWR)
