"""Fixtures: a few lines of Slack, a clock for what is asked of it, and a proxy in between."""

import pytest

from tests.bot.platforms.slack.network.server import Clock, SlackServer


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there: nothing on this machine may be asked for through it."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def slack(server: SlackServer) -> SlackServer:
    return server


@pytest.fixture
def clock() -> Clock:
    return Clock()
