"""Whether the bot is well: checks, metrics and samples of the services behind the commands."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import disk_usage
from typing import Protocol

from prometheus_client.core import Metric

from bot.concurrency import InFlight, PeriodicTask
from bot.fleet.membership import Fleet, Served
from bot.monitoring.metrics import counter, gauge
from bot.monitoring.monitor import Monitor
from bot.monitoring.state import (
    KEPT,
    SAMPLE_S,
    LoopLag,
    MinuteState,
    ReadinessCheck,
    resident_bytes,
)
from bot.store import Store, StoreError
from bot.trainer.custom_models import CustomModelLoader
from bot.trainer.queries import Trainings
from bot.trainer.service import TrainingService
from bot.writing import Inference
from bot.writing.cluster import ClusterPool
from models.tasks import TASKS

REFRESH_S = 10.0
"""Seconds between two checks of the database."""
PATIENCE_S = 3.0
"""Seconds that the database may take to answer a check."""
SLOW_LOOP_S = 2.0
"""Event loop lag from which on answers come too late: the platform allows three seconds."""
RECENT_S = 15.0
"""Seconds for which a slow event loop is reported."""
OLD_REQUEST_S = 60.0
"""Seconds after which a request that waits for the networks is a sign of a fault."""
BLOCKED_S = 60.0
"""Seconds after which threads that are stuck are not expected to end: only a restart helps."""
LOOK_S = 5.0
"""Seconds between two looks whether only a restart helps."""


class Connection(Protocol):
    """The connection to a platform."""

    @property
    def name(self) -> str: ...
    @property
    def communities(self) -> Collection[int]: ...
    @property
    def is_connected(self) -> bool: ...
    @property
    def latency(self) -> float | None: ...
    @property
    def shard_latencies(self) -> Mapping[int, float | None]: ...


class Health:
    """Looks at the services of one process. The database is looked at every ten seconds."""

    def __init__(
        self,
        *,
        monitor: Monitor,
        store: Store,
        inference: Inference,
        fleet: Fleet,
        in_flight: InFlight,
        training: TrainingService,
        custom_models: CustomModelLoader,
        cluster: ClusterPool | None,
        now: Callable[[], datetime],
        version: str,
        state_dir: Path,
    ) -> None:
        self.loop_lag = LoopLag()
        self.samples: deque[MinuteState] = deque(maxlen=KEPT)
        """Samples of the last day, oldest first."""
        self.database_seconds: float | None = None
        """How long the last check of the database took; `None` if it failed."""
        self.free_bytes: int | None = None
        """Free space on the disk of the state directory; `None` if it is not known."""
        self.trainings: Mapping[str, int] = {}
        """Trainings of all processes that are `queued` and `running`."""
        self.cluster = cluster
        self._monitor, self._store, self._inference = monitor, store, inference
        self._fleet, self._in_flight = fleet, in_flight
        self._training, self._custom_models = training, custom_models
        self._now, self._state_dir = now, state_dir
        self._platforms: list[Connection] = []
        self._asking: asyncio.Task[None] | None = None
        self._counted = (0, 0)
        self._tasks: list[PeriodicTask] = []
        self._measuring: asyncio.Task[None] | None = None
        metrics = monitor.metrics
        metrics.info.labels(version).set(1)
        metrics.state = self.metrics
        store.database.observe = metrics.database
        inference.observe(metrics.batch)

    def add(self, platform: Connection) -> None:
        """Look at a platform as well."""
        self._platforms.append(platform)

    def start(self) -> None:
        """Start to look at the database, to measure the event loop, and to keep samples."""
        observe = self._monitor.metrics.loop_lag.observe
        self._measuring = asyncio.create_task(self.loop_lag.measure(observe))
        self._tasks = [
            PeriodicTask(self.refresh, REFRESH_S, after=partial(asyncio.sleep, 0)),
            PeriodicTask(self.keep_sample, SAMPLE_S),
        ]

    async def close(self) -> None:
        """Stop looking at the services."""
        await asyncio.gather(*(task.close(patience=0.5) for task in self._tasks))
        if self._measuring is not None:
            self._measuring.cancel()
            with suppress(asyncio.CancelledError):
                await self._measuring

    async def refresh(self) -> None:
        """Ask the database, and wait a few seconds for its answer.

        One question at a time: those to a database that hangs would take up its connections.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_database())
        await asyncio.wait([self._asking], timeout=PATIENCE_S)
        if not self._asking.done():
            self.database_seconds = None

    def checks(self) -> Mapping[str, ReadinessCheck]:
        """The conditions for being ready."""
        away = [each.name for each in self._platforms if not each.is_connected]
        lag = self.loop_lag.worst(RECENT_S)
        seconds, refused = self.database_seconds, self._store.database.write_error
        missing = sorted(set(TASKS) - set(self._inference.cards))
        return {
            "gateway": ReadinessCheck(
                not away, f"not connected to {' and '.join(away)}" if away else "connected"
            ),
            "event_loop": ReadinessCheck(
                lag < SLOW_LOOP_S, f"{lag:.3f} s late at most in {RECENT_S:g} s"
            ),
            "database": ReadinessCheck(
                seconds is not None,
                "doesn't answer" if seconds is None else f"answered in {seconds:.3f} s",
            ),
            "writes": ReadinessCheck(not refused, f"refused: {refused}" if refused else "stored"),
            "models": ReadinessCheck(
                not missing,
                f"missing: {', '.join(missing)}" if missing else f"{len(TASKS)} loaded",
            ),
            "queue": self._queue(),
        }

    def alive(self) -> ReadinessCheck:
        """Whether the process can go on; else only a restart helps."""
        inference = self._inference
        if inference.blocked_for >= BLOCKED_S:
            return ReadinessCheck(False, f"{inference.stuck} threads of the networks do not end")
        if reason := self._fleet.lost:
            return ReadinessCheck(False, reason)
        return ReadinessCheck(True, "ok")

    async def until_lost(self) -> str:
        """Wait until only a restart helps. Returns the reason."""
        while (found := self.alive()).passes:  # noqa: ASYNC110 (threads have no event)
            await asyncio.sleep(LOOK_S)
        return found.detail

    def metrics(self) -> Iterator[Metric]:
        """The state as metrics: all of them are named here."""
        yield from self._metrics_of_platforms()
        yield from self._metrics_of_networks()
        yield from self._metrics_of_cluster()
        finished = dict(self._training.finished)
        yield gauge("trainings", "Trainings of all processes.", self.trainings, "state")
        yield counter("trainings_finished", "Trainings that ended.", finished, "outcome")
        text = "Transactions that could not be written."
        yield counter("database_write_errors", text, self._store.database.write_failures)
        if self.free_bytes is not None:
            text = "Free space on the disk of STATE_DIR."
            yield gauge("disk_free_bytes", text, self.free_bytes)
        text = "Times that the database did not answer."
        yield counter("database_errors", text, self._store.database.failures)
        if self.database_seconds is not None:
            text = "How long the last check of the database took."
            yield gauge("database_check_seconds", text, self.database_seconds)
        text = "Largest event loop lag of the last minute."
        yield gauge("event_loop_lag_worst_seconds", text, self.loop_lag.worst())
        text = "Responses 401, 403 and 429 in ten minutes; 10,000 bring a ban."
        yield gauge("invalid_requests_recent", text, self._monitor.invalid_requests.recent)
        passing = {name: check.passes for name, check in self.checks().items()}
        yield gauge("ready", "Whether each check of /readyz passes.", passing, "check")

    def _metrics_of_platforms(self) -> Iterator[Metric]:
        platforms = self._platforms
        latencies = [each.latency for each in platforms if each.latency is not None]
        if latencies:
            text = "Time from a heartbeat to its answer."
            yield gauge("gateway_latency_seconds", text, max(latencies))
        shards = {str(n): s for each in platforms for n, s in each.shard_latencies.items()}
        online = {number: seconds is not None for number, seconds in shards.items()}
        text = "Whether each shard of this process is connected."
        yield gauge("shard_connected", text, online, "shard")
        processes = self._fleet.processes(Served.ANYTHING)
        yield gauge("processes", "Processes that share the database.", processes)
        servers = sum(len(each.communities) for each in platforms)
        yield gauge("servers", "Servers that the bot is in.", servers)
        running = self._in_flight.running
        yield gauge("requests_in_progress", "Requests that are being answered.", running)

    def _metrics_of_networks(self) -> Iterator[Metric]:
        inference, namers = self._inference, self._custom_models
        text = "Requests that the networks work on, or that wait for them."
        yield gauge("inference_in_progress", text, inference.at_work)
        lengths = {task: queue.waiting for task, queue in inference.queues.items()}
        text = "Requests that wait for the networks."
        yield gauge("inference_queue_length", text, lengths, "task")
        ages = {task: queue.oldest for task, queue in inference.queues.items()}
        text = "How long the first of them has waited."
        yield gauge("inference_queue_age_seconds", text, ages, "task")
        ready = {"tasks": len(inference.cards), "namers": namers.loaded}
        yield gauge("models_ready", "Models in memory.", ready, "kind")
        yield gauge("namer_bytes", "Memory of the namers that are loaded.", namers.loaded_bytes)

    def _metrics_of_cluster(self) -> Iterator[Metric]:
        if self.cluster is None:
            return
        now = self.cluster.status
        text = "Whether the scheduler of the cluster answers."
        yield gauge("cluster_connected", text, now.connected)
        workers = {"ready": now.workers, "unsuitable": now.unsuitable}
        yield gauge("cluster_workers", "Workers of the cluster.", workers, "state")

    def sample(self) -> MinuteState:
        """The state since the last sample that was kept."""
        requests, failures = self._counted
        return MinuteState(
            at=self._now(),
            memory_bytes=resident_bytes(),
            worst_lag=self.loop_lag.worst(),
            requests=self._monitor.requests - requests,
            failures=self._monitor.failures - failures,
            database_seconds=self.database_seconds,
        )

    async def keep_sample(self) -> None:
        """Take a sample, and drop the oldest one if there are more than for a day."""
        self.samples.append(self.sample())
        self._counted = self._monitor.requests, self._monitor.failures

    async def _ask_database(self) -> None:
        database, started = self._store.database, time.perf_counter()
        try:
            await database.check()
            seconds = time.perf_counter() - started
            if database.write_error or time.monotonic() - database.tried_at >= REFRESH_S:
                with suppress(StoreError):  # which the database notes
                    await database.check_writing()
            self.trainings = await self._store[Trainings].active()
        except StoreError:
            self.database_seconds = None
        else:
            self.database_seconds = seconds
        with suppress(OSError):
            self.free_bytes = (await asyncio.to_thread(disk_usage, self._state_dir)).free

    def _queue(self) -> ReadinessCheck:
        inference = self._inference
        oldest = max((state.oldest for state in inference.queues.values()), default=0.0)
        if not inference.is_ready:
            return ReadinessCheck(False, f"{inference.stuck} threads of the networks do not end")
        if oldest > OLD_REQUEST_S:
            return ReadinessCheck(False, f"a request has waited for {oldest:.0f} s")
        return ReadinessCheck(True, f"{inference.at_work} requests")
