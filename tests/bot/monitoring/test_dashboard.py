"""The dashboard and the alerting rules name metrics and labels that the bot has."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from prometheus_client.core import Metric

from bot.writing.cluster import ClusterStatus
from tests.bot.conftest import World
from tests.bot.turns import FakePlatform

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


@pytest.fixture
async def metrics(world: World) -> AsyncIterator[list[Metric]]:
    """Those of a bot in which something of each kind has happened."""
    app = world.make_app()
    await app.store.database.migrate()
    app.health.add(FakePlatform())
    await app.health.refresh()
    with suppress(ValueError), app.monitor.track("/sonnet", 1):
        raise ValueError
    app.monitor.metrics.batch("names", 1, 0.1)
    app.training.finished["done"] += 1
    app.health.cluster = Mock(status=ClusterStatus())
    yield [*app.monitor.metrics.collect()]
    await app.store.close()


async def test_metrics_and_labels_exist(metrics: list[Metric]) -> None:
    """Prometheus answers nothing otherwise, and no error."""
    names = {each.name + end for each in metrics for end in SUFFIXES.get(each.type, ())}
    assert len([*queries()]) > 30
    assert len([*rules()]) == ALERTS.read_text().count("- alert:")
    for query in (*queries(), *rules()):
        found = set(re.findall(r"\b(?:mangosaurus|process)_\w+", query))
        assert found or query.startswith("up{")
        assert found <= names, query
        grouped = re.findall(r"by \(([^)]*)\)", query)
        used = {label for group in grouped for label in group.split(", ")}
        used |= set(re.findall(r"(\w+)=~?\"", query))
        known = {
            label
            for metric in metrics
            if re.search(rf"\b{metric.name}(_\w+)?\b", query)
            for sample in metric.samples
            for label in sample.labels
        }
        assert used <= known | OF_PROMETHEUS, query


async def test_every_metric_is_documented(metrics: list[Metric]) -> None:
    documented = DOCS.read_text()
    ours = {metric.name for metric in metrics if metric.name.startswith("mangosaurus_")}
    assert len(ours) > 25
    assert sorted(name for name in ours if f"`{name}" not in documented) == []
