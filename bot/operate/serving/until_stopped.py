"""Serving until the process is told to stop, or hangs."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from bot.startup import STOP_SIGNALS, Exit, LastResort, StartupError
from bot.store import Unavailable

log = logging.getLogger(__name__)


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
    for task in (*running, stopping, losing):
        task.cancel()
    await asyncio.wait(running)
    if reason is not None:
        raise StartupError(
            Exit.HUNG, f"The bot has ended itself, for a supervisor to start it again: {reason}."
        )
    if not is_stopped:
        for work in ended:
            await work


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
