"""The workers of a Dask cluster as a pool of executors."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.writing.cluster_worker import ClusterExecutor, RemoteWorker, Unsuitable
from bot.writing.connection import Connection, Unreachable
from bot.writing.installation import installation

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Seconds between two looks at which workers there are."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""Seconds between two attempts to connect; they double up to the last."""
MOST_AT_ONCE = 4
"""Workers that are made ready at the same time."""


@dataclass(frozen=True)
class ClusterStatus:
    """How a cluster is."""

    connected: bool = False
    workers: int = 0
    """Workers that write, or train, for the bot."""
    threads: int = 0
    """Turns that they compute at the same time."""
    unsuitable: int = 0
    """Workers that run other code than the bot."""
    turns: int = 0
    """Turns that workers have computed for this process."""


@dataclass
class _Attempts:
    """Attempts to get a worker ready."""

    pause: float = FIRST_PAUSE_S
    not_before: float = 0.0
    task: asyncio.Task[None] | None = field(default=None, repr=False)
    is_unsuitable: bool = False
    """Whether no further one is made: until it leaves the cluster, it runs the same code."""


class ClusterPool:
    """Connects to a scheduler and follows its workers; a `Pool` of their threads.

    It connects in the background, again and again. While it is not connected, it has no executors.
    """

    def __init__(self, address: str, *, deadline: float = 20.0, look: float = LOOK_S) -> None:
        """`address` is that of the scheduler, such as `tcp://host:8786`. Begins with `start`.

        `deadline` is in seconds and holds for each turn. `look` is in seconds.
        """
        self.address = address
        self.connection: Connection | None = None
        """The current one."""
        self._deadline = deadline
        self._look = look
        self._workers: dict[str, RemoteWorker] = {}
        self._attempts: dict[str, _Attempts] = {}
        self._ready = asyncio.Semaphore(MOST_AT_ONCE)
        self._turns_of_lost = 0
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = self._task or asyncio.create_task(self._stay_connected())

    def executors(self) -> Sequence[ClusterExecutor]:
        """One for each thread of the workers."""
        return [e for worker in self.workers for e in worker.executors]

    def backlog(self, waited: float) -> None:
        """Workers are added by others."""

    def close(self) -> None:
        """Give up the workers and the connection, without waiting."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
        self._drop_workers("is not needed anymore")

    @property
    def workers(self) -> Sequence[RemoteWorker]:
        """Those that are ready."""
        return [worker for worker in self._workers.values() if not worker.is_lost]

    def trainers(self, task: str) -> Sequence[str]:
        """The addresses of the workers that can train a task."""
        return [worker.address for worker in self.workers if task in worker.trains]

    @property
    def status(self) -> ClusterStatus:
        """How the cluster is."""
        workers = self.workers
        return ClusterStatus(
            connected=self.connection is not None,
            workers=len(workers),
            threads=sum(len(worker.executors) for worker in workers),
            unsuitable=sum(attempts.is_unsuitable for attempts in self._attempts.values()),
            turns=self._turns_of_lost + sum(w.turns for w in self._workers.values()),
        )

    async def _stay_connected(self) -> None:
        """Connect, and connect again when the scheduler is gone, until the pool is closed."""
        await asyncio.to_thread(installation)  # now: an update may change the code later
        pause, was_told = FIRST_PAUSE_S, False
        while True:
            try:
                connection = await Connection.open(self.address)
                log.info("Connected to the Dask scheduler %s", self.address)
                pause, was_told = FIRST_PAUSE_S, False
                await self._follow(connection)
            except Unreachable as error:
                if not was_told:
                    text = "The Dask scheduler %s %s. The bot writes by itself until it answers"
                    log.warning(text, self.address, error)
                was_told = True
            except Exception:
                log.exception("The connection to the Dask scheduler failed")
            if self._is_closed:  # the library ignores cancelling while it closes a connection
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _follow(self, connection: Connection) -> None:
        """Use the workers of a scheduler until it is gone. Raises `Unreachable`."""
        self.connection = connection
        try:
            while True:
                self._update(connection, set(await connection.workers()))
                await asyncio.sleep(self._look)
        finally:
            self.connection = None
            self._drop_workers("has lost its scheduler")
            await connection.close()

    def _update(self, connection: Connection, addresses: set[str]) -> None:
        """Drop workers that are gone, and get new ones ready."""
        for address, worker in [*self._workers.items()]:
            if address not in addresses:
                worker.lose("has left the cluster")
            if worker.is_lost:
                self._turns_of_lost += worker.turns
                del self._workers[address]
                if worker.turns and address in self._attempts:  # it was of use
                    self._attempts[address].pause = FIRST_PAUSE_S
        for address in self._attempts.keys() - addresses:
            if (task := self._attempts.pop(address).task) is not None:
                task.cancel()
        now = asyncio.get_running_loop().time()
        for address in addresses - self._workers.keys():
            attempts = self._attempts.setdefault(address, _Attempts())
            is_trying = attempts.task is not None and not attempts.task.done()
            if not is_trying and not attempts.is_unsuitable and now >= attempts.not_before:
                attempts.not_before = now + attempts.pause
                attempts.pause = min(2 * attempts.pause, LONGEST_PAUSE_S)
                attempts.task = asyncio.create_task(self._add(connection, address, attempts))

    async def _add(self, connection: Connection, address: str, attempts: _Attempts) -> None:
        """Get a worker ready, and use it from now on."""
        try:
            async with self._ready:
                worker = await RemoteWorker.connected(connection, address, self._deadline)
        except Unsuitable as error:
            attempts.is_unsuitable = True
            log.warning("The worker %s of the cluster is not used: it %s", address, error)
        except Unreachable as error:
            log.info("The worker %s of the cluster %s", address, error)
        else:
            self._workers[address] = worker
            log.info(
                "The worker %s is ready, threads that write: %d", address, len(worker.executors)
            )
            if worker.differences:
                text = "Texts of the worker %s may differ from those of the bot: it has %s"
                log.warning(text, address, ", ".join(worker.differences))

    def _drop_workers(self, reason: str) -> None:
        for attempts in self._attempts.values():
            if attempts.task is not None:
                attempts.task.cancel()
        self._attempts.clear()
        for worker in self._workers.values():
            self._turns_of_lost += worker.turns
            worker.lose(reason)
        self._workers.clear()


async def look_at(address: str) -> tuple[list[RemoteWorker], dict[str, str]]:
    """The workers of a scheduler that can be used, and reasons why the others can't, by address.

    Raises `Unreachable`. Takes a minute at most.
    """
    connection = await Connection.open(address)
    found: list[RemoteWorker] = []
    reasons: dict[str, str] = {}

    async def look(worker: str) -> None:
        try:
            found.append(await RemoteWorker.connected(connection, worker, 0.0))
        except (Unreachable, Unsuitable) as error:
            reasons[worker] = str(error)

    try:
        addresses = await connection.workers()
        await asyncio.gather(*map(look, addresses))
    finally:
        for worker in found:
            worker.lose("is not needed anymore")
        await connection.close()
    return found, reasons
