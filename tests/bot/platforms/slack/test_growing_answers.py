"""Answers that grow: poems line by line and trainings, within the workspace's budget of edits."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.platforms.local.slack.records import Message
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.writing.service import Caller
from models.training.events import Done, Planned, Progress
from models.verse.poem import SonnetDraft, SonnetRequest
from models.weights import save_weights
from tests.bot.conftest import World
from tests.models.tiny import namer

FIRST = 4
"""Lines that are there at once in a poem that takes long."""


@pytest.fixture
def rest(bot: SlackBot, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the rest of a poem is written; until then, it has `FIRST` lines."""
    written = asyncio.Event()
    original = bot.app.inference.sonnet

    async def slow(request: SonnetRequest, caller: Caller) -> AsyncGenerator[SonnetDraft, None]:
        count = 0
        async for draft in original(request, caller):
            yield draft
            count += 1
            if count == FIRST:
                await written.wait()

    monkeypatch.setattr(bot.app.inference, "sonnet", slow)
    monkeypatch.setattr(bot.platform, "whole_answer_s", 0.05)  # instead of a second
    return written


def last(number: int) -> str:
    return f"line {number} of the poem,"


async def test_slow_poem_grows_in_one_message(
    bot: SlackBot, slack: LocalSlack, rest: asyncio.Event
) -> None:
    """The lines that come within a second are shown together, the others as edits allow."""
    message = await slack.command(slack.member, "/sonnet", "Shall I").answer()
    await slack.wait_for(lambda: last(FIRST) in message.words)
    assert last(FIRST + 1) not in message.words
    assert not message.buttons
    before = len(message.edits)
    assert before < FIRST
    rest.set()
    await slack.wait_for(lambda: message.buttons)
    assert last(14) in message.words
    assert len(message.edits) - before < 14 - FIRST  # gathered
    assert slack.messages == [message]
    assert slack.refused.total() == 0


async def test_slow_poem_outside_comes_whole(
    bot: SlackBot, slack: LocalSlack, rest: asyncio.Event
) -> None:
    """In a channel that the bot has not joined, it cannot edit."""
    asked = slack.command(slack.member, "/sonnet", "Shall I", channel=slack.elsewhere)
    await slack.wait_for(lambda: slack.refused or slack.calls["chat.postMessage"])
    rest.set()
    await slack.wait_for(lambda: any(last(14) in each.words for each in slack.messages))
    whole = [each for each in asked.messages if not each.is_ephemeral]
    assert len(whole) == 1
    assert whole[0].edits == []
    assert whole[0].buttons


async def test_picture_outside_needs_an_invitation(bot: SlackBot, slack: LocalSlack) -> None:
    await slack.command(slack.member, "/dinoname", "").answer()
    asked = slack.command(slack.member, "/dissect", "Mangosaurus", channel=slack.elsewhere)
    message = await asked.answer()
    assert message.is_ephemeral
    assert "/invite @Mangosaurus" in message.words


async def test_training_is_one_message_with_its_curve_in_the_thread(
    bot: SlackBot, slack: LocalSlack, world: World, tmp_path: Path
) -> None:
    made = namer()
    weights = tmp_path / "new.safetensors"
    save_weights(weights, made.network.arrays(), replace(made.card, reference_loss=1.2), made.known)
    weights.with_suffix(".png").write_bytes(b"curve")
    world.training[:] = [
        Planned(100, "Mine", ()),
        *(Progress(step, 100, 1.9, 1.8, 50_000, 60) for step in range(1, 100)),
        600,
        Done(weights, weights.with_suffix(".png"), 1.5, (), 75),
    ]

    def progress() -> list[Message]:
        return [each for each in slack.messages if "▇" in each.words or "█" in each.words]

    slack.command(slack.admin, "/retrain", "names seed:7")
    await slack.wait_for(lambda: any("99%" in each.words for each in progress()))
    (message,) = progress()
    assert len(message.edits) < 99
    world.trainers[0].go_on()
    await slack.wait_for(lambda: "Version 1 of names is live" in message.words)
    await slack.wait_for(lambda: any(each.files for each in slack.messages))
    (curve,) = [each for each in slack.messages if each.files]
    assert curve.thread_ts == message.ts
    assert curve.files[0].alt_text
