"""The dashboard and the alerting rules name metrics and labels that the bot has."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.monitoring.metrics import Metrics
from bot.monitoring.monitor import Monitor
from bot.monitoring.state import Queue, Snapshot

CHECKOUT = Path(__file__).parents[3]
DASHBOARD = CHECKOUT / "deploy" / "grafana" / "mangosaurus.json"
ALERTS = CHECKOUT / "deploy" / "prometheus" / "alerts.yml"
DOCS = CHECKOUT / "docs" / "monitoring.md"
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
OF_PROMETHEUS = {"up", "instance", "job", "le"}


def queries() -> Iterator[str]:
    """The queries of the dashboard."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def rules() -> Iterator[str]:
    """The expressions of the alerting rules."""
    for block in re.findall(r"expr: (.*?)(?=\n        \w+:)", ALERTS.read_text(), re.DOTALL):
        yield block.removeprefix("|")


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    """The metrics of a bot in which something of each kind has happened."""
    made = Metrics()
    made.state.take = lambda: Snapshot(
        gateway_latency=0.1,
        database_seconds=0.1,
        queues={"names": Queue(1, 2.0)},
        trainings={"queued": 1},
        models_ready={"tasks": 2},
        trainings_finished={"done": 1},
        checks={"gateway": True},
    )
    with suppress(ValueError), Monitor(made).track("/sonnet", 1):
        raise ValueError
    made.batch("names", 1, 0.1)
    made.info.labels("1.2.3").set(1)
    return made


@pytest.fixture(scope="module")
def names(metrics: Metrics) -> set[str]:
    """The names of all samples, also of those that no event has made yet."""
    return {
        metric.name + suffix
        for metric in metrics.collect()
        for suffix in SUFFIXES.get(metric.type, ())
    }


@pytest.mark.parametrize("query", [*queries(), *rules()])
def test_metrics_exist(query: str, names: set[str]) -> None:
    found = set(re.findall(r"\b(?:mangosaurus|process)_\w+", query))
    assert found or query.startswith("up{")
    assert found <= names


@pytest.mark.parametrize("query", [*queries(), *rules()])
def test_labels_exist(query: str, metrics: Metrics) -> None:
    """Labels have to be those of the metric: Prometheus answers nothing otherwise, and no error."""
    used = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(", ")}
    used |= set(re.findall(r"(\w+)=~?\"", query))
    known = set(OF_PROMETHEUS)
    for metric in metrics.collect():
        if re.search(rf"\b{metric.name}(_\w+)?\b", query):
            known |= {label for sample in metric.samples for label in sample.labels}
    assert used <= known


def test_every_metric_is_documented(metrics: Metrics) -> None:
    documented = DOCS.read_text()
    ours = {metric.name for metric in metrics.collect() if metric.name.startswith("mangosaurus_")}
    assert len(ours) > 25
    assert sorted(name for name in ours if f"`{name}" not in documented) == []


def test_some_rules_and_queries() -> None:
    assert len([*queries()]) > 30
    assert len([*rules()]) == ALERTS.read_text().count("- alert:")
