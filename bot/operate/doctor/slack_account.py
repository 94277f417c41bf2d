"""The bot's app on Slack: network, both tokens, scopes, and Socket Mode."""

import asyncio
from importlib.util import find_spec

from bot.launch import Tokens
from bot.operate.doctor.findings import Finding, fine, problem, refused, warning
from bot.settings import Settings
from bot.startup import Exit, how_to_install

CHECK = "Slack"
PACKAGE = how_to_install("requirements-slack.txt")


def examine_slack(settings: Settings) -> list[Finding]:
    """Everything that Slack says about the app; the tokens are sent to Slack alone."""
    tokens = Tokens.of(settings)
    if missing := tokens.slack_problem():
        return [refused(CHECK, missing)]
    if not tokens.slack_bot and (tokens.discord or find_spec("slack_sdk") is None):
        return []
    try:
        return asyncio.run(_examine(settings, tokens) if tokens.slack_bot else _reach())
    except ImportError as error:
        return [problem(CHECK, f"The package {error.name} is missing.", PACKAGE)]


async def _reach() -> list[Finding]:
    """Whether Slack can be reached, as no token says which platform the bot is for."""
    from bot.chat.turn import DeliveryError
    from bot.monitoring.monitor import Monitor
    from bot.platforms.slack import startup_problems
    from bot.platforms.slack.network import api as slack

    api = slack.SlackApi("none", monitor=Monitor(), base_url=slack.BASE_URL)
    try:
        await api.identify()
    except DeliveryError as error:
        found = startup_problems.startup_problem(error)
        if found.code is Exit.UNREACHABLE:  # else Slack has refused the token
            return [refused("Network", found)]
    finally:
        await api.close()
    return [fine("Network", "Slack can be reached.")]


async def _examine(settings: Settings, tokens: Tokens) -> list[Finding]:
    from bot.chat.turn import DeliveryError
    from bot.monitoring.monitor import Monitor
    from bot.platforms.slack import startup_problems
    from bot.platforms.slack.manifest import SCOPES
    from bot.platforms.slack.network import api as slack
    from bot.platforms.slack.payloads import text_of

    api = slack.SlackApi(tokens.slack_bot, monitor=Monitor(), base_url=slack.BASE_URL)
    findings = list[Finding]()
    try:
        found = await api.identify()
        findings.append(fine(CHECK, f"It accepts SLACK_BOT_TOKEN, of {found.get('team')}."))
        team = text_of(found, "team_id")
        if settings.home_workspaces and team not in settings.home_workspaces:
            unnamed = startup_problems.unnamed_home(team)
            findings.append(warning(CHECK, unnamed.found, unnamed.advice))
        if missing := set(SCOPES) - api.scopes:
            findings.append(refused(CHECK, startup_problems.missing_scopes(missing)))
        await api.connection_address(tokens.slack_app)
        findings.append(fine(CHECK, "It accepts SLACK_APP_TOKEN, and Socket Mode is on."))
        bot = text_of(found, "bot_id")
        if differ := await startup_problems.different_apps(api, bot, tokens.slack_app):
            findings.append(refused(CHECK, differ))
    except DeliveryError as error:
        findings.append(refused(CHECK, startup_problems.startup_problem(error)))
    finally:
        await api.close()
    return findings
