"""Guests, and members of whom Slack does not say what they may do."""

from unittest.mock import AsyncMock

import pytest

from bot.chat.turn import Gone, Unreachable
from bot.features import REGISTRY
from bot.platforms.slack.access import refusal_of
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.turn import SlackOrigin
from simulators.slack.records import Message
from simulators.slack.server import LocalSlack

GUEST, UNKNOWN, MEMBER = (
    SlackOrigin("U1", is_guest=True),
    SlackOrigin("U1", is_unknown=True),
    SlackOrigin("U1"),
)
UNSAID = "Slack took too long to say what you're allowed to do"


@pytest.fixture
async def poem(bot: SlackBot, slack: LocalSlack) -> Message:
    """Written before Slack stopped telling of members."""
    return await slack.command(slack.admin, "/sonnet", "").answer()


@pytest.fixture
async def card(bot: SlackBot, slack: LocalSlack) -> Message:
    return await slack.command(slack.admin, "/dinoname", "").answer()


@pytest.fixture
async def away(
    bot: SlackBot, poem: Message, card: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack does not tell of members."""

    unknown = AsyncMock(side_effect=Unreachable("users.info: ratelimited"))
    monkeypatch.setattr(bot.api, "user", unknown)


@pytest.mark.usefixtures("away")
async def test_unknown_member_may_look(slack: LocalSlack, poem: Message, card: Message) -> None:
    for command in ("/dinoname", "/sonnet", "/settings", "/retrain names"):
        name, _space, line = command.partition(" ")
        assert UNSAID in (await slack.command(slack.member, name, line).answer()).words, command
    for command in ("/halloffame", "/privacy", "/help"):
        assert UNSAID not in (await slack.command(slack.member, command, "").answer()).words
    pressed = slack.press(slack.member, poem, poem.buttons[0]["action_id"])
    assert UNSAID in (await pressed.answer()).words
    slack.press(slack.member, card, card.buttons[0]["action_id"])
    await slack.wait_for(lambda: card.edits)  # the vote is counted


@pytest.mark.usefixtures("away")
async def test_last_known_member_gets_poems(bot: SlackBot, slack: LocalSlack) -> None:
    """Whether somebody is a guest hardly changes, unlike what they may do."""
    bot.platform.members._clock = lambda: 1e9
    assert UNSAID not in (await slack.command(slack.admin, "/sonnet", "").answer()).words
    assert UNSAID in (await slack.command(slack.admin, "/settings", "").answer()).words


async def test_member_whom_slack_does_not_show(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They belong to another workspace, with which a channel is shared."""
    gone = AsyncMock(side_effect=Gone("users.info: user_not_visible"))
    monkeypatch.setattr(bot.api, "user", gone)
    assert "Guests" in (await slack.command(slack.member, "/sonnet", "").answer()).words


COMMANDS = {f"/{name}": asked for name, asked in REGISTRY.by_first_word.items()}


@pytest.mark.parametrize(
    ("name", "guest", "unknown"),
    [
        ("/dinoname", True, True),
        ("/halloffame", False, False),
        ("/moderate", False, True),
        ("vote", False, False),
        ("sonnet", True, True),
        ("privacy", False, False),
        ("training", False, True),
        ("moderate", False, True),
        ("something new", False, True),
    ],
)
def test_refusals(name: str, guest: bool, unknown: bool) -> None:
    """Of commands, and of buttons."""
    asked = COMMANDS.get(name) or REGISTRY.buttons.get(name)
    assert (refusal_of(asked, GUEST) is not None) == guest
    assert (refusal_of(asked, UNKNOWN) is not None) == unknown
    assert refusal_of(asked, MEMBER) is None
