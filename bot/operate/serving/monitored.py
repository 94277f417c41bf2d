"""Health and monitoring around a bot that is served."""

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.chat.app import App
from bot.startup import Exit, StartupError
from bot.status.health import Health

log = logging.getLogger(__name__)


@asynccontextmanager
async def monitored(app: App, health: Health) -> AsyncIterator[None]:
    """Watch the health of a bot, and serve it over HTTP if a port is set."""
    settings = app.settings
    health.start()
    try:
        if settings.metrics_port is None:
            yield
            return
        # Here, since most bots need no server: it takes 3 MiB of memory.
        from bot.monitoring.server import MonitoringServer

        server = MonitoringServer(
            settings.metrics_host,
            settings.metrics_port,
            checks=health.checks,
            metrics=app.monitor.metrics.exposition,
            alive=health.alive,
        )
        try:
            await server.start()
        except OSError as error:
            raise closed_port(error, settings.metrics_port, "METRICS_PORT") from error
        log.info("Monitoring is at %s", server.url)
        try:
            yield
        finally:
            await server.close()
    finally:
        await health.close()


def closed_port(error: OSError, port: int, setting: str) -> StartupError:
    """A port that the bot cannot open."""
    match error.errno:
        case errno.EADDRINUSE:
            reason = "is in use, perhaps by another bot. Stop that one"
        case errno.EACCES:
            reason = "is not open to this user. Run the bot as another user"
        case _:
            reason = f"cannot be opened ({error.strerror or error}). Check the address"
    other = f"{setting}={port % 65535 + 1}"
    return StartupError(
        Exit.PORT_IN_USE, f"Port {port} {reason}, or set another port, for example {other}"
    )
