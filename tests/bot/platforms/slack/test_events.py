"""Events: the end of the app in the workspace."""

from datetime import timedelta

import pytest

from bot.platforms.slack.client import SlackBot
from bot.privacy.queries import Privacy

BOT = "the bot's own"


@pytest.mark.parametrize(
    ("event", "is_removed"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["U2"]}}, False),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}, False),
        ({"type": "tokens_revoked", "tokens": {"bot": BOT}}, False),
        ({"type": "tokens_revoked"}, False),
        ({"type": "message"}, False),
    ],
)
async def test_removed_app_is_recorded(
    bot: SlackBot, caplog: pytest.LogCaptureFixture, event: dict[str, object], is_removed: bool
) -> None:
    """Its data is deleted later, so a revoked token of somebody else must not count."""
    tokens = event.get("tokens")
    if isinstance(tokens, dict) and tokens.get("bot") == [BOT]:
        event = event | {"tokens": tokens | {"bot": ["U9", bot.platform.bot_user]}}
    await bot.requests.handle_event(event)
    forgotten = await bot.app.store[Privacy].forget_communities(bot.app.now() + timedelta(days=31))
    assert (bot.platform.community_id in forgotten) == is_removed
    assert ("is deleted in 30 days" in caplog.text) == is_removed
