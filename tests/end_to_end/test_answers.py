"""Answers while Discord is silent: requests of the bot that are never confirmed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from discord.http import HTTPClient
from discord.webhook.async_ import AsyncWebhookAdapter

from bot.app import utc_now
from bot.chat import dispatch
from bot.chat.app import MOST_RECEIPTS
from bot.features import jobs
from bot.platforms.discord import platform
from bot.platforms.discord.client import Mangosaurus
from bot.writing import Inference
from models.verse.poem import SonnetDraft, SonnetRequest
from simulators.discord.server import LocalDiscord
from tests.bot.tiny import write_tiny_weights
from tests.end_to_end.conftest import mangosaurus
from tests.waiting import eventually

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


async def test_poem_is_finished_after_a_hanging_edit(
    local: LocalDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(monkeypatch, lambda route: route.method == "PATCH", arrives=False)
    async with playing(local, tmp_path):
        asked = await local.run_command("sonnet", {"opening": "Shall I"})
        await local.wait_for(lambda: asked.message.buttons, what="The end of the poem")
        assert "✒️" not in asked.message.embed["description"]


async def test_answer_after_a_lost_confirmation(
    local: LocalDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request was deferred, but the bot could not know: it writes the poem nevertheless."""
    silence(monkeypatch, lambda route: "callback" in route.url, arrives=True)
    async with playing(local, tmp_path):
        asked = await local.run_command("sonnet", {"opening": "Shall I"})
        await local.wait_for(lambda: asked.message.buttons, what="The end of the poem")


def write_one_line(
    inference: Inference, monkeypatch: pytest.MonkeyPatch, go_on: asyncio.Event | None = None
) -> None:
    """Let poems hang after their first line, for ever or until they may go on."""
    write = inference.sonnet

    async def write_a_line(
        request: SonnetRequest, *_: object, **_options: object
    ) -> AsyncGenerator[SonnetDraft, None]:
        async for draft in write(request):
            yield draft
            await (go_on or asyncio.Event()).wait()

    monkeypatch.setattr(inference, "sonnet", write_a_line)


@dataclass
class Outage:
    """While it lasts, Discord takes no edits."""

    lasts: bool = True


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    """An outage, with a bot that gives up and looks for unfinished answers at once."""
    outage = Outage()

    def cut(client: type[AsyncWebhookAdapter | HTTPClient]) -> None:
        request: Any = client.request

        async def send(self: object, route: Route, *args: Any, **options: Any) -> object:  # noqa: ANN401 (passed on to discord.py)
            if outage.lasts and route.method == "PATCH":
                raise ConnectionResetError
            return await request(self, route, *args, **options)

        monkeypatch.setattr(client, "request", send)

    cut(AsyncWebhookAdapter)
    cut(HTTPClient)  # edits without a token, as of an answer that is closed later
    monkeypatch.setattr(dispatch, "LAST_TRIES", 1)
    monkeypatch.setattr(jobs, "BEAT_S", 0.1)
    return outage


async def test_poem_is_delivered_after_an_outage(
    local: LocalDiscord, tmp_path: Path, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(local, tmp_path) as bot:
        unfinished, go_on = bot.app.unfinished, asyncio.Event()
        write_one_line(bot.app.inference, monkeypatch, go_on)
        asked = await local.run_command("sonnet", {"opening": "Shall I"}, until="acknowledged")
        go_on.set()  # its first line is shown or comes with the first edit, which fails
        await eventually(lambda: unfinished.released("discord"))
        outage.lasts = False
        await local.wait_for(lambda: asked.message.buttons, what="The end of the poem")
        assert asked.message.embed["description"].startswith("Shall I")
        assert "✒️" not in asked.message.embed["description"]
        await eventually(lambda: not unfinished.released("discord"))


async def test_poem_of_a_killed_process_is_closed(
    local: LocalDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next process replaces "✒️ …" by a sentence and a button that works."""
    async with playing(local, tmp_path) as bot:
        write_one_line(bot.app.inference, monkeypatch)
        asked = await local.run_command("sonnet", {"opening": "Shall I"})
        assert "✒️" in asked.message.embed["description"]
        await asyncio.wait_for(bot.app.unfinished.wait_written(), 60)
    later = timedelta(minutes=1)
    async with mangosaurus(
        local, tmp_path / "state", now=lambda: utc_now() + later, edit_interval=0.2
    ):
        await local.wait_for(lambda: asked.message.content, what="The end of the poem")
        assert asked.message.content == "The bot was restarted while it was writing this."
        again = await local.press(asked.message, "Try again")
        await local.wait_for(lambda: len(again.message.buttons) > 1, what="Another poem")
        assert again.message.embed["description"].startswith("Shall I")
