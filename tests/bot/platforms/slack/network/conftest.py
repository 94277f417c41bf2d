"""Fixtures: a few lines of Slack, and a clock for what is asked of it."""

import pytest

from tests.bot.platforms.slack.network.server import Clock, SlackServer


@pytest.fixture
def slack(server: SlackServer) -> SlackServer:
    return server


@pytest.fixture
def clock() -> Clock:
    return Clock()
