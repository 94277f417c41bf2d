"""Why the bot cannot start on Slack, with what to press."""

from bot.commands.core.turn import DeliveryError, Unreachable
from bot.slack.network.errors import code_of, needed_scope
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


def startup_problem(error: DeliveryError) -> StartupError:
    """The sentence for an error of `SlackBot.start`."""
    code, is_app_token = code_of(error), str(error).startswith(_SOCKET_MODE)
    token = "SLACK_APP_TOKEN" if is_app_token else "SLACK_BOT_TOKEN"
    if isinstance(error, Unreachable):
        return StartupError(
            Exit.UNREACHABLE, f"Slack cannot be reached ({error}). Check the network."
        )
    if code == "missing_scope":
        return StartupError(Exit.TOKEN_REJECTED, _missing_scope(error, is_app_token))
    if code in REJECTED:
        page = (
            "Basic Information → App-Level Tokens"
            if is_app_token
            else "OAuth & Permissions (after Install to Workspace)"
        )
        return StartupError(
            Exit.TOKEN_REJECTED,
            f"Slack does not accept {token} ({code}). Copy it again from {page}, on the pages of "
            f"your app: {APPS}",
        )
    if is_app_token:
        return StartupError(
            Exit.BAD_SETTINGS,
            f"Slack refuses a connection ({code or error}). Switch Socket Mode on, on the page "
            f"Socket Mode of your app: {APPS}",
        )
    return StartupError(Exit.BAD_SETTINGS, f"Slack refuses the bot ({error}).")


def _missing_scope(error: DeliveryError, is_app_token: bool) -> str:
    if is_app_token:
        return (
            "SLACK_APP_TOKEN lacks the scope connections:write. Make one with it under Basic "
            f"Information → App-Level Tokens, on the pages of your app: {APPS}"
        )
    scope = needed_scope(error) or "(Slack does not say which)"
    return (
        f"SLACK_BOT_TOKEN lacks the scope {scope}. Add it under OAuth & Permissions → Scopes, "
        f"press Reinstall to Workspace, and copy the token again: {APPS}"
    )
