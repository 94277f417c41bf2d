"""A process that writes texts for the bot: what runs there, and its handle on this side.

The bot sends a turn: a task, the digest of its weights, and texts. Weights come with the first turn
that needs them, as shared memory (`models.shared_weights`). The process answers with a draft or an
exception for each text. Both directions are pickles through a private pipe.
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
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from threading import Event
from typing import Any
from weakref import ref

from bot.services.inference.generation import Generation
from bot.services.queueing.errors import TooSlow
from bot.services.queueing.executors import ExecutorLost, Work
from bot.services.queueing.worker import GRACE_S, WorkerThread
from models.memory import keep_freed_memory
from models.shared_weights import SharedWeights, attached
from models.text_generator import Abandoned, ShouldStop
from models.weights import Trained

log = logging.getLogger(__name__)

START_S = 60.0
"""Seconds that a process has to get ready; half a second is usual."""
POLL_S = 0.02
"""Seconds between two looks at whether the members still want their texts."""
NICENESS = 5
"""Below the bot itself, which has to acknowledge commands within three seconds."""
MOST_WEIGHTS = 6
"""Weights that a process keeps at the same time."""

Share = Callable[[Trained], SharedWeights]
"""The shared weights of loaded ones: the same for as long as these are in memory."""
Prepare = Callable[[], object]
"""Fills the caches that a text would otherwise have to wait for. Can be pickled."""
Extents = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Turn:
    """What the bot sends."""

    number: int
    task: str
    digest: str
    texts: Sequence[Any]
    forget: tuple[str, ...]
    """Digests of weights that are not needed anymore."""
    objects: bytes | None = None
    """The weights, if the process lacks them (`SharedWeights`). Their file follows the turn."""
    extents: Extents = ()


class _Stops:
    """Learns in the process which turn nobody wants anymore."""

    def __init__(self, numbers: Connection) -> None:
        self._numbers = numbers
        self._last = 0

    def has(self, number: int) -> bool:
        """Whether the turn of this number should stop."""
        while self._last < number and self._numbers.poll():
            self._last = self._numbers.recv()
        return self._last == number


def write_turns(turns: Connection, stops: Connection, prepare: Prepare) -> None:
    """Answer turns until the bot closes the pipe, or is gone: the work of the process.

    `stops` receives the numbers of turns that nobody wants anymore. `prepare` is called first.
    """
    # Both are sent to the whole group. The bot closes the pipe when it has finished its answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    weights: dict[str, Trained] = {}
    stopped = _Stops(stops)
    prepare()
    keep_freed_memory()
    with suppress(AttributeError, OSError):  # Windows has no such thing, or it is not allowed
        os.nice(NICENESS)
    with suppress(EOFError, OSError):  # the bot is gone
        turns.send(os.getpid())
        while True:
            turn: _Turn = turns.recv()
            for digest in turn.forget:
                weights.pop(digest, None)
            if turn.objects is not None:
                descriptor = recv_handle(turns)
                weights[turn.digest] = attached(turn.objects, turn.extents, descriptor)
                os.close(descriptor)
            work = Generation(turn.task, weights[turn.digest])
            turns.send_bytes(_outcomes(work, turn.texts, partial(stopped.has, turn.number)))


def _outcomes(work: Generation, texts: Sequence[Any], should_stop: ShouldStop) -> bytes:
    """What the work returns or raises, pickled."""
    outcomes: Sequence[Any] | Exception
    try:
        outcomes = work(texts, should_stop)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                _keep_traceback(outcome)
    except Exception as error:  # noqa: BLE001 (the bot gets it)
        outcomes = _keep_traceback(error)
    try:
        return pickle.dumps(outcomes)
    except Exception as error:  # noqa: BLE001
        return pickle.dumps(RuntimeError(f"{outcomes!r} can't be pickled: {error!r}"))


def _keep_traceback(error: Exception) -> Exception:
    """Note where an exception was raised, as pickling loses it."""
    if not isinstance(error, Abandoned):
        error.add_note("".join(traceback.format_exception(error)).rstrip())
    return error


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
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pid = 0
        self._number = 0
        self._held: dict[str, ref[SharedWeights]] = {}
        """Weights that the process has, by digest."""

    def takes(self, work: Work) -> bool:
        """Whether it is a `Generation` by live weights."""
        return isinstance(work, Generation) and work.is_live

    async def start(self) -> None:
        """Start the process, and wait until it is ready. Raises `ExecutorLost`."""
        await self._thread.submit(self._start)
        self.is_ready = True

    async def run(self, work: Work, items: Sequence[Any], stop: Event) -> Sequence[object]:
        """See `Executor.run`."""
        assert isinstance(work, Generation)  # noqa: S101 (see `takes`)
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
        self._thread.end()
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # forking beside threads is unsafe
        self._turns, turns = context.Pipe()
        stops, self._stops = context.Pipe(duplex=False)
        process = context.Process(
            target=write_turns,
            args=(turns, stops, self._prepare),
            name="mangosaurus writer",
            daemon=True,
        )
        try:
            process.start()
            self._process = process
            # Its ends are only its own, so that each side notices the end of the other.
            turns.close()
            stops.close()
            if self.is_lost or not self._turns.poll(START_S):
                raise EOFError(f"not ready within {START_S:g} s")
            self._pid = self._turns.recv()
        except (EOFError, OSError) as error:
            raise self._lost("did not start", error) from error
        log.info("The process %s writes texts", self._pid)

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
        for held in gone:
            self._held.pop(held, None)
        turn = _Turn(self._number, work.task, digest, texts, tuple(gone))
        if has:
            self._turns.send(turn)
        else:
            self._turns.send(replace(turn, objects=shared.objects, extents=shared.extents))
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
        if self._process is not None:
            self._process.kill()
        reason = f" ({why!r})" if why is not None else ""
        return ExecutorLost(f"The process {self._pid or '(new)'} {what}{reason}")
