"""Executors: other places than the own thread where turns are computed, such as processes."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, Protocol

from models.text_generator import ShouldStop

Work = Callable[[Sequence[Any], ShouldStop], Sequence[object]]
"""Computes the steps of one turn: for each item a result, or an exception."""


class ExecutorLost(Exception):  # noqa: N818 (a state)
    """The executor is gone, with the turn that it computed. Another one can compute it."""


class Executor(Protocol):
    """Computes turns, one at a time."""

    def takes(self, work: Work) -> bool:
        """Whether it can compute this work."""
        ...

    async def run(self, work: Work, items: Sequence[Any], stop: Event) -> Sequence[object]:
        """Return what `work(items, stop.is_set)` does, with the same bounds as the thread.

        Raises what the work raises; `TooSlow` after the deadline; and `ExecutorLost`.
        """
        ...


class Pool(Protocol):
    """Executors that come and go."""

    def executors(self) -> Sequence[Executor]:
        """Those that can compute a turn now, or are computing one."""
        ...

    def backlog(self, waited: float) -> None:
        """Told that steps wait for executors, the oldest for so many seconds. Must not block."""
        ...

    def close(self) -> None:
        """Give up the executors without waiting for them."""
        ...
