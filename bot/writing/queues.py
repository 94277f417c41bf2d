"""Queues: who gets the networks next.

Each kind of work has a fair queue. The kinds that wait share the time of the networks by their
weights (start-time fair queueing; Goyal, Vin & Cheng, 1996): a name does not wait behind all poems,
and several names fit beside one line of some poems. Steps of the same group share a batch.

Within a queue, the order is a round robin by member: first the oldest request of each member, and
the member whose oldest one was answered goes to the end of the round. The second requests of all
members follow, then the third ones, so that they fill a batch that would have room, and delay
nobody. A request that has begun keeps its place, and is therefore finished before others of its
round begin. Where most requests need one step or two, as for names, three kinds take turns instead:
new ones, those that have begun (those that have cost least first), and new ones that are costly. So
nobody waits until costly ones are finished.

When members have to wait for long, every sixteenth place is that of the newest request. In a crowd
that came at the same time everybody waits anyway; a member who comes later does not wait behind all
of it, and those who have waited longest still get nearly all of the time.
"""

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import accumulate, chain, islice, zip_longest
from operator import attrgetter
from typing import Any

from bot.monitoring.requests import add_turn
from bot.writing import limits
from bot.writing.errors import Busy, TooManyQueued, WaitedTooLong, WriterLost
from bot.writing.thread import NetworkThread
from bot.writing.writer import Outcomes, Stop, Work, Writer

log = logging.getLogger(__name__)

NEWEST_EVERY = 16
"""One of so many places is that of the newest request, once many wait."""
MOST_NEWEST = 64
"""Requests that can be among the next ones because they are the newest."""

OnWait = Callable[[int], Awaitable[object]]
"""Called with the place of a request in the queue, from 1."""
OnBatch = Callable[[str, int, float], object]
"""Called with the kind, the number of steps and the seconds of each batch."""


@dataclass(frozen=True)
class QueueState:
    """How full a queue is."""

    waiting: int
    """Requests that have not begun."""
    oldest: float
    """Seconds that the oldest request that has not begun has waited; 0 if none waits."""


@dataclass(eq=False)
class QueuedRequest:
    """One request in a queue, with the step that it waits for."""

    queue: "FairQueue" = field(repr=False)
    requester: Hashable
    since: float
    """Time at which the request arrived, in seconds of `time.monotonic`."""
    on_wait: OnWait | None = None
    steps: int = 0
    """How many steps of the request writers have taken."""
    waits: bool = False
    """Whether the request waits for a step that no writer has taken yet."""
    work: Work = field(init=False, repr=False)
    item: object = field(init=False, repr=False)
    """The item of the batch that stands for the step."""
    group: Hashable = None
    """Steps of the same group have the same work, and may share a batch."""
    most: int = 1
    """Number of steps that may share a batch."""
    asked: float = 0.0
    """Time at which the wait for the step began, in seconds of `time.monotonic`."""
    taken: float = 0.0
    """Time at which a writer took the step."""
    result: asyncio.Future[Any] = field(init=False, repr=False)
    context: contextvars.Context = field(init=False, repr=False)
    """The context of the request, for its log entries."""
    batch: "Sequence[QueuedRequest]" = field(default=(), repr=False)
    """All requests whose steps are computed together, this one among them."""
    stop: Stop = field(init=False, repr=False)
    """Stops the batch of the step."""
    timer: asyncio.TimerHandle = field(init=False, repr=False)
    telling: asyncio.Future[Any] | None = field(default=None, repr=False)
    """A report of its place that is under way."""

    @property
    def begun(self) -> bool:
        """Whether a writer has taken a step of the request."""
        return self.steps > 0

    @property
    def cost(self) -> float:
        """The batches that its steps so far would have filled."""
        return self.steps / self.most


class FairQueue:
    """Requests of one kind."""

    def __init__(self, longest: int, most_per_member: int, *, is_quick: bool = False) -> None:
        """`longest` limits the requests of all members; `is_quick`: most need few steps."""
        self._is_quick = is_quick
        self._longest = longest
        self._most_per_member = most_per_member
        self._members: dict[Hashable, list[QueuedRequest]] = {}
        """The requests of each member, oldest first. Members are in the order of the round."""
        self.length = 0
        """Number of requests, whether they wait or have begun."""
        self.pending = 0
        """Number of those that wait for a step."""
        self._places: dict[QueuedRequest, int] = {}
        self._counted_at = -limits.PLACES_S

    @property
    def requests(self) -> list[QueuedRequest]:
        """All requests, in the order in which they get the networks."""
        ranks = zip_longest(*self._members.values())
        return [request for rank in ranks for request in rank if request is not None]

    def enter(
        self, requester: Hashable, now: float, on_wait: OnWait | None = None
    ) -> QueuedRequest:
        """Add a request. Raises `Busy` and `TooManyQueued`."""
        if self.length >= self._longest:
            raise Busy(self.length)
        own = self._members.setdefault(requester, [])
        if len(own) >= self._most_per_member:
            raise TooManyQueued(len(own))
        own.append(request := QueuedRequest(self, requester, now, on_wait))
        self.length += 1
        return request

    def leave(self, request: QueuedRequest) -> None:
        """Remove a request, finished or not."""
        own = self._members[request.requester]
        was_first = own[0] is request
        own.remove(request)
        self.length -= 1
        if was_first:
            del self._members[request.requester]
            if own:  # the member's next request goes to the end of the round
                self._members[request.requester] = own

    def waiting(self, now: float) -> list[QueuedRequest]:
        """The requests that wait for a step, in the order in which they get it."""
        requests = [request for request in self.requests if request.waits]
        begun = [request for request in requests if request.begun]
        new = [request for request in requests if not request.begun]
        mixed = self._with_newest(new, now)
        if self._is_quick:
            most = max((request.most for request in requests), default=1)
            cheap = [request for request in mixed if request.most == most]
            costly = [request for request in mixed if request.most < most]
            turns = zip_longest(cheap, sorted(begun, key=attrgetter("cost")), costly)
            return [request for turn in turns for request in turn if request is not None]
        return requests if mixed is new else [*begun, *mixed]

    def _with_newest(self, new: list[QueuedRequest], now: float) -> list[QueuedRequest]:
        """New requests in their order; with the newest ones in between, if one waits for long."""
        since = attrgetter("since")
        if not new or now - min(map(since, new)) <= limits.CROWDED_S:
            return new
        firsts = [request for request in new if self._members[request.requester][0] is request]
        newest = nlargest(MOST_NEWEST, firsts, key=since)
        oldest = iter(new)
        mixed = ((*islice(oldest, NEWEST_EVERY - 1), late) for late in newest)
        return [*dict.fromkeys(chain(chain.from_iterable(mixed), new))]

    def place(self, request: QueuedRequest, now: float) -> int:
        """The place of a request among those that have not begun, from 1, a second ago at most."""
        if now - self._counted_at >= limits.PLACES_S or request not in self._places:
            new = (other for other in self.requests if not other.begun)
            self._places = {other: place for place, other in enumerate(new, start=1)}
            self._counted_at = now
        return self._places.get(request, 1)

    def state(self, now: float) -> QueueState:
        """How full the queue is."""
        waits = [now - request.since for request in self.requests if not request.begun]
        return QueueState(len(waits), max(waits, default=0.0))


class Queues:
    """A fair queue for each kind of work, and the writers that take from them."""

    def __init__(
        self,
        weights: Mapping[str, float],
        thread: NetworkThread,
        writers: Sequence[Writer] = (),
        *,
        longest: int,
        most_per_member: int,
        longest_wait: float = limits.WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`weights` are the shares of the time of each kind, relative to others that wait.

        Kinds with more than 1 are quick (`FairQueue`).

        The first of `writers` that has capacity writes all that it has room for at some time; the
        `thread` does the rest. `longest` limits the requests of a queue, `most_per_member` those of
        a member. A request that has not begun after `longest_wait` seconds is refused. `clock`
        measures batches.
        """
        self.on_batch: OnBatch | None = None
        self._thread = thread
        self._writers = writers
        self._longest_wait = longest_wait
        self._clock = clock
        self._weights = weights
        self._queues = {
            kind: FairQueue(longest, most_per_member, is_quick=weight > 1)
            for kind, weight in weights.items()
        }
        self._used = dict.fromkeys(weights, 0.0)
        """Seconds that each kind has used, divided by its weight; never less than the others had
        when it last waited."""
        self._last = dict.fromkeys(weights, 0.0)
        """Seconds of the last batch of each kind, which the next one is expected to take."""
        self._least_used = 0.0
        """Seconds that the kind of the last batch had used before it."""
        self._batches: dict[asyncio.Task[None], Sequence[QueuedRequest]] = {}
        """Requests that are being written, by their batch."""
        self._will_dispatch = False

    def __len__(self) -> int:
        """Number of requests, whether they wait or have begun."""
        return sum(queue.length for queue in self._queues.values())

    def states(self) -> Mapping[str, QueueState]:
        """How full each queue is, by kind."""
        now = time.monotonic()
        return {kind: queue.state(now) for kind, queue in self._queues.items()}

    @property
    def capacity(self) -> int:
        """Number of batches that others than the thread can write at the same time."""
        return 0 if (writer := self._writer) is self._thread else writer.capacity

    @contextmanager
    def request(
        self, kind: str, requester: Hashable, on_wait: OnWait | None = None
    ) -> Iterator[QueuedRequest]:
        """Keep a place in the queue of a kind, for the time of one answer.

        `requester` identifies the member; `None` is nobody else. Raises `Busy` and `TooManyQueued`.
        """
        queue = self._queues[kind]
        member = object() if requester is None else requester
        request = queue.enter(member, time.monotonic(), on_wait)
        try:
            yield request
        finally:
            queue.leave(request)

    async def step(
        self,
        request: QueuedRequest,
        work: Work,
        item: object,
        *,
        group: Hashable = None,
        most: int = 1,
    ) -> Any:  # noqa: ANN401 (what the work returns)
        """Wait until a writer has computed a step of a request, and return its result.

        Raises `WaitedTooLong`, what the writer raises, and what the step raises.
        """
        loop = asyncio.get_running_loop()
        request.work, request.item, request.group, request.most = work, item, group, most
        request.result, request.context = loop.create_future(), contextvars.copy_context()
        request.asked = now = time.monotonic()
        request.waits = True
        request.queue.pending += 1
        request.timer = loop.call_later(self._patience(request, now), self._look, request)
        self._dispatch_soon()
        try:
            # Awaited as it is: the next step must be there before the next batch.
            outcome = await request.result
            if request.telling is not None:
                await request.telling
            return outcome
        finally:
            request.timer.cancel()
            if request.telling is not None:
                request.telling.cancel()
                request.telling = None
            now = time.monotonic()
            if request.waits:
                self._withdraw(request, now)
            elif request.result.cancelled() and all(r.result.done() for r in request.batch):
                request.stop.set()  # nobody waits for any of its steps
            add_turn(request.taken - request.asked, now - request.taken)

    def close(self) -> None:
        """Cancel all steps, and close the writers."""
        requests = [request for batch in self._batches.values() for request in batch]
        for queue in self._queues.values():
            requests += [request for request in queue.requests if request.waits]
        for task in self._batches:
            task.cancel()
        for request in requests:
            request.result.cancel()
        for writer in self._writers:
            writer.close()

    def _withdraw(self, request: QueuedRequest, now: float) -> None:
        """Let a request not wait anymore."""
        request.waits, request.taken = False, now
        request.queue.pending -= 1

    def _patience(self, request: QueuedRequest, now: float) -> float:
        """Seconds until somebody has to look after a request that waits."""
        longer = limits.LATER_STEPS_S if request.begun else 0.0
        left = request.since + self._longest_wait + longer - now
        return left if request.on_wait is None else min(left, limits.PLACE_INTERVAL_S)

    def _look(self, request: QueuedRequest) -> None:
        """Tell a request its place, or refuse it if it has waited for too long."""
        if not request.waits or request.result.done():
            return
        now = time.monotonic()
        if self._patience(request, now) <= 0:
            self._withdraw(request, now)
            request.result.set_exception(WaitedTooLong(self._longest_wait))
            return
        is_told = request.telling is None or request.telling.done()
        if request.on_wait is not None and not request.begun and is_told:
            place = request.queue.place(request, now)
            request.telling = asyncio.ensure_future(request.on_wait(place))
        patience = self._patience(request, now)
        request.timer = asyncio.get_running_loop().call_later(patience, self._look, request)

    def _dispatch_soon(self) -> None:
        """Dispatch once the steps that are requested now are all there: they may share a batch."""
        if not self._will_dispatch:
            self._will_dispatch = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    @property
    def _writer(self) -> Writer:
        """The first writer that has capacity."""
        for writer in self._writers:
            if writer.capacity:
                return writer
        return self._thread

    def _dispatch(self) -> None:
        """Give batches to the writers that have room, for as long as steps wait for them."""
        self._will_dispatch = False
        writer = self._writer
        while self._start_next(writer):
            pass
        if self._writers:
            self._report_backlog()

    def _start_next(self, writer: Writer) -> bool:
        """Start the next batch of the kind that has used the least. Whether there was one."""
        now = time.monotonic()
        full: set[Hashable] = set()
        """Groups for which no writer has room."""
        kinds = [kind for kind, queue in self._queues.items() if queue.pending]
        for kind in sorted(kinds, key=self._used_by):
            waiting = self._queues[kind].waiting(now)
            for request in waiting:
                if request.group in full:
                    continue
                chosen, room = writer, writer.room(request.work)
                if room is None:
                    # What the writer takes is left to it: beside the event loop, the thread has
                    # half a core.
                    chosen, room = self._thread, self._thread.room(request.work)
                if not room:
                    full.add(request.group)
                    continue
                group = [other for other in waiting if other.group == request.group]
                most = accumulate((other.most for other in group), min)
                together = sum(number < limit for number, limit in enumerate(most))
                # Those that wait are spread over the writers.
                self._start(kind, chosen, group[: min(together, -(-len(group) // room))])
                return True
        return False

    def _used_by(self, kind: str) -> float:
        """Time that a kind has used; an idle kind has saved up nothing."""
        return max(self._used[kind], self._least_used)

    def _start(self, kind: str, writer: Writer, batch: Sequence[QueuedRequest]) -> None:
        """Let a writer compute the steps of some requests."""
        self._least_used = self._used_by(kind)
        expected = self._last[kind]  # counts before other writers choose a kind
        self._used[kind] = self._least_used + expected / self._weights[kind]
        now, stop = time.monotonic(), Stop()
        for request in batch:
            request.waits, request.taken = False, now
            request.steps += 1
            request.batch, request.stop = batch, stop
        self._queues[kind].pending -= len(batch)
        first, items = batch[0], [request.item for request in batch]
        outcomes = writer.write(first.work, items, stop)
        # All run in the context of the first: a batch is one call.
        task = asyncio.get_running_loop().create_task(
            self._write(kind, batch, items, outcomes, expected), context=first.context
        )
        self._batches[task] = batch
        task.add_done_callback(self._batches.pop)

    async def _write(
        self,
        kind: str,
        batch: Sequence[QueuedRequest],
        items: Sequence[object],
        writing: Awaitable[Outcomes],
        expected: float,
    ) -> None:
        """Wait for the outcomes of a batch, and then let the writer have the next one."""
        started, first = self._clock(), batch[0]
        try:
            try:
                outcomes = await writing
            except (WriterLost, OSError, EOFError, MemoryError) as lost:  # a machine's own errors
                log.warning("%s. The bot itself computes its turn again", str(lost) or repr(lost))
                outcomes = await self._thread.write(first.work, items, first.stop)
            if len(outcomes) != len(batch):  # nobody may wait for ever
                raise RuntimeError(f"{len(batch)} steps had {len(outcomes)} outcomes")
        except Exception as error:  # noqa: BLE001 (the callers get it)
            outcomes = [error] * len(batch)
        for request, outcome in zip(batch, outcomes, strict=True):
            if request.result.done():  # cancelled
                continue
            if isinstance(outcome, StopIteration):  # which no future takes
                request.result.set_exception(RuntimeError(repr(outcome)))
            elif isinstance(outcome, Exception):
                request.result.set_exception(outcome)
            else:
                request.result.set_result(outcome)
        seconds = self._clock() - started
        self._last[kind] = seconds
        self._used[kind] += (seconds - expected) / self._weights[kind]
        self._report(kind, batch, seconds)
        # Lets these texts request their next steps: one batch again.
        await asyncio.sleep(0)
        self._dispatch()

    def _report(self, kind: str, batch: Sequence[QueuedRequest], seconds: float) -> None:
        if log.isEnabledFor(logging.DEBUG):
            for request in batch:
                text = "A turn of %s for %d requests took %.3f s"
                request.context.copy().run(log.debug, text, kind, len(batch), seconds)
        if self.on_batch is not None:
            try:
                self.on_batch(kind, len(batch), seconds)
            except Exception:
                log.exception("A turn could not be reported")

    def _report_backlog(self) -> None:
        """Tell the writers how long the oldest step has waited."""
        requests = [r for q in self._queues.values() if q.pending for r in q.requests]
        asked = [request.asked for request in requests if request.waits]
        if asked:
            for writer in self._writers:
                writer.backlog(time.monotonic() - min(asked))
                if writer.capacity:  # those after it are not used
                    break
