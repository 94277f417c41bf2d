"""Why the bot cannot start on Slack, with what to press: for the operator."""

import logging
import re
from collections.abc import Collection

from bot.chat.turn import DeliveryError, Refused, Unreachable
from bot.platforms.slack.network.api import SlackApi, code_of, needed_scope
from bot.startup import SLACK_APPS, Exit, StartupError

REJECTED = {
    *("account_inactive", "invalid_auth", "not_allowed_token_type"),
    *("not_authed", "token_expired", "token_revoked"),
}
"""Codes for a token that is wrong."""
_SOCKET_MODE = "apps.connections.open"
_PAGES = f"on the pages of your app: {SLACK_APPS}"
_APP_OF_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-.+")

log = logging.getLogger(__name__)


def startup_problem(error: DeliveryError) -> StartupError:
    """The sentence for an error of `SlackBot.start`."""
    code = code_of(error)
    is_refused = isinstance(error, Refused) and code  # a proxy's page has no code
    if isinstance(error, Unreachable) and not is_refused:
        return StartupError(
            Exit.UNREACHABLE, f"Slack cannot be reached ({error}).", "Check the network."
        )
    is_connection = str(error).startswith(_SOCKET_MODE)
    if code in REJECTED:
        token = "SLACK_APP_TOKEN" if is_connection else "SLACK_BOT_TOKEN"
        copy = "Copy the Bot User OAuth Token again from OAuth & Permissions"
        if is_connection:
            copy = "Copy it again from Basic Information → App-Level Tokens"
        return StartupError(
            Exit.TOKEN_REJECTED, f"Slack does not accept {token} ({code}).", f"{copy}, {_PAGES}"
        )
    if code == "missing_scope" and is_connection:
        return StartupError(
            Exit.TOKEN_REJECTED,
            "SLACK_APP_TOKEN lacks the scope connections:write.",
            f"Generate a token with it under Basic Information → App-Level Tokens, {_PAGES}",
        )
    if code == "missing_scope":
        return missing_scopes({needed_scope(error)})
    if is_connection:
        return StartupError(
            Exit.BAD_SETTINGS,
            f"Slack refuses a connection ({error}).",
            f"Switch Socket Mode on, on the page Socket Mode of your app: {SLACK_APPS}",
        )
    return StartupError(Exit.BAD_SETTINGS, f"Slack refuses the bot ({error}).")


def missing_scopes(scopes: Collection[str]) -> StartupError:
    """The problem that the bot's token lacks some scopes."""
    return StartupError(
        Exit.TOKEN_REJECTED,
        f"SLACK_BOT_TOKEN lacks these scopes: {', '.join(sorted(scopes))}.",
        "Add them under OAuth & Permissions → Scopes, press Reinstall to Workspace, and copy the "
        f"token again, {_PAGES}",
    )


def unnamed_home(team: str) -> StartupError:
    """The problem that HOME_WORKSPACES does not name the workspace of the bot's token."""
    return StartupError(
        Exit.BAD_SETTINGS,
        f"HOME_WORKSPACES does not name {team}, the workspace of SLACK_BOT_TOKEN: nobody there can "
        "use /retrain, or is the bot's owner.",
        "Add it if that is not what you want.",
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
        f"SLACK_BOT_TOKEN is of the app {app}, and SLACK_APP_TOKEN of {match[1]}.",
        f"Copy both from the pages of one app: {SLACK_APPS}",
    )
