"""Queues: kinds, batches, writers, cancellation, waiting too long."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from itertools import count
from threading import Event

import pytest

from bot.writing import Caller, limits
from bot.writing.errors import Busy, TooManyQueued, TooSlow, WaitedTooLong, WriterLost
from bot.writing.queues import Queues
from bot.writing.service import DISSECTION
from bot.writing.thread import NetworkThread
from bot.writing.writer import Stop, Work, Writer
from models.names.generator import MAX_FRUITLESS
from models.names.problems import NamesError
from models.text_generator import Abandoned, ShouldStop, check_stop
from models.verse.poem import SonnetError
from tests.bot.writing.serving import NAMES, POEM, Serve, gated, in_thread, last_of, poem_of
from tests.models.tiny import LETTERS, lstm, namer, poet, words_and_characters

LONG_S = 60.0
Open = Callable[..., Queues]


class Desk:
    """Work that records what it is given, and waits at a gate."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds of its clock, on which a batch takes one, or ten for each poem in it."""
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
                check_stop(should_stop)
            except Abandoned:
                self.stopped.set()
                raise
        return [*items]

    @property
    def order(self) -> list[object]:
        """All items, in the order of their steps."""
        return [item for batch in self.batches for item in batch]

    @property
    def kinds(self) -> str:
        """`v` for each poem and `n` for each name of them."""
        return "".join("v" if str(item).endswith("poem") else "n" for item in self.order)


class FakeWriter:
    """Records its batches; writes them when it is let."""

    def __init__(self, capacity: int = 1) -> None:
        self.capacity = capacity
        self.batches: list[list[object]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.waited: list[float] = []
        self.is_closed = False
        self.running = 0

    def room(self, work: Work) -> int | None:
        return None if work is at_home_only else self.capacity - self.running

    def write(self, work: Work, items: Sequence[object], stop: Stop) -> Awaitable[Sequence[object]]:
        self.running += 1
        self.batches.append([*items])
        return self._write(items)

    async def _write(self, items: Sequence[object]) -> Sequence[object]:
        try:
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            return [f"{item} from afar" for item in items]
        finally:
            self.running -= 1

    def backlog(self, waited: float) -> None:
        self.waited.append(waited)

    def close(self) -> None:
        self.is_closed = True


def anywhere(items: Sequence[object], _: ShouldStop) -> list[object]:
    return [f"{item} at home" for item in items]


def at_home_only(items: Sequence[object], should_stop: ShouldStop) -> list[object]:
    return anywhere(items, should_stop)


@pytest.fixture
async def thread() -> AsyncIterator[NetworkThread]:
    opened = NetworkThread("tested", LONG_S)
    yield opened
    opened.close()


@pytest.fixture
def opened(thread: NetworkThread) -> Open:
    """A function that opens queues."""

    def open_queues(
        *writers: Writer,
        longest: int = 100,
        most_per_member: int = 100,
        longest_wait: float = LONG_S,
        clock: Callable[[], float] = lambda: 0.0,
        weights: Mapping[str, float] | None = None,
    ) -> Queues:
        return Queues(
            weights or {"names": 1.0, "verse": 1.0},
            thread,
            writers,
            longest=longest,
            most_per_member=most_per_member,
            longest_wait=longest_wait,
            clock=clock,
        )

    return open_queues


async def answer(
    queues: Queues,
    work: Work,
    item: object,
    kind: str = "verse",
    *,
    steps: int = 1,
    most: int = 1,
    group: object = "group",
) -> object:
    """One request by a member of the same name as its item's first letter."""
    result = None
    with queues.request(kind, str(item)[0]) as request:
        for _ in range(steps):
            result = await queues.step(request, work, item, group=group, most=most)
    return result


async def begun(
    queues: Queues, desk: Desk, *items: str, kind: str = "verse", steps: int = 1, most: int = 1
) -> list["asyncio.Task[object]"]:
    """Requests, of which the thread has begun the first, and waits at the gate."""
    desk.gate.clear()
    desk.reached.clear()
    asked = (answer(queues, desk.work, item, kind, steps=steps, most=most) for item in items)
    tasks = [*map(asyncio.create_task, asked)]
    await in_thread(desk.reached)
    return tasks


async def queued(queues: Queues, desk: Desk, *requests: tuple[str, str], most: int = 1) -> None:
    """Let requests arrive while the thread is busy; then let it work until all are answered."""
    tasks = await begun(queues, desk, "0", kind="names")
    for kind, item in requests:
        tasks.append(asyncio.create_task(answer(queues, desk.work, item, kind, most=most)))
        await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("weight", "names_between"), [(1.0, [0, 10, 10, 10, 30]), (3.0, [0, 30, 30, 0, 0])]
)
async def test_kinds_share_the_time(opened: Open, weight: float, names_between: list[int]) -> None:
    """Ten names take as long as a poem, and thirty if they have three times its weight."""
    desk = Desk()
    poems = [("verse", f"{member}poem") for member in "abcd"]
    names = [("names", f"{number}") for number in range(10, 70)]
    queues = opened(clock=lambda: desk.now, weights={"names": weight, "verse": 1.0})
    await queued(queues, desk, *poems, *names)
    assert [len(names) for names in desk.kinds[1:].split("v")] == names_between


async def test_idle_kind_saves_up_nothing(opened: Open) -> None:
    """Names that come after five poems are not given the time of those."""
    desk = Desk()
    queues = opened(clock=lambda: desk.now)
    for _ in range(5):
        await answer(queues, desk.work, "apoem")
    poems = [("verse", f"{member}poem") for member in "abc"]
    await queued(queues, desk, *poems, *(("names", str(number)) for number in range(10, 60)))
    assert desk.kinds[6:].index("v") < 12


@pytest.mark.parametrize(
    ("items", "most", "batches"),
    [
        (["a1", "a2", "a3", "b1"], 1, [["a1"], ["b1"], ["a2"], ["a3"]]),
        (["a1", "a2", "a3", "b1", "c1"], 3, [["a1", "b1", "c1"], ["a2", "a3"]]),
    ],
    ids=["members take turns", "second requests fill a batch"],
)
async def test_batches(opened: Open, items: list[str], most: int, batches: list[list[str]]) -> None:
    desk = Desk()
    await queued(opened(), desk, *(("verse", item) for item in items), most=most)
    assert desk.batches == [["0"], *batches]


async def test_batch_is_as_small_as_one_of_it_needs(opened: Open) -> None:
    """A quick request that comes later shares the next one with costly ones."""
    desk, queues = Desk(), opened(weights={"names": 8.0})
    costly = await begun(queues, desk, "a", "b", kind="names", steps=3, most=2)
    quiet = asyncio.create_task(answer(queues, desk.work, "q", "names", most=16))
    await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*costly, quiet)
    assert desk.batches[:3] == [["a", "b"], ["q", "a"], ["b", "a"]]


async def test_groups_are_apart(opened: Open) -> None:
    desk, queues = Desk(), opened()
    works = (answer(queues, desk.work, n, most=8, group=f"weights {n % 2}") for n in range(4))
    await asyncio.gather(*works)
    assert desk.batches == [[0, 2], [1, 3]]


async def test_begun_requests_are_finished_first(opened: Open) -> None:
    desk, queues = Desk(), opened()
    await asyncio.gather(*(answer(queues, desk.work, i, steps=3, most=2) for i in "abcd"))
    assert desk.batches == [["a", "b"]] * 3 + [["c", "d"]] * 3


async def test_other_member_goes_before_begun_poems_of_one(opened: Open) -> None:
    desk, queues = Desk(), opened()
    poems = await begun(queues, desk, "a0", "a1", "a2", steps=2, most=2)
    poems.append(asyncio.create_task(answer(queues, desk.work, "b", steps=2, most=2)))
    await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*poems)
    assert desk.batches[:3] == [["a0", "a1"], ["a0", "b"], ["b", "a1"]]


async def test_unknown_requesters_are_different(opened: Open) -> None:
    queues = opened(most_per_member=1)
    with queues.request("names", None), queues.request("names", None):
        assert queues.states()["names"].waiting == 2


async def test_cancelled_request(opened: Open) -> None:
    """It leaves the queue at once, and is never computed."""
    desk, queues = Desk(), opened()
    (first,) = await begun(queues, desk, "a")
    doomed = asyncio.create_task(answer(queues, desk.work, "b"))
    await asyncio.sleep(0)
    assert len(queues) == 2
    doomed.cancel()
    await asyncio.wait([doomed])
    assert len(queues) == 1
    desk.gate.set()
    await first
    assert await answer(queues, desk.work, "c") == "c"
    assert desk.order == ["a", "c"]


async def test_cancelled_work_stops(opened: Open) -> None:
    """At its next check, and only when no request of the batch is left."""
    desk, queues = Desk(), opened()
    tasks = await begun(queues, desk, "a", "b", most=2)
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    assert not desk.stopped.wait(0.05)
    tasks[1].cancel()
    await in_thread(desk.stopped)
    desk.gate.set()
    assert await answer(queues, desk.work, "c") == "c"


async def test_waited_too_long(opened: Open) -> None:
    desk, queues = Desk(), opened(longest_wait=0.01)
    (first,) = await begun(queues, desk, "a")
    with pytest.raises(WaitedTooLong):
        await answer(queues, desk.work, "b")
    assert queues.states()["verse"].waiting == 0  # the first takes longer, but it has begun
    assert len(queues) == 1
    desk.gate.set()
    assert await first == "a"


async def test_begun_request_may_wait_longer(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its next step, without a report of its place; but not for ever."""
    monkeypatch.setattr(limits, "PLACE_INTERVAL_S", 0.001)
    desk, queues = Desk(), opened(longest_wait=LONG_S)
    places: list[int] = []

    async def on_wait(place: int) -> None:
        places.append(place)

    with queues.request("verse", "a", on_wait) as request:
        await queues.step(request, desk.work, "a")
        request.since -= LONG_S  # time has passed
        (other,) = await begun(queues, desk, "b", kind="names")
        own = asyncio.create_task(queues.step(request, desk.work, "a"))
        await asyncio.sleep(0.05)
        desk.gate.set()
        assert await own == "a"
        await other
        monkeypatch.setattr(limits, "LATER_STEPS_S", 0.01)
        (other,) = await begun(queues, desk, "b", kind="names")
        with pytest.raises(WaitedTooLong):
            await queues.step(request, desk.work, "a")
        desk.gate.set()
        await other
    assert places == []


async def test_place_is_reported(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the request has begun; and its result comes after the last report."""
    monkeypatch.setattr(limits, "PLACE_INTERVAL_S", 0.001)
    desk, queues = Desk(), opened()
    events: list[object] = []
    told, may_go_on = asyncio.Event(), asyncio.Event()

    async def on_wait(place: int) -> None:
        events.append(place)
        told.set()
        await may_go_on.wait()
        events.append("told")

    async def told_answer() -> None:
        with queues.request("verse", "c", on_wait) as request:
            await queues.step(request, desk.work, "c")
            events.append("answered")
            desk.gate.clear()
            desk.reached.clear()
            again = asyncio.ensure_future(queues.step(request, desk.work, "c"))
            await in_thread(desk.reached)
            await asyncio.sleep(0.01)
            desk.gate.set()
            await again

    others = await begun(queues, desk, "a", "b")
    own = asyncio.create_task(told_answer())
    await asyncio.wait_for(told.wait(), LONG_S)
    desk.gate.set()
    await asyncio.gather(*others)
    may_go_on.set()
    await own
    assert events == [2, "told", "answered"]


async def test_report_of_a_place_that_fails(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the error of the request, as its message is gone."""
    monkeypatch.setattr(limits, "PLACE_INTERVAL_S", 0.001)
    desk, queues, told = Desk(), opened(), asyncio.Event()

    async def on_wait(_place: int) -> None:
        told.set()
        raise ConnectionError

    async def told_answer() -> object:
        with queues.request("verse", "b", on_wait) as request:
            return await queues.step(request, desk.work, "b")

    (other,) = await begun(queues, desk, "a")
    own = asyncio.create_task(told_answer())
    await asyncio.wait_for(told.wait(), LONG_S)
    desk.gate.set()
    await other
    with pytest.raises(ConnectionError):
        await own


async def test_work_that_forgets_a_step(opened: Open) -> None:
    """Nobody waits for ever, and the next request is answered."""
    queues, desk = opened(), Desk()
    with pytest.raises(RuntimeError, match="1 steps had 0 outcomes"):
        await answer(queues, lambda _items, _stop: [], "a")
    assert await answer(queues, desk.work, "b") == "b"


async def test_error_that_no_future_takes(opened: Open) -> None:
    queues, desk = opened(), Desk()
    with pytest.raises(RuntimeError, match="StopIteration"):
        await answer(queues, lambda _items, _stop: [StopIteration()], "a")
    assert await answer(queues, desk.work, "b") == "b"


async def test_batches_are_reported(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    """A report that fails harms nobody."""
    desk, queues = Desk(), opened()
    seen: list[tuple[str, int]] = []

    def on_batch(kind: str, size: int, seconds: float) -> None:
        assert seconds >= 0
        seen.append((kind, size))
        raise ValueError("no room")

    queues.on_batch = on_batch
    with caplog.at_level(logging.DEBUG, "bot.writing.queues"):
        await asyncio.gather(*(answer(queues, desk.work, m, most=2) for m in "abc"))
    assert seen == [("verse", 2), ("verse", 1)]
    assert caplog.text.count("A turn of verse for 2 requests took ") == 2  # one for each of them
    assert "could not be reported" in caplog.text


async def test_closed(opened: Open) -> None:
    """Steps that wait are cancelled, and none is begun by the writer that becomes free."""
    desk, queues, writer = Desk(), opened(), FakeWriter()
    writer.gate.clear()
    with_writer = opened(writer)
    tasks = [asyncio.create_task(answer(with_writer, anywhere, member)) for member in "ab"]
    tasks += await begun(queues, desk, "a", "b")
    queues.close()
    with_writer.close()
    await asyncio.wait(tasks, timeout=LONG_S)
    assert all(task.cancelled() for task in tasks)
    desk.gate.set()
    writer.gate.set()
    await asyncio.sleep(0.01)
    assert (desk.batches, writer.batches) == ([["a"]], [["a"]])
    assert writer.is_closed


@pytest.mark.parametrize(
    ("capacities", "work", "place"),
    [
        ((), anywhere, "at home"),
        ((0,), anywhere, "at home"),
        ((1,), anywhere, "from afar"),
        ((1,), at_home_only, "at home"),
        ((0, 2), anywhere, "from afar"),
    ],
)
async def test_place_of_work(
    opened: Open, capacities: tuple[int, ...], work: Work, place: str
) -> None:
    """The first writer that has capacity, or the thread."""
    queues = opened(*map(FakeWriter, capacities))
    assert queues.capacity == sum(capacities)
    assert await answer(queues, work, "a") == f"a {place}"


async def test_unused_writers(opened: Open) -> None:
    """A cluster that is there needs no processes beside the bot."""
    gone, cluster, processes = FakeWriter(0), FakeWriter(), FakeWriter()
    cluster.gate.clear()
    queues = opened(gone, cluster, processes)
    answers = [asyncio.create_task(answer(queues, anywhere, item)) for item in "ab"]
    await asyncio.sleep(0.01)
    assert gone.waited
    assert cluster.waited
    assert not processes.waited
    cluster.gate.set()
    await asyncio.gather(*answers)
    assert (cluster.batches, processes.batches) == ([["a"], ["b"]], [])


async def test_batches_at_the_same_time(opened: Open) -> None:
    """What waits is spread, instead of one batch taking all of it."""
    writer = FakeWriter(2)
    queues = opened(writer)
    answers = await asyncio.gather(*(answer(queues, anywhere, item, most=9) for item in "abcdef"))
    assert writer.batches == [["a", "b", "c"], ["d", "e", "f"]]
    assert answers == [f"{item} from afar" for item in "abcdef"]


async def test_running_batches_count(opened: Open) -> None:
    """A kind whose batch has begun is expected to use as much as last time."""
    writer, ticks = FakeWriter(2), count(0, 10)
    queues = opened(writer, clock=lambda: float(next(ticks)))
    for kind in ("names", "verse"):
        await answer(queues, anywhere, "a", kind)
    items = [("names", "b"), ("names", "c"), ("verse", "d"), ("verse", "e")]
    await asyncio.gather(*(answer(queues, anywhere, item, kind) for kind, item in items))
    assert writer.batches[2:4] == [["b"], ["d"]]


async def test_thread_beside_a_full_writer(opened: Open) -> None:
    """It does what the writer does not take, and nothing else."""
    writer = FakeWriter()
    writer.gate.clear()
    queues = opened(writer)
    far = [asyncio.create_task(answer(queues, anywhere, item)) for item in "ab"]
    await asyncio.sleep(0)
    assert await answer(queues, at_home_only, "c", group="home") == "c at home"
    assert writer.batches == [["a"]]
    writer.gate.set()
    assert await asyncio.gather(*far) == ["a from afar", "b from afar"]


@pytest.mark.parametrize(
    "error", [WriterLost("the process 1 is gone"), OSError("no space left"), MemoryError()]
)
async def test_lost_writer(error: Exception, opened: Open) -> None:
    """Its batch is computed at home, and nobody notices."""
    writer = FakeWriter()
    writer.error = error
    assert await answer(opened(writer), anywhere, "a") == "a at home"


async def test_other_errors_are_the_answer(opened: Open) -> None:
    """And the writer goes on."""
    writer = FakeWriter()
    queues = opened(writer)
    writer.error = TooSlow("no answer within 20 s")
    with pytest.raises(TooSlow):
        await answer(queues, anywhere, "a")
    writer.error = None
    assert await answer(queues, anywhere, "b") == "b from afar"


async def test_context_of_the_request(opened: Open) -> None:
    """Log entries of the thread have the request's id."""
    number = ContextVar[int]("number", default=0)
    queues = opened()

    async def one(value: int) -> object:
        number.set(value)
        work: Work = lambda items, _: [number.get() for _ in items]  # noqa: E731
        return await answer(queues, work, value, group=value)

    assert await asyncio.gather(*map(one, (1, 2, 3))) == [1, 2, 3]


# Who waits for whom, and what leaves a queue


async def test_invalid_requests_free_the_queue(serve: Serve) -> None:
    inference = serve(queue=1)
    with pytest.raises(NamesError):
        await inference.names(replace(NAMES, starts_with="🦖"))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(inference, replace(POEM, opening="a" * 301))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(inference, replace(POEM, about="a" * 301))
    assert inference.at_work == 0
    assert (await inference.names(NAMES)).names


async def test_bounds(serve: Serve) -> None:
    """Of a queue, and of a member's requests in it."""
    network = gated(lstm())
    inference = serve(sonnets=poet(network), queue=2, per_member=1)
    poem = asyncio.create_task(last_of(inference.sonnet(POEM, Caller(requester=7))))
    await in_thread(network.reached)
    with pytest.raises(TooManyQueued):
        await last_of(inference.sonnet(POEM, Caller(requester=7)))
    other = asyncio.create_task(last_of(inference.sonnet(POEM, Caller(requester=8))))
    await asyncio.sleep(0)
    with pytest.raises(Busy) as busy:
        await poem_of(inference, POEM)
    assert busy.value.ahead == inference.at_work == 2
    names = asyncio.create_task(inference.names(NAMES))  # have another queue
    await asyncio.sleep(0)
    assert inference.at_work == 3
    network.gate.set()
    assert (await names).names
    assert await poem == await other
    assert inference.at_work == 0


async def test_deadline(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stuck thread is replaced; when there are too many, nothing is answered for some time."""
    monkeypatch.setattr(limits, "GRACE_S", 0.01)
    monkeypatch.setattr("bot.writing.thread.MOST_STUCK", 2)
    network = gated(lstm(LETTERS))
    inference = serve(names=namer(network), deadline=0.05)
    try:
        for stuck, is_ready in ((1, True), (2, False)):
            assert inference.blocked_for == 0
            with pytest.raises(TooSlow, match=r"within 0\.05 s"):
                await inference.names(NAMES)
            assert (inference.stuck, inference.is_ready) == (stuck, is_ready)
            assert inference.at_work == 0
        monkeypatch.setattr(inference._thread, "_clock", lambda: float("inf"))
        assert inference.blocked_for == float("inf")
    finally:
        network.gate.set()


async def test_dissection_frees_the_queue(serve: Serve) -> None:
    """Whether it succeeds, fails or is cancelled, of a name or of a line."""
    inference = serve(sonnets=poet(words_and_characters()), per_member=1)
    for _ in range(2):
        assert await inference.dissect("Mango", caller=Caller(requester=7))
        assert await inference.dissect_line("The rose of day", Caller(requester=7))
        with pytest.raises(NamesError):
            await inference.dissect("🦖", caller=Caller(requester=7))
        doomed = asyncio.create_task(inference.dissect("Mango", caller=Caller(requester=7)))
        await asyncio.sleep(0)
        assert inference.queues[DISSECTION].waiting == 1
        doomed.cancel()
        await asyncio.wait([doomed])
        assert inference.at_work == 0


async def test_cancelled_names_are_not_sampled_on(serve: Serve) -> None:
    """Names that are refused for ever, to the limit of fruitless ones."""
    refused = threading.Event()
    asked: list[str] = []

    def refuse(name: str) -> bool:
        asked.append(name)
        refused.set()
        return False

    network = gated(lstm(LETTERS))
    network.gate.set()
    inference = serve(names=namer(network), accept=refuse)
    doomed = asyncio.create_task(inference.names(NAMES))
    await in_thread(refused)
    network.gate.clear()
    doomed.cancel()
    await asyncio.wait([doomed])
    network.gate.set()
    assert (await inference.dissect("Mango")).letters  # the thread is free
    assert len(asked) < MAX_FRUITLESS / 2
