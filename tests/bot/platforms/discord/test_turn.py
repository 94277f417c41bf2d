"""Interactions of Discord as requests."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.chat.message import Button
from bot.chat.turn import AnswerRef
from bot.platforms.discord.turn import DiscordTurn

SERVER, CHANNEL, MESSAGE = 1, 2, 3
WITH_TOKEN, WITHOUT_TOKEN = AnswerRef(CHANNEL, None, "a token"), AnswerRef(CHANNEL, MESSAGE)


@pytest.mark.parametrize(
    ("server", "sees_channel", "private", "recorded"),
    [
        (SERVER, True, False, [WITH_TOKEN, "shown", WITHOUT_TOKEN]),
        (SERVER, True, True, [WITH_TOKEN, "shown"]),
        (SERVER, False, False, [WITH_TOKEN, "shown"]),
        (99, True, False, [WITH_TOKEN, "shown"]),
    ],
    ids=["ordinary", "private", "unseen-channel", "server-without-bot"],
)
async def test_pending_deferral(
    server: int, sees_channel: bool, private: bool, recorded: list[object]
) -> None:
    """It is recorded before it is shown, and by its token where the bot can't edit messages."""
    events: list[object] = []

    async def defer(**_options: object) -> object:
        events.append("shown")
        return SimpleNamespace(message_id=MESSAGE)

    async def on_pending(ref: AnswerRef, _retry: Button | None) -> None:
        events.append(ref)

    interaction: Any = SimpleNamespace(
        response=SimpleNamespace(type=None, defer=defer),
        user=SimpleNamespace(id=7, display_name="Ada"),
        guild_id=server,
        channel_id=CHANNEL,
        created_at=None,
        app_permissions=discord.Permissions(view_channel=sees_channel),
        token="a token",  # noqa: S106 (a fake one)
    )
    platform: Any = SimpleNamespace(communities=[SERVER])
    turn = DiscordTurn(interaction, platform)
    turn.on_pending = on_pending
    await turn.defer(private=private)
    assert events == recorded
