"""Slack's errors as those that commands know."""

import http
import json
from collections.abc import Mapping

from slack_sdk.errors import SlackApiError

from bot.chat.turn import Deleted, DeliveryError, Forbidden, Gone, Unreachable
from bot.platforms.slack.values import text_of

_DELETED = {"message_not_found", "thread_not_found"}
_GONE = {
    "cant_update_message",
    "edit_window_closed",
    "exchanged_trigger_id",
    "expired_trigger_id",
    "expired_url",
    "invalid_trigger_id",
    "is_archived",
    "trigger_exchanged",
    "trigger_expired",
    "used_url",
    "user_disabled",
    "user_not_found",
    "user_not_visible",
}
_FORBIDDEN = {
    "access_denied",
    "cannot_dm_bot",
    "channel_not_found",  # also for a private channel that the bot is not in
    "ekm_access_denied",
    "missing_scope",
    "no_permission",
    "not_in_channel",
    "restricted_action",
    "team_access_not_granted",
}
OUTSIDE = {"channel_not_found", "not_in_channel"}
"""Codes for a channel that the bot has to be invited to."""
_AWAY = {
    "fatal_error",
    "internal_error",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
}


def code_of(error: BaseException) -> str:
    """Slack's code of an error, for example `missing_scope`; "" if it has none."""
    cause = error.__cause__
    return facts_of(cause)[0] if isinstance(cause, SlackApiError) else ""


def needed_scope(error: BaseException) -> str:
    """The scope that Slack says is missing."""
    cause = error.__cause__
    data = getattr(cause.response, "data", None) if isinstance(cause, SlackApiError) else None
    return text_of(data, "needed")


def facts_of(error: SlackApiError) -> tuple[str, int, Mapping[str, str]]:
    """The code, status and headers of an answer; the library puts various things there."""
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    headers = getattr(response, "headers", None)
    return (
        text_of(getattr(response, "data", None), "error"),
        status if isinstance(status, int) else 0,
        headers if isinstance(headers, Mapping) else {},
    )


def described(code: str, error: SlackApiError) -> str:
    """The code, with what Slack says about it: where a block is wrong, for example."""
    data = getattr(error.response, "data", None)
    metadata = data.get("response_metadata") if isinstance(data, Mapping) else None
    messages = metadata.get("messages") if isinstance(metadata, Mapping) else None
    return f"{code} {str(messages)[:200]}" if messages else code


def error_of(method: str, description: str, status: int, code: str | None = None) -> DeliveryError:
    """The error for an answer. `code` is Slack's, by default the description."""
    code = description if code is None else code
    reason = f"{method}: {description or status}"
    if code in _DELETED:
        return Deleted(reason)
    if code in _GONE:
        return Gone(reason)
    if code in _FORBIDDEN:
        return Forbidden(reason)
    if code in _AWAY or status >= 500 or status == http.HTTPStatus.TOO_MANY_REQUESTS:
        return Unreachable(reason)
    if not code and status < 400:  # no answer of Slack's
        return Unreachable(reason)
    if not code and status in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE):
        return Gone(reason)
    return DeliveryError(reason)


def webhook_code(body: str) -> str:
    """The code in an answer to a `response_url`: bare, or in JSON."""
    try:
        return text_of(json.loads(body), "error")
    except ValueError:
        return body if body.replace("_", "").isalpha() and len(body) < 60 else ""
