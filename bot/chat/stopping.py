"""Stopping: running answers, trainings, last edits and connections, each with a time limit."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.app import App, BackgroundJobs
from bot.concurrency import within

log = logging.getLogger(__name__)

PATIENCE_S = 2.5
"""Seconds that running answers have when the bot stops.

If all limits here are used up, that is 7.4 s. The process is ended before, after
`bot.startup.STOP_S`: it has to be gone within 8 s.
"""
CUTTING_OFF_S = 1.0
"""Seconds in which answers that were not ready tell so."""
TRAININGS_S = 4.0
"""Seconds for writing the checkpoints of trainings, at the same time."""
LAST_EDITS_S = 1.5
"""Seconds for the last edits of tallies, and for background jobs."""
REFUSING_S = 0.4
"""Seconds for receiving nothing more, and for refusing what has just arrived."""
DISCONNECTING_S = 0.75
"""Seconds for closing the connections to platforms, and then that to the database."""


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Front:
    """The parts of the bot on one platform, which stop one after the other."""

    jobs: BackgroundJobs
    disconnect: Callable[[], Coroutine[Any, Any, None]]
    stop_listening: Callable[[], Coroutine[Any, Any, None]] = _nothing
    """Receives nothing more, while answers can still be sent."""


async def finish(app: App) -> None:
    """Accept nothing new, wait a while for running answers, and interrupt trainings."""
    log.info("Stopping; running answers have %g s to finish", PATIENCE_S)
    await asyncio.gather(_finish_answers(app), interrupt_trainings(app))


async def interrupt_trainings(app: App) -> None:
    """Interrupt trainings, which resume after the next start."""
    await step(TRAININGS_S, app.training.close())


async def close(app: App, fronts: Sequence[Front]) -> None:
    """Make the last edits, and disconnect. Takes a few seconds: what hangs is left behind."""
    await asyncio.gather(
        *(step(LAST_EDITS_S, front.jobs.close()) for front in fronts),
        step(LAST_EDITS_S, app.edits.close()),
        step(LAST_EDITS_S, app.models.close()),
    )
    await step(REFUSING_S, _refuse_the_last(app, fronts))
    await asyncio.gather(
        *(step(DISCONNECTING_S, front.disconnect()) for front in fronts),
        step(DISCONNECTING_S, app.renderer.close()),
    )
    await step(DISCONNECTING_S, app.store.close())


async def _finish_answers(app: App) -> None:
    if not await app.in_flight.finish(PATIENCE_S):
        log.warning("Some answers were not finished in time")
        await app.in_flight.cut_off(CUTTING_OFF_S)


async def _refuse_the_last(app: App, fronts: Sequence[Front]) -> None:
    """Requests that arrive in the last moment are answered before the connections are closed."""
    await asyncio.gather(*(front.stop_listening() for front in fronts))
    await app.in_flight.finish(REFUSING_S / 2)


async def step(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Do a part of stopping, which is left behind if it takes too long."""
    try:
        await within(seconds, work)
    except TimeoutError:
        log.warning("%s took longer than %g s", getattr(work, "__qualname__", work), seconds)
