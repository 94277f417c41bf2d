"""Fixtures: the bot in the simulated workspace, with fake networks."""

from collections.abc import AsyncIterator

import pytest

from bot.platforms.slack import turn
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.platform import SlackPlatform
from bot.store import Store
from simulators.slack.server import LocalSlack
from tests.bot.conftest import World
from tests.bot.platforms.slack.network.server import SlackServer, serving
from tests.bot.platforms.slack.setups import make_bot, platform_on, running


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalSlack]:
    """The workspace, which is asked without a proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with LocalSlack(port=0) as started:
        yield started


@pytest.fixture
async def bot(
    world: World, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SlackBot]:
    """The bot, which has connected. However busy this machine is, answers replace nothing."""
    monkeypatch.setattr(turn, "PLACEHOLDER_S", 300.0)
    monkeypatch.setattr(turn, "NOTICE_S", 300.0)
    async with running(make_bot(world, slack)) as made:
        yield made


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    """A few lines of Slack."""
    async with serving() as started:
        yield started


@pytest.fixture
async def platform(server: SlackServer, store: Store) -> AsyncIterator[SlackPlatform]:
    """The platform on them."""
    made = await platform_on(server, store)
    yield made
    await made.api.close()
