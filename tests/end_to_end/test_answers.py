"""Answers while Discord is silent: requests of the bot that are never confirmed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from discord.webhook.async_ import AsyncWebhookAdapter

from bot.chat.app import MOST_RECEIPTS
from bot.platforms.discord import platform, turn
from bot.platforms.discord.client import Mangosaurus
from simulators.discord.server import LocalDiscord
from tests.bot.tiny import write_tiny_weights
from tests.end_to_end.conftest import mangosaurus

Route = Any


@contextlib.asynccontextmanager
async def playing(local: LocalDiscord, folder: Path) -> AsyncIterator[Mangosaurus]:
    """A bot with tiny networks that keeps everything in `folder`."""
    write_tiny_weights(folder / "state")
    async with mangosaurus(local, folder / "state", edit_interval=0.2) as bot:
        yield bot


async def test_votes_precede_receipts(local: LocalDiscord, tmp_path: Path) -> None:
    """In a rush of votes all are acknowledged in time; the receipts follow."""
    async with playing(local, tmp_path) as bot:
        receipts = bot.app.receipts
        poll = (await local.run_command("dinoname", {"count": 2})).message
        for _ in range(MOST_RECEIPTS):
            await receipts.acquire()
        asked = await local.press(poll, poll.buttons[0].label, until="acknowledged")
        assert not asked.followups
        receipts.release()
        await local.wait_for(lambda: asked.followups, what="The receipt")
        assert "You voted for" in asked.message.content


async def test_file_on_a_slow_uplink(
    local: LocalDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response with it would come too late: the bot is thinking, until the answer comes."""
    monkeypatch.setattr(turn, "LATE_S", 0.0)
    async with playing(local, tmp_path):
        await local.run_command("dinoname")
        overview = (await local.run_command("privacy")).message
        local.state.upload_s = local.state.first_response_s + 1
        plate = await local.run_command("dinosaur", {"name": "Triceratops"})
        export = await local.press(overview, "Show everything")
    for asked, is_private in (plate, False), (export, True):
        (shown,) = asked.messages
        assert len(shown.files) == 1
        assert shown.ephemeral is is_private


def silence(
    monkeypatch: pytest.MonkeyPatch, chosen: Callable[[Route], bool], *, arrives: bool
) -> None:
    """Let Discord never answer the first request that is chosen; it may arrive nevertheless."""
    request, silenced = AsyncWebhookAdapter.request, list[Route]()

    async def send(
        adapter: AsyncWebhookAdapter,
        route: Route,
        *args: Any,  # noqa: ANN401 (passed on to discord.py)
        **options: Any,  # noqa: ANN401
    ) -> object:
        is_silenced = chosen(route) and not silenced
        if is_silenced:
            silenced.append(route)
        response = None
        if arrives or not is_silenced:
            response = await request(adapter, route, *args, **options)
        if is_silenced:
            await asyncio.Event().wait()
        return response

    monkeypatch.setattr(platform, "REQUEST_S", 0.3)
    monkeypatch.setattr(AsyncWebhookAdapter, "request", send)


@pytest.mark.parametrize(
    ("chosen", "arrives"),
    [
        (lambda route: route.method == "PATCH", False),
        # The request was deferred, but the bot could not know.
        (lambda route: "callback" in route.url, True),
    ],
    ids=["a hanging edit", "a lost confirmation"],
)
async def test_poem_is_finished(
    local: LocalDiscord,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chosen: Callable[[Route], bool],
    arrives: bool,
) -> None:
    silence(monkeypatch, chosen, arrives=arrives)
    async with playing(local, tmp_path):
        asked = await local.run_command("sonnet", {"opening": "Shall I"})
        await local.wait_for(lambda: asked.message.buttons, what="The end of the poem")
        assert "✒️" not in asked.message.embed["description"]
