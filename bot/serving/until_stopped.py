"""Serving until the process is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from bot.startup import LastResort
from bot.store import Unavailable

log = logging.getLogger(__name__)


async def serve_until_stopped(
    works: Sequence[Coroutine[Any, Any, None]], shut_down: Callable[[], Awaitable[None]]
) -> None:
    """Serve platforms until one of them ends, or the process receives a signal."""
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    last_resort = LastResort()

    def stop(*_: object) -> None:
        last_resort.start()  # at once, even if the event loop hangs
        loop.call_soon_threadsafe(stop_requested.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    running = [asyncio.create_task(work) for work in works]
    stopping = asyncio.create_task(stop_requested.wait())
    await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    is_stopped = stopping.done()
    if is_stopped:
        loop.set_exception_handler(leave_behind)
        await shut_down()
    ended = [work for work in running if work.done()]
    for work in (*running, stopping):
        work.cancel()
    await asyncio.wait(running)
    if not is_stopped:
        for work in ended:
            await work


def leave_behind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what fails at the end of the event loop.

    A stop does not wait for calls of a database that hangs. They fail when the loop ends, and have
    been answered already.
    """
    if isinstance(error := context.get("exception"), Unavailable):
        log.info("A call of the database was left behind: %s", error)
    else:
        loop.default_exception_handler(context)
