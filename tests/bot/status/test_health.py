"""Health of the services: checks, metrics, samples."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import text

from bot import health as module
from bot.chat.app import App
from bot.fleet.membership import Fleet
from bot.health import Health
from bot.monitoring.state import ReadinessCheck
from bot.writing.queues import QueueState
from tests.bot.fakes import FakeWriter, unavailable
from tests.bot.status.test_status import shown
from tests.bot.turns import FakePlatform
from tests.metrics import value


def failing(health: Health) -> set[str]:
    return {name for name, check in health.checks().items() if not check.passes}


async def test_ready_after_first_look(health: Health, app: App) -> None:
    assert failing(health) == {"database"}
    await health.refresh()
    assert failing(health) == set()
    for name, labels, found in [
        ("database_errors_total", {}, 0),
        ("database_seconds_count", {"kind": "read"}, 2),
        ("database_seconds_count", {"kind": "write"}, 1),
        ("database_write_errors_total", {}, 0),
        ("ready", {"check": "models"}, 1),
        ("trainings", {"state": "queued"}, 0),
        ("info", {"version": "1.2.3"}, 1),
        ("processes", {}, 1),
    ]:
        assert value(app.monitor, name, **labels) == found, name


async def test_gateway(health: Health, app: App, platform: FakePlatform) -> None:
    await health.refresh()
    platform.is_connected, platform.latency = False, None
    assert failing(health) == {"gateway"}
    assert value(app.monitor, "ready", check="gateway") == 0
    assert value(app.monitor, "gateway_latency_seconds") is None


async def test_two_platforms(health: Health, app: App, platform: FakePlatform) -> None:
    other = FakePlatform(communities=(7, 8))
    health.add(other)
    await health.refresh()
    assert failing(health) == set()
    assert value(app.monitor, "servers") == len(platform.communities) + 2
    other.is_connected = False
    assert failing(health) == {"gateway"}
    assert health.checks()["gateway"].detail == "not connected to fake"


async def test_shards(health: Health, app: App, platform: FakePlatform) -> None:
    platform.shard_latencies = {4: 0.02, 5: None}
    for shard, connected in (("4", 1), ("5", 0)):
        assert value(app.monitor, "shard_connected", shard=shard) == connected


async def test_slow_event_loop(health: Health, app: App) -> None:
    await health.refresh()
    health.loop_lag.add(module.SLOW_LOOP_S)
    assert failing(health) == {"event_loop"}
    assert value(app.monitor, "event_loop_lag_worst_seconds") == module.SLOW_LOOP_S


async def test_queue(health: Health, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that does not end, or a request that waits for long."""
    await health.refresh()
    for oldest, failed in ((module.OLD_REQUEST_S, set()), (module.OLD_REQUEST_S + 1, {"queue"})):
        monkeypatch.setattr(FakeWriter, "queues", {"names": QueueState(3, oldest)})
        assert failing(health) == failed
        assert value(app.monitor, "inference_queue_length", task="names") == 3
        assert value(app.monitor, "inference_queue_age_seconds", task="names") == oldest
    monkeypatch.setattr(FakeWriter, "queues", {})
    monkeypatch.setattr(FakeWriter, "is_ready", False)
    assert failing(health) == {"queue"}


async def test_stuck_networks_need_a_restart(
    health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute: threads may still end by then, and requests only get slow.

    So do shards that another process runs: only the end of one of the two helps.
    """
    for seconds, is_alive in [(0.0, True), (module.BLOCKED_S - 1, True), (module.BLOCKED_S, False)]:
        monkeypatch.setattr(FakeWriter, "blocked_for", seconds)
        assert health.alive().passes is is_alive
    monkeypatch.setattr(FakeWriter, "blocked_for", 0.0)
    monkeypatch.setattr(Fleet, "lost", "another process runs its shards now")
    assert health.alive() == ReadinessCheck(False, "another process runs its shards now")


async def test_lost_once_stuck(health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.0)
    waiting = asyncio.create_task(health.until_lost())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    monkeypatch.setattr(FakeWriter, "blocked_for", module.BLOCKED_S)
    assert await waiting == "0 threads of the networks do not end"


async def test_absent_database(health: Health, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    await health.refresh()
    monkeypatch.setattr(app.store.database, "check", unavailable)
    await health.refresh()
    assert failing(health) == {"database"}
    assert value(app.monitor, "ready", check="database") == 0


async def test_database_that_stores_nothing(
    health: Health, app: App, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot tries to write at most every ten seconds, if nobody else does."""
    database = app.store.database
    await health.refresh()
    async with database.reading() as session:
        await session.execute(text("PRAGMA query_only=ON"))
    await health.refresh()
    assert failing(health) == set()  # not tried again yet
    database.tried_at -= module.REFRESH_S
    await health.refresh()
    assert failing(health) == {"writes"}
    assert value(app.monitor, "ready", check="writes") == 0
    assert value(app.monitor, "database_write_errors_total") == 1
    assert (value(app.monitor, "disk_free_bytes") or 0) > 0
    assert (await shown(app, platform))[1]["Database"].startswith("answers, but stores nothing")
    async with database.reading() as session:
        await session.execute(text("PRAGMA query_only=OFF"))
    await health.refresh()
    assert failing(health) == set()


async def test_hanging_database_is_asked_once(
    health: Health, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = asyncio.Event(), 0

    async def check() -> None:
        nonlocal asked
        asked += 1
        await answers.wait()

    await health.refresh()
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    monkeypatch.setattr(app.store.database, "check", check)
    for _ in range(3):
        await health.refresh()
    assert (asked, failing(health)) == (1, {"database"})
    answers.set()
    monkeypatch.setattr(module, "PATIENCE_S", 60.0)
    await health.refresh()
    assert failing(health) == set()


async def test_sample_counts_since_the_last(health: Health, app: App) -> None:
    for fails in (True, True, False):
        if not fails:
            sample = health.sample()
            assert (sample.requests, sample.failures) == (2, 2)
            assert sample.memory_bytes > 0
            await health.keep_sample()
        with suppress(ZeroDivisionError), app.monitor.track("/sonnet", 1):
            _ = 1 / (not fails)
    sample = health.sample()
    assert (sample.requests, sample.failures) == (1, 0)
