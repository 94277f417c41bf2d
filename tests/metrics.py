"""Metrics of a bot, for tests."""

from bot.monitoring.metrics import PREFIX
from bot.monitoring.monitor import Monitor


def value(monitor: Monitor, name: str, **labels: str) -> float | None:
    """The value of a sample, by its name without the prefix; `None` if there is none."""
    for metric in monitor.metrics.collect():
        for sample in metric.samples:
            if sample.name == f"{PREFIX}_{name}" and sample.labels == labels:
                return sample.value
    return None
