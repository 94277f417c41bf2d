"""HTTP for the operator's tools: `/healthz`, `/readyz` and `/metrics`, in the bot's event loop."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE

from bot.monitoring.state import Check

STOP_S = 0.1
"""Seconds that a response may take when the bot stops."""


@asynccontextmanager
async def serve_monitoring(
    host: str,
    port: int,
    *,
    checks: Callable[[], Mapping[str, Check]],
    alive: Callable[[], Check],
    metrics: Callable[[], Awaitable[bytes]],
) -> AsyncIterator[str]:
    """Answer the operator's tools. Yields the address, without a path.

    port: 0 is any free one.
    checks: the conditions for being ready, by name.
    alive: whether the process can go on; else only a restart helps.
    metrics: the metrics in the text format of Prometheus.
    Raises `OSError` if the port cannot be opened.
    """

    async def healthz(_request: web.Request) -> web.Response:
        """The event loop responds, of which this answer is the proof, and nothing is stuck."""
        found = alive()
        return web.Response(text=f"{found.detail}\n", status=200 if found.passes else 503)

    async def readyz(_request: web.Request) -> web.Response:
        found = checks()
        ready = all(check.passes for check in found.values())
        shown = {name: {"ok": each.passes, "detail": each.detail} for name, each in found.items()}
        return web.json_response({"ready": ready, "checks": shown}, status=200 if ready else 503)

    async def metrics_page(_request: web.Request) -> web.Response:
        return web.Response(body=await metrics(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics_page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address, opened, *_ = runner.addresses[0]
        yield f"http://[{address}]:{opened}" if ":" in address else f"http://{address}:{opened}"
    finally:
        await runner.cleanup()
