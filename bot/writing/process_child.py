"""What a process does that writes texts for the bot.

The bot sends turns: a task, the digest of its weights, and texts. Weights come with the first turn
that needs them, as shared memory (`models.shared_weights`). The process answers with a draft or an
exception for each text. Instead of a turn, the bot may ask for another process, which is a fork of
this one. Everything is pickled and goes through private pipes.
"""

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import Any

from bot.writing.generation import Generation, sendable
from models.memory import keep_freed_memory
from models.shared_weights import attached
from models.text_generator import ShouldStop
from models.weights import Trained

NICENESS = 5
"""Below the bot itself, which has to acknowledge commands within three seconds."""
OOM_SCORE_ADJ = "500"
"""On Linux, half of the memory on top of what a process takes: when memory runs out, it ends before
the bot, which can go on without it."""

Prepare = Callable[[], object]
"""Fills the caches that a text would otherwise have to wait for. Can be pickled."""
Extents = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Turn:
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


@dataclass(frozen=True)
class Fork:
    """Asks for another process. The ends of its two pipes follow."""


def write_turns(turns: Connection, stops: Connection, prepare: Prepare) -> None:
    """Answer turns until the bot closes the pipe, or is gone: the work of the process.

    `stops` receives the numbers of turns that nobody wants anymore. `prepare` is called first.
    """
    # Both are sent to the whole group. The bot closes the pipe when it has finished its answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(AttributeError):  # Windows has no such signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody need wait for forks that end
    prepare()
    keep_freed_memory()
    with suppress(AttributeError, OSError):  # Windows has no such thing, or it is not allowed
        os.nice(NICENESS)
    with suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE_ADJ)
    weights: dict[str, Trained] = {}
    with suppress(EOFError, OSError):  # the bot is gone
        turns.send(os.getpid())
        stopped = _Stops(stops)
        while True:
            match turns.recv():
                case Fork():
                    own = Connection(recv_handle(turns)), Connection(recv_handle(turns))
                    if _is_the_fork():  # with the weights of the other process
                        own, (turns, stops) = (turns, stops), own
                        stopped = _Stops(stops)
                        turns.send(os.getpid())
                    for end in own:
                        end.close()
                case Turn() as turn:
                    _answer(turn, weights, turns, stopped)


def _is_the_fork() -> bool:
    """Fork; false in the process that was there, also if there is no other: its pipe ends."""
    try:
        return os.fork() == 0
    except OSError:  # no memory, or too many processes
        return False


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


def _answer(turn: Turn, weights: dict[str, Trained], turns: Connection, stopped: _Stops) -> None:
    """Compute a turn and send its outcomes. `weights` are those that the process has."""
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
        outcomes = [sendable(o) if isinstance(o, Exception) else o for o in outcomes]
    except Exception as error:  # noqa: BLE001 (the bot gets it)
        outcomes = sendable(error)
    try:
        return pickle.dumps(outcomes)
    except Exception as error:  # noqa: BLE001
        return pickle.dumps(RuntimeError(f"{outcomes!r} can't be pickled: {error!r}"))
