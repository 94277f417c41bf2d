"""Prometheus metrics of one process, in a registry that no other code shares.

Labels have few values: commands, buttons, tasks, outcomes, classes of errors. None is a member, a
server, or a text.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import chain

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from bot.monitoring.invalid_requests import COUNTED
from bot.monitoring.requests import Request
from bot.monitoring.state import PREFIX, SnapshotCollector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
MOST_ERRORS = 50
"""Classes of errors that are counted by name; further ones are counted as `other`."""


class _Exposed(Collector):
    """Metrics without the times at which each series began, a fifth of all lines."""

    def __init__(self, state: Iterable[Metric], events: Collector) -> None:
        self._state, self._events = state, events

    def collect(self) -> Iterator[Metric]:
        for metric in chain(self._state, self._events.collect()):
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric


class Metrics(Collector):
    """Counts events, and offers them with a snapshot of the state."""

    def __init__(self) -> None:
        self.state = SnapshotCollector()
        self._events = CollectorRegistry()
        ProcessCollector(registry=self._events)
        self._errors_seen: set[str] = set()

        self.requests = self._counter(
            "requests", "Commands and buttons, by outcome.", "request", "outcome"
        )
        self.request_seconds = self._histogram(
            "request_seconds",
            "Time from a request to the end of its answer.",
            "request",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
        )
        self.acknowledgement_seconds = self._histogram(
            "acknowledgement_seconds",
            "Time from a request to the first response; the platform allows 3 s.",
            buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5),
        )
        self.request_errors = self._counter(
            "request_errors", "Requests that were refused or failed, by class of error.", "error"
        )
        self.batch_size = self._histogram(
            "inference_batch_size",
            "Texts that the networks extend at the same time.",
            "task",
            buckets=(1, 2, 4, 8, 16, 32, 64),
        )
        self.batch_seconds = self._histogram(
            "inference_batch_seconds",
            "Time that the networks work on one batch.",
            "task",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.database_seconds = self._histogram(
            "database_seconds",
            "Time of a transaction.",
            "kind",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
        )
        self.loop_lag = self._histogram(
            "event_loop_lag_seconds",
            "How much later than planned the event loop runs what is due.",
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
        )
        self.gateway_events = self._counter(
            "gateway_events", "Connections to the gateway: connect, disconnect, resume.", "event"
        )
        self.rest_responses = self._counter(
            "rest_responses",
            "Responses of the platform's API, by class of status; error: none came.",
            "status",
        )
        self.invalid_requests = self._counter(
            "invalid_requests", "Responses 401, 403 and 429 of the platform's API.", "status"
        )
        self.info = Gauge(
            f"{PREFIX}_info", "Always 1; the version.", ("version",), registry=self._events
        )

        self._begin_at_zero()

    def request(self, request: Request) -> None:
        """Count a request that has ended."""
        self.requests.labels(request.name, request.outcome.value).inc()
        self.request_seconds.labels(request.name).observe(request.seconds or 0.0)
        if request.acknowledged_after is not None:
            self.acknowledgement_seconds.observe(request.acknowledged_after)
        if request.error:
            self.request_errors.labels(self._error_label(request.error)).inc()

    def database(self, kind: str, seconds: float) -> None:
        """Count a transaction (`read` or `write`)."""
        self.database_seconds.labels(kind).observe(seconds)

    def batch(self, task: str, size: int, seconds: float) -> None:
        """Count a batch of the networks."""
        self.batch_size.labels(task).observe(size)
        self.batch_seconds.labels(task).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """The metrics, the state first."""
        yield from self.state.collect()
        yield from self._events.collect()

    async def exposition(self) -> bytes:
        """The metrics in the text format of Prometheus.

        The state is read in the event loop, which owns it. The text is written in a thread: that
        takes 10 ms for a thousand lines.
        """
        state = [*self.state.collect()]
        return await asyncio.to_thread(generate_latest, _Exposed(state, self._events))

    def value(self, name: str, **labels: str) -> float | None:
        """The value of a sample, by its name without the prefix; `None` if there is none."""
        for metric in self.collect():
            for sample in metric.samples:
                if sample.name == f"{PREFIX}_{name}" and sample.labels == labels:
                    return sample.value
        return None

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", description, labels, registry=self._events)

    def _histogram(
        self, name: str, description: str, *labels: str, buckets: tuple[float, ...]
    ) -> Histogram:
        """`buckets`: their upper limits."""
        return Histogram(
            f"{PREFIX}_{name}", description, labels, registry=self._events, buckets=buckets
        )

    def _begin_at_zero(self) -> None:
        """Offer counters before the first event: Prometheus cannot see a rise from nothing to 1."""
        for event in ("connect", "disconnect", "resume"):
            self.gateway_events.labels(event)
        for status in ("2xx", "4xx", "5xx", "error"):
            self.rest_responses.labels(status)
        for code in COUNTED:
            self.invalid_requests.labels(str(code))
        for kind in ("read", "write"):
            self.database_seconds.labels(kind)

    def _error_label(self, name: str) -> str:
        if name not in self._errors_seen and len(self._errors_seen) >= MOST_ERRORS:
            return "other"
        self._errors_seen.add(name)
        return name
