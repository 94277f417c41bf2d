"""A few lines of Socket Mode: a server whose connections a test can use and break."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer


@dataclass(eq=False)
class Socket:
    """One connection."""

    websocket: web.WebSocketResponse
    received: list[dict[str, Any]] = field(default_factory=list)
    """Acknowledgements."""

    async def send(self, message: object) -> None:
        """Send a message."""
        await self.websocket.send_str(json.dumps(message))

    async def deliver(self, envelope_id: str, payload: object, kind: str = "interactive") -> None:
        """Deliver an envelope."""
        await self.send({"envelope_id": envelope_id, "type": kind, "payload": payload})


@dataclass
class SocketServer:
    """The connections, in the order in which they were opened."""

    url: str = ""
    opened: list[Socket] = field(default_factory=list)
    closed: list[Socket] = field(default_factory=list)
    addresses: int = 0
    """Addresses that were asked for."""
    refuses: int = 0
    """Connections that are still to be refused."""
    greets: bool = True
    is_off: bool = False
    """Whether Socket Mode is switched off."""
    pongs: bool = True
    """Whether it answers pings."""

    @property
    def open(self) -> list[Socket]:
        """Those that are open."""
        return [each for each in self.opened if each not in self.closed]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so, for at most a minute."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 (a server signals nothing)
                await asyncio.sleep(0.01)

    async def address(self, _request: web.Request) -> web.Response:
        """Answer apps.connections.open."""
        self.addresses += 1
        url = f"{self.url.replace('http', 'ws')}link?ticket=secret-{self.addresses}"
        return web.json_response({"ok": True, "url": url})

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Accept a connection."""
        if self.refuses:
            self.refuses -= 1
            return web.Response(status=403)
        websocket = web.WebSocketResponse(autoping=self.pongs)
        await websocket.prepare(request)
        socket = Socket(websocket)
        self.opened.append(socket)
        if self.is_off:
            await socket.send({"type": "disconnect", "reason": "link_disabled"})
        elif self.greets:
            await socket.send({"type": "hello", "num_connections": len(self.open)})
        async for message in websocket:
            if message.type is WSMsgType.TEXT:
                socket.received.append(json.loads(message.data))
        self.closed.append(socket)
        return websocket


@asynccontextmanager
async def serving_sockets() -> AsyncIterator[SocketServer]:
    """A server on loopback."""
    sockets, application = SocketServer(), web.Application()
    application.router.add_post("/api/apps.connections.open", sockets.address)
    application.router.add_get("/link", sockets.link)
    async with TestServer(application) as server:
        sockets.url = str(server.make_url("/"))
        yield sockets
