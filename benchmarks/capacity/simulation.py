"""Simulation: requests on their way through the event loops and the processes that write.

A request is received by an event loop, waits for turns, and is shown by the loop. Turns go to the
kind that has used the least of the time, by its weight; a poem that has begun keeps its place; what
waits is spread over the writers that have nothing to do: as in `bot.writing`. Everything
runs on the same cores.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from benchmarks.capacity.arrivals import Request
from benchmarks.capacity.assumptions import Costs, Kind, Machines
from benchmarks.capacity.cores import Cores, Do, Process, Thread
from bot.writing.limits import START_AFTER_S
from bot.writing.service import WEIGHTS

NAMES, POEMS = "names", "sonnets"
NICE_WEIGHT = 335 / 1024
"""The share of the kernel's scheduler for the niceness of writing processes (5), beside 1 for the
bot: `sched_prio_to_weight`."""
EDIT_S = 1.0
"""Seconds between two edits of a poem."""
SPAN_S = 600.0


@dataclass
class Waits:
    """Seconds from a request to what its member sees."""

    acknowledged: list[float] = field(default_factory=list)
    names: list[float] = field(default_factory=list)
    first_lines: list[float] = field(default_factory=list)
    poems: list[float] = field(default_factory=list)
    end: float = 0.0
    """When the last one was shown."""
    loops_cpu_s: float = 0.0
    """CPU of the bot's own processes, with what their threads have written."""
    writers_cpu_s: float = 0.0
    members_cpu_s: float = 0.0
    written_s: Sequence[float] = ()
    """CPU seconds of turns in each ten minutes."""


@dataclass(eq=False)
class _Text:
    """A request on its way."""

    request: Request
    loop: Thread
    left: int
    """Turns that it still needs."""
    asked: float = 0.0
    """When it began to wait for its turn."""
    edited: float | None = None
    """When it was shown, or edited last."""


@dataclass(eq=False)
class _Queue:
    """Texts of one kind that wait."""

    kind: Kind
    weight: float
    waiting: deque[_Text] = field(default_factory=deque)
    used: float = 0.0

    def take(self, share: int) -> list[_Text]:
        """The next ones, at most the part of one of some writers."""
        most = min(self.kind.together, -(-len(self.waiting) // share))
        return [self.waiting.popleft() for _ in range(most)]


def simulate(requests: Sequence[Request], machines: Machines, costs: Costs) -> Waits:
    """Let requests wait. Servers are spread evenly over the event loops."""
    return _Simulation(requests, machines, costs).run()


class _Simulation:
    def __init__(self, requests: Sequence[Request], machines: Machines, costs: Costs) -> None:
        self._requests, self._machines, self._costs = requests, machines, costs
        self._cores = Cores(machines.cores)
        self._bots = [Process() for _ in range(machines.processes)]
        self._loops = [Thread(bot) for bot in self._bots]
        self._own = Thread(self._bots[0])
        """The thread of a bot that writes by itself."""
        self._members = Thread(Process())
        self._writers: list[Thread] = []
        self._ready: set[Thread] = set()
        self._have_written: set[Thread] = set()
        """Writers that have written a poem."""
        self._at_work: set[Thread] = set()
        self._queues = {
            False: _Queue(costs.card, WEIGHTS.get(NAMES, 1.0)),
            True: _Queue(costs.poem, WEIGHTS.get(POEMS, 1.0)),
        }
        self._least_used = 0.0
        self._waits = Waits()
        spans = int((requests[-1].at - requests[0].at) // SPAN_S) if requests else 0
        self._written = np.zeros(1 + spans)
        if machines.processes > 1:  # a cluster, which runs all the time
            self._writers = [Thread(Process()) for _ in range(machines.writers)]
            self._have_written = set(self._writers)
            for writer in self._writers:
                self._start_turns(writer)

    def run(self) -> Waits:
        for number, request in enumerate(self._requests):
            loop = self._loops[number % len(self._loops)]
            turns = self._queues[request.is_poem].kind.turns
            text = _Text(request, loop, turns)
            self._cores.at(request.at, partial(self._arrive, text))
        self._cores.run()
        waits = self._waits
        waits.loops_cpu_s = sum(bot.cpu_s for bot in self._bots)
        waits.writers_cpu_s = sum(writer.process.cpu_s for writer in self._writers)
        waits.members_cpu_s = self._members.process.cpu_s
        waits.written_s = self._written.tolist()
        return waits

    def _arrive(self, text: _Text) -> None:
        receive = partial(self._cores.run_on, text.loop, self._costs.answer_s, self._enter(text))
        self._by_members(receive)

    def _by_members(self, then: Do) -> None:
        """What the load test's simulator does for a request or an edit, if it is there."""
        if self._machines.has_members:
            self._cores.run_on(self._members, self._costs.member_s, then)
        else:
            then()

    def _enter(self, text: _Text) -> Do:
        def enter() -> None:
            text.asked = self._cores.now
            self._waits.acknowledged.append(self._cores.now - text.request.at)
            self._queues[text.request.is_poem].waiting.append(text)
            self._dispatch()

        return enter

    def _dispatch(self) -> None:
        """Give turns to the writers that have none, or else to the thread."""
        places = self._ready or {self._own}
        idle = [each for each in self._writers or [self._own] if each in places - self._at_work]
        if not self._ready and self._own not in self._at_work:
            idle = [self._own]
        for share, place in zip(range(len(idle), 0, -1), idle, strict=True):
            queues = [queue for queue in self._queues.values() if queue.waiting]
            if queues:
                queue = min(queues, key=self._used_by)
                queue.used = self._least_used = self._used_by(queue)
                self._begin_turn(place, queue, queue.take(share))
        self._start_writer()

    def _used_by(self, queue: _Queue) -> float:
        """What it has used; one that was idle has saved up nothing."""
        return max(queue.used, self._least_used)

    def _begin_turn(self, place: Thread, queue: _Queue, texts: list[_Text]) -> None:
        seconds = queue.kind.turn_s(len(texts))
        span = int((self._cores.now - self._requests[0].at) // SPAN_S)
        self._written[min(span, len(self._written) - 1)] += seconds
        if queue.kind.turns > 1 and place is not self._own and place not in self._have_written:
            self._have_written.add(place)
            seconds += self._costs.first_poem_s
        self._at_work.add(place)
        end = partial(self._end_turn, place, queue, texts, self._cores.now)
        # The event loop hears of the end when it comes to it.
        loop = texts[0].loop
        self._cores.run_on(place, seconds, partial(self._cores.run_on, loop, 0.0, end))

    def _end_turn(self, place: Thread, queue: _Queue, texts: list[_Text], began: float) -> None:
        queue.used += (self._cores.now - began) / queue.weight
        for text in texts:
            text.left -= 1
            self._show(text)
        begun = [text for text in texts if text.left]
        for text in begun:
            text.asked = self._cores.now
        queue.waiting.extendleft(reversed(begun))  # it keeps its place
        self._at_work.discard(place)
        self._dispatch()

    def _show(self, text: _Text) -> None:
        """Let the loop show a card or a line, at most an edit a second, unless it is the last."""
        costs, now, is_first = self._costs, self._cores.now, text.edited is None
        if text.left and text.edited is not None and now - text.edited < EDIT_S:
            return
        text.edited = now
        seconds = costs.edit_s if text.request.is_poem else costs.card_shown_s
        shown = partial(self._shown, text, is_first=is_first, is_last=not text.left)
        self._cores.run_on(text.loop, seconds, shown)

    def _shown(self, text: _Text, *, is_first: bool, is_last: bool) -> None:
        waits, seconds = self._waits, self._cores.now - text.request.at
        waits.end = self._cores.now
        if not text.request.is_poem:
            waits.names.append(seconds)
        elif is_first:
            waits.first_lines.append(seconds)
        if text.request.is_poem and is_last:
            waits.poems.append(seconds)
        self._by_members(_nothing)

    def _start_writer(self) -> None:
        """Start a process if texts have waited for some time, one after the other."""
        if len(self._writers) >= self._machines.writers or len(self._ready) < len(self._writers):
            return
        waiting = (text.asked for queue in self._queues.values() for text in queue.waiting)
        if self._cores.now - min(waiting, default=self._cores.now) >= START_AFTER_S:
            writer, first = Thread(Process()), next(iter(self._writers), None)
            if first is None:
                ready = partial(self._start_turns, writer)
                self._cores.run_on(writer, self._costs.writer_start_s, ready)
            else:  # a fork of the first, between two of its turns
                ready = partial(self._start_turns, writer, first)
                self._cores.run_on(first, self._costs.writer_fork_s, ready)
            self._writers.append(writer)

    def _start_turns(self, writer: Thread, like: Thread | None = None) -> None:
        writer.process.weight = NICE_WEIGHT
        self._ready.add(writer)
        if like in self._have_written:
            self._have_written.add(writer)
        self._dispatch()


def _nothing() -> None:
    """Nothing comes afterwards."""
