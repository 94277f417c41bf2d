"""When processes start and end, with handles of processes that do not exist."""

import asyncio
import time
from collections.abc import Callable

from bot.writing.executors import ExecutorLost
from bot.writing.process import WriterProcess
from bot.writing.processes import START_AFTER_S, Processes
from models.shared_weights import share

LONG_S = 60.0


class FakeProcess(WriterProcess):
    """Starts at once, or not at all."""

    fails = False

    def __init__(self) -> None:
        super().__init__(share, dict, LONG_S)

    async def start(self, like: WriterProcess | None = None) -> None:
        if self.fails:
            self.is_lost = True
            raise ExecutorLost("The process 1 did not start")
        self.is_ready = True


class FailingProcess(FakeProcess):
    fails = True


def fake_pool(
    made: list[WriterProcess],
    kind: type[FakeProcess] = FakeProcess,
    *,
    idle: float = LONG_S,
    clock: Callable[[], float] = time.monotonic,
) -> Processes:
    def make(_: Processes) -> WriterProcess:
        made.append(kind())
        return made[-1]

    return Processes(2, LONG_S, lambda _: None, dict, idle=idle, start=make, clock=clock)


async def test_no_process_for_a_short_wait() -> None:
    made: list[WriterProcess] = []
    pool = fake_pool(made)
    pool.backlog(START_AFTER_S / 2)
    assert not made
    pool.close()


async def test_as_many_processes_as_allowed() -> None:
    """One after the other, while members still wait."""
    made: list[WriterProcess] = []
    pool = fake_pool(made)
    pool.backlog(1.0)
    pool.backlog(1.0)
    assert len(made) == 1
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(made) == 2
    for _ in range(5):
        pool.backlog(1.0)
        await asyncio.sleep(0)
    assert len(made) == len(pool.executors()) == 2
    pool.close()


async def test_process_that_does_not_start() -> None:
    """It is tried again, but not at once, and after longer and longer pauses."""
    made: list[WriterProcess] = []
    now = 0.0
    pool = fake_pool(made, FailingProcess, clock=lambda: now)
    for now, count in ((1.0, 1), (2.0, 1), (6.5, 2), (12.0, 2), (17.0, 3)):
        pool.backlog(1.0)
        await asyncio.sleep(0.001)
        assert len(made) == count, now
    assert not pool.executors()
    pool.close()


async def test_idle_processes_end() -> None:
    made: list[WriterProcess] = []
    pool = fake_pool(made, idle=0.02)
    pool.backlog(1.0)
    async with asyncio.timeout(LONG_S):
        while not made[0].is_lost:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not pool.executors()
    pool.close()
