"""The networks' thread: deadlines, and threads that never end."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from threading import Event, current_thread

import pytest

from bot.writing import limits
from bot.writing.errors import Stuck, TooSlow
from bot.writing.thread import MOST_STUCK, NetworkThread
from bot.writing.writer import Stop

CHECKOUT = Path(__file__).resolve().parents[3]
LONG_S = 60.0
"""A deadline that no test reaches."""


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NetworkThread]:
    """A worker whose deadline is over at once."""
    monkeypatch.setattr(limits, "GRACE_S", 0.01)
    opened = NetworkThread("tested", deadline=0.01)
    yield opened
    opened.close()


@pytest.fixture
def gate() -> Iterator[Event]:
    """What stuck work waits for; opened in the end."""
    event = Event()
    yield event
    event.set()


async def stuck(worker: NetworkThread, gate: Event) -> None:
    """Let a thread get stuck at a gate."""
    worker.deadline = 0.01
    with pytest.raises(TooSlow, match=r"within 0\.01 s"):
        await worker.run(gate.wait, Stop())
    worker.deadline = LONG_S


def failing(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


async def eventually(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_S):
        while not reached():  # noqa: ASYNC110 (a thread ends)
            await asyncio.sleep(0.001)


async def test_result(worker: NetworkThread) -> None:
    worker.deadline = LONG_S
    assert await worker.run(lambda: 6 * 7, Stop()) == 42


async def test_error(worker: NetworkThread) -> None:
    worker.deadline = LONG_S
    with pytest.raises(ValueError, match="no"):
        await worker.run(failing(ValueError("no")), Stop())
    assert await worker.run(lambda: 1, Stop()) == 1


@pytest.mark.parametrize("error", [StopIteration(), SystemExit(2), KeyboardInterrupt()], ids=repr)
async def test_error_that_would_end_the_loop(worker: NetworkThread, error: BaseException) -> None:
    worker.deadline = LONG_S
    with pytest.raises(RuntimeError, match=type(error).__name__):
        await worker.run(failing(error), Stop())
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_one_at_a_time(worker: NetworkThread) -> None:
    worker.deadline = LONG_S
    threads = await asyncio.gather(*(worker.run(current_thread, Stop()) for _ in range(5)))
    assert len(set(threads)) == 1


async def test_deadline_stops_the_work(
    worker: NetworkThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that asks whether it should stop keeps its thread."""
    monkeypatch.setattr(limits, "GRACE_S", LONG_S)
    stop = Stop()
    with pytest.raises(TooSlow):
        await worker.run(stop.wait, stop)
    assert worker.stuck == 0
    assert worker.is_ready


async def test_another_thread_takes_over(
    worker: NetworkThread, gate: Event, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await stuck(worker, gate)
    assert worker.stuck == 1
    assert worker.is_ready
    assert "Another one takes over" in caplog.text
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_stuck_thread_returns(worker: NetworkThread, gate: Event) -> None:
    """Its result is dropped, and it does not count anymore."""
    await stuck(worker, gate)
    gate.set()
    await eventually(lambda: worker.stuck == 0)
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_blocked_since(gate: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time counts from the last thread that got stuck to the first that ends."""
    monkeypatch.setattr(limits, "GRACE_S", 0.01)
    now = 0.0
    worker = NetworkThread("tested", deadline=0.01, clock=lambda: now)
    for _ in range(MOST_STUCK):
        now += 10
        assert worker.blocked_for == 0
        await stuck(worker, gate)
    now += 70
    assert worker.blocked_for == 70
    gate.set()
    await eventually(lambda: worker.blocked_for == 0)
    worker.close()


async def test_too_many_stuck_threads(
    worker: NetworkThread, gate: Event, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(MOST_STUCK):
        assert worker.is_ready
        await stuck(worker, gate)
    assert not worker.is_ready
    assert "restart the bot" in caplog.text
    with pytest.raises(Stuck):
        await worker.run(lambda: 1, Stop())
    gate.set()
    await eventually(lambda: worker.is_ready)
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_cancelled_caller(worker: NetworkThread, gate: Event) -> None:
    """The next one waits until the thread is free."""
    worker.deadline = LONG_S
    started = Event()

    def work() -> None:
        started.set()
        gate.wait()

    doomed = asyncio.create_task(worker.run(work, Stop()))
    await asyncio.to_thread(started.wait, LONG_S)
    doomed.cancel()
    gate.set()
    assert await worker.run(lambda: 1, Stop()) == 1
    assert doomed.cancelled()


async def test_closed(worker: NetworkThread) -> None:
    worker.close()
    assert not worker.is_ready
    with pytest.raises(RuntimeError, match="closed"):
        await worker.run(lambda: 1, Stop())


def test_process_ends_with_a_stuck_thread() -> None:
    code = """
import asyncio, threading
from bot.writing import limits
from bot.writing.errors import TooSlow
from bot.writing.thread import NetworkThread
from bot.writing.writer import Stop
async def main():
    limits.GRACE_S = 0.01
    try:
        await NetworkThread("stuck", 0.01).run(threading.Event().wait, Stop())
    except TooSlow:
        print("given up")
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "given up\n")
