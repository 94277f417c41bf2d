"""Why the bot cannot start on Slack, with what to press: for the operator."""

import logging
import re

from bot.chat.turn import DeliveryError, Unreachable
from bot.platforms.slack.network.api import SlackApi, code_of, needed_scope
from bot.startup import Exit, StartupError

APPS = "https://api.slack.com/apps"
REJECTED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
"""Codes for a token that is wrong."""
_SOCKET_MODE = "apps.connections.open"
_APP_OF_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-.+")

log = logging.getLogger(__name__)


def startup_problem(error: DeliveryError) -> StartupError:
    """The sentence for an error of `SlackBot.start`."""
    if isinstance(error, Unreachable):
        return StartupError(
            Exit.UNREACHABLE, f"Slack cannot be reached ({error}). Check the network."
        )
    if str(error).startswith(_SOCKET_MODE):
        return _problem_of_connection(error, code_of(error))
    code = code_of(error)
    if code in REJECTED:
        return StartupError(
            Exit.TOKEN_REJECTED,
            f"Slack does not accept SLACK_BOT_TOKEN ({code}). Copy the Bot User OAuth Token again "
            f"from OAuth & Permissions, on the pages of your app: {APPS}",
        )
    if code == "missing_scope":
        return StartupError(
            Exit.TOKEN_REJECTED,
            f"SLACK_BOT_TOKEN lacks the scope {needed_scope(error)}. Add it under OAuth & "
            "Permissions → Scopes, press Reinstall to Workspace, and copy the token again, on the "
            f"pages of your app: {APPS}",
        )
    return StartupError(Exit.BAD_SETTINGS, f"Slack refuses the bot ({error}).")


def _problem_of_connection(error: DeliveryError, code: str) -> StartupError:
    """The sentence for a connection in Socket Mode that Slack refuses."""
    if code in REJECTED:
        return StartupError(
            Exit.TOKEN_REJECTED,
            f"Slack does not accept SLACK_APP_TOKEN ({code}). Copy it again from Basic Information "
            f"→ App-Level Tokens, on the pages of your app: {APPS}",
        )
    if code == "missing_scope":
        return StartupError(
            Exit.TOKEN_REJECTED,
            "SLACK_APP_TOKEN lacks the scope connections:write. Generate a token with it under "
            f"Basic Information → App-Level Tokens, on the pages of your app: {APPS}",
        )
    return StartupError(
        Exit.BAD_SETTINGS,
        f"Slack refuses a connection ({error}). Switch Socket Mode on, on the page Socket Mode of "
        f"your app: {APPS}",
    )


async def different_apps(api: SlackApi, bot: str, app_token: str) -> StartupError | None:
    """The problem that the tokens are of two apps; `None` if not, or if that is unknown.

    bot: B…, of the bot's token. Raises nothing: this is a hint, and costs a call.
    """
    match = _APP_OF_TOKEN.fullmatch(app_token)
    if match is None or not bot:
        return None
    try:
        app = await api.app_of(bot)
    except DeliveryError as error:
        log.debug("The app of SLACK_BOT_TOKEN is unknown: %s", error)
        return None
    if app in ("", match[1]):
        return None
    return StartupError(
        Exit.BAD_SETTINGS,
        f"SLACK_BOT_TOKEN is of the app {app}, and SLACK_APP_TOKEN of {match[1]}. Copy both from "
        f"the pages of one app: {APPS}",
    )
