"""Requests on Slack while the database is silent: known members get names and poems."""

from collections.abc import Iterator

import pytest

from bot.chat import button_states
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack import identities
from bot.platforms.slack.client import SlackBot
from bot.polls import votes
from bot.store import Database
from bot.store import database as module
from tests.bot.features.test_silent_database import _never


@pytest.fixture
async def known(bot: SlackBot, slack: LocalSlack) -> SlackBot:
    """The bot, which knows the member and the channel."""
    await slack.command(slack.member, "/about", "").answer()
    return bot


@pytest.fixture(autouse=True)
def silent(known: SlackBot) -> Iterator[None]:
    """The database accepts queries and never answers."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("reading", "writing"):
            patch.setattr(Database, name, _never)
        for place, name in (
            (module, "ANSWER_S"),
            (module, "AWAY_S"),
            (votes, "OPENING_S"),
            (button_states, "SAVING_S"),
            (identities, "KNOWN_S"),
        ):
            patch.setattr(place, name, 0.01)
        yield


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/dinoname", "Mangosaurus"),
        ("/sonnet Shall I", "Shall I"),
        ("/help", "/dinoname"),
        ("/champion", "database isn't answering"),
        ("/privacy", "database isn't answering"),
    ],
)
async def test_known_member(
    known: SlackBot, slack: LocalSlack, command: str, expected: str
) -> None:
    before = len(slack.messages)
    slack.command(slack.member, command, "Shall I" if command == "/sonnet" else "")
    await slack.wait_for(lambda: any(expected in each.words for each in slack.messages[before:]))


async def test_button(known: SlackBot, slack: LocalSlack) -> None:
    """Another poem."""
    poem = await slack.command(slack.member, "/sonnet", "").answer()
    pressed = slack.press(slack.member, poem, poem.buttons[0]["action_id"])
    assert "sonnet" in (await pressed.answer()).words.lower()


async def test_unknown_member(known: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.admin, "/dinoname", "")
    assert "database isn't answering" in (await asked.answer()).words
