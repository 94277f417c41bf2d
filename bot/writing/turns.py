"""Turns: who gets the networks next.

Each kind of work has its own fair queue. The kinds that wait share the time of the networks by
their weights (start-time fair queueing; Goyal, Vin & Cheng, 1996): a name does not wait behind all
poems, and several names fit beside one line of some poems. Steps of the same group share a turn:
one batch.

A turn is computed by the own thread, or by an executor of a pool, such as another process: several
turns are then under way at the same time, and those that wait are spread over them.
"""

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Any

from bot.monitoring.requests import add_turn
from bot.writing.errors import WaitedTooLong
from bot.writing.executors import Executor, ExecutorLost, Pool, Work
from bot.writing.fair_queue import FairQueue, QueueState, Request
from bot.writing.thread import Worker

log = logging.getLogger(__name__)

PLACE_INTERVAL_S = 3.0
"""Seconds between two reports of a request's place in the queue."""
LATER_STEPS_S = 180.0
"""Seconds that a request which has begun may wait longer than one that has not."""

OnWait = Callable[[int], Awaitable[object]]
"""Told the place of a request in the queue, from 1."""
OnBatch = Callable[[str, int, float], object]
"""Told the kind, the number of steps and the seconds of each turn."""


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Step:
    """One step of an answer."""

    work: Work
    item: object = field(repr=False)
    """What the work is given."""
    group: Hashable
    """Steps of the same group have the same work, and may share a turn."""
    most: int = 1
    """Number of steps that may share a turn."""
    asked: float = field(init=False, default_factory=time.monotonic)
    """When it began to wait, in seconds of `time.monotonic`."""
    taken: asyncio.Future[None] = field(init=False, repr=False, default_factory=_future)
    """Done when it gets its turn."""
    result: asyncio.Future[Any] = field(init=False, repr=False, default_factory=_future)
    context: contextvars.Context = field(
        init=False, repr=False, default_factory=contextvars.copy_context
    )
    """The context of the request, for its log entries."""


class Turns:
    """Gives steps their turns."""

    def __init__(
        self,
        kinds: Mapping[str, float],
        worker: Worker,
        pools: Sequence[Pool] = (),
        *,
        longest: int,
        most_per_member: int,
        longest_wait: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`kinds` have a queue from the start, others of weight 1 get one when they are needed.

        The weight of a kind is its share of the time, relative to that of others that wait.

        The executors of the first of `pools` that has any compute all work that they take; `worker`
        is the thread for everything else. `longest` limits the requests of a queue,
        `most_per_member` those of a member. A request that has not begun after `longest_wait`
        seconds is refused. `clock` measures turns.
        """
        self.on_batch: OnBatch | None = None
        self.worker = worker
        self._thread = _Thread(worker)
        self._pools = pools
        self._longest = longest
        self._most_per_member = most_per_member
        self._longest_wait = longest_wait
        self._clock = clock
        self._queues: dict[str, FairQueue[Step]] = {}
        self._weights = kinds
        self._used: dict[str, float] = {}
        """Seconds that each kind has used, divided by its weight; never less than the others had
        when it last waited."""
        self._last: dict[str, float] = {}
        """Seconds of the last turn of each kind, which the next one is expected to take."""
        self._least_used = 0.0
        """What the kind of the last turn had used before it."""
        for kind in kinds:
            self._queue_of(kind)
        self._running: dict[Executor, Sequence[Step]] = {}
        """The steps that each executor computes now."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._will_dispatch = False

    def __len__(self) -> int:
        """Number of requests, whether they wait or have begun."""
        return sum(map(len, self._queues.values()))

    def states(self) -> Mapping[str, QueueState]:
        """How full each queue is, by kind."""
        now = time.monotonic()
        return {kind: queue.state(now) for kind, queue in self._queues.items()}

    @property
    def executors(self) -> int:
        """Number of executors that compute turns, beside or instead of the thread."""
        return len(self._pooled())

    @contextmanager
    def enter(
        self, kind: str, requester: Hashable, on_wait: OnWait | None
    ) -> "Iterator[Callable[[Step], Awaitable[Any]]]":
        """Enter the queue of a kind, for the time of one answer. Raises `Busy` and `TooMany`.

        The function that it returns awaits a step. That raises `WaitedTooLong`, what the worker
        raises, and what the step raises.
        """
        queue = self._queue_of(kind)
        own = object() if requester is None else requester
        request = queue.enter(own, time.monotonic())
        try:
            yield partial(self._next, queue, request, on_wait)
        finally:
            queue.leave(request)

    def close(self) -> None:
        """Cancel all steps."""
        for task in self._tasks:
            task.cancel()
        waiting = (r.step for queue in self._queues.values() for r in queue)
        running = (step for steps in self._running.values() for step in steps)
        for step in [*running, *waiting]:
            if step is not None:
                step.taken.cancel()
                step.result.cancel()
        for pool in self._pools:
            pool.close()

    def _queue_of(self, kind: str) -> FairQueue[Step]:
        if kind not in self._queues:
            self._queues[kind] = FairQueue(self._longest, self._most_per_member)
            self._used[kind] = 0.0
        return self._queues[kind]

    async def _next(
        self, queue: FairQueue[Step], request: Request[Step], on_wait: OnWait | None, step: Step
    ) -> object:
        """Wait for a step's turn and its result."""
        request.step = step
        self._dispatch_soon()
        until = request.since + self._longest_wait + (LATER_STEPS_S if request.begun else 0)
        began = None
        try:
            while not step.taken.done():
                left = until - time.monotonic()
                if left <= 0:
                    raise WaitedTooLong(self._longest_wait)
                await asyncio.wait([step.taken], timeout=min(left, PLACE_INTERVAL_S))
                if on_wait is not None and not request.begun and not step.taken.done():
                    await on_wait(queue.place(request, time.monotonic()))
            began = time.monotonic()
            # Awaited as it is: the next step must be there before the next turn.
            return await step.result
        finally:
            request.step = None
            step.result.cancel()
            now = time.monotonic()
            began = now if began is None else began
            add_turn(began - step.asked, now - began)

    def _dispatch_soon(self) -> None:
        """Dispatch once the steps that are requested now are all there: they may share a batch."""
        if not self._will_dispatch:
            self._will_dispatch = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        """Give turns to the executors that have none, for as long as steps wait for them."""
        self._will_dispatch = False
        pooled = self._pooled()
        idle = [executor for executor in pooled if executor not in self._running]
        for remaining, executor in zip(range(len(idle), 0, -1), idle, strict=True):
            batch = self._next_batch(executor.takes, remaining)
            if batch is not None:  # the next one may have weights that this one lacks
                self._start(executor, *batch)
        if self._thread not in self._running:
            # What the pool takes is left to it: beside the event loop, the thread has half a core.
            batch = self._next_batch(lambda work: not any(e.takes(work) for e in pooled), 1)
            if batch is not None:
                self._start(self._thread, *batch)
        self._report_backlog()

    def _pooled(self) -> Sequence[Executor]:
        """The executors of the first pool that has any."""
        return next(filter(None, (pool.executors() for pool in self._pools)), ())

    def _start(self, executor: Executor, kind: str, steps: Sequence[Step]) -> None:
        self._running[executor] = steps
        task = asyncio.create_task(self._turn(executor, kind, steps))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _report_backlog(self) -> None:
        if not self._pools:
            return
        steps = (r.step for queue in self._queues.values() for r in queue)
        asked = min((step.asked for step in steps if step is not None), default=None)
        if asked is not None:
            for pool in self._pools:
                pool.backlog(time.monotonic() - asked)
                if pool.executors():  # those after it are not used
                    break

    def _next_batch(
        self, takes: Callable[[Work], bool], share: int
    ) -> tuple[str, list[Step]] | None:
        """The kind that has used the least, and its next steps of one group that are taken.

        At most the part that is left to each of `share` executors.
        """
        now = time.monotonic()
        for kind in sorted(self._queues, key=self._used_by):
            waiting = [
                (request, request.step)
                for request in self._queues[kind].waiting(now)
                if request.step and not request.step.taken.done()
            ]
            first = next((step for _, step in waiting if takes(step.work)), None)
            if first is None:
                continue
            self._used[kind] = self._least_used = self._used_by(kind)
            same = [(request, step) for request, step in waiting if step.group == first.group]
            taken = same[: min(first.most, -(-len(same) // share))]
            for request, step in taken:
                request.step, request.begun = None, True
                step.taken.set_result(None)
            return kind, [step for _, step in taken]
        return None

    def _used_by(self, kind: str) -> float:
        """What a kind has used; one that was idle has saved up nothing."""
        return max(self._used[kind], self._least_used)

    async def _turn(self, executor: Executor, kind: str, steps: Sequence[Step]) -> None:
        """Let an executor compute the steps, and then give it the next ones."""
        expected, weight = self._last.get(kind, 0.0), self._weights.get(kind, 1.0)
        self._used[kind] += expected / weight  # before other executors choose a kind
        started = self._clock()
        try:
            await self._compute(executor, steps)
        finally:
            seconds = self._clock() - started
            self._last[kind] = seconds
            self._used[kind] += (seconds - expected) / weight
            self._report(kind, steps, seconds)
            # Lets these texts request their next steps: one batch again.
            await asyncio.sleep(0)
            del self._running[executor]
            self._dispatch()

    async def _compute(self, executor: Executor, steps: Sequence[Step]) -> None:
        stop = Event()

        def stop_if_unwanted(_: object) -> None:
            if all(step.result.done() for step in steps):
                stop.set()

        for step in steps:
            step.result.add_done_callback(stop_if_unwanted)
        work, items = steps[0].work, [step.item for step in steps]
        # All steps run in the context of the first: a batch is one call.
        context = steps[0].context
        outcomes: Sequence[object]
        try:
            try:
                run = executor.run(work, items, stop)
                outcomes = await asyncio.get_running_loop().create_task(run, context=context)
            except ExecutorLost as lost:
                log.warning("%s. The bot itself computes its turn again", lost)
                outcomes = await self._thread.run(work, items, stop)
            if len(outcomes) != len(steps):  # nobody may wait for ever
                raise RuntimeError(f"{len(steps)} steps had {len(outcomes)} outcomes")
        except Exception as error:  # noqa: BLE001 (the callers get it)
            outcomes = [error] * len(steps)
        for step, outcome in zip(steps, outcomes, strict=True):
            if step.result.done():  # cancelled
                continue
            if isinstance(outcome, Exception):
                step.result.set_exception(outcome)
            else:
                step.result.set_result(outcome)

    def _report(self, kind: str, steps: Sequence[Step], seconds: float) -> None:
        if log.isEnabledFor(logging.DEBUG):
            for step in steps:
                text = "A turn of %s for %d requests took %.3f s"
                step.context.run(log.debug, text, kind, len(steps), seconds)
        if self.on_batch is not None:
            try:
                self.on_batch(kind, len(steps), seconds)
            except Exception:
                log.exception("A turn could not be reported")


class _Thread:
    """The own thread as an executor, which takes everything."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def takes(self, work: Work) -> bool:
        return True

    async def run(self, work: Work, items: Sequence[Any], stop: Event) -> Sequence[object]:
        context = contextvars.copy_context()  # for the log entries of the thread
        return await self._worker.run(lambda: context.run(work, items, stop.is_set), stop)
