"""Turns: alternation of kinds, batches, cancellation, waiting too long."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextvars import ContextVar
from threading import Event

import pytest

from bot.monitoring.monitor import Monitor
from bot.monitoring.requests import Request, reference
from bot.writing import thread as worker_module
from bot.writing import turns as module
from bot.writing.errors import Busy, TooMany, TooSlow, WaitedTooLong
from bot.writing.thread import Worker
from bot.writing.turns import Step, Turns
from models.text_generator import Abandoned, ShouldStop, check

LONG_S = 60.0
Open = Callable[..., Turns]


class Desk:
    """Work that records what it is given, and waits at a gate."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds of its clock, on which a turn takes one, or ten for each poem of a batch."""
        self.batches: list[list[object]] = []
        self.gate = Event()
        self.gate.set()
        self.reached = Event()
        self.stopped = Event()

    def work(self, items: Sequence[object], should_stop: ShouldStop) -> list[object]:
        self.batches.append([*items])
        self.now += 10 * sum(str(item).endswith("poem") for item in items) or 1
        self.reached.set()
        while not self.gate.wait(timeout=0.001):
            try:
                check(should_stop)
            except Abandoned:
                self.stopped.set()
                raise
        return [*items]

    def step(self, item: object, most: int = 1) -> Step:
        return Step(self.work, item, "group", most)

    @property
    def order(self) -> list[object]:
        """All items, in the order of their turns."""
        return [item for batch in self.batches for item in batch]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """A function that opens turns; all are closed in the end."""
    workers: list[Worker] = []

    def open_turns(
        *,
        longest: int = 100,
        most_per_member: int = 100,
        longest_wait: float = LONG_S,
        clock: Callable[[], float] = lambda: 0.0,
        weights: Mapping[str, float] | None = None,
    ) -> Turns:
        workers.append(Worker("tested", LONG_S))
        return Turns(
            weights or {"names": 1.0, "verse": 1.0},
            workers[-1],
            longest=longest,
            most_per_member=most_per_member,
            longest_wait=longest_wait,
            clock=clock,
        )

    yield open_turns
    for worker in workers:
        worker.close()


async def answer(
    turns: Turns, desk: Desk, kind: str, item: object, *, steps: int = 1, most: int = 1
) -> object:
    """One request by a member of the same name as its item's first letter."""
    result = None
    with turns.enter(kind, str(item)[0], None) as turn:
        for _ in range(steps):
            result = await turn(desk.step(item, most))
    return result


async def in_thread(event: Event) -> None:
    assert await asyncio.to_thread(event.wait, LONG_S)


async def queued(turns: Turns, desk: Desk, *requests: tuple[str, str], most: int = 1) -> None:
    """Let requests arrive while the thread is busy; then let it work until all are answered."""
    desk.gate.clear()
    tasks = [asyncio.create_task(answer(turns, desk, "names", "0"))]
    await in_thread(desk.reached)
    for kind, item in requests:
        tasks.append(asyncio.create_task(answer(turns, desk, kind, item, most=most)))
        await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*tasks)


async def test_kinds_alternate(opened: Open) -> None:
    """If their turns take equally long."""
    desk = Desk()
    verse = [("verse", f"{member}v") for member in "abcd"]
    turns = opened(clock=lambda: desk.now)
    await queued(turns, desk, *verse, ("names", "en"), ("names", "fn"))
    assert desk.order == ["0", "av", "en", "bv", "fn", "cv", "dv"]


async def test_kinds_share_the_time(opened: Open) -> None:
    """A name waits for one turn of verse, and ten names take as long as a poem."""
    desk = Desk()
    poems = [("verse", f"{member}poem") for member in "abcd"]
    names = [("names", f"{number}") for number in range(10, 40)]
    await queued(opened(clock=lambda: desk.now), desk, *poems, *names)
    kinds = "".join("v" if str(item).endswith("poem") else "n" for item in desk.order[1:])
    assert [len(names) for names in kinds.split("v")] == [0, 10, 10, 10, 0]


async def test_weights(opened: Open) -> None:
    """Names of weight 3: thirty of them take the time of one poem beside those that wait."""
    desk = Desk()
    poems = [("verse", f"{member}poem") for member in "abcd"]
    names = [("names", f"{number}") for number in range(10, 70)]
    weights = {"names": 3.0, "verse": 1.0}
    await queued(opened(clock=lambda: desk.now, weights=weights), desk, *poems, *names)
    kinds = "".join("v" if str(item).endswith("poem") else "n" for item in desk.order[1:])
    assert [len(names) for names in kinds.split("v")] == [0, 30, 30, 0, 0]


async def test_idle_kind_saves_up_nothing(opened: Open) -> None:
    """Names that come after five poems are not given the time of those."""
    desk = Desk()
    turns = opened(clock=lambda: desk.now)
    for _ in range(5):
        await answer(turns, desk, "verse", "apoem")
    poems = [("verse", f"{member}poem") for member in "abc"]
    await queued(turns, desk, *poems, *(("names", str(number)) for number in range(10, 60)))
    kinds = "".join("v" if str(item).endswith("poem") else "n" for item in desk.order[6:])
    assert kinds.index("v") < 12


async def test_members_take_turns(opened: Open) -> None:
    desk = Desk()
    await queued(opened(), desk, *(("verse", item) for item in ("a1", "a2", "a3", "b1")))
    assert desk.order == ["0", "a1", "b1", "a2", "a3"]


async def test_batches(opened: Open) -> None:
    """Of the same group, at most so many; the others of a member only fill them."""
    desk = Desk()
    requests = [("verse", item) for item in ("a1", "a2", "a3", "b1", "c1")]
    await queued(opened(), desk, *requests, most=3)
    assert desk.batches == [["0"], ["a1", "b1", "c1"], ["a2", "a3"]]


async def test_groups_are_apart(opened: Open) -> None:
    desk, other = Desk(), Desk()
    turns = opened()

    async def one(step: Step, member: str) -> None:
        with turns.enter("verse", member, None) as turn:
            await turn(step)

    steps = [Step(desk.work, n, f"weights {n % 2}", 8) for n in range(4)]
    await asyncio.gather(*(one(step, str(step.item)) for step in steps))
    assert desk.batches == [[0, 2], [1, 3]]
    assert not other.batches


async def test_begun_requests_are_finished_first(opened: Open) -> None:
    desk, turns = Desk(), opened()
    await asyncio.gather(
        *(answer(turns, desk, "verse", item, steps=3, most=2) for item in ("a", "b", "c", "d"))
    )
    assert desk.batches == [["a", "b"]] * 3 + [["c", "d"]] * 3


async def test_other_member_goes_before_begun_poems_of_one(opened: Open) -> None:
    desk, turns = Desk(), opened()
    desk.gate.clear()
    poems = [
        asyncio.create_task(answer(turns, desk, "verse", f"a{n}", steps=2, most=2))
        for n in range(3)
    ]
    await in_thread(desk.reached)
    poems.append(asyncio.create_task(answer(turns, desk, "verse", "b", steps=2, most=2)))
    await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*poems)
    assert desk.batches[:3] == [["a0", "a1"], ["a0", "b"], ["b", "a1"]]


async def test_bounds(opened: Open) -> None:
    """Of each kind on its own."""
    turns = opened(longest=3, most_per_member=2)
    with turns.enter("names", "a", None), turns.enter("names", "a", None):
        with pytest.raises(TooMany), turns.enter("names", "a", None):
            pass
        with turns.enter("names", "b", None), turns.enter("verse", "a", None):
            with pytest.raises(Busy), turns.enter("names", "c", None):
                pass
            assert len(turns) == 4
    assert len(turns) == 0


async def test_unknown_requesters_are_different(opened: Open) -> None:
    turns = opened(most_per_member=1)
    with turns.enter("names", None, None), turns.enter("names", None, None):
        assert turns.states()["names"].waiting == 2


async def test_cancelled_request(opened: Open) -> None:
    """It leaves the queue at once, and never gets its turn."""
    desk, turns = Desk(), opened()
    desk.gate.clear()
    first = asyncio.create_task(answer(turns, desk, "verse", "a"))
    await in_thread(desk.reached)
    doomed = asyncio.create_task(answer(turns, desk, "verse", "b"))
    await asyncio.sleep(0)
    assert len(turns) == 2
    doomed.cancel()
    await asyncio.wait([doomed])
    assert len(turns) == 1
    desk.gate.set()
    await first
    assert desk.order == ["a"]


async def test_cancelled_work_stops(opened: Open) -> None:
    """At its next check, and only when no request of the batch is left."""
    desk, turns = Desk(), opened()
    desk.gate.clear()
    tasks = [
        asyncio.create_task(answer(turns, desk, "verse", member, most=2)) for member in ("a", "b")
    ]
    await in_thread(desk.reached)
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    assert not desk.stopped.is_set()
    tasks[1].cancel()
    await in_thread(desk.stopped)
    desk.gate.set()
    assert await answer(turns, desk, "verse", "c") == "c"


async def test_waited_too_long(opened: Open) -> None:
    desk, turns = Desk(), opened(longest_wait=0.01)
    desk.gate.clear()
    first = asyncio.create_task(answer(turns, desk, "verse", "a"))
    await in_thread(desk.reached)
    with pytest.raises(WaitedTooLong):
        await answer(turns, desk, "verse", "b")
    assert turns.states()["verse"].in_progress == 1  # its step takes longer, but it has begun
    desk.gate.set()
    assert await first == "a"


async def test_place_is_reported(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the request has begun."""
    monkeypatch.setattr(module, "PLACE_INTERVAL_S", 0.001)
    desk, turns = Desk(), opened()
    places: list[int] = []
    told = asyncio.Event()

    async def on_wait(place: int) -> None:
        places.append(place)
        told.set()

    async def told_answer() -> None:
        with turns.enter("verse", "c", on_wait) as turn:
            await turn(desk.step("c"))
            desk.gate.clear()
            desk.reached.clear()
            places.clear()
            again = asyncio.ensure_future(turn(desk.step("c")))
            await in_thread(desk.reached)
            await asyncio.sleep(0.01)
            desk.gate.set()
            await again

    desk.gate.clear()
    others = [asyncio.create_task(answer(turns, desk, "verse", member)) for member in ("a", "b")]
    await in_thread(desk.reached)
    own = asyncio.create_task(told_answer())
    await asyncio.wait_for(told.wait(), LONG_S)
    assert places[0] == 2
    desk.gate.set()
    await asyncio.gather(own, *others)
    assert places == []


async def test_stuck_step_blocks_nobody(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GRACE_S", 0.01)
    turns, gate, desk = opened(), Event(), Desk()
    worker = turns.worker
    worker.deadline = 0.01
    with pytest.raises(TooSlow), turns.enter("verse", "a", None) as turn:
        await turn(Step(lambda items, _: [gate.wait() for _ in items], "a", "endless"))
    worker.deadline = LONG_S
    assert worker.stuck == 1
    assert len(turns) == 0
    assert await answer(turns, desk, "verse", "b") == "b"
    gate.set()


async def test_work_that_forgets_a_step(opened: Open) -> None:
    """Nobody waits for ever, and the next request is answered."""
    turns, desk = opened(), Desk()
    forgotten = pytest.raises(RuntimeError, match="1 steps had 0 outcomes")
    with forgotten, turns.enter("verse", "a", None) as turn:
        await turn(Step(lambda _items, _stop: [], "a", "forgetful"))
    assert await answer(turns, desk, "verse", "b") == "b"


async def test_states(opened: Open) -> None:
    desk, turns = Desk(), opened()
    desk.gate.clear()
    tasks = [asyncio.create_task(answer(turns, desk, "verse", member)) for member in ("a", "b")]
    await in_thread(desk.reached)
    states = turns.states()
    assert (states["verse"].waiting, states["verse"].in_progress) == (1, 1)
    assert states["verse"].oldest > 0
    assert states["names"].waiting == 0
    desk.gate.set()
    await asyncio.gather(*tasks)


async def test_batches_are_reported(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    """A report that fails harms nobody."""
    desk, turns = Desk(), opened()
    seen: list[tuple[str, int]] = []

    def on_batch(kind: str, size: int, seconds: float) -> None:
        assert seconds >= 0
        seen.append((kind, size))
        raise ValueError("no room")

    turns.on_batch = on_batch
    with caplog.at_level(logging.ERROR):
        await asyncio.gather(*(answer(turns, desk, "verse", m, most=2) for m in ("a", "b", "c")))
    assert seen == [("verse", 2), ("verse", 1)]
    assert "could not be reported" in caplog.text


async def test_context_of_the_request(opened: Open) -> None:
    """Log entries of the thread have the request's id."""
    number = ContextVar[int]("number", default=0)
    turns = opened()

    async def one(value: int) -> object:
        number.set(value)
        with turns.enter("names", value, None) as turn:
            return await turn(Step(lambda items, _: [number.get() for _ in items], 0, value))

    assert await asyncio.gather(*map(one, (1, 2, 3))) == [1, 2, 3]


async def test_turns_are_noted_for_the_request(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """How long a request waited and worked, and its reference beside each of its turns."""
    turns, desk, monitor = opened(), Desk(), Monitor()
    references: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            references.append(f"{reference()} {record.getMessage()}")

    async def one(item: str) -> Request:
        with monitor.track("/sonnet", 1) as request:
            await answer(turns, desk, "verse", item, steps=2, most=2)
        return request

    logger, handler = logging.getLogger("bot.writing.turns"), Handler()
    caplog.set_level(logging.DEBUG, logger.name)
    logger.addHandler(handler)
    first, second = await asyncio.gather(one("a"), one("b"))
    logger.removeHandler(handler)
    assert [*desk.batches] == [["a", "b"]] * 2
    for request in (first, second):
        assert request.worked > 0
        assert 0 <= request.waited < (request.seconds or 0)
        turn = f"{request.reference} A turn of verse for 2 requests took 0.000 s"
        assert references.count(turn) == 2


async def test_closed(opened: Open) -> None:
    desk, turns = Desk(), opened()
    desk.gate.clear()
    tasks = [asyncio.create_task(answer(turns, desk, "verse", member)) for member in ("a", "b")]
    await in_thread(desk.reached)
    turns.close()
    await asyncio.wait(tasks, timeout=LONG_S)
    assert all(task.cancelled() for task in tasks)
    desk.gate.set()
