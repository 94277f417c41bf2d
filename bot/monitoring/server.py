"""HTTP for the operator's tools: `/healthz`, `/readyz` and `/metrics`, in the bot's event loop.

A connection is for one request. However many are opened, and however slowly they send, the bot
keeps its descriptors and its time: few are accepted each second, and when there are too many, the
oldest one that has not sent its request gives way to the newest.
"""

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from itertools import count
from typing import NamedTuple

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as METRICS_TYPE

from bot.monitoring.state import ReadinessCheck

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 32
"""Connections that are open at a time, each with a descriptor."""
BACKLOG = 1024
"""Connections that wait to be accepted. One for which there is no room tries again after a second
or more."""
AT_ONCE, PAUSE_S = 4, 0.001
"""Connections that are accepted in a row, and the seconds before the next ones."""
REQUEST_S = 5.0
"""Seconds that a client may take to send its request, and again to read the answer."""
LARGEST_REQUEST = 2**14
"""Bytes of a request line with its headers."""
METRICS_S = 1.0
"""Seconds for which all callers get the same page of metrics: writing it takes 10 ms or more."""
RETRY_S = 1.0
"""Seconds until the next attempt if a connection cannot be accepted."""
TEXT, JSON = "text/plain; charset=utf-8", "application/json; charset=utf-8"


class Answer(NamedTuple):
    """What a page answers."""

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

    writing, written, due = asyncio.Lock(), b"", 0.0

    async def metrics_page() -> Answer:
        nonlocal written, due
        async with writing:
            if time.monotonic() >= due:
                written = await metrics()
                due = time.monotonic() + METRICS_S
            return Answer(HTTPStatus.OK, METRICS_TYPE, written)

    pages = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics_page}
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    with socket.create_server(address[:2], family=family, backlog=BACKLOG) as listening:
        listening.setblocking(False)
        accepting = asyncio.create_task(_accept(listening, pages))
        try:
            shown, opened = listening.getsockname()[:2]
            yield f"http://[{shown}]:{opened}" if ":" in shown else f"http://{shown}:{opened}"
        finally:
            accepting.cancel()
            with suppress(asyncio.CancelledError):
                await accepting


Pages = Mapping[str, Callable[[], Awaitable[Answer]]]
Reading = dict[socket.socket, asyncio.Task[None]]
"""The connections that have not sent their whole request, the oldest first, and their tasks."""


def _status(passes: bool) -> HTTPStatus:
    return HTTPStatus.OK if passes else HTTPStatus.SERVICE_UNAVAILABLE


async def _accept(listening: socket.socket, pages: Pages) -> None:
    """Accept connections until cancelled, and answer each in a task of its own."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()
    reading: Reading = {}
    try:
        for number in count(1):
            # Also between those in a row, so that requests that have arrived are read.
            await asyncio.sleep(0 if number % AT_ONCE else PAUSE_S)
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                log.warning("A connection for monitoring cannot be accepted: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            if len(tasks) >= MOST_CONNECTIONS:
                if not reading:  # all wait for their answers
                    connection.close()
                    continue
                oldest = reading.pop(next(iter(reading)))
                tasks.discard(oldest)
                oldest.cancel()
            task = asyncio.create_task(_serve(connection, pages, reading))
            tasks.add(task)
            reading[connection] = task
            task.add_done_callback(tasks.discard)
    finally:
        for task in tasks:
            task.cancel()


async def _serve(connection: socket.socket, pages: Pages, reading: Reading) -> None:
    """Answer the request of a connection, and close it."""
    loop, request = asyncio.get_running_loop(), b""
    with connection, suppress(OSError):  # a timeout is one
        try:
            async with asyncio.timeout(REQUEST_S):
                while b"\r\n\r\n" not in request:
                    received = await loop.sock_recv(connection, LARGEST_REQUEST)
                    request += received
                    if not received or len(request) > LARGEST_REQUEST:
                        return
        finally:
            reading.pop(connection, None)
        answer = await _answer(request, pages)
        body = b"" if request.startswith(b"HEAD ") else answer.body
        async with asyncio.timeout(REQUEST_S):
            await loop.sock_sendall(connection, answer.head + body)


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
