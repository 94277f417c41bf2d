"""Requests: their line in the log, and their metrics."""

import asyncio
import logging
import re
from contextvars import copy_context

import pytest

from bot.monitoring import requests
from bot.monitoring.monitor import Monitor
from bot.monitoring.requests import Outcome
from tests.metrics import value


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


def test_answered(monitor: Monitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), monitor.track("/dinoname", 12) as request:
        requests.acknowledge()
        for _ in range(2):
            requests.add_turn(0.25, 0.5)
        assert requests.reference() == request.reference
    assert requests.reference() is None
    assert value(monitor, "requests_total", request="/dinoname", outcome="answered") == 1
    assert value(monitor, "request_seconds_count", request="/dinoname") == 1
    assert value(monitor, "acknowledgement_seconds_count") == 1
    (line,) = caplog.messages
    assert line.startswith("/dinoname in server 12: answered after ")
    assert re.search(r"\(acknowledged 0\.\d{3}, waited 0\.500, networks 1\.000\)$", line)


async def test_cancelled(monitor: Monitor) -> None:
    async def work() -> None:
        with monitor.track("/sonnet", 1):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert value(monitor, "requests_total", request="/sonnet", outcome="cancelled") == 1


async def test_tasks_keep_the_reference(monitor: Monitor) -> None:
    async def background() -> str | None:
        return requests.reference()

    with monitor.track("/sonnet", 1) as request:
        task = asyncio.create_task(background())
        thread = asyncio.to_thread(requests.reference)
        assert await thread == request.reference
    assert await task == request.reference


def test_nothing_is_noted_after_the_end(monitor: Monitor) -> None:
    """By a task that outlives its request."""
    with monitor.track("/sonnet", 1) as request:
        outlives = copy_context()
    outlives.run(requests.end_with, ValueError(), Outcome.FAILED)
    outlives.run(requests.acknowledge)
    assert (request.outcome, request.acknowledged_after) == (Outcome.ANSWERED, None)


def test_responses(monitor: Monitor) -> None:
    for status in (200, 204, 403, 503):
        monitor.response(status, {})
    monitor.no_response()
    assert value(monitor, "rest_responses_total", status="2xx") == 2
    assert value(monitor, "rest_responses_total", status="error") == 1
    assert value(monitor, "invalid_requests_total", status="403") == 1
    assert monitor.invalid_requests.recent == 1
