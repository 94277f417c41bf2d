"""Health and monitoring around a bot that is served."""

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.chat.app import App
from bot.startup import Exit, StartupError
from bot.status.health import Health

log = logging.getLogger(__name__)


@asynccontextmanager
async def monitored(app: App, health: Health) -> AsyncIterator[None]:
    """Watch the health of a bot, and serve it over HTTP if a port is set."""
    host, port = app.settings.metrics_host, app.settings.metrics_port
    health.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(health.close)
        if port is not None:
            # Here, since most bots need no server: it takes 3 MiB of memory.
            from bot.monitoring.server import serve_monitoring

            metrics = app.monitor.metrics.exposition
            serving = serve_monitoring(
                host, port, checks=health.checks, alive=health.alive, metrics=metrics
            )
            try:
                url = await stack.enter_async_context(serving)
            except OSError as error:
                raise closed_port(error, port, "METRICS_PORT") from error
            log.info("Monitoring is at %s", url)
        yield


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
