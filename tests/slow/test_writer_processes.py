"""Processes that write beside the bot's own thread."""

import asyncio
import copyreg
import gc
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.words import WordFilter
from bot.writing import Caller, Inference, limits
from bot.writing.errors import TooSlow, WriterLost
from bot.writing.processes import ProcessPool, WriterProcess
from bot.writing.writer import Generation, Stop, Text, sendable
from models.names.generator import NamesRequest
from models.networks.lstm import LSTM
from models.serving.shared_weights import share
from models.tasks import task_of
from models.verse.poem import SonnetError, SonnetRequest
from models.weights import Trained
from tests.bot.writing.networks import Abroad, Deadly, Faulty, Slow, Stopped
from tests.bot.writing.serving import NAMES, POEM, anything, poem_of
from tests.models.tiny import LETTERS, lstm, namer, poet
from tests.waiting import eventually

CHECKOUT = Path(__file__).resolve().parents[2]
LONG_S = 60.0
Open = Callable[..., Inference]

forking = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="forks are made on Linux only")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="weights are shared on POSIX only")


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """A function that opens inference with one process."""
    inferences: list[Inference] = []

    def start(
        names: Trained | None = None,
        sonnets: Trained | None = None,
        deadline: float = LONG_S,
        processes: int = 1,
    ) -> Inference:
        served = {"names": names or namer(), "sonnets": sonnets or poet()}
        inferences.append(
            Inference(served, WordFilter().allows, processes=processes, deadline=deadline, queue=99)
        )
        return inferences[-1]

    yield start
    for inference in inferences:
        await inference.close()


def pool_of(inference: Inference) -> ProcessPool:
    (pool,) = inference._queues._writers
    assert isinstance(pool, ProcessPool)
    return pool


async def started(inference: Inference) -> WriterProcess:
    """The process, which starts because somebody waits."""
    pool_of(inference).backlog(1.0)
    await eventually(lambda: pool_of(inference).ready)
    return pool_of(inference).ready[0]


async def fork_of(inference: Inference) -> tuple[WriterProcess, WriterProcess]:
    """The first process, and the second one, which is its fork."""
    first = await started(inference)
    pool_of(inference).backlog(1.0)
    await eventually(lambda: len(pool_of(inference).ready) == 2)
    return first, pool_of(inference).ready[1]


def other_namer() -> Trained:
    return replace(namer(lstm(LETTERS, seed=5)), digest="other")


async def test_same_texts(opened: Open) -> None:
    """A process writes what the thread writes, with weights that it did not load itself."""
    alone = Inference({"names": namer(), "sonnets": poet()}, WordFilter().allows)
    expected = await alone.names(NAMES), await poem_of(alone, POEM)
    await alone.close()
    inference = opened()
    process = await started(inference)
    assert (await inference.names(NAMES), await poem_of(inference, POEM)) == expected
    assert process._number > 10  # it wrote them


async def test_errors_are_those_of_the_thread(opened: Open) -> None:
    inference = opened(names=_with(namer(), Faulty))
    await started(inference)
    with pytest.raises(SonnetError, match="Unknown form 'ode'"):
        async for _ in inference.sonnet(SonnetRequest("", form="ode")):
            pass
    with pytest.raises(ArithmeticError, match="a fault abroad") as raised:
        await inference.names(NAMES)
    assert "in misbehave" in "".join(raised.value.__notes__)  # for the log


async def test_weights_are_swapped(opened: Open) -> None:
    """A process gets the new weights with the first request that needs them."""
    inference = opened()
    process = await started(inference)
    before = await inference.names(NAMES)
    other = other_namer()
    inference.swap("names", other)
    after = await inference.names(NAMES)
    alone = Inference({"names": other, "sonnets": poet()}, anything)
    assert after == await alone.names(NAMES)
    assert after != before
    assert other.digest in process._held
    await alone.close()


async def test_the_bot_maps_the_weights_too(opened: Open) -> None:
    """They exist once: the bot gives up those that it has loaded itself."""
    inference = opened()
    loaded = inference._served["names"]
    await started(inference)
    await inference.names(NAMES)
    await asyncio.sleep(0)
    served = inference._served["names"]
    assert served is not loaded
    assert served.digest == loaded.digest


async def test_custom_models_write_in_the_thread(opened: Open) -> None:
    inference = opened()
    process = await started(inference)
    number = process._number
    await inference.names(NAMES, other_namer())
    assert process._number == number


async def test_killed_process(opened: Open) -> None:
    """Its turn is computed by the bot itself, and the member does not notice."""
    inference = opened(sonnets=_with(poet(), Deadly))
    await started(inference)
    assert len(await poem_of(inference, POEM)) == 14
    assert not pool_of(inference).ready


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what Linux shows")
async def test_nothing_is_left_of_a_process(opened: Open) -> None:
    """Neither descriptors nor an entry in the table of processes, without a garbage collection."""
    inference = opened(processes=2)
    await fork_of(inference)
    await inference.names(NAMES)  # shares the weights
    before = _descriptors()
    pids = []
    gc.disable()
    try:
        for _ in range(3):
            for process in await fork_of(inference):
                pids.append(process.pid)
                process.is_lost = True
            pool_of(inference)._drop_lost()
            pool_of(inference)._not_before = 0.0
        await fork_of(inference)
        await eventually(lambda: _descriptors() <= before and not any(map(_exists, pids)))
    finally:
        gc.enable()


async def test_texts_that_cannot_be_sent(opened: Open) -> None:
    """The bot writes them itself."""
    inference = opened()
    process = await started(inference)
    own_filter = lambda text: bool(text)  # noqa: E731 (pickle refuses it)
    assert len((await inference.names(NAMES, caller=Caller(own_filter))).names) == 3
    assert not process.is_lost
    assert (await inference.names(NAMES)).names


async def test_closed_process(opened: Open) -> None:
    """It may end between the choice of it and the turn."""
    process = await started(opened())
    process.close()
    with pytest.raises(WriterLost, match="has ended"):
        await process.write(Generation("names", namer()), [], Stop())


class OwnError(Exception):
    """Pickles, but can't be restored."""

    def __init__(self) -> None:
        super().__init__("a sentence")


def test_error_that_cannot_be_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    # Dask, if it was imported, restores errors of all classes that it found.
    monkeypatch.delitem(copyreg.dispatch_table, OwnError, raising=False)
    error = sendable(OwnError())
    assert isinstance(error, RuntimeError)
    assert "OwnError: a sentence" in str(error)
    assert isinstance(sendable(ArithmeticError("a")), ArithmeticError)


async def test_process_that_never_answers(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after the deadline, and the bot goes on by itself."""
    monkeypatch.setattr(limits, "GRACE_S", 0.05)
    inference = opened(names=_with(namer(), Stopped), deadline=2.0)
    process = await started(inference)
    with pytest.raises(TooSlow):
        await inference.names(NAMES)
    assert process.is_lost
    assert len((await inference.names(NAMES)).names) == 3


async def test_cancelled_request(opened: Open) -> None:
    """The process is free for others before it has written all of it."""
    inference = opened(names=_with(namer(), Slow))
    process = await started(inference)
    request = NamesRequest(count=10_000)  # hours
    task = asyncio.create_task(inference.names(request))
    await eventually(lambda: process.is_busy)
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait_for(poem_of(inference, POEM), LONG_S)
    assert not process.is_lost


async def test_signals_of_the_group(opened: Open) -> None:
    """Ctrl-C reaches all processes of a terminal; the bot finishes its answers nevertheless.

    On Linux, it outlives the process when memory runs out.
    """
    inference = opened()
    process = await started(inference)
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGTERM)
    assert (await inference.names(NAMES)).names
    assert not process.is_lost
    if sys.platform == "linux":
        assert _oom_score_adj(process.pid) > _oom_score_adj(os.getpid())


@forking
async def test_fork_writes_the_same(opened: Open) -> None:
    """It has the weights of the first process, and writes after that one's end, too."""
    inference = opened(processes=2)
    first = await started(inference)
    names = await inference.names(NAMES)
    first, fork = await fork_of(inference)
    assert first.pid != fork.pid
    assert fork._held == first._held != {}
    os.kill(first.pid, signal.SIGKILL)
    with suppress(WriterLost):
        await first.write(Generation("names", namer()), [Text(NAMES, None, anything)], Stop())
    assert pool_of(inference).ready == [fork]
    assert await inference.names(NAMES) == names
    assert not fork.is_lost


@forking
async def test_fork_of_a_closed_process(opened: Open) -> None:
    """It may have ended since it was chosen: the other one starts from nothing."""
    inference = opened()
    first = await started(inference)
    first.close()
    other = WriterProcess(share, dict, LONG_S)
    await asyncio.wait_for(other.start(first), LONG_S)
    assert other.is_ready
    other.close()


KILLED = """
import asyncio, os, signal
from bot.writing.processes import WriterProcess
async def main():
    process = WriterProcess(lambda _: None, dict, 60.0)
    await process.start()
    fork = WriterProcess(lambda _: None, dict, 60.0)
    await fork.start(process)
    print(process.pid, fork.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
if __name__ == '__main__':
    asyncio.run(main())
"""


def test_process_ends_with_the_bot(tmp_path: Path) -> None:
    """Even if the bot is killed."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ran = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=LONG_S
    )
    assert ran.stdout, ran.stderr
    pids = [*map(int, ran.stdout.split())]
    assert len(pids) == 2
    asyncio.run(eventually(lambda: not any(map(_is_running, pids))))


async def test_process_that_cannot_be_started() -> None:
    """For a reason that nobody has thought of."""
    process = WriterProcess(share, lambda: None, LONG_S)  # pickle refuses the function
    with pytest.raises(WriterLost, match="did not start"):
        await process.start()
    process.close()


class FakeProcess(WriterProcess):
    """Starts at once, or not at all."""

    made: list[WriterProcess]
    fails = False

    async def start(self, like: WriterProcess | None = None) -> None:
        self.made.append(self)
        if self.fails:
            self.is_lost = True
            raise WriterLost("The process 1 did not start")
        self.is_ready = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[WriterProcess]:
    """The processes that were started, none of which exists."""
    monkeypatch.setattr(FakeProcess, "made", [], raising=False)
    monkeypatch.setattr("bot.writing.processes.WriterProcess", FakeProcess)
    return FakeProcess.made


@pytest.fixture
async def pool(made: list[WriterProcess]) -> AsyncIterator[ProcessPool]:
    opened = ProcessPool(2, LONG_S, lambda _: None, dict)
    yield opened
    opened.close()


async def test_no_process_for_a_short_wait(made: list[WriterProcess], pool: ProcessPool) -> None:
    pool.backlog(limits.START_AFTER_S / 2)
    await asyncio.sleep(0)
    assert not made


async def test_as_many_processes_as_allowed(made: list[WriterProcess], pool: ProcessPool) -> None:
    """One after the other, while members still wait."""
    for count in (1, 2, 2, 2):
        for _ in range(2):
            pool.backlog(1.0)
        await asyncio.sleep(0)
        assert len(made) == pool.capacity == count


async def test_process_that_does_not_start(
    made: list[WriterProcess], pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again, but not at once, and after longer and longer pauses."""
    monkeypatch.setattr(FakeProcess, "fails", True)
    now = 0.0
    pool._clock = lambda: now
    for now, count in ((1.0, 1), (2.0, 1), (6.5, 2), (12.0, 2), (17.0, 3)):
        pool.backlog(1.0)
        await asyncio.sleep(0.001)
        assert len(made) == count, now
    assert not pool.capacity


async def test_idle_processes_end(
    made: list[WriterProcess], pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "IDLE_S", 0.02)
    pool.backlog(1.0)
    await eventually(lambda: made and made[0].is_lost)
    assert not pool.capacity


def _with(trained: Trained, kind: type[Abroad]) -> Trained:
    """The same weights with a network that behaves badly in other processes."""
    assert isinstance(trained.network, LSTM)
    changed = replace(trained, network=kind.of(trained.network))
    task_of(trained.card.task).prepare(changed)
    return changed


def _is_running(pid: int) -> bool:
    """Whether the process is there, and not only waits to be collected."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _exists(pid: int) -> bool:
    """Whether the process is there, running or not."""
    return Path(f"/proc/{pid}").exists()


def _descriptors() -> int:
    """Number of open files of this process."""
    return len([*Path("/proc/self/fd").iterdir()])


def _oom_score_adj(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())
