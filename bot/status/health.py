"""Whether the bot is well: checks, metrics and samples of the services behind the commands."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial

from bot.chat.app import App
from bot.chat.turn import Platform
from bot.concurrency import PeriodicTask
from bot.fleet.membership import Served
from bot.monitoring.state import SAMPLE_S, Check, Cluster, Queue, Sample, Snapshot, resident_bytes
from bot.store import StoreError
from bot.training.custom_models import CustomModelLoader
from bot.training.queries import Trainings
from bot.training.service import TrainingService
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


class Health:
    """Looks at the services of one process. The database is looked at every ten seconds."""

    def __init__(self, app: App, *platforms: Platform) -> None:
        self._app = app
        self._platforms = [*platforms]
        self._database_seconds: float | None = None
        self._trainings: Mapping[str, int] = {}
        self._asking: asyncio.Task[None] | None = None
        self._counted = (0, 0)
        self._tasks: list[PeriodicTask] = []
        metrics = app.monitor.metrics
        metrics.info.labels(app.version).set(1)
        metrics.state.take = self.snapshot
        app.store.database.observe = metrics.database
        app.inference.observe(metrics.batch)

    def add(self, platform: Platform) -> None:
        """Look at another platform as well."""
        self._platforms.append(platform)

    def start(self) -> None:
        """Start to look at the database, to measure the event loop, and to keep samples."""
        self._app.monitor.start()
        self._tasks = [
            PeriodicTask(self.refresh, REFRESH_S, after=partial(asyncio.sleep, 0)),
            PeriodicTask(self._sampling, SAMPLE_S),
        ]

    async def close(self) -> None:
        """Stop."""
        await asyncio.gather(*(task.close(patience=0.5) for task in self._tasks))
        await self._app.monitor.close()

    async def refresh(self) -> None:
        """Ask the database, and wait a few seconds for its answer.

        One question at a time: those to a database that hangs would take up its connections.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_database())
        await asyncio.wait([self._asking], timeout=PATIENCE_S)
        if not self._asking.done():
            self._database_seconds = None

    def checks(self) -> Mapping[str, Check]:
        """The conditions for being ready."""
        return {
            "gateway": self._gateway(),
            "event_loop": self._event_loop(),
            "database": self._database(),
            "models": self._models(),
            "queue": self._queue(),
        }

    def alive(self) -> Check:
        """Whether the process can go on; else only a restart helps."""
        inference = self._app.inference
        if inference.blocked_for >= BLOCKED_S:
            return Check(False, f"{inference.stuck} threads of the networks do not end")
        if reason := self._app.fleet.lost:
            return Check(False, reason)
        return Check(True, "ok")

    async def until_lost(self) -> str:
        """Wait until only a restart helps. Returns the reason."""
        while (found := self.alive()).passes:  # noqa: ASYNC110 (threads have no event)
            await asyncio.sleep(LOOK_S)
        return found.detail

    def snapshot(self) -> Snapshot:
        """The state as metrics."""
        app, platforms = self._app, self._platforms
        latencies = [each.latency for each in platforms if each.latency is not None]
        return Snapshot(
            gateway_connected=all(each.is_connected for each in platforms),
            gateway_latency=max(latencies, default=None),
            shard_latencies={
                number: latency
                for each in platforms
                for number, latency in each.shard_latencies.items()
            },
            processes=app.fleet.processes(Served.ANYTHING),
            communities=sum(len(each.communities) for each in platforms),
            requests_in_progress=app.in_flight.running,
            inference_in_progress=app.inference.at_work,
            inference_executors=app.inference.executors,
            queues={
                kind: Queue(state.waiting, state.oldest)
                for kind, state in app.inference.queues.items()
            },
            cluster=self._cluster(),
            trainings=self._trainings,
            trainings_finished=dict(app[TrainingService].finished),
            database_seconds=self._database_seconds,
            database_failures=app.store.database.failures,
            worst_lag=app.monitor.loop_lag.worst(),
            invalid_requests=app.monitor.invalid_requests.recent,
            models_ready={
                "tasks": len(app.inference.cards),
                "namers": app[CustomModelLoader].loaded,
            },
            namer_bytes=app[CustomModelLoader].loaded_bytes,
            checks={name: check.passes for name, check in self.checks().items()},
        )

    def _cluster(self) -> Cluster | None:
        if self._app.cluster is None:
            return None
        now = self._app.cluster.status
        return Cluster(now.connected, now.workers, now.threads, now.unsuitable, now.turns)

    def sample(self) -> Sample:
        """The state since the last sample that was kept."""
        monitor = self._app.monitor
        requests, failures = self._counted
        return Sample(
            at=self._app.now(),
            memory_bytes=resident_bytes(),
            worst_lag=monitor.loop_lag.worst(),
            queue_length=sum(s.waiting for s in self._app.inference.queues.values()),
            requests=monitor.requests - requests,
            failures=monitor.failures - failures,
            database_seconds=self._database_seconds,
        )

    def keep_sample(self) -> None:
        """Add a sample to the history."""
        monitor = self._app.monitor
        monitor.history.add(self.sample())
        self._counted = monitor.requests, monitor.failures

    async def _sampling(self) -> None:
        self.keep_sample()

    async def _ask_database(self) -> None:
        started = time.perf_counter()
        try:
            await self._app.store.database.check()
            seconds = time.perf_counter() - started
            self._trainings = await self._app.store[Trainings].active()
        except StoreError:
            self._database_seconds = None
        else:
            self._database_seconds = seconds

    def _gateway(self) -> Check:
        away = [each.name for each in self._platforms if not each.is_connected]
        if away:
            return Check(False, f"not connected to {' and '.join(away)}")
        return Check(True, "connected")

    def _event_loop(self) -> Check:
        worst = self._app.monitor.loop_lag.worst(RECENT_S)
        return Check(worst < SLOW_LOOP_S, f"{worst:.3f} s late at most in {RECENT_S:g} s")

    def _database(self) -> Check:
        seconds = self._database_seconds
        if seconds is None:
            return Check(False, "does not answer")
        return Check(True, f"answered in {seconds:.3f} s")

    def _models(self) -> Check:
        missing = sorted(set(TASKS) - set(self._app.inference.cards))
        if missing:
            return Check(False, f"missing: {', '.join(missing)}")
        return Check(True, f"{len(TASKS)} loaded")

    def _queue(self) -> Check:
        inference = self._app.inference
        oldest = max((state.oldest for state in inference.queues.values()), default=0.0)
        if not inference.is_ready:
            return Check(False, f"{inference.stuck} threads of the networks do not end")
        if oldest > OLD_REQUEST_S:
            return Check(False, f"a request has waited for {oldest:.0f} s")
        return Check(True, f"{inference.at_work} requests")
