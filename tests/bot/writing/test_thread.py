"""The networks' thread: deadlines, and threads that never end."""

import asyncio
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
from tests.waiting import eventually

CHECKOUT = Path(__file__).resolve().parents[3]
LONG_S = 60.0
"""A deadline that no test reaches."""


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NetworkThread]:
    """A worker that gets stuck at once after its deadline."""
    monkeypatch.setattr(limits, "GRACE_S", 0.01)
    opened = NetworkThread("tested", LONG_S)
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


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("no"), ValueError),
        (StopIteration(), RuntimeError),
        (SystemExit(2), RuntimeError),
        (KeyboardInterrupt(), RuntimeError),
    ],
    ids=repr,
)
async def test_error(worker: NetworkThread, error: BaseException, raised: type[Exception]) -> None:
    """Also one that would end the loop."""
    with pytest.raises(raised, match=str(error) if raised is ValueError else type(error).__name__):
        await worker.run(failing(error), Stop())
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_one_at_a_time(worker: NetworkThread) -> None:
    threads = await asyncio.gather(*(worker.run(current_thread, Stop()) for _ in range(5)))
    assert len(set(threads)) == 1


async def test_deadline_stops_the_work(
    worker: NetworkThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that asks whether it should stop keeps its thread."""
    monkeypatch.setattr(limits, "GRACE_S", LONG_S)
    worker.deadline, stop = 0.01, Stop()
    with pytest.raises(TooSlow):
        await worker.run(stop.wait, stop)
    assert worker.stuck == 0
    assert worker.is_ready


async def test_another_thread_takes_over(
    worker: NetworkThread, gate: Event, caplog: pytest.LogCaptureFixture
) -> None:
    """The result of the one that was stuck is dropped, and it does not count anymore."""
    await stuck(worker, gate)
    assert worker.stuck == 1
    assert worker.is_ready
    assert "Another one takes over" in caplog.text
    assert await worker.run(lambda: 1, Stop()) == 1
    gate.set()
    await eventually(lambda: worker.stuck == 0)
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_too_many_stuck_threads(
    worker: NetworkThread, gate: Event, caplog: pytest.LogCaptureFixture
) -> None:
    """The bot is blocked from the last thread that got stuck to the first that ends."""
    now = 0.0
    worker._clock = lambda: now
    for _ in range(MOST_STUCK):
        now += 10
        assert worker.blocked_for == 0
        assert worker.is_ready
        await stuck(worker, gate)
    now += 70
    assert worker.blocked_for == 70
    assert not worker.is_ready
    assert "restart the bot" in caplog.text
    with pytest.raises(Stuck):
        await worker.run(lambda: 1, Stop())
    gate.set()
    await eventually(lambda: worker.is_ready)
    assert worker.blocked_for == 0
    assert await worker.run(lambda: 1, Stop()) == 1


async def test_cancelled_caller(worker: NetworkThread, gate: Event) -> None:
    """The next one waits until the thread is free."""
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
