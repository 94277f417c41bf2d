"""The operator's pages over HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress

import aiohttp
import pytest
import pytest_asyncio

from bot.monitoring import server as monitoring
from bot.monitoring.monitor import Monitor
from bot.monitoring.server import serve_monitoring
from bot.monitoring.state import ReadinessCheck
from tests.bot.chats.still_time import StillTime


class Bot:
    """What the server shows."""

    def __init__(self) -> None:
        self.found = {
            "gateway": ReadinessCheck(True, "connected"),
            "database": ReadinessCheck(True, "answered"),
        }
        self.is_alive = ReadinessCheck(True, "ok")
        self.metrics: Callable[[], Awaitable[bytes]] = Monitor().metrics.exposition


@pytest.fixture
def bot() -> Bot:
    return Bot()


def serving(bot: Bot, port: int = 0) -> AbstractAsyncContextManager[str]:
    return serve_monitoring(
        "127.0.0.1",
        port,
        checks=lambda: bot.found,
        alive=lambda: bot.is_alive,
        metrics=lambda: bot.metrics(),
    )


@pytest_asyncio.fixture
async def server(bot: Bot) -> AsyncIterator[str]:
    async with serving(bot) as url:
        yield url


async def get(server: str, path: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(server + path) as response:
        return response.status, response.headers["Content-Type"], await response.text()


async def test_alive(server: str, bot: Bot) -> None:
    assert (await get(server, "/healthz"))[::2] == (200, "ok\n")
    bot.is_alive = ReadinessCheck(False, "3 threads do not end")
    assert (await get(server, "/healthz"))[::2] == (503, "3 threads do not end\n")


async def test_ready(server: str, bot: Bot) -> None:
    status, kind, body = await get(server, "/readyz")
    assert (status, kind) == (200, "application/json; charset=utf-8")
    assert json.loads(body)["checks"]["gateway"] == {"ok": True, "detail": "connected"}
    bot.found["database"] = ReadinessCheck(False, "doesn't answer")
    status, _, body = await get(server, "/readyz")
    answer = json.loads(body)
    assert (status, answer["ready"]) == (503, False)
    assert answer["checks"]["database"] == {"ok": False, "detail": "doesn't answer"}


async def test_metrics(server: str) -> None:
    status, kind, body = await get(server, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'mangosaurus_gateway_events_total{event="connect"} 0.0' in body
    assert "_created" not in body
    assert (await get(server, "/"))[0] == 404


async def test_taken_port(server: str, bot: Bot) -> None:
    with pytest.raises(OSError, match="in use"):
        await serving(bot, int(server.rpartition(":")[2])).__aenter__()


async def said(server: str, request: bytes) -> bytes:
    """All that is answered to some bytes, until the connection is closed."""
    host, port = server.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = b""
    with suppress(ConnectionError):  # it was closed before all was read
        async with asyncio.timeout(60):
            answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"HEAD /healthz HTTP/1.1\r\n\r\n", rb"HTTP/1.1 200 OK\r\n.*Length: 3\r\n.*\r\n\r\n"),
        (b"GET /healthz?x=1 HTTP/1.0\r\nA: b\r\n\r\n", rb"HTTP/1.1 200 OK\r\n.*\r\n\r\nok\n"),
        (b"POST /healthz HTTP/1.1\r\n\r\n", rb"HTTP/1.1 501 .*"),
        (b"\xff\x00\r\n\r\n", rb"HTTP/1.1 400 .*"),
        (b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 10_000, rb""),
        (b"GET /healthz HTTP/1.1\r\n", rb""),
    ],
    ids=["head", "query", "post", "garbage", "endless", "half"],
)
async def test_odd_requests(
    server: str, request_: bytes, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "REQUEST_S", 0.2)
    assert re.fullmatch(answer, await said(server, request_), re.DOTALL)


async def test_slow_requests_end(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that send nothing are closed after seconds, so that they do not pile up."""
    still = StillTime(asyncio.get_running_loop(), monkeypatch)
    half = asyncio.create_task(said(server, b"GET /healthz HTTP/1.1\r\n"))
    assert (await get(server, "/healthz"))[0] == 200  # so the one before it was accepted
    await still.advance(10.0)
    still.release()
    assert await half == b""


async def test_page_that_fails(
    server: str, bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(bot, "is_alive")
    assert (await get(server, "/healthz"))[0] == 500
    assert "A page for monitoring failed" in caplog.text


async def test_too_many_connections_close_the_oldest(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "MOST_CONNECTIONS", 3)
    half = [asyncio.create_task(said(server, b"GET /metrics HTTP/1.1\r\n")) for _ in range(4)]
    closed, waiting = await asyncio.wait(half, return_when=asyncio.FIRST_COMPLETED)
    assert [each.result() for each in closed] == [b""]
    assert (await get(server, "/healthz"))[0] == 200
    for each in waiting:
        each.cancel()
