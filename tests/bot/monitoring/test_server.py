"""The operator's pages over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
import pytest_asyncio

from bot.monitoring.monitor import Monitor
from bot.monitoring.server import serve_monitoring
from bot.monitoring.state import Check


class Bot:
    """What the server shows."""

    def __init__(self) -> None:
        self.found = {"gateway": Check(True, "connected"), "database": Check(True, "answered")}
        self.is_alive = Check(True, "ok")
        self.metrics = Monitor().metrics.exposition

    def checks(self) -> dict[str, Check]:
        return self.found

    def alive(self) -> Check:
        return self.is_alive


@pytest.fixture
def bot() -> Bot:
    return Bot()


def serving(bot: Bot, port: int = 0) -> AbstractAsyncContextManager[str]:
    return serve_monitoring(
        "127.0.0.1", port, checks=bot.checks, alive=bot.alive, metrics=bot.metrics
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
    bot.is_alive = Check(False, "3 threads do not end")
    assert (await get(server, "/healthz"))[::2] == (503, "3 threads do not end\n")


async def test_ready(server: str, bot: Bot) -> None:
    status, kind, body = await get(server, "/readyz")
    assert (status, kind) == (200, "application/json; charset=utf-8")
    assert json.loads(body)["checks"]["gateway"] == {"ok": True, "detail": "connected"}
    bot.found["database"] = Check(False, "does not answer")
    status, _, body = await get(server, "/readyz")
    answer = json.loads(body)
    assert (status, answer["ready"]) == (503, False)
    assert answer["checks"]["database"] == {"ok": False, "detail": "does not answer"}


async def test_metrics(server: str) -> None:
    status, kind, body = await get(server, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'mangosaurus_gateway_events_total{event="connect"} 0.0' in body
    assert "_created" not in body
    assert (await get(server, "/"))[0] == 404


async def test_taken_port(server: str, bot: Bot) -> None:
    with pytest.raises(OSError, match="in use"):
        await serving(bot, int(server.rpartition(":")[2])).__aenter__()
