"""Turns: who gets the networks next.

Each kind of work has its own fair queue. The kinds that wait share the time of the networks equally
(start-time fair queueing; Goyal, Vin & Cheng, 1996): a name does not wait behind all poems, and
several names fit beside one line of some poems. Steps of the same group share a turn: one batch.
"""

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Any

from bot.monitoring.requests import add_turn
from bot.services.queueing.errors import WaitedTooLong
from bot.services.queueing.fair_queue import FairQueue, QueueState, Request
from bot.services.queueing.worker import Worker
from models.text_generator import ShouldStop

log = logging.getLogger(__name__)

PLACE_INTERVAL_S = 3.0
"""Seconds between two reports of a request's place in the queue."""
LATER_STEPS_S = 180.0
"""Seconds that a request which has begun may wait longer than one that has not."""

OnWait = Callable[[int], Awaitable[object]]
"""Told the place of a request in the queue, from 1."""
OnBatch = Callable[[str, int, float], object]
"""Told the kind, the number of steps and the seconds of each turn."""
Work = Callable[[Sequence[Any], ShouldStop], Sequence[object]]
"""Computes the steps of one turn in a thread: for each item a result, or an exception."""


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
    taken: asyncio.Future[None] = field(init=False, repr=False, default_factory=_future)
    """Done when it gets its turn."""
    result: asyncio.Future[Any] = field(init=False, repr=False, default_factory=_future)
    context: contextvars.Context = field(
        init=False, repr=False, default_factory=contextvars.copy_context
    )
    """The context of the request, for its log entries."""


class Turns:
    """Gives steps their turns, one turn at a time."""

    def __init__(
        self,
        kinds: Iterable[str],
        worker: Worker,
        *,
        longest: int,
        most_per_member: int,
        longest_wait: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`kinds` have a queue from the start, others get one when they are needed.

        `longest` limits the requests of a queue, `most_per_member` those of a member. A request
        that has not begun after `longest_wait` seconds is refused. `clock` measures turns.
        """
        self.on_batch: OnBatch | None = None
        self.worker = worker
        self._longest = longest
        self._most_per_member = most_per_member
        self._longest_wait = longest_wait
        self._clock = clock
        self._queues: dict[str, FairQueue[Step]] = {}
        self._used: dict[str, float] = {}
        """Seconds that each kind has used; never less than the others had when it last waited."""
        self._least_used = 0.0
        """What the kind of the last turn had used before it."""
        for kind in kinds:
            self._queue_of(kind)
        self._running: Sequence[Step] = ()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Number of requests, whether they wait or have begun."""
        return sum(map(len, self._queues.values()))

    def states(self) -> Mapping[str, QueueState]:
        """How full each queue is, by kind."""
        now = time.monotonic()
        return {kind: queue.state(now) for kind, queue in self._queues.items()}

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
        if self._task is not None:
            self._task.cancel()
        waiting = (r.step for queue in self._queues.values() for r in queue.waiting())
        for step in [*self._running, *waiting]:
            if step is not None:
                step.taken.cancel()
                step.result.cancel()

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
        if self._task is None or self._task.done():  # it ends when nothing waits
            self._task = asyncio.create_task(self._take_turns())
        until = request.since + self._longest_wait + (LATER_STEPS_S if request.begun else 0)
        asked, began = time.monotonic(), None
        try:
            while not step.taken.done():
                left = until - time.monotonic()
                if left <= 0:
                    raise WaitedTooLong(self._longest_wait)
                await asyncio.wait([step.taken], timeout=min(left, PLACE_INTERVAL_S))
                if on_wait is not None and not request.begun and not step.taken.done():
                    await on_wait(queue.place(request))
            began = time.monotonic()
            # Awaited as it is: the next step must be there before the next turn.
            return await step.result
        finally:
            request.step = None
            step.result.cancel()
            now = time.monotonic()
            began = now if began is None else began
            add_turn(began - asked, now - began)

    async def _take_turns(self) -> None:
        while batch := self._next_batch():
            kind, steps = batch
            self._running = steps
            await self._turn(kind, steps)
            self._running = ()
            await asyncio.sleep(0)  # lets these texts request their next steps: one batch again

    def _next_batch(self) -> tuple[str, list[Step]] | None:
        by_kind = {kind: queue.waiting() for kind, queue in self._queues.items()}
        used = {
            kind: max(self._used[kind], self._least_used)  # an idle kind saves up nothing
            for kind, waiting in by_kind.items()
            if waiting
        }
        if not used:
            return None
        kind = min(used, key=used.__getitem__)
        self._used[kind] = self._least_used = used[kind]
        steps: list[Step] = []
        for request in by_kind[kind]:
            step = request.step
            if step is None or (steps and step.group != steps[0].group):
                continue
            request.step, request.begun = None, True
            step.taken.set_result(None)
            steps.append(step)
            if len(steps) == step.most:
                break
        return kind, steps

    async def _turn(self, kind: str, steps: Sequence[Step]) -> None:
        stop = Event()

        def stop_if_unwanted(_: object) -> None:
            if all(step.result.done() for step in steps):
                stop.set()

        for step in steps:
            step.result.add_done_callback(stop_if_unwanted)
        started = self._clock()
        # All steps run in the context of the first: a batch is one call.
        context, work, items = steps[0].context, steps[0].work, [step.item for step in steps]
        try:
            outcomes = await self.worker.run(lambda: context.run(work, items, stop.is_set), stop)
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
        seconds = self._clock() - started
        self._used[kind] += seconds
        if log.isEnabledFor(logging.DEBUG):
            for step in steps:
                text = "A turn of %s for %d requests took %.3f s"
                step.context.run(log.debug, text, kind, len(steps), seconds)
        if self.on_batch is not None:
            try:
                self.on_batch(kind, len(steps), seconds)
            except Exception:
                log.exception("A turn could not be reported")
