"""The bot's app on Slack: network, both tokens, scopes, and Socket Mode."""

import asyncio

from bot.operate.doctor.findings import Finding, fine, problem, warning
from bot.operate.doctor.subject import Subject

CHECK = "Slack"
APPS = "https://api.slack.com/apps"
PACKAGE = "Run: python -m pip install --require-hashes -r requirements-slack.txt"


def examine_slack(subject: Subject) -> list[Finding]:
    """Everything that Slack says about the app; the tokens are sent to Slack alone."""
    if not subject.slack_bot_token and not subject.slack_app_token:
        return []
    for token, name, page in (
        (subject.slack_bot_token, "SLACK_BOT_TOKEN", "OAuth & Permissions"),
        (subject.slack_app_token, "SLACK_APP_TOKEN", "Basic Information → App-Level Tokens"),
    ):
        if not token:
            advice = f"Slack needs both tokens. Copy it from {page} of your app: {APPS}"
            return [problem(CHECK, f"{name} is not set.", advice)]
    try:
        return asyncio.run(_examine(subject))
    except ImportError as error:
        return [problem(CHECK, f"The package {error.name} is missing.", PACKAGE)]


async def _examine(subject: Subject) -> list[Finding]:
    from bot.chat.turn import DeliveryError
    from bot.monitoring.monitor import Monitor
    from bot.platforms.slack.manifest import SCOPES
    from bot.platforms.slack.network import api as slack
    from bot.platforms.slack.startup_problems import different_apps, startup_problem
    from bot.platforms.slack.values import text_of

    api = slack.SlackApi(subject.slack_bot_token, monitor=Monitor(), base_url=slack.BASE_URL)
    findings = list[Finding]()
    try:
        found = await api.identify()
        findings.append(fine(CHECK, f"It accepts SLACK_BOT_TOKEN, of {found.get('team')}."))
        team = found.get("team_id")
        if subject.home_workspaces and team not in subject.home_workspaces:
            findings.append(
                warning(
                    CHECK,
                    f"HOME_WORKSPACES does not name {team}, the workspace of SLACK_BOT_TOKEN.",
                    "Nobody there can use /retrain, or is the bot's owner. Add it if that is not "
                    "what you want.",
                )
            )
        if missing := sorted(set(SCOPES) - api.scopes):
            findings.append(
                problem(
                    CHECK,
                    f"These scopes are missing: {', '.join(missing)}.",
                    "Add them under OAuth & Permissions → Scopes, press Reinstall to Workspace, "
                    f"and copy the token again: {APPS}",
                )
            )
        await api.connection_address(subject.slack_app_token)
        findings.append(fine(CHECK, "It accepts SLACK_APP_TOKEN, and Socket Mode is on."))
        bot = text_of(found, "bot_id")
        if differ := await different_apps(api, bot, subject.slack_app_token):
            wrong, _space, advice = str(differ).partition(". ")
            findings.append(problem(CHECK, f"{wrong}.", advice))
    except DeliveryError as error:
        sentence, _space, advice = str(startup_problem(error)).partition(". ")
        findings.append(problem(CHECK, f"{sentence.removesuffix('.')}.", advice))
    finally:
        await api.close()
    return findings
