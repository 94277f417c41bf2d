"""The state of the bot: checks, event loop lag, memory, samples of the last day, and metrics."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for being ready."""

    passes: bool
    detail: str
    """What was found, for the operator."""


SAMPLE_S = 60.0
"""Seconds between two samples."""
KEPT = 1_440
"""Samples: one day."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The state of the bot at the end of a minute."""

    at: datetime
    memory_bytes: int
    worst_lag: float
    """The largest lag of the event loop in this minute, in seconds."""
    queue_length: int
    requests: int
    """Requests that ended in this minute."""
    failures: int
    """Those of them that failed by the fault of the bot, its database, or the platform."""
    database_seconds: float | None
    """How long the database took to answer; `None` if it did not."""


class History:
    """The samples of the last day."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def add(self, sample: Sample) -> None:
        """Add a sample; the oldest one of more than a day is forgotten."""
        self._samples.append(sample)

    def since(self, start: datetime) -> Sequence[Sample]:
        """The samples after `start`, oldest first."""
        return [sample for sample in self._samples if sample.at > start]

    def totals(self, now: datetime, duration: timedelta) -> tuple[int, int]:
        """Requests and failures within a duration before `now`."""
        samples = self.since(now - duration)
        return sum(s.requests for s in samples), sum(s.failures for s in samples)


LAG_S, KEPT_S = 0.25, 60.0
"""Seconds between two measurements of the lag, and for which they are kept."""


class LoopLag:
    """Measures the lag by short sleeps, and keeps the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lags: deque[tuple[float, float]] = deque(maxlen=int(KEPT_S / LAG_S))
        """Times and lags, in seconds."""

    def add(self, lag: float) -> None:
        """Add a measurement in seconds."""
        self._lags.append((self._clock(), max(0.0, lag)))

    @property
    def latest(self) -> float:
        """The last lag in seconds; 0 before the first measurement."""
        return self._lags[-1][1] if self._lags else 0.0

    def worst(self, seconds: float = KEPT_S) -> float:
        """The largest lag, in seconds, of the last `seconds` (at most 60)."""
        since = self._clock() - seconds
        return max((lag for at, lag in self._lags if at >= since), default=0.0)

    async def measure(self, observe: Callable[[float], None]) -> None:
        """Measure until cancelled; `observe` gets each lag."""
        while True:
            due = self._clock() + LAG_S
            await asyncio.sleep(LAG_S)
            self.add(self._clock() - due)
            observe(self.latest)


def resident_bytes() -> int:
    """Resident memory; on systems without `/proc` the largest so far, or 0 if unknown.

    `/proc` is kernel memory: reading it waits for no disk.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return _peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    try:
        import resource  # missing on Windows
    except ImportError:
        return 0
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


PREFIX = "mangosaurus"


@dataclass(frozen=True, slots=True)
class Queue:
    """The requests for one task that wait for the networks."""

    length: int
    age: float
    """Seconds that the first of them has waited; 0 if none waits."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster that writes for the bot."""

    connected: bool
    workers: int
    threads: int
    """Turns that the workers compute at the same time."""
    unsuitable: int
    """Workers that run other code than the bot."""
    turns: int
    """Turns that workers have computed for this process."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of the bot at one moment. Durations are in seconds."""

    gateway_connected: bool = False
    gateway_latency: float | None = None
    """From a heartbeat to its answer; `None` if unknown."""
    shard_latencies: Mapping[int, float | None] = field(default_factory=dict)
    """The same for each shard of this process; `None` for those that are not connected."""
    processes: int = 1
    """Processes that share the database, with this one."""
    communities: int = 0
    requests_in_progress: int = 0
    inference_in_progress: int = 0
    inference_executors: int = 0
    """Processes, or workers of a cluster, that write beside the bot's own thread."""
    queues: Mapping[str, Queue] = field(default_factory=dict)
    """By task."""
    cluster: Cluster | None = None
    """`None` if none is set."""
    trainings: Mapping[str, int] = field(default_factory=dict)
    """Trainings of all processes that are `queued` and `running`."""
    trainings_finished: Mapping[str, int] = field(default_factory=dict)
    """Trainings that ended in this process, by outcome."""
    database_seconds: float | None = None
    """How long the last check of the database took; `None` if it failed."""
    database_failures: int = 0
    """Times that the database did not answer."""
    worst_lag: float = 0.0
    invalid_requests: int = 0
    models_ready: Mapping[str, int] = field(default_factory=dict)
    """Models in memory: of the `tasks`, and `namers`."""
    namer_bytes: int = 0
    """Memory of the namers."""
    checks: Mapping[str, bool] = field(default_factory=dict)
    """Whether each check of `/readyz` passes."""


class SnapshotCollector(Collector):
    """Offers a snapshot as metrics."""

    def __init__(self) -> None:
        self.take: Callable[[], Snapshot] = Snapshot
        """Takes a snapshot; set once there is something to look at."""

    def collect(self) -> Iterator[Metric]:
        """The metrics of the current state."""
        now = self.take()
        yield _gauge(
            "gateway_connected", "Whether all shards are connected.", now.gateway_connected
        )
        if now.gateway_latency is not None:
            text = "Time from a heartbeat to its answer."
            yield _gauge("gateway_latency_seconds", text, now.gateway_latency)
        connected = {str(n): float(s is not None) for n, s in now.shard_latencies.items()}
        text = "Whether each shard of this process is connected."
        yield _gauges("shard_connected", text, "shard", connected)
        latencies = {str(n): s for n, s in now.shard_latencies.items() if s is not None}
        text = "Time from a heartbeat to its answer, by shard."
        yield _gauges("shard_latency_seconds", text, "shard", latencies)
        yield _gauge("processes", "Processes that share the database.", now.processes)
        yield _gauge("servers", "Servers that the bot is in.", now.communities)
        text = "Requests that are being answered."
        yield _gauge("requests_in_progress", text, now.requests_in_progress)
        text = "Requests that the networks work on, or that wait for them."
        yield _gauge("inference_in_progress", text, now.inference_in_progress)
        text = "Processes or workers that write beside the bot's own thread."
        yield _gauge("inference_executors", text, now.inference_executors)
        yield _gauges(
            "inference_queue_length",
            "Requests that wait for the networks.",
            "task",
            {task: queue.length for task, queue in now.queues.items()},
        )
        yield _gauges(
            "inference_queue_age_seconds",
            "How long the first of them has waited.",
            "task",
            {task: queue.age for task, queue in now.queues.items()},
        )
        if now.cluster is not None:
            yield from _of_cluster(now.cluster)
        text = "Trainings of all processes."
        yield _gauges("trainings", text, "state", now.trainings)
        finished = CounterMetricFamily(
            f"{PREFIX}_trainings_finished", "Trainings that ended.", labels=("outcome",)
        )
        for outcome, number in now.trainings_finished.items():
            finished.add_metric((outcome,), number)
        yield finished
        text = "Times that the database did not answer."
        failures = float(now.database_failures)
        yield CounterMetricFamily(f"{PREFIX}_database_errors", text, value=failures)
        text = "Whether the database answered the last check."
        yield _gauge("database_up", text, now.database_seconds is not None)
        if now.database_seconds is not None:
            text = "How long the last check of the database took."
            yield _gauge("database_check_seconds", text, now.database_seconds)
        text = "Largest event loop lag of the last minute."
        yield _gauge("event_loop_lag_worst_seconds", text, now.worst_lag)
        text = "Responses 401, 403 and 429 in ten minutes; 10,000 bring a ban."
        yield _gauge("invalid_requests_recent", text, now.invalid_requests)
        yield _gauges("models_ready", "Models in memory.", "kind", now.models_ready)
        yield _gauge("namer_bytes", "Memory of the namers that are loaded.", now.namer_bytes)
        yield _gauges("ready", "Whether each check of /readyz passes.", "check", now.checks)


def _of_cluster(cluster: Cluster) -> Iterator[Metric]:
    text = "Whether the scheduler of the cluster answers."
    yield _gauge("cluster_connected", text, cluster.connected)
    workers = {"ready": cluster.workers, "unsuitable": cluster.unsuitable}
    yield _gauges("cluster_workers", "Workers of the cluster.", "state", workers)
    text = "Turns that the workers compute at the same time."
    yield _gauge("cluster_threads", text, cluster.threads)
    text = "Turns of this process that workers have computed."
    yield CounterMetricFamily(f"{PREFIX}_cluster_turns", text, value=float(cluster.turns))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=float(value))


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), float(value))
    return family
