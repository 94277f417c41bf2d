"""A workspace for tests: the platform on a few lines of Slack, and turns in it; the bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bot.monitoring.monitor import Monitor
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.identities import SlackIdentities
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.turn import SlackOrigin, SlackTurn
from bot.store import Store
from bot.store.identities import Identities
from simulators.slack.server import LocalSlack
from tests.bot.conftest import World
from tests.bot.platforms.slack.commands import NAMES
from tests.bot.platforms.slack.network.server import Answer, SlackServer

TIMESTAMP, NUMBER = "1700000000.000001", 1700000000000001
POSTED = Answer({"ts": TIMESTAMP})
WORKSPACE = {"team_id": "T1", "team": "Paleo", "url": "https://paleo.slack.com/"}
IDENTITY = Answer({**WORKSPACE, "user_id": "UBOT", "user": "mangosaurus"})


def user(**facts: Any) -> Answer:  # noqa: ANN401 (JSON)
    """Slack's answer about a member."""
    profile = {"display_name": facts.pop("display_name", "Mary")}
    return Answer({"user": {"id": "U1", "team_id": "T1", "profile": profile, **facts}})


def make_bot(world: World, slack: LocalSlack) -> SlackBot:
    """The bot in the simulated workspace, which edits after short pauses."""
    app, tokens = world.make_app(cooldown_seconds=0), (slack.bot_token, slack.app_token)
    return SlackBot(app, *tokens, base_url=slack.api_url, edit_s=0.05, is_home=True)


@asynccontextmanager
async def running(bot: SlackBot) -> AsyncIterator[SlackBot]:
    """A bot that has connected."""
    await bot.start()
    yield bot
    await bot.close()
    await bot.app.inference.close()


async def platform_on(slack: SlackServer, store: Store) -> SlackPlatform:
    """The platform in the workspace T1, which posts messages and edits without pauses."""
    slack.answers["auth.test"].append(IDENTITY)
    slack.answers["users.info"] = [user()]
    slack.answers["chat.postMessage"] = [POSTED] * 9
    slack.answers["conversations.open"] = [Answer({"channel": {"id": "D9"}})] * 9
    api = SlackApi("xoxb-1", monitor=Monitor(), base_url=slack.url, edit_s=0.0)
    platform = SlackPlatform(api, SlackIdentities(store[Identities]), NAMES)
    await platform.identify()
    slack.calls.clear()
    return platform


async def turn_in(
    platform: SlackPlatform,
    slack: SlackServer,
    channel: str = "C1",
    **origin: Any,  # noqa: ANN401
) -> SlackTurn:
    """A request of Mary."""
    member = await platform.identities.user("T1", "U1")
    number = await platform.identities.channel("T1", channel) if channel else None
    url = origin.pop("response_url", f"{slack.url}respond")
    known = await platform.member("U1")
    slack.calls.clear()
    return SlackTurn(
        SlackOrigin("U1", channel, number, url, **origin),
        known.user(member),
        platform,
        community_id=None if channel.startswith("D") else platform.community_id,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
    )
