"""What an operator is told when the bot cannot start on Slack, or not do everything."""

from unittest.mock import AsyncMock

import pytest

from bot.chat.turn import DeliveryError
from bot.monitoring.monitor import Monitor
from bot.platforms.slack import client
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.startup_problems import different_apps, startup_problem
from bot.startup import SLACK_APPS, Exit
from simulators.slack.server import LocalSlack
from tests.bot.conftest import World
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal
from tests.bot.platforms.slack.setups import make_bot, running

WRONG = (  # of another app, revoked, or the app-level token in its place
    *("account_inactive", "invalid_auth", "not_allowed_token_type"),
    *("not_authed", "token_expired", "token_revoked"),
)
BOT, APP = "auth.test", "apps.connections.open"
UNSCOPED = refusal("missing_scope", needed="users:read")
PROBLEMS = [
    *(
        (method, refusal(code), Exit.TOKEN_REJECTED, f"does not accept {token} ({code})")
        for method, token in ((BOT, "SLACK_BOT_TOKEN"), (APP, "SLACK_APP_TOKEN"))
        for code in WRONG
    ),
    (BOT, UNSCOPED, Exit.TOKEN_REJECTED, "SLACK_BOT_TOKEN lacks these scopes: users:read"),
    (APP, UNSCOPED, Exit.TOKEN_REJECTED, "SLACK_APP_TOKEN lacks the scope connections:write"),
    (BOT, refusal("new"), Exit.BAD_SETTINGS, "Slack refuses the bot (auth.test: new)"),
    (APP, refusal("forbidden_team"), Exit.BAD_SETTINGS, "forbidden_team). Switch Socket Mode on"),
    (BOT, Answer("oh no", 503), Exit.UNREACHABLE, "Check the network"),
    (APP, Answer("oh no", 503), Exit.UNREACHABLE, "Check the network"),
    (APP, Answer("<html>", 403), Exit.UNREACHABLE, "Check the network"),
]


@pytest.mark.parametrize(("method", "answer", "code", "sentence"), PROBLEMS)
async def test_problems(
    server: SlackServer, method: str, answer: Answer, code: Exit, sentence: str
) -> None:
    server.answers[method] = [answer] * 3
    api = SlackApi("xoxb-1", monitor=Monitor(), base_url=server.url)
    with pytest.raises(DeliveryError) as raised:
        await (api.identify() if method == BOT else api.connection_address("xapp-1"))
    await api.close()
    problem = startup_problem(raised.value)
    assert problem.code is code
    assert sentence in str(problem)
    assert code is Exit.UNREACHABLE or SLACK_APPS in str(problem) or "auth.test: new" in sentence


@pytest.mark.parametrize(
    ("token", "answer", "differ"),
    [
        ("xapp-1-A2-3-abc", Answer({"bot": {"app_id": "A1"}}), True),
        ("xapp-1-A1-3-abc", Answer({"bot": {"app_id": "A1"}}), False),
        ("xapp-of-another-form", Answer({"bot": {"app_id": "A1"}}), False),
        ("xapp-1-A2-3-abc", Answer({"bot": {}}), False),
        ("xapp-1-A2-3-abc", UNSCOPED, False),
        ("xapp-1-A2-3-abc", Answer("oh no", 503), False),
    ],
)
async def test_tokens_of_two_apps(
    server: SlackServer, token: str, answer: Answer, differ: bool
) -> None:
    """Each is accepted, but what members do arrives at the other app, or nowhere."""
    server.answers["bots.info"] = [answer] * 3
    api = SlackApi("xoxb-1", monitor=Monitor(), base_url=server.url)
    problem = await different_apps(api, "B1", token)
    await api.close()
    assert (problem is not None) == differ
    if problem is not None:
        found = "SLACK_BOT_TOKEN is of the app A1, and SLACK_APP_TOKEN of A2. Copy both"
        assert str(problem).startswith(found)
        assert SLACK_APPS in str(problem)
        assert server.of("bots.info")[0]["bot"] == "B1"


@pytest.mark.parametrize(("homes", "warned"), [({"T0NOBODY"}, True), (set(), False)])
async def test_home_is_another_workspace(
    world: World, slack: LocalSlack, caplog: pytest.LogCaptureFixture, homes: set[str], warned: bool
) -> None:
    app = world.make_app(home_workspaces=frozenset(homes))
    made = SlackBot(app, slack.bot_token, slack.app_token, base_url=slack.api_url)
    async with running(made):
        assert (f"HOME_WORKSPACES does not name {slack.workspace.id}" in caplog.text) == warned
        assert not app.is_home(made.platform.community_id)


async def test_start_names_two_apps(
    world: World,
    slack: LocalSlack,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "different_apps", AsyncMock(return_value="They are of two apps."))
    async with running(make_bot(world, slack)):
        assert "They are of two apps." in caplog.text
