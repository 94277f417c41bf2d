"""The lifetime of a bot that is served: its place among the processes, its monitoring, its end."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.chat.app import App
from bot.fleet.membership import PREDECESSOR_S, Served, ShardsTaken
from bot.startup import (
    STOP_SIGNALS,
    Exit,
    LastResort,
    StartupError,
    closed_port,
    unusable,
)
from bot.store import Database, Unavailable
from bot.store.startup_problems import file_problem, startup_problem

log = logging.getLogger(__name__)

MOST_CANCELLATIONS, CANCELLED_S = 10, 1.0
"""How often a platform is cancelled, and the seconds that it has each time."""


async def serve_until_stopped(
    works: Sequence[Coroutine[Any, Any, None]],
    shut_down: Callable[[], Awaitable[None]],
    until_lost: Coroutine[Any, Any, str],
) -> None:
    """Serve platforms until one of them ends, the process receives a signal, or it is lost.

    `until_lost` returns the reason once only a restart helps. The process then stops as after a
    signal, and a `StartupError` with `Exit.HUNG` is raised.
    """
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    last_resort = LastResort()

    def stop(*_: object) -> None:
        last_resort.start()  # at once, even if the event loop hangs
        loop.call_soon_threadsafe(stop_requested.set)

    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    running = [asyncio.create_task(work) for work in works]
    stopping = asyncio.create_task(stop_requested.wait())
    losing = asyncio.create_task(until_lost)
    await asyncio.wait([*running, stopping, losing], return_when=asyncio.FIRST_COMPLETED)
    is_stopped = stopping.done()
    reason = losing.result() if losing.done() and not is_stopped else None
    if reason is not None:
        log.critical("Only a restart helps: %s. The bot stops", reason)
        last_resort.start(Exit.HUNG)
    if is_stopped or reason is not None:
        loop.set_exception_handler(leave_behind)
        await shut_down()
    ended = [work for work in running if work.done()]
    for task in (stopping, losing):
        task.cancel()
    await _cancel(running)
    if reason is not None:
        raise StartupError(
            Exit.HUNG, f"The bot has ended itself, for a supervisor to start it again: {reason}."
        )
    if not is_stopped:
        for work in ended:
            await work


async def _cancel(works: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until all have ended; after `MOST_CANCELLATIONS`, leave those that go on."""
    for _ in range(MOST_CANCELLATIONS):
        for work in works:
            work.cancel()
        # `asyncio.wait_for` loses a cancellation that comes just as it returns (Python 3.11).
        _done, going_on = await asyncio.wait(works, timeout=CANCELLED_S)
        if not going_on:
            return
    log.warning("%d platforms do not end and are left behind", len(going_on))


def leave_behind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what fails at the end of the event loop.

    A stop does not wait for calls of a database that hangs, or of what took too long. They fail
    when the loop ends, wherever they were, and have been answered already.
    """
    error = context.get("exception")
    if isinstance(error, Unavailable) or "asyncgen" in context:
        log.info("A call of the database was left behind: %s", error)
    else:
        loop.default_exception_handler(context)


@asynccontextmanager
async def joined(app: App, *platforms: Served) -> AsyncIterator[None]:
    """Hold the shards of this process until its platforms are closed.

    Raises `StartupError`.
    """
    async with AsyncExitStack() as stack:
        stack.push_async_callback(app.fleet.close)
        try:
            await app.fleet.join(*platforms)
        except ShardsTaken as error:
            raise StartupError(
                Exit.SHARDS_TAKEN,
                str(error),
                "Each shard has one process, and SHARD_COUNT is the same for all: stop that "
                "process, or change SHARD_IDS.",
            ) from error
        except Unavailable as error:
            raise startup_problem(error) from error
        yield


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Hold the file of a database that is SQLite's, before it is migrated and the networks load.

    Waits a while for a process that is about to end. Raises `StartupError`.
    """
    if not database.is_sqlite:
        yield
        return
    file, found = database.url.database, "Another process of the bot uses"
    async with AsyncExitStack() as stack:
        try:
            try:
                await stack.enter_async_context(database.served(0))
            except TimeoutError:
                log.info("%s %s. Waiting up to %g s for it to end", found, file, PREDECESSOR_S)
                await stack.enter_async_context(database.served(PREDECESSOR_S))
        except TimeoutError as error:
            raise StartupError(
                Exit.SHARDS_TAKEN,
                f"{found} {file}.",
                "A SQLite file is for one process, or members would be answered twice: stop that "
                "one, or set another STATE_DIR for another bot. Several processes of one bot need "
                "PostgreSQL (DATABASE_URL).",
            ) from error
        except OSError as error:
            path = Path(file or "")
            raise file_problem(path, error) or unusable(path.parent, error) from error
        yield


@asynccontextmanager
async def monitored(app: App) -> AsyncIterator[None]:
    """Watch the health of a bot, and serve it over HTTP if a port is set."""
    host, port = app.settings.metrics_host, app.settings.metrics_port
    health = app.health
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


async def watched(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`, and tell systemd that the event loop runs, so that it restarts a bot that hangs.

    That is for `WatchdogSec=` of a unit.
    """
    telling = asyncio.create_task(tell_systemd())
    try:
        await work
    finally:
        telling.cancel()


async def tell_systemd(environment: Mapping[str, str] = os.environ) -> None:
    """Send `WATCHDOG=1`, three times as often as systemd asks for. Returns if it does not ask.

    The protocol is that of sd_notify(3).
    """
    address, limit = environment.get("NOTIFY_SOCKET", ""), environment.get("WATCHDOG_USEC", "")
    meant = environment.get("WATCHDOG_PID", "") or str(os.getpid())
    if not address or not limit.isdecimal() or meant != str(os.getpid()):
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        while True:
            with suppress(OSError):  # a full queue, or systemd restarts itself
                sender.sendto(b"WATCHDOG=1", address)
            await asyncio.sleep(int(limit) / 1e6 / 3)
