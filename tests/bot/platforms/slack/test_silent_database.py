"""Requests on Slack while the database is silent: known members get names and poems."""

from collections.abc import AsyncIterator

import pytest

from bot.chat import button_states
from bot.platforms.local.slack.records import Message
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack import identities
from bot.platforms.slack.client import SlackBot
from bot.polls import votes
from bot.store import Database
from bot.store import database as module
from tests.bot.features.test_silent_database import _never


@pytest.fixture(autouse=True)
async def silent(bot: SlackBot, slack: LocalSlack) -> AsyncIterator[None]:
    """The database accepts queries and never answers. The bot knows the member and the channel."""
    await slack.command(slack.member, "/about", "").answer()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("reading", "writing"):
            patch.setattr(Database, name, _never)
        for name in ("ANSWER_S", "AWAY_S"):
            patch.setattr(module, name, 0.01)
        patch.setattr(votes, "OPENING_S", 0.01)
        patch.setattr(button_states, "SAVING_S", 0.01)
        patch.setattr(identities, "KNOWN_S", 0.01)
        yield


async def until_it_says(slack: LocalSlack, answer: Message, words: str) -> None:
    await slack.wait_for(lambda: words in answer.words)


async def test_known_member(slack: LocalSlack) -> None:
    for command, line, expected in (
        ("/dinoname", "", "Mangosaurus"),
        ("/help", "", "/dinoname"),
        ("/champion", "", "database isn't answering"),
        ("/privacy", "", "database isn't answering"),
        ("/sonnet", "Shall I", "Shall I"),
    ):
        answer = await slack.command(slack.member, command, line).answer()
        await until_it_says(slack, answer, expected)
    await slack.wait_for(lambda: answer.buttons)
    another = slack.press(slack.member, answer, answer.buttons[0]["action_id"])
    assert "sonnet" in (await another.answer()).words.lower()


async def test_unknown_member(slack: LocalSlack) -> None:
    asked = slack.command(slack.admin, "/dinoname", "")
    assert "database isn't answering" in (await asked.answer()).words
