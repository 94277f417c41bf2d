"""Fixtures: the bot in the simulated workspace, with fake networks."""

from collections.abc import AsyncIterator

import pytest

from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack import turn
from bot.platforms.slack.client import SlackBot
from tests.bot.conftest import World
from tests.bot.platforms.slack.setups import make_bot


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
    made = make_bot(world, slack)
    await made.start()
    yield made
    await made.close()
    await made.app.inference.close()
