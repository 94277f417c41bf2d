"""Socket Mode: WebSockets that carry envelopes to the bot, and its acknowledgements back.

A bot may have several connections; each envelope goes to any of them. Slack's documentation:
"Using Socket Mode".
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from aiohttp import WSMsgType, web

from simulators.common.payloads import JSON
from simulators.slack.records import Interaction
from simulators.slack.state import State

_log = logging.getLogger(__name__)

TICKET_S = 30.0
"""Seconds for which the address of a connection is valid."""
PING_S = 10.0
RETRIES_S = (0.0, 60.0, 300.0)
"""Seconds after which an event that is not acknowledged is sent again."""


@dataclass(eq=False)
class Connection:
    """An open WebSocket."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    queue: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    is_warned: bool = False  # gets envelopes only while there is no other connection
    is_leaving: bool = False  # told to disconnect: gets no more envelopes
    sent: int = 0  # envelopes


class SocketModeServer:
    """The connections of the bot."""

    def __init__(self, state: State) -> None:
        self.url = ""
        """Address of the WebSockets, "ws://127.0.0.1:8080/link"."""
        self.connections: list[Connection] = []
        self._state = state
        self._tickets: dict[str, float] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        state.deliver = self.deliver

    def open(self) -> str:
        """apps.connections.open: an address for one connection."""
        ticket = secrets.token_urlsafe(16)
        now = self._state.clock()
        self._tickets = {t: at for t, at in self._tickets.items() if now - at <= TICKET_S}
        self._tickets[ticket] = now
        return f"{self.url}?ticket={ticket}&app_id={self._state.workspace.app_id}"

    # Envelopes

    def deliver(self, asked: Interaction, attempt: int = 0) -> None:
        """Send an envelope over one of the connections; it fails if there is none."""
        is_sent = self._route(self._envelope(asked, attempt))
        if not is_sent and asked.kind != "events_api":
            self._state.fail(asked, "dispatch_failed")
            return
        self._later(self._state.ack_s, partial(self._give_up, asked, attempt))

    def _route(self, text: str) -> bool:
        """Give an envelope to any of the connections; False if there is none."""
        able = [c for c in self.connections if not c.is_leaving and not c.socket.closed]
        able = [c for c in able if not c.is_warned] or able
        if not able:
            return False
        connection = secrets.choice(able)
        connection.queue.put_nowait(text)
        connection.sent += 1
        return True

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            what()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    def _give_up(self, asked: Interaction, attempt: int) -> None:
        """Fail an interaction that was not acknowledged in time; send an event again."""
        if asked.is_acknowledged:
            return
        if asked.kind != "events_api" or attempt >= len(RETRIES_S):
            self._state.fail(asked, "operation_timeout")
        else:
            self._later(RETRIES_S[attempt], partial(self._retry, asked, attempt))

    def _retry(self, asked: Interaction, attempt: int) -> None:
        asked.created_at = self._state.clock()
        self._state.renew_envelope(asked)
        self.deliver(asked, attempt + 1)

    def _envelope(self, asked: Interaction, attempt: int) -> str:
        envelope: JSON = {
            "envelope_id": asked.envelope_id,
            "type": asked.kind,
            "accepts_response_payload": asked.accepts_payload,
            "payload": asked.payload,
        }
        if asked.kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        return json.dumps(envelope)

    # What Slack and the network do to all connections that are open

    async def refresh(self, notice_s: float = 0.0) -> None:
        """Close connections after saying so; the bot has to open new ones.

        notice_s: seconds from the warning on; Slack gives about ten.
        """
        leaving = list(self.connections)
        await self._tell(leaving, "warning")
        await asyncio.sleep(notice_s)
        for connection in leaving:
            connection.is_leaving = True
        await self._tell(leaving, "refresh_requested")
        for connection in leaving:
            with contextlib.suppress(ConnectionError):
                await connection.socket.close()

    async def drop(self) -> None:
        """Cut connections without a word."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for connection in list(self.connections):
            with contextlib.suppress(ConnectionError):
                await connection.socket.close(code=1001)

    async def _tell(self, connections: Iterable[Connection], reason: str) -> None:
        for connection in list(connections):
            connection.is_warned = True
            with contextlib.suppress(ConnectionError):
                await connection.socket.send_json({"type": "disconnect", "reason": reason})

    # One connection

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve a connection, from its ticket to its end."""
        opened_at = self._tickets.pop(request.query.get("ticket", ""), None)
        if opened_at is None or self._state.clock() - opened_at > TICKET_S:
            return web.Response(status=408)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        self.connections.append(connection)
        tasks = [asyncio.create_task(self._send(connection))]
        tasks.append(asyncio.create_task(self._ping(connection)))
        try:
            hello = {"type": "hello", "num_connections": len(self.connections)}
            await socket.send_str(json.dumps(hello))
            self._state.changes.notify()
            await self._receive(connection)
        finally:
            self.connections.remove(connection)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            while not connection.queue.empty():  # not sent yet
                self._route(connection.queue.get_nowait())
            self._state.changes.notify()
        return socket

    async def _receive(self, connection: Connection) -> None:
        async for frame in connection.socket:
            if frame.type is WSMsgType.TEXT:
                self._acknowledged(frame.data)

    def _acknowledged(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("envelope_id"), str):
            _log.warning("The bot sent a frame that is no acknowledgement.")
            return
        payload = answer.get("payload")
        self._state.acknowledge(answer["envelope_id"], payload if isinstance(payload, dict) else {})

    async def _send(self, connection: Connection) -> None:
        while True:
            text = await connection.queue.get()
            try:
                await connection.socket.send_str(text)
            except (ConnectionError, asyncio.CancelledError):
                connection.queue.put_nowait(text)
                raise

    async def _ping(self, connection: Connection) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(PING_S)
                await connection.socket.ping(b"Ping from local")
