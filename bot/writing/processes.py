"""The processes that write texts beside the bot's own thread.

They start when members have to wait, and end when they have had nothing to do for a while: at rest
the bot takes no more memory than without them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock
from weakref import WeakKeyDictionary

from bot.writing.executors import ExecutorLost
from bot.writing.process import WriterProcess
from bot.writing.process_child import Prepare
from models.shared_weights import SharedWeights, attach, share
from models.weights import Trained

log = logging.getLogger(__name__)

START_AFTER_S = 0.1
"""Seconds that a step has waited when a process is started for it."""
IDLE_S = 600.0
"""Seconds without work after which a process ends."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""Seconds until the next start after a process was lost; they double up to the last."""

Replace = Callable[[Trained], object]
"""Told of weights that are mapped from shared memory, to use them instead of their original."""


class Processes:
    """A `Pool` of processes."""

    def __init__(
        self,
        most: int,
        deadline: float,
        on_shared: Replace,
        prepare: Prepare,
        *,
        idle: float = IDLE_S,
        start: Callable[["Processes"], WriterProcess] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`most` is the number of processes, `deadline` the seconds that a turn may take.

        `on_shared` is called in the event loop, `prepare` in each process. `idle` is in seconds.
        `start` makes a process.
        """
        self._most = most
        self._on_shared = on_shared
        self._idle = idle
        self._clock = clock
        self._make = start or (lambda pool: WriterProcess(pool.share, prepare, deadline))
        self._processes: list[WriterProcess] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._retirement: asyncio.Task[None] | None = None
        self._pause = FIRST_PAUSE_S
        self._not_before = 0.0
        self._is_closed = False
        self._wants_another = False
        """Whether members went on waiting while a process started."""
        self._shared: WeakKeyDictionary[Trained, SharedWeights] = WeakKeyDictionary()
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def executors(self) -> Sequence[WriterProcess]:
        """The processes that are ready."""
        return [p for p in self._processes if p.is_ready and not p.is_lost]

    def backlog(self, waited: float) -> None:
        """Start another process, if there may be more and the wait is worth it."""
        self._drop_lost()
        if (
            waited < START_AFTER_S
            or len(self._processes) >= self._most
            or self._is_closed
            or self._clock() < self._not_before
        ):
            return
        if not all(process.is_ready for process in self._processes):  # one after the other
            self._wants_another = True
            return
        self._wants_another = False
        self._loop = asyncio.get_running_loop()
        process, like = self._make(self), next(iter(self.executors()), None)
        self._processes.append(process)
        task = asyncio.create_task(self._start(process, like))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._retirement is None or self._retirement.done():
            self._retirement = asyncio.create_task(self._retire())

    def close(self) -> None:
        """End all processes, without waiting for them."""
        self._is_closed = True
        for task in (*self._tasks, self._retirement):
            if task is not None:
                task.cancel()
        for process in self._processes[::-1]:
            process.close()
        self._processes.clear()

    def share(self, trained: Trained) -> SharedWeights:
        """The shared weights of loaded ones. Called in threads."""
        with self._lock:
            if (shared := self._shared.get(trained)) is None:
                shared = self._shared[trained] = share(trained)
                mapped = attach(shared)
                self._shared[mapped] = shared
                if self._loop is not None and not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(self._on_shared, mapped)
            return shared

    async def _start(self, process: WriterProcess, like: WriterProcess | None) -> None:
        try:
            await process.start(like)
        except ExecutorLost as error:
            log.warning("%s. The bot itself goes on writing", error)
            self._drop_lost()
        else:
            self._pause = FIRST_PAUSE_S
            if self._wants_another:  # at once: between two turns
                self.backlog(START_AFTER_S)

    def _drop_lost(self) -> None:
        """Forget processes that are gone. Others are started after a pause, in case all are."""
        # Forks before what they are forks of, which takes them out of the process table.
        lost = [process for process in self._processes[::-1] if process.is_lost]
        for process in lost:
            process.close()
            self._processes.remove(process)
        if lost:
            self._not_before = self._clock() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)

    async def _retire(self) -> None:
        """End processes that have had nothing to do for a while."""
        while self._processes:
            await asyncio.sleep(self._idle / 4)
            now = time.monotonic()
            for process in self._processes[::-1]:  # forks first, too
                if process.is_ready and now - process.idle_since > self._idle:
                    process.close()
                    self._processes.remove(process)
                    log.info("A process that writes texts has ended: it had nothing to do")
