"""The bot's handle on a process that writes texts (`bot.writing.process_child`).

The first process is started from nothing, which takes a quarter of a second of a core. Others are
forks of one that is ready, which is free, where the system has safe handles on processes that are
not one's children (Linux).
"""

import asyncio
import logging
import math
import multiprocessing
import multiprocessing.process
import os
import pickle
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from multiprocessing.reduction import send_handle
from threading import Event
from typing import Any
from weakref import ref

from bot.writing.errors import TooSlow
from bot.writing.executors import ExecutorLost, Work
from bot.writing.generation import Generation
from bot.writing.process_child import Fork, Prepare, Turn, write_turns
from bot.writing.thread import GRACE_S, WorkerThread
from models.shared_weights import SharedWeights
from models.text_generator import Abandoned
from models.weights import Trained

log = logging.getLogger(__name__)

START_S, FORK_S = 60.0, 5.0
"""Seconds that a process has to get ready, from nothing and as a fork. A quarter of a second and
ten milliseconds are usual."""
POLL_S = 0.02
"""Seconds between two looks at whether the members still want their texts."""
END_S = 5.0
"""Seconds that a process may take to be gone after it was killed."""
MOST_WEIGHTS = 6
"""Weights that a process keeps at the same time."""

Share = Callable[[Trained], SharedWeights]
"""The shared weights of loaded ones: the same for as long as these are in memory."""


def _nothing() -> None:
    """What a weak reference returns when its object is gone."""


class WriterProcess:
    """Handle of such a process: an `Executor` for texts by live weights.

    Custom models write in the thread: they are many, and each would exist twice.
    """

    def __init__(self, share: Share, prepare: Prepare, deadline: float) -> None:
        """`deadline` is in seconds and holds for each turn. Start it with `start`.

        The process calls `prepare` before it is ready: the thread writes until then.
        """
        self._share = share
        self._prepare = prepare
        self.idle_since = time.monotonic()
        """In seconds of `time.monotonic`; infinite while it computes a turn."""
        self.is_ready = False
        self.is_lost = False
        self._deadline = deadline
        self._thread = WorkerThread("writer process")
        self._kill: Callable[[], object] = _nothing
        self._left = ExitStack()
        """Gives back what a process leaves: descriptors, and its entry in the process table."""
        self._pid = 0
        self._number = 0
        self._held: dict[str, ref[SharedWeights]] = {}
        """Weights that the process has, by digest."""

    @property
    def pid(self) -> int:
        """Its process id once it is ready, else 0."""
        return self._pid

    def takes(self, work: Work) -> bool:
        """Whether it is a `Generation` by live weights."""
        return isinstance(work, Generation) and work.is_live

    async def start(self, like: "WriterProcess | None" = None) -> None:
        """Start the process, and wait until it is ready; as a fork of another one if possible.

        Raises `ExecutorLost`.
        """
        if like is not None and not like.is_lost and hasattr(os, "pidfd_open"):
            # In its thread: it is asked between two turns.
            await like._thread.submit(lambda: like._fork(self))
        else:
            await self._thread.submit(self._start)
        log.info("The process %s writes texts", self._pid)
        self.is_ready = True

    async def run(self, work: Work, items: Sequence[Any], stop: Event) -> Sequence[object]:
        """See `Executor.run`."""
        assert isinstance(work, Generation)  # noqa: S101 (see `takes`)
        if self.is_lost:
            raise ExecutorLost(f"The process {self._pid} has ended")
        self.idle_since = math.inf
        try:
            done = self._thread.submit(lambda: self._exchange(work, items, stop))
            # The thread has the same bound, unless the process does not even take the turn.
            await asyncio.wait([done], timeout=self._deadline + 2 * GRACE_S)
            if not done.done():
                log.error("%s", self._lost("does not take its turn"))
                raise TooSlow(f"no answer within {self._deadline:g} s")
            return done.result()
        finally:
            self.idle_since = time.monotonic()

    def close(self) -> None:
        """End the process, without waiting for it."""
        self.is_lost = True
        self._end()
        self._thread.submit(self._clean_up)  # after what it does now
        self._thread.end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # forking beside threads is unsafe
        self._turns, turns = context.Pipe()
        stops, self._stops = context.Pipe(duplex=False)
        for end in (self._turns, turns, self._stops, stops):
            self._left.callback(end.close)
        process = context.Process(
            target=write_turns,
            args=(turns, stops, self._prepare),
            name="mangosaurus writer",
            daemon=True,
        )
        try:
            process.start()
            self._kill = process.kill
            self._left.callback(_reap, process)
            # Its ends are only its own, so that each side notices the end of the other.
            turns.close()
            stops.close()
            self._meet(START_S)
        except Exception as error:
            raise self._lost("did not start", error) from error

    def _fork(self, other: "WriterProcess") -> None:
        """Let another process begin as a fork of this one, with its weights."""
        other._turns, turns = multiprocessing.Pipe()
        stops, other._stops = multiprocessing.Pipe(duplex=False)
        for end in (other._turns, turns, other._stops, stops):
            other._left.callback(end.close)
        try:
            self._turns.send(Fork())
            for end in (turns, stops):
                send_handle(self._turns, end.fileno(), self._pid)
                end.close()
            other._held = dict(self._held)
            other._meet(FORK_S)
            descriptor = os.pidfd_open(other._pid)
            other._left.callback(os.close, descriptor)
            other._kill = partial(signal.pidfd_send_signal, descriptor, signal.SIGKILL)
        except Exception as error:
            for own in (other._turns, other._stops):
                own.close()  # by which it would notice
            raise other._lost("did not start", error) from error

    def _meet(self, limit: float) -> None:
        """Wait until the process says that it is ready, some seconds at most."""
        if self.is_lost or not self._turns.poll(limit):
            raise EOFError(f"not ready within {limit:g} s")
        self._pid = self._turns.recv()

    def _exchange(self, work: Generation, texts: Sequence[Any], stop: Event) -> Sequence[object]:
        """Send a turn and receive its outcomes, in the thread."""
        try:
            self._number += 1
            self._send(work, texts)
            outcomes = self._receive(stop)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._lost("is gone", error) from error
        if isinstance(outcomes, Exception):
            raise outcomes
        return outcomes

    def _send(self, work: Generation, texts: Sequence[Any]) -> None:
        digest, shared = work.trained.digest, self._share(work.trained)
        gone = [held for held, weights in self._held.items() if weights() is None]
        has = self._held.get(digest, _nothing)() is shared
        if not has:
            kept = [held for held in self._held if held not in gone]
            gone += [digest, *kept[: max(0, len(kept) + 1 - MOST_WEIGHTS)]]
        turn = Turn(self._number, work.task, digest, texts, tuple(gone))
        if not has:
            turn = replace(turn, objects=shared.objects, extents=shared.extents)
        try:
            content = pickle.dumps(turn)
        except Exception as error:
            raise ExecutorLost(f"These texts can't be sent to a process ({error!r})") from error
        for held in gone:
            self._held.pop(held, None)
        self._turns.send_bytes(content)
        if not has:
            send_handle(self._turns, shared.file.fileno(), self._pid)
            self._held[digest] = ref(shared)

    def _receive(self, stop: Event) -> Sequence[object] | Exception:
        """The outcomes. After the deadline, a process that does not stop is ended."""
        until, was_told = time.monotonic() + self._deadline, False
        while not self._turns.poll(POLL_S):
            late = time.monotonic() - until
            if (stop.is_set() or late > 0) and not was_told:
                self._stops.send(self._number)
                was_told = True
            if late > GRACE_S:
                log.error("%s", self._lost("does not stop after its deadline"))
                return TooSlow(f"no answer within {self._deadline:g} s")
        outcomes: Sequence[object] | Exception = pickle.loads(self._turns.recv_bytes())  # noqa: S301
        if isinstance(outcomes, Abandoned) and time.monotonic() > until:
            return TooSlow(f"no answer within {self._deadline:g} s")
        return outcomes

    def _lost(self, what: str, why: Exception | None = None) -> ExecutorLost:
        self.is_lost = True
        self._end()
        reason = f" ({why!r})" if why is not None else ""
        return ExecutorLost(f"The process {self._pid or '(new)'} {what}{reason}")

    def _end(self) -> None:
        with suppress(OSError):  # it has ended
            self._kill()

    def _clean_up(self) -> None:
        self._kill = _nothing  # its number may soon be that of another process
        self._left.close()


def _reap(process: multiprocessing.process.BaseProcess) -> None:
    """Take a process that was killed out of the process table."""
    process.join(END_S)
    with suppress(ValueError):  # it is still there
        process.close()
