"""`/status`."""

import io
from types import SimpleNamespace

import pytest
from PIL import Image

from bot.chat.app import App
from bot.chat.commands import NoOptions
from bot.chat.message import UserError, plain
from bot.status.health import Health
from bot.status.status import status
from bot.writing.cluster import ClusterStatus
from tests.bot.chats.protocol import Chat
from tests.bot.conftest import World
from tests.bot.turns import ADA, FakePlatform, FakeTurn


async def test_owner_sees_status(app: App, health: Health, platform: FakePlatform) -> None:
    platform.operators = {ADA.id}
    turn = FakeTurn(platform)
    monitor = app.monitor
    for _ in range(3):
        with monitor.track("/sonnet", 1):
            pass
    health.keep_sample()
    with pytest.raises(ValueError, match="broken"), monitor.track("/sonnet", 1):
        raise ValueError("broken")
    app.services.append(health)
    await status(app, turn, NoOptions())
    (message,) = turn.answers
    assert message.private
    fields = {field.name: plain(field.value) for field in message.embeds[0].fields}
    assert fields["Requests in an hour"] == "4, 1 failed"
    assert fields["Trainings"] == "0 running, 0 queued"
    assert fields["Database"].endswith(" s")
    assert fields["Fake"] == "0.050 s"
    assert Image.open(io.BytesIO(message.files[0].content)).format == "PNG"


@pytest.mark.parametrize(
    ("latencies", "shown"),
    [
        ({0: 0.02, 1: 0.05}, "0-1 of 4, the slowest 0.050 s"),
        ({0: 0.02, 1: None, 3: None}, "0-1, 3 of 4; not connected: 1, 3"),
    ],
)
async def test_shards(
    world: World, platform: FakePlatform, latencies: dict[int, float | None], shown: str
) -> None:
    """Those of the process that answers; without the setting, there is nothing to tell apart."""
    platform.operators, platform.shard_latencies = {ADA.id}, latencies
    for count, expected in ((4, shown), (None, None)):
        app = world.make_app(shard_count=count)
        turn = FakeTurn(platform)
        app.services.append(Health(app, platform))
        await status(app, turn, NoOptions())
        fields = {field.name: plain(field.value) for field in turn.answers[0].embeds[0].fields}
        assert fields.get("Shards") == expected
        await app.store.close()


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (ClusterStatus(), "not connected"),
        (ClusterStatus(connected=True, workers=1, threads=2), "1 worker, 2 turns at a time"),
        (ClusterStatus(connected=True, workers=3, threads=6), "3 workers, 6 turns at a time"),
    ],
)
async def test_cluster(
    app: App, health: Health, platform: FakePlatform, state: ClusterStatus, shown: str
) -> None:
    """Shown if one is set, and counted."""
    assert b"cluster" not in await app.monitor.metrics.exposition()
    object.__setattr__(app, "cluster", SimpleNamespace(status=state))
    platform.operators = {ADA.id}
    turn = FakeTurn(platform)
    app.services.append(health)
    await status(app, turn, NoOptions())
    fields = {field.name: plain(field.value) for field in turn.answers[0].embeds[0].fields}
    assert fields["Cluster"] == shown
    found = (await app.monitor.metrics.exposition()).decode()
    assert f'mangosaurus_cluster_workers{{state="ready"}} {state.workers}.0' in found


async def test_others_do_not(app: App, health: Health, platform: FakePlatform) -> None:
    turn = FakeTurn(platform)
    app.services.append(health)
    with pytest.raises(UserError, match="Only the owners"):
        await status(app, turn, NoOptions())
    assert turn.answers == []


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
