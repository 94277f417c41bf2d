"""`/status`."""

import io

import pytest
from PIL import Image

from bot.commands.core.app import App
from bot.commands.core.info import NoOptions
from bot.commands.core.message import UserError, plain
from bot.commands.operation.health import Health
from bot.commands.operation.status import status
from tests.bot.chats.protocol import Chat
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
    await status(health, app, turn, NoOptions())
    (message,) = turn.answers
    assert message.private
    fields = {field.name: plain(field.value) for field in message.embeds[0].fields}
    assert fields["Requests in an hour"] == "4, 1 failed"
    assert fields["Trainings"] == "0 running, 0 queued"
    assert fields["Database"].endswith(" s")
    assert fields["Fake"] == "0.050 s"
    assert Image.open(io.BytesIO(message.files[0].content)).format == "PNG"


async def test_others_do_not(app: App, health: Health, platform: FakePlatform) -> None:
    turn = FakeTurn(platform)
    with pytest.raises(UserError, match="Only the owners"):
        await status(health, app, turn, NoOptions())
    assert turn.answers == []


async def test_in_a_chat(chat: Chat) -> None:
    ada = await chat.add_administrator()
    result = await ada.use("status")
    assert result.is_private
    assert "Only the owners" in result.text
    await chat.let_everyone_use("status")
    result = await (await chat.add_operator()).use("status")
    assert result.is_private
    assert result.title == "🦖 Mangosaurus 1.2.3"
