"""Socket Mode, after "Using Socket Mode": envelopes over WebSockets, acknowledged by their id."""

import asyncio
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.end_to_end.slack.second.block_kit import Json
from tests.end_to_end.slack.second.workspace import APP

MOST_CONNECTIONS = 10
"""An app may have up to 10 at a time."""
HOURS_S = 3600


@dataclass(eq=False)
class Connection:
    """One WebSocket."""

    socket: web.WebSocketResponse
    request: web.Request
    is_greeted: bool = False
    is_leaving: bool = False
    """Whether it was asked to refresh; it gets nothing new while there is another one."""
    is_deaf: bool = False
    """Whether it is open, and carries nothing any more."""
    answers_pings: bool = True
    waiting: set[str] = field(default_factory=set)
    """Envelopes that it has not acknowledged."""


@dataclass(eq=False)
class Delivery:
    """A payload that was sent, or will be once there is a connection."""

    kind: str
    payload: Json
    answer: "asyncio.Future[Json]"
    """The payload of its acknowledgement; `{}` if that has none."""
    envelope_id: str
    accepts: bool
    is_sent: bool = False


class Sockets:
    """The connections of the app, and what is delivered on them."""

    def __init__(self, *, acknowledge_s: float) -> None:
        """`acknowledge_s`: seconds that the app has for an acknowledgement. Slack's are three."""
        self.connections: list[Connection] = []
        self.opened = 0
        self.duplicates = False
        """Whether each envelope is sent twice."""
        self.refuses = False
        self.received: list[str] = []
        """Envelopes that were acknowledged, in order."""
        self.late: list[str] = []
        self._acknowledge_s = acknowledge_s
        self._tickets: set[str] = set()
        self._deliveries: dict[str, Delivery] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        # Each payload may be sent to any of them: don't assume a pattern.
        self._choice = random.Random(11)  # noqa: S311

    def new_address(self, host: str) -> str:
        """An address that can be used once."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return f"ws://{host}/link/?ticket={ticket}&app_id={APP}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Accept a connection, and read it to its end."""
        ticket = request.query.get("ticket", "")
        if self.refuses or ticket not in self._tickets:
            return web.Response(status=408)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self.connections.append(connection)
        self.opened += 1
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "debug_info": {"host": "applink-2", "approximate_connection_time": HOURS_S},
                "connection_info": {"app_id": APP},
            }
        )
        connection.is_greeted = True
        self._send_waiting()
        try:
            async for message in socket:
                if message.type is WSMsgType.PING and connection.answers_pings:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.TEXT and not connection.is_deaf:
                    self._acknowledged(connection, message.json())
        finally:
            self._forget(connection)
        return socket

    def deliver(self, kind: str, payload: Json, *, accepts: bool = True) -> "asyncio.Future[Json]":
        """Send a payload. Its future has the acknowledgement, or `TimeoutError`."""
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        delivery = Delivery(kind, payload, answer, str(uuid.uuid4()), accepts)
        self._deliveries[delivery.envelope_id] = delivery
        asyncio.get_running_loop().call_later(self._acknowledge_s, self._expire, delivery)
        self._send_waiting()
        return answer

    async def warn(self) -> None:
        """Say that connections will be closed in about ten seconds."""
        for connection in [*self.connections]:
            await connection.socket.send_json(_disconnect("warning"))

    async def refresh(self, *, notice_s: float = 10.0) -> None:
        """Renew all connections: a warning, a request to refresh, and the end."""
        leaving = [*self.connections]
        await self.warn()
        await asyncio.sleep(notice_s)
        for connection in leaving:
            connection.is_leaving = True
            if not connection.socket.closed:
                await connection.socket.send_json(_disconnect("refresh_requested"))
        await asyncio.sleep(0.1)
        for connection in leaving:
            await connection.socket.close()

    async def disable(self) -> None:
        """Switch Socket Mode off."""
        self.refuses = True
        for connection in [*self.connections]:
            await connection.socket.send_json(_disconnect("link_disabled"))
            await connection.socket.close()

    async def drop(self) -> None:
        """Cut all connections, without a word."""
        for connection in [*self.connections]:
            transport = connection.request.transport
            if transport is not None:
                transport.abort()
            self._forget(connection)

    def deafen(self, *connections: Connection, pongs: bool) -> None:
        """Leave connections (all) open, and carry nothing. `pongs`: but answers to pings."""
        for connection in connections or self.connections:
            connection.is_deaf, connection.answers_pings = True, pongs

    def _send_waiting(self) -> None:
        for delivery in self._deliveries.values():
            if not delivery.is_sent:
                self._send(delivery)

    def _send(self, delivery: Delivery) -> None:
        able = [each for each in self.connections if each.is_greeted and not each.socket.closed]
        able = [each for each in able if not each.is_leaving] or able
        if not able:
            return
        delivery.is_sent = True
        envelope = {
            "envelope_id": delivery.envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.accepts,
        }
        for _time in range(2 if self.duplicates else 1):
            connection = self._choice.choice(able)
            if not connection.is_deaf:
                connection.waiting.add(delivery.envelope_id)
                self._start(_write(connection, envelope))

    def _acknowledged(self, connection: Connection, message: Json) -> None:
        envelope_id = message.get("envelope_id", "")
        connection.waiting.discard(envelope_id)
        delivery = self._deliveries.pop(envelope_id, None)
        if delivery is None:
            return
        self.received.append(envelope_id)
        if not delivery.answer.done():
            delivery.answer.set_result(message.get("payload") or {})

    def _expire(self, delivery: Delivery) -> None:
        self._deliveries.pop(delivery.envelope_id, None)
        if not delivery.answer.done():
            self.late.append(delivery.envelope_id)
            delivery.answer.set_exception(TimeoutError("not acknowledged"))

    def _forget(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)

    def _start(self, work: Any) -> None:  # noqa: ANN401
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _write(connection: Connection, envelope: Json) -> None:
    try:
        await connection.socket.send_json(envelope)
    except (ConnectionError, RuntimeError):
        return  # what is on its way to a closed connection is lost


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "wss-2.slack.com"}}
