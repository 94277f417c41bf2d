"""The operator's pages over HTTP."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from bot.monitoring.monitor import Monitor
from bot.monitoring.server import FRESH_S, MonitoringServer
from bot.monitoring.state import Check


class Bot:
    """What the server shows."""

    def __init__(self) -> None:
        self.found = {"gateway": Check(True, "connected"), "database": Check(True, "answered")}
        self.alive = Check(True, "ok")
        self.scrapes = 0
        self.now = 0.0

    def checks(self) -> dict[str, Check]:
        return self.found

    async def metrics(self) -> bytes:
        self.scrapes += 1
        return b"mangosaurus_scrapes %d\n" % self.scrapes


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest_asyncio.fixture
async def server(bot: Bot) -> AsyncIterator[MonitoringServer]:
    server = MonitoringServer(
        "127.0.0.1",
        0,
        checks=bot.checks,
        metrics=bot.metrics,
        alive=lambda: bot.alive,
        clock=lambda: bot.now,
    )
    await server.start()
    yield server
    await server.close()


async def get(server: MonitoringServer, path: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(server.url + path) as response:
        return response.status, response.headers["Content-Type"], await response.text()


async def test_alive(server: MonitoringServer) -> None:
    assert (await get(server, "/healthz"))[::2] == (200, "ok\n")


async def test_restart_is_needed(server: MonitoringServer, bot: Bot) -> None:
    bot.alive = Check(False, "3 threads do not end")
    assert (await get(server, "/healthz"))[::2] == (503, "3 threads do not end\n")


async def test_ready(server: MonitoringServer) -> None:
    status, kind, body = await get(server, "/readyz")
    assert (status, kind) == (200, "application/json; charset=utf-8")
    assert json.loads(body)["checks"]["gateway"] == {"ok": True, "detail": "connected"}


async def test_not_ready(server: MonitoringServer, bot: Bot) -> None:
    bot.found["database"] = Check(False, "does not answer")
    status, _, body = await get(server, "/readyz")
    answer = json.loads(body)
    assert (status, answer["ready"]) == (503, False)
    assert answer["checks"]["database"] == {"ok": False, "detail": "does not answer"}


async def test_many_scrapes_cost_one(server: MonitoringServer, bot: Bot) -> None:
    for _ in range(3):
        assert (await get(server, "/metrics"))[2] == "mangosaurus_scrapes 1\n"
    bot.now += FRESH_S
    status, kind, body = await get(server, "/metrics")
    assert (status, body) == (200, "mangosaurus_scrapes 2\n")
    assert kind.startswith("text/plain; version=0.0.4")


async def test_other_paths(server: MonitoringServer) -> None:
    assert (await get(server, "/"))[0] == 404


async def test_taken_port(server: MonitoringServer, bot: Bot) -> None:
    port = int(server.url.rpartition(":")[2])
    second = MonitoringServer("127.0.0.1", port, checks=bot.checks, metrics=bot.metrics)
    with pytest.raises(OSError, match="in use"):
        await second.start()


async def test_whole_exposition_is_served() -> None:
    monitor = Monitor()
    server = MonitoringServer("127.0.0.1", 0, checks=dict, metrics=monitor.metrics.exposition)
    await server.start()
    _, _, body = await get(server, "/metrics")
    await server.close()
    assert "mangosaurus_gateway_connected 0.0" in body
