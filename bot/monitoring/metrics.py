"""Prometheus metrics of one process, in a registry that no other code shares.

Labels have few values: commands, buttons, tasks, outcomes, classes of errors. None is a member, a
server, or a text.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from bot.monitoring.invalid_requests import COUNTED
from bot.monitoring.requests import Request

PREFIX = "mangosaurus"

REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
ACKNOWLEDGEMENT_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5)
BATCH_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DATABASE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Upper limits of histograms, in seconds."""


class Metrics:
    """Counts events, and offers them with the state of the bot."""

    def __init__(self) -> None:
        self.state: Callable[[], Iterable[Metric]] = list
        """Takes the metrics of the state; set once there is something to look at."""
        self._events = CollectorRegistry()
        ProcessCollector(registry=self._events)
        counter = partial(Counter, namespace=PREFIX, registry=self._events)
        histogram = partial(Histogram, namespace=PREFIX, registry=self._events)

        text = "Commands and buttons, by outcome."
        self.requests = counter("requests", text, ("request", "outcome"))
        text = "Time from a request to the end of its answer."
        self.request_seconds = histogram(
            "request_seconds", text, ("request",), buckets=REQUEST_BUCKETS
        )
        text = "Time from a request to the first response; the platform allows 3 s."
        self.acknowledgement_seconds = histogram(
            "acknowledgement_seconds", text, buckets=ACKNOWLEDGEMENT_BUCKETS
        )
        text = "Requests that were refused or failed, by class of error."
        self.request_errors = counter("request_errors", text, ("error",))
        text = "Texts that the networks extend at the same time."
        self.batch_size = histogram(
            "inference_batch_size", text, ("task",), buckets=(1, 2, 4, 8, 16, 32, 64)
        )
        text = "Time that the networks work on one batch."
        self.batch_seconds = histogram(
            "inference_batch_seconds", text, ("task",), buckets=BATCH_BUCKETS
        )
        text = "Time of a transaction."
        self.database_seconds = histogram(
            "database_seconds", text, ("kind",), buckets=DATABASE_BUCKETS
        )
        text = "How much later than planned the event loop runs what is due."
        self.loop_lag = histogram("event_loop_lag_seconds", text, buckets=LAG_BUCKETS)
        text = "Connections to the gateway: connect, disconnect, resume."
        self.gateway_events = counter("gateway_events", text, ("event",))
        text = "Responses of the platform's API, by class of status; error: none came."
        self.rest_responses = counter("rest_responses", text, ("status",))
        text = "Responses 401, 403 and 429 of the platform's API."
        self.invalid_requests = counter("invalid_requests", text, ("status",))
        text = "Dinosaurs of the day: posted, failed, or stopped since quiet or closed."
        self.dailies = counter("dailies", text, ("outcome",))
        text = "Messages that nobody has asked for: delivered, or lost."
        self.deliveries = counter("deliveries", text, ("kind", "outcome"))
        self.info = Gauge(
            "info", "Always 1; the version.", ("version",), PREFIX, registry=self._events
        )
        self._begin_at_zero()

    def request(self, request: Request) -> None:
        """Count a request that has ended."""
        self.requests.labels(request.name, request.outcome.value).inc()
        self.request_seconds.labels(request.name).observe(request.seconds or 0.0)
        if request.acknowledged_after is not None:
            self.acknowledgement_seconds.observe(request.acknowledged_after)
        if request.error:
            self.request_errors.labels(request.error).inc()

    def database(self, kind: str, seconds: float) -> None:
        """Count a transaction (`read` or `write`)."""
        self.database_seconds.labels(kind).observe(seconds)

    def batch(self, task: str, size: int, seconds: float) -> None:
        """Count a batch of the networks."""
        self.batch_size.labels(task).observe(size)
        self.batch_seconds.labels(task).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """The metrics, the state first."""
        yield from self.state()
        yield from self._events.collect()

    async def exposition(self) -> bytes:
        """The metrics in the text format of Prometheus.

        The state is read in the event loop, which owns it. The text is written in a thread: that
        takes 10 ms for a thousand lines.
        """
        metrics = _Exposed(chain([*self.state()], self._events.collect()))
        return await asyncio.to_thread(generate_latest, metrics)

    def _begin_at_zero(self) -> None:
        """Offer counters before the first event: Prometheus cannot see a rise from nothing to 1."""
        for event in ("connect", "disconnect", "resume"):
            self.gateway_events.labels(event)
        for status in ("2xx", "4xx", "5xx", "error"):
            self.rest_responses.labels(status)
        for code in COUNTED:
            self.invalid_requests.labels(str(code))
        for outcome in ("posted", "failed", "quiet", "closed"):
            self.dailies.labels(outcome)
        for kind in ("result", "daily", "stopped", "welcome", "report", "answer"):
            for outcome in ("delivered", "lost"):
                self.deliveries.labels(kind, outcome)
        for kind in ("read", "write"):
            self.database_seconds.labels(kind)


Values = float | Mapping[str, float]
"""One number, or one for each value of a label."""


def gauge(name: str, text: str, values: Values, *label: str) -> Metric:
    """A metric of the state that goes up and down."""
    return _filled(GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=label), values)


def counter(name: str, text: str, values: Values, *label: str) -> Metric:
    """A metric of the state that only grows."""
    return _filled(CounterMetricFamily(f"{PREFIX}_{name}", text, labels=label), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Values) -> Metric:
    by_label = values if isinstance(values, Mapping) else {"": values}
    for value, number in by_label.items():
        family.add_metric((value,), float(number))  # the label is left out if there is none
    return family


class _Exposed(Collector):
    """Metrics without the times at which each series began, a fifth of all lines."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        for metric in self._metrics:
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric
