"""Guests, and members of whom Slack does not say what they may do."""

from collections.abc import Mapping
from unittest.mock import AsyncMock

import pytest

from bot.chat.turn import Gone, Unreachable
from bot.features import REGISTRY
from bot.platforms.local.slack.records import Message
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.turn import Origin
from bot.platforms.slack.turns import refusal_of

GUEST, UNKNOWN, MEMBER = Origin("U1", is_guest=True), Origin("U1", is_unknown=True), Origin("U1")
UNSAID = "Slack didn't say in time what you may do"


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

    async def unknown(user: str) -> Mapping[str, object]:
        raise Unreachable(f"users.info: ratelimited, {user}")

    monkeypatch.setattr(bot.api, "user", unknown)


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("command", ["/dinoname", "/sonnet", "/settings", "/retrain names"])
async def test_unknown_member_is_refused(slack: LocalSlack, command: str) -> None:
    name, _space, line = command.partition(" ")
    assert UNSAID in (await slack.command(slack.member, name, line).answer()).words


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("command", ["/halloffame", "/privacy", "/help"])
async def test_unknown_member_may_look(slack: LocalSlack, command: str) -> None:
    assert UNSAID not in (await slack.command(slack.member, command, "").answer()).words


@pytest.mark.usefixtures("away")
async def test_buttons_of_an_unknown_member(
    slack: LocalSlack, poem: Message, card: Message
) -> None:
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


@pytest.mark.parametrize(
    ("word", "guest", "unknown"),
    [("dinoname", True, True), ("halloffame", False, False), ("moderate", False, True)],
)
def test_commands(word: str, guest: bool, unknown: bool) -> None:
    asked = REGISTRY.by_first_word[word]
    assert (refusal_of(asked, GUEST) is not None) == guest
    assert (refusal_of(asked, UNKNOWN) is not None) == unknown
    assert refusal_of(asked, MEMBER) is None


@pytest.mark.parametrize(
    ("action", "guest", "unknown"),
    [
        ("vote", False, False),
        ("sonnet", True, True),
        ("privacy", False, False),
        ("training", False, True),
        ("moderate", False, True),
        ("something new", False, True),
    ],
)
def test_buttons(action: str, guest: bool, unknown: bool) -> None:
    asked = REGISTRY.buttons.get(action)
    assert (refusal_of(asked, GUEST) is not None) == guest
    assert (refusal_of(asked, UNKNOWN) is not None) == unknown
    assert refusal_of(asked, MEMBER) is None
