"""Interactions of Discord as requests."""

from types import SimpleNamespace
from typing import Any

from bot.commands.core.message import Button
from bot.commands.core.turn import AnswerRef
from bot.discord.turn import DiscordTurn

SERVER, CHANNEL, MESSAGE = 1, 2, 3


async def test_deferral_is_pending_before_it_is_shown() -> None:
    events: list[object] = []

    async def defer(**_options: object) -> object:
        events.append("shown")
        return SimpleNamespace(message_id=MESSAGE)

    async def on_pending(ref: AnswerRef, _retry: Button | None) -> None:
        events.append(ref)

    interaction: Any = SimpleNamespace(
        response=SimpleNamespace(type=None, defer=defer),
        user=SimpleNamespace(id=7, display_name="Ada"),
        guild_id=SERVER,
        channel_id=CHANNEL,
        token="a token",  # noqa: S106 (a fake one)
    )
    platform: Any = SimpleNamespace(communities=[SERVER])
    turn = DiscordTurn(interaction, platform)
    turn.on_pending = on_pending
    await turn.defer()
    assert events == [AnswerRef(CHANNEL, None, "a token"), "shown", AnswerRef(CHANNEL, MESSAGE)]
