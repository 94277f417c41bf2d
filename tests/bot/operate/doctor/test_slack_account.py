"""The doctor's look at Slack, on the simulator."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.operate.doctor.findings import Finding, Level
from bot.operate.doctor.slack_account import examine_slack
from bot.platforms.slack.network import api
from bot.settings import Settings, checked
from bot.startup import Exit, StartupError
from simulators.slack.server import LocalSlack


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with LocalSlack(port=0) as started:
        monkeypatch.setattr(api, "BASE_URL", started.api_url)
        yield started


async def found(slack: LocalSlack, bot: str | None = None, app: str | None = None) -> list[Finding]:
    """The findings; the doctor is not asynchronous."""
    return await asyncio.to_thread(examine_slack, settings_of(slack, bot, app))


def settings_of(slack: LocalSlack, bot: str | None = None, app: str | None = None) -> Settings:
    given = {
        "slack_bot_token": slack.bot_token if bot is None else bot,
        "slack_app_token": slack.app_token if app is None else app,
    }
    return checked(given)[0]


@pytest.mark.parametrize(
    ("bot", "app", "expected"),
    [
        ("", None, "SLACK_BOT_TOKEN is not set."),
        (None, "", "SLACK_APP_TOKEN is not set."),
        ("xoxb-wrong", None, "Slack does not accept SLACK_BOT_TOKEN"),
        (None, "xapp-wrong", "Slack does not accept SLACK_APP_TOKEN"),
    ],
)
async def test_wrong_token(
    slack: LocalSlack, bot: str | None, app: str | None, expected: str
) -> None:
    finding = (await found(slack, bot, app))[-1]
    assert finding.level is Level.PROBLEM
    assert finding.found.startswith(expected)
    assert "https://api.slack.com/apps" in finding.advice


async def test_no_token(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    """Either platform may be meant, so both are named: here Slack, beside Discord's findings."""
    assert [(each.level, each.found) for each in await found(slack, "", "")] == [
        (Level.FINE, "Slack can be reached.")
    ]
    monkeypatch.setattr(api, "BASE_URL", "http://127.0.0.1:9/api/")
    (finding,) = await found(slack, "", "")
    assert (finding.level, finding.check) == (Level.PROBLEM, "Network")
    assert finding.found.startswith("Slack cannot be reached")
    discord = replace(settings_of(slack, "", ""), discord_token=settings_of(slack).slack_bot_token)
    assert await asyncio.to_thread(examine_slack, discord) == []


async def test_missing_scopes(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    async with LocalSlack(port=0, scopes=frozenset({"chat:write", "commands"})) as other:
        monkeypatch.setattr(api, "BASE_URL", other.api_url)
        finding = (await found(other))[1]
    assert finding.level is Level.PROBLEM
    assert finding.found == (
        "SLACK_BOT_TOKEN lacks these scopes: channels:read, files:read, files:write, groups:read, "
        "im:write, users:read."
    )


@pytest.mark.parametrize(("homes", "warned"), [({"T0NOBODY"}, True), (set(), False)])
async def test_home_is_another_workspace(slack: LocalSlack, homes: set[str], warned: bool) -> None:
    settings = replace(settings_of(slack), home_workspaces=frozenset(homes))
    findings = await asyncio.to_thread(examine_slack, settings)
    assert any("HOME_WORKSPACES" in each.found for each in findings) == warned
    assert [each.level for each in findings].count(Level.WARNING) == warned
    named = replace(settings, home_workspaces=frozenset({*homes, slack.workspace.id}))
    findings = await asyncio.to_thread(examine_slack, named)
    assert [each.level for each in findings] == [Level.FINE] * 2
    assert "Socket Mode is on" in findings[1].found


async def test_tokens_of_two_apps(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    async def differ(*_arguments: object) -> StartupError:
        sentence = "SLACK_BOT_TOKEN is of the app A1, and SLACK_APP_TOKEN of A2."
        return StartupError(Exit.BAD_SETTINGS, sentence, "Copy both.")

    monkeypatch.setattr("bot.platforms.slack.startup_problems.different_apps", differ)
    finding = (await found(slack))[-1]
    assert finding.level is Level.PROBLEM
    assert finding.found == "SLACK_BOT_TOKEN is of the app A1, and SLACK_APP_TOKEN of A2."
    assert finding.advice == "Copy both."


async def test_unreachable(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    monkeypatch.setattr(api, "BASE_URL", "http://127.0.0.1:9/api/")
    (finding,) = await found(slack)
    assert finding.found.startswith("Slack cannot be reached")
