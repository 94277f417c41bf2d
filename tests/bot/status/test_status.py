"""`/status`."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest

from bot.chat.app import App
from bot.chat.commands import NoOptions
from bot.chat.message import Message
from bot.health import Health
from bot.status.status import status
from bot.text.spans import plain
from bot.writing.cluster import ClusterStatus
from tests.bot.chats.protocol import Chat
from tests.bot.conftest import World
from tests.bot.turns import ADA, FakePlatform, FakeTurn


async def shown(app: App, platform: FakePlatform) -> tuple[Message, dict[str, str]]:
    """The answer to an owner, and its fields."""
    platform.operators = {ADA.id}
    turn = FakeTurn(platform)
    await status(app, turn, NoOptions())
    (message,) = turn.answers
    return message, {field.name: plain(field.value) for field in message.embeds[0].fields}


async def test_owner_sees_status(app: App, health: Health, platform: FakePlatform) -> None:
    for age in (timedelta(minutes=61), timedelta(minutes=59)):
        for _ in range(3):
            with app.monitor.track("/sonnet", 1):
                pass
        await health.keep_sample()
        health.samples[-1] = replace(health.samples[-1], at=app.now() - age)
    with pytest.raises(ValueError, match="broken"), app.monitor.track("/sonnet", 1):
        raise ValueError("broken")
    message, fields = await shown(app, platform)
    assert message.private
    assert fields["Requests in an hour"] == "4, 1 failed"
    assert fields["Trainings"] == "0 running, 0 queued"
    assert fields["Database"].endswith(" s")
    assert fields["Fake"] == "0.050 s"
    assert message.files[0].content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("is_connected", "latency", "expected"),
    [(True, None, "connected"), (False, 0.05, "not connected")],
)
async def test_connection(
    app: App,
    platform: FakePlatform,
    is_connected: bool,
    latency: float | None,
    expected: str,
) -> None:
    platform.is_connected, platform.latency = is_connected, latency
    assert (await shown(app, platform))[1]["Fake"] == expected


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        ({0: 0.02, 1: 0.05}, "0-1 of 4, the slowest 0.050 s"),
        ({0: 0.02, 1: None, 3: None}, "0-1, 3 of 4; not connected: 1, 3"),
    ],
)
async def test_shards(
    world: World, platform: FakePlatform, latencies: dict[int, float | None], expected: str
) -> None:
    """Those of the process that answers; without the setting, there is nothing to tell apart."""
    platform.shard_latencies = latencies
    for count, found in ((4, expected), (None, None)):
        app = world.make_app(shard_count=count)
        _message, fields = await shown(app, platform)
        assert fields.get("Shards") == found
        await app.store.close()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ClusterStatus(), "not connected"),
        (ClusterStatus(connected=True, workers=1, threads=2), "1 worker, 2 turns at a time"),
        (ClusterStatus(connected=True, workers=3, threads=6), "3 workers, 6 turns at a time"),
    ],
)
async def test_cluster(
    app: App, platform: FakePlatform, state: ClusterStatus, expected: str
) -> None:
    """Shown if one is set, and counted."""
    assert b"cluster" not in await app.monitor.metrics.exposition()
    app.cluster = app.health.cluster = Mock(status=state)
    assert (await shown(app, platform))[1]["Cluster"] == expected
    found = (await app.monitor.metrics.exposition()).decode()
    assert f'mangosaurus_cluster_workers{{state="ready"}} {state.workers}.0' in found


@pytest.mark.both
async def test_in_a_chat(chat: Chat) -> None:
    ada = await chat.add_administrator()
    result = await ada.use("status")
    assert result.is_private
    assert "Only the owners" in result.text
    await chat.let_everyone_use("status")
    result = await (await chat.add_operator()).use("status")
    assert result.is_private
    assert result.title == "🦖 Mangosaurus 1.2.3"
