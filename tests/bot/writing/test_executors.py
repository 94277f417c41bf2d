"""Turns that executors compute, several at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from threading import Event

import pytest

from bot.writing.errors import TooSlow
from bot.writing.executors import Executor, ExecutorLost, Work
from bot.writing.thread import Worker
from bot.writing.turns import Step, Turns
from models.text_generator import ShouldStop


class FakeExecutor:
    """Records its batches; computes them when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.lacks = False

    def takes(self, work: Work) -> bool:
        return work is not locally and not self.lacks

    async def run(self, work: Work, items: Sequence[object], stop: Event) -> Sequence[object]:
        self.batches.append([*items])
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [f"{item} from afar" for item in items]


class FakePool:
    def __init__(self, *executors: FakeExecutor) -> None:
        self.ready: Sequence[Executor] = executors
        self.waited: list[float] = []
        self.is_closed = False

    def executors(self) -> Sequence[Executor]:
        return self.ready

    def backlog(self, waited: float) -> None:
        self.waited.append(waited)

    def close(self) -> None:
        self.is_closed = True


def anywhere(items: Sequence[object], _: ShouldStop) -> list[object]:
    return [f"{item} at home" for item in items]


def locally(items: Sequence[object], _: ShouldStop) -> list[object]:
    return [f"{item} at home" for item in items]


@pytest.fixture
async def thread() -> AsyncIterator[Worker]:
    worker = Worker("tested", 60.0)
    yield worker
    worker.close()


def turns_with(thread: Worker, *pools: FakePool) -> Turns:
    return Turns({"names": 1.0}, thread, pools, longest=99, most_per_member=99, longest_wait=60.0)


async def answer(turns: Turns, item: object, work: Work = anywhere, most: int = 1) -> object:
    with turns.enter("names", None, None) as turn:
        return await turn(Step(work, item, "group", most))


async def test_executor_computes(thread: Worker) -> None:
    assert await answer(turns_with(thread, FakePool(FakeExecutor())), "a") == "a from afar"


async def test_thread_without_executors(thread: Worker) -> None:
    assert await answer(turns_with(thread, FakePool()), "a") == "a at home"


async def test_thread_for_what_they_do_not_take(thread: Worker) -> None:
    turns = turns_with(thread, FakePool(FakeExecutor()))
    assert await answer(turns, "a", locally) == "a at home"


async def test_first_pool_that_has_executors(thread: Worker) -> None:
    first, second = FakeExecutor(), FakeExecutor()
    turns = turns_with(thread, FakePool(), FakePool(first), FakePool(second))
    await answer(turns, "a")
    assert (first.batches, second.batches) == ([["a"]], [])


async def test_turns_at_the_same_time(thread: Worker) -> None:
    """Two executors share what waits, instead of one taking all of it."""
    executors = FakeExecutor(), FakeExecutor()
    turns = turns_with(thread, FakePool(*executors))
    answers = await asyncio.gather(*(answer(turns, item, most=9) for item in "abcdef"))
    assert [executor.batches for executor in executors] == [[["a", "b", "c"]], [["d", "e", "f"]]]
    assert answers == [f"{item} from afar" for item in "abcdef"]


async def test_idle_executor_takes_over(thread: Worker) -> None:
    """While one is held up, the other answers everything else."""
    slow, quick = FakeExecutor(), FakeExecutor()
    slow.gate.clear()
    turns = turns_with(thread, FakePool(slow, quick))
    held_up = asyncio.create_task(answer(turns, "a"))
    await asyncio.sleep(0)
    others = await asyncio.gather(*(answer(turns, item) for item in "bcd"))
    assert others == [f"{item} from afar" for item in "bcd"]
    slow.gate.set()
    assert await held_up == "a from afar"


async def test_the_one_that_takes_it(thread: Worker) -> None:
    """The first one may still lack what it needs."""
    lacking, able = FakeExecutor(), FakeExecutor()
    lacking.lacks = True
    turns = turns_with(thread, FakePool(lacking, able))
    assert await answer(turns, "a") == "a from afar"
    assert lacking.batches == []


async def test_lost_executor(thread: Worker) -> None:
    """The turn that it had is computed at home, and nobody notices."""
    executor = FakeExecutor()
    executor.error = ExecutorLost("the process 1 is gone")
    assert await answer(turns_with(thread, FakePool(executor)), "a") == "a at home"


async def test_other_errors_are_the_answer(thread: Worker) -> None:
    """And the executor goes on."""
    executor = FakeExecutor()
    turns = turns_with(thread, FakePool(executor))
    executor.error = TooSlow("no answer within 20 s")
    with pytest.raises(TooSlow):
        await answer(turns, "a")
    executor.error = None
    assert await answer(turns, "b") == "b from afar"


async def test_pools_learn_of_a_backlog(thread: Worker) -> None:
    pool, executor = FakePool(), FakeExecutor()
    executor.gate.clear()
    pool.ready = [executor]
    turns = turns_with(thread, pool)
    answers = [asyncio.create_task(answer(turns, item)) for item in "ab"]
    await asyncio.sleep(0.01)
    assert pool.waited
    executor.gate.set()
    await asyncio.gather(*answers)


async def test_closing_while_steps_wait(thread: Worker) -> None:
    """They are cancelled, and none is begun by the executor that becomes free."""
    executor = FakeExecutor()
    executor.gate.clear()
    turns = turns_with(thread, FakePool(executor))
    answers = [asyncio.create_task(answer(turns, item)) for item in "ab"]
    await asyncio.sleep(0.01)
    turns.close()
    outcomes = await asyncio.gather(*answers, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    await asyncio.sleep(0.01)
    assert executor.batches == [["a"]]


async def test_unused_pools_learn_of_none(thread: Worker) -> None:
    """A cluster that is there needs no processes beside the bot."""
    cluster, processes, executor = FakePool(), FakePool(), FakeExecutor()
    executor.gate.clear()
    cluster.ready = [executor]
    turns = turns_with(thread, cluster, processes)
    answers = [asyncio.create_task(answer(turns, item)) for item in "ab"]
    await asyncio.sleep(0.01)
    assert cluster.waited
    assert not processes.waited
    executor.gate.set()
    await asyncio.gather(*answers)


async def test_closing_closes_the_pools(thread: Worker) -> None:
    pool = FakePool(FakeExecutor())
    turns_with(thread, pool).close()
    assert pool.is_closed
