"""Answers that grow: poems line by line and trainings, within the workspace's budget of edits."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.writing.service import Caller
from models.verse.poem import SonnetDraft, SonnetRequest

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
