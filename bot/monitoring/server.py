"""HTTP for the operator's tools: `/healthz`, `/readyz` and `/metrics`, in the bot's event loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.monitoring.metrics import CONTENT_TYPE
from bot.monitoring.state import Check

FRESH_S = 1.0
"""Seconds for which metrics are answered from memory: many scrapes cost as much as one."""
ALIVE = Check(True, "ok")
STOP_S = 0.1
"""Seconds that a response may take when the bot stops."""


class MonitoringServer:
    """Answers the operator's tools.

    port: 0 is any free one.
    checks: the conditions for being ready, by name.
    alive: whether the process can go on; else only a restart helps.
    metrics: the metrics in the text format of Prometheus.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        checks: Callable[[], Mapping[str, Check]],
        metrics: Callable[[], Awaitable[bytes]],
        alive: Callable[[], Check] = lambda: ALIVE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host, self._port = host, port
        self._checks, self._metrics, self._alive = checks, metrics, alive
        self._clock = clock
        self._exposition = b""
        self._scraping = asyncio.Lock()
        self._fresh_until = float("-inf")
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics_page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)

    async def start(self) -> None:
        """Listen. Raises `OSError` if the address cannot be opened."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The address, without a path."""
        host, port, *_ = self._runner.addresses[0]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def _healthz(self, _request: web.Request) -> web.Response:
        """The event loop responds, of which this answer is the proof, and nothing is stuck."""
        alive = self._alive()
        return web.Response(text=f"{alive.detail}\n", status=200 if alive.passes else 503)

    async def _readyz(self, _request: web.Request) -> web.Response:
        checks = self._checks()
        ready = all(check.passes for check in checks.values())
        found = {
            name: {"ok": check.passes, "detail": check.detail} for name, check in checks.items()
        }
        return web.json_response({"ready": ready, "checks": found}, status=200 if ready else 503)

    async def _metrics_page(self, _request: web.Request) -> web.Response:
        async with self._scraping:
            if self._clock() >= self._fresh_until:
                self._exposition = await self._metrics()
                self._fresh_until = self._clock() + FRESH_S
        return web.Response(body=self._exposition, headers={"Content-Type": CONTENT_TYPE})
