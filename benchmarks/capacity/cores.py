"""Cores that processes share: a simulation of processor sharing.

A process has threads, each of which does its pieces of work one after the other. If more processes
have work than there are cores, each gets a part of them that follows its weight, at most one core:
what a scheduler does in the long run. Threads of a process share its core, as those of Python do.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

Do = Callable[[], None]


@dataclass(eq=False)
class Process:
    """A process with its weight."""

    weight: float = 1.0
    cpu_s: float = 0.0
    """What it has used."""
    busy: int = 0
    """Threads that have work."""


@dataclass(eq=False)
class Thread:
    """A thread of a process."""

    process: Process
    pieces: deque[tuple[float, Do]] = field(default_factory=deque)
    """CPU seconds, and what comes afterwards."""
    left: float = 0.0
    """CPU seconds of the first piece that are not done yet."""
    speed: float = 0.0


class Cores:
    """Runs pieces of work, and what is due at some time, in their order."""

    def __init__(self, cores: float) -> None:
        self.now = 0.0
        self._cores = cores
        self._due: list[tuple[float, int, Do]] = []
        self._number = count()
        self._busy: list[Thread] = []
        self._has_changed = False

    def at(self, seconds: float, do: Do) -> None:
        """Call a function at a time."""
        heappush(self._due, (seconds, next(self._number), do))

    def run_on(self, thread: Thread, seconds: float, do: Do) -> None:
        """Let a thread work so long, after what it has to do already; then call a function."""
        thread.pieces.append((seconds, do))
        if len(thread.pieces) == 1:
            thread.left = seconds
            thread.process.busy += 1
            self._busy.append(thread)
            self._has_changed = True

    def run(self) -> None:
        """Run until nothing is left to do."""
        while self._due or self._busy:
            if self._has_changed:
                self._share()
            ends, first = min(
                ((self.now + each.left / each.speed, each) for each in self._busy),
                key=lambda pair: pair[0],
                default=(float("inf"), None),
            )
            if self._due and self._due[0][0] <= ends:
                at, _, do = heappop(self._due)
                self._advance(max(at, self.now))
            else:
                assert first is not None  # noqa: S101 (else something is due)
                self._advance(ends)
                do = self._finish(first)
            do()

    def _advance(self, now: float) -> None:
        seconds, self.now = now - self.now, now
        for thread in self._busy:
            done = seconds * thread.speed
            thread.left -= done
            thread.process.cpu_s += done

    def _finish(self, thread: Thread) -> Do:
        _, do = thread.pieces.popleft()
        if thread.pieces:
            thread.left = thread.pieces[0][0]
        else:
            thread.process.busy -= 1
            self._busy.remove(thread)
            self._has_changed = True
        return do

    def _share(self) -> None:
        """Give each process its part of the cores, at most one, and each thread its part of it."""
        self._has_changed = False
        waiting = {thread.process for thread in self._busy}
        cores, parts = self._cores, dict.fromkeys(waiting, 1.0)
        while len(waiting) > cores:
            unit = cores / sum(process.weight for process in waiting)
            full = {process for process in waiting if process.weight * unit >= 1}
            if not full:
                parts |= {process: process.weight * unit for process in waiting}
                break
            waiting -= full
            cores -= len(full)
        for thread in self._busy:
            thread.speed = parts[thread.process] / thread.process.busy
