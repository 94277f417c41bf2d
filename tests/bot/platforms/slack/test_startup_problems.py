"""What an operator is told when the bot cannot start on Slack, or not do everything."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.turn import DeliveryError
from bot.monitoring.monitor import Monitor
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack import client
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.startup_problems import different_apps, startup_problem
from bot.startup import SLACK_APPS, Exit, StartupError
from tests.bot.conftest import World
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal, serving


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    async with serving() as started:
        yield started


async def problem_of(server: SlackServer, method: str, answer: Answer) -> StartupError:
    """The sentence for the answer to one of the two calls with which the bot starts."""
    server.answers[method] = [answer] * 3
    api = SlackApi("xoxb-1", monitor=Monitor(), base_url=server.url)
    starting = api.identify() if method == "auth.test" else api.connection_address("xapp-1")
    try:
        with pytest.raises(DeliveryError) as raised:
            await starting
    finally:
        await api.close()
    return startup_problem(raised.value)


WRONG = (
    "account_inactive",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
)


@pytest.mark.parametrize("code", WRONG)
async def test_bot_token_is_wrong(server: SlackServer, code: str) -> None:
    """Of another app, revoked, or the app-level token in its place."""
    problem = await problem_of(server, "auth.test", refusal(code))
    assert problem.code is Exit.TOKEN_REJECTED
    assert f"does not accept SLACK_BOT_TOKEN ({code})" in str(problem)
    assert "Bot User OAuth Token" in str(problem)
    assert "OAuth & Permissions" in str(problem)
    assert SLACK_APPS in str(problem)


@pytest.mark.parametrize("code", WRONG)
async def test_app_token_is_wrong(server: SlackServer, code: str) -> None:
    problem = await problem_of(server, "apps.connections.open", refusal(code))
    assert problem.code is Exit.TOKEN_REJECTED
    assert f"does not accept SLACK_APP_TOKEN ({code})" in str(problem)
    assert "Basic Information → App-Level Tokens" in str(problem)


async def test_app_token_lacks_its_scope(server: SlackServer) -> None:
    answer = refusal("missing_scope", needed="connections:write")
    problem = await problem_of(server, "apps.connections.open", answer)
    assert problem.code is Exit.TOKEN_REJECTED
    assert "SLACK_APP_TOKEN lacks the scope connections:write" in str(problem)


async def test_bot_token_lacks_a_scope(server: SlackServer) -> None:
    answer = refusal("missing_scope", needed="users:read")
    problem = await problem_of(server, "auth.test", answer)
    assert "SLACK_BOT_TOKEN lacks these scopes: users:read" in str(problem)
    assert "Reinstall to Workspace" in str(problem)


@pytest.mark.parametrize("code", ["forbidden_team", "something_new"])
async def test_socket_mode_is_off(server: SlackServer, code: str) -> None:
    problem = await problem_of(server, "apps.connections.open", refusal(code))
    assert problem.code is Exit.BAD_SETTINGS
    assert code in str(problem)
    assert "Switch Socket Mode on, on the page Socket Mode of your app" in str(problem)


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_slack_is_away(server: SlackServer, method: str) -> None:
    problem = await problem_of(server, method, Answer("oh no", 503))
    assert problem.code is Exit.UNREACHABLE
    assert "Check the network" in str(problem)


@pytest.mark.parametrize(
    ("token", "answer", "differ"),
    [
        ("xapp-1-A2-3-abc", Answer({"bot": {"app_id": "A1"}}), True),
        ("xapp-1-A1-3-abc", Answer({"bot": {"app_id": "A1"}}), False),
        ("xapp-of-another-form", Answer({"bot": {"app_id": "A1"}}), False),
        ("xapp-1-A2-3-abc", Answer({"bot": {}}), False),
        ("xapp-1-A2-3-abc", refusal("missing_scope", needed="users:read"), False),
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
        sentence = str(problem)
        assert sentence.startswith(
            "SLACK_BOT_TOKEN is of the app A1, and SLACK_APP_TOKEN of A2. Copy both"
        )
        assert SLACK_APPS in sentence
        assert server.of("bots.info")[0]["bot"] == "B1"


async def test_start_names_two_apps(
    world: World,
    slack: LocalSlack,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def differ(_api: SlackApi, bot: str, token: str) -> StartupError:
        assert (bot, token) == (slack.workspace.bot_id, slack.app_token)
        return StartupError(Exit.BAD_SETTINGS, "They are of two apps.")

    monkeypatch.setattr(client, "different_apps", differ)
    made = SlackBot(world.make_app(), slack.bot_token, slack.app_token, base_url=slack.api_url)
    await made.start()
    assert "They are of two apps." in caplog.text
    await made.close()
    await made.app.inference.close()


@pytest.mark.parametrize(("homes", "warned"), [({"T0NOBODY"}, True), (set(), False)])
async def test_home_is_another_workspace(
    world: World, slack: LocalSlack, caplog: pytest.LogCaptureFixture, homes: set[str], warned: bool
) -> None:
    app = world.make_app(home_workspaces=frozenset(homes))
    made = SlackBot(app, slack.bot_token, slack.app_token, base_url=slack.api_url)
    await made.start()
    assert (f"HOME_WORKSPACES does not name {slack.workspace.id}" in caplog.text) == warned
    assert not app.is_home(made.platform.community_id)
    await made.close()
    await app.inference.close()
