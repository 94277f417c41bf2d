"""Forms in the simulated workspace, when something fails."""

from unittest.mock import AsyncMock

import pytest

from bot.chat.turn import Gone
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.store import Unavailable


async def test_late_form(bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack opens one within three seconds of the command."""
    expired = AsyncMock(side_effect=Gone("views.open: expired_trigger_id"))
    monkeypatch.setattr(bot.api, "open_view", expired)
    answer = await slack.command(slack.member, "/sonnet", "?").answer()
    assert "could not be opened in time" in answer.words


async def test_suggestions_without_a_database(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are none, and no message about each letter: it would use up the `response_url`."""
    form = await slack.command(slack.member, "/name", "?").opened()
    away = AsyncMock(side_effect=Unavailable)
    monkeypatch.setattr(bot.platform.identities, "user", away)
    for typed in ("m", "mi", "min"):
        await slack.suggest(slack.member, form, "namer", typed)
    away.assert_awaited()
    assert not slack.messages
    assert not slack.calls["response_url"]
