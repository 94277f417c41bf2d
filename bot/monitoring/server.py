"""HTTP for the operator's tools: `/healthz`, `/readyz` and `/metrics`, in the bot's event loop.

A connection serves one request and lasts for a few seconds.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import NamedTuple

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as METRICS_TYPE

from bot.monitoring.state import ReadinessCheck

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 32
"""Connections that are open at a time. A further one closes the oldest."""
REQUEST_S = 5.0
"""Seconds that a client has to send its request and to read the answer."""
LARGEST_REQUEST = 2**14
"""Bytes of a request line with its headers."""
TEXT, JSON = "text/plain; charset=utf-8", "application/json; charset=utf-8"


class Answer(NamedTuple):
    """Answer of a page."""

    status: HTTPStatus
    content_type: str
    body: bytes

    @property
    def head(self) -> bytes:
        """The status line and the headers."""
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\n"
            f"Content-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode()


@asynccontextmanager
async def serve_monitoring(
    host: str,
    port: int,
    *,
    checks: Callable[[], Mapping[str, ReadinessCheck]],
    alive: Callable[[], ReadinessCheck],
    metrics: Callable[[], Awaitable[bytes]],
) -> AsyncIterator[str]:
    """Answer the operator's tools. Yields the address, without a path.

    port: 0 is any free one.
    checks: the conditions for being ready, by name.
    alive: whether the process can go on; else only a restart helps.
    metrics: the metrics in the text format of Prometheus.
    Raises `OSError` if the port cannot be opened.
    """

    async def healthz() -> Answer:
        """The event loop responds, of which this answer is the proof, and nothing is stuck."""
        found = alive()
        return Answer(_status(found.passes), TEXT, f"{found.detail}\n".encode())

    async def readyz() -> Answer:
        found = checks()
        ready = all(check.passes for check in found.values())
        shown = {name: {"ok": each.passes, "detail": each.detail} for name, each in found.items()}
        body = json.dumps({"ready": ready, "checks": shown})
        return Answer(_status(ready), JSON, body.encode())

    async def metrics_page() -> Answer:
        return Answer(HTTPStatus.OK, METRICS_TYPE, await metrics())

    pages = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics_page}
    connections: list[asyncio.WriteTransport] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(connections) >= MOST_CONNECTIONS:
            connections.pop(0).abort()
        connections.append(writer.transport)
        try:
            await _serve(reader, writer, pages)
        finally:
            writer.transport.abort()
            if writer.transport in connections:
                connections.remove(writer.transport)

    server = await asyncio.start_server(serve, host, port, limit=LARGEST_REQUEST)
    try:
        address, actual_port = server.sockets[0].getsockname()[:2]
        yield f"http://{f'[{address}]' if ':' in address else address}:{actual_port}"
    finally:
        server.close()
        for connection in connections:
            connection.abort()


Pages = Mapping[str, Callable[[], Awaitable[Answer]]]


def _status(passes: bool) -> HTTPStatus:
    return HTTPStatus.OK if passes else HTTPStatus.SERVICE_UNAVAILABLE


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pages: Pages) -> None:
    """Answer the request of a connection, and close it."""
    # A timeout is an `OSError`.
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(REQUEST_S):
            request = await reader.readuntil(b"\r\n\r\n")
            answer = await _answer(request, pages)
            body = b"" if request.startswith(b"HEAD ") else answer.body
            writer.write(answer.head + body)
            writer.close()
            await writer.wait_closed()


async def _answer(request: bytes, pages: Pages) -> Answer:
    line = request.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(line) != 3:
        return _refusal(HTTPStatus.BAD_REQUEST)
    method, target, _version = line
    page = pages.get(target.partition("?")[0])
    if page is None:
        return _refusal(HTTPStatus.NOT_FOUND)
    if method not in ("GET", "HEAD"):
        return _refusal(HTTPStatus.NOT_IMPLEMENTED)
    try:
        return await page()
    except Exception:
        log.exception("A page for monitoring failed")
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


def _refusal(status: HTTPStatus) -> Answer:
    return Answer(status, TEXT, f"{status.phrase}\n".encode())
