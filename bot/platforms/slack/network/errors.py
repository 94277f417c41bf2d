"""Slack's error codes: the kind of each error, and the sentence for members.

Codes are those that the reference of each method lists. What only a mistake of the bot can cause
(`invalid_blocks`) is not among them: it is answered with an apology, and logged.
"""

import http
from collections.abc import Mapping, Sequence

from bot.chat.translation import _
from bot.chat.turn import Deleted, DeliveryError, Forbidden, Gone, Refused, Unreachable
from data.phrases import NOTHING, Phrase


class LostAnswer(Unreachable):
    """Slack may have done what it was asked for, but its answer did not arrive."""


OUTSIDE = {"channel_not_found", "not_in_channel"}
"""Codes for a channel that the bot has to be invited to; the first also for a private one."""

NO_DIRECT = _("Slack won't let the bot send you direct messages, so it can't send you that.")
_KINDS: Sequence[tuple[type[DeliveryError], Phrase, str]] = (
    (Deleted, NOTHING, "message_not_found thread_not_found"),
    (
        Gone,
        NOTHING,
        "exchanged_trigger_id expired_trigger_id expired_url invalid_trigger_id trigger_exchanged "
        "trigger_expired used_url user_disabled user_not_found user_not_visible",
    ),
    (
        Gone,
        _(
            "Slack won't let the bot edit this message, because somebody else wrote it, or "
            "because the bot wasn't a member where it was sent. You can delete the message."
        ),
        "cant_update_message",
    ),
    (
        Gone,
        _("This workspace doesn't allow older messages to be edited. You can delete the message."),
        "edit_window_closed",
    ),
    (
        Gone,
        _("This channel is archived, so nothing in it can be changed."),
        "is_archived is_inactive",
    ),
    (Forbidden, NOTHING, " ".join(sorted(OUTSIDE))),
    (
        Forbidden,
        _(
            "Only some members may post in this channel, and the bot isn't one of them. Use "
            "another channel, or ask an admin to let the app post here."
        ),
        "restricted_action_read_only_channel posting_to_channel_denied",
    ),
    (
        Forbidden,
        _(
            "This channel only allows replies in threads, so the bot can't post here. Use another "
            "channel."
        ),
        "restricted_action_thread_only_channel",
    ),
    (
        Forbidden,
        _("The bot can't reply in this thread. Use the command in the channel."),
        "restricted_action_non_threadable_channel restricted_action_thread_locked "
        "cannot_reply_to_message",
    ),
    (
        Forbidden,
        _("A workspace setting stops the bot from posting here. Ask an admin to change it."),
        "restricted_action messages_tab_disabled",
    ),
    (
        Forbidden,
        _(
            "This workspace doesn't allow the bot to do that. Ask an admin to check the app's "
            "permissions."
        ),
        "enterprise_is_restricted forbidden_team no_permission",
    ),
    (  # an admin, or the end of a move, changes it
        Refused,
        _(
            "This workspace doesn't allow the bot to do that. Ask an admin to check the app's "
            "permissions."
        ),
        "access_denied accesslimited app_access_restricted ekm_access_denied "
        "external_channel_migrating missing_scope team_access_not_granted",
    ),
    (
        Forbidden,
        NO_DIRECT,
        "cannot_dm_bot invalid_user_combination method_not_supported_for_channel_type "
        "not_enough_users",
    ),
    (
        Forbidden,
        _(
            "A workspace setting stops the bot from sending files like this one. Ask an admin to "
            "change it."
        ),
        "blocked_file_type file_type_not_allowed file_update_failed file_upload_size_restricted "
        "file_uploads_disabled file_uploads_except_images_disabled max_file_sharing_exceeded "
        "file_share_limit_reached unable_to_share_files slack_connect_blocked_file_type "
        "slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked "
        "slack_connect_file_link_sharing_blocked slack_connect_file_upload_sharing_blocked "
        "slack_connect_lists_sharing_blocked",
    ),
    (
        Forbidden,
        _("This workspace has run out of space for files. Ask an admin for help."),
        "storage_limit_reached",
    ),
    (
        Forbidden,
        _("Slack won't let the bot delete this file. An admin can delete it."),
        "cant_delete_file delete_not_allowed file_deleting_disabled",
    ),
    (  # the operator sets another token
        Refused,
        _("Slack no longer accepts the bot's token. Tell the bot's operator."),
        "account_inactive invalid_auth not_allowed_token_type not_authed token_expired "
        "token_revoked two_factor_setup_required",
    ),
    (
        Unreachable,
        _(
            "Slack isn't taking any more messages from this workspace for now. "
            "Try again in an hour."
        ),
        "message_limit_exceeded",
    ),
    (
        Unreachable,
        _("Slack is moving this workspace, so the bot has to wait. Try again later."),
        "org_login_required team_added_to_org",
    ),
    (
        Unreachable,
        NOTHING,
        "rate_limited ratelimited request_timeout service_unavailable streaming_state_conflict "
        "update_failed",
    ),
    (LostAnswer, NOTHING, "fatal_error internal_error"),
)
_BY_CODE: Mapping[str, tuple[type[DeliveryError], Phrase]] = {
    code: (kind, sentence) for kind, sentence, codes in _KINDS for code in codes.split()
}


def error_of(method: str, description: str, status: int, code: str | None = None) -> DeliveryError:
    """The error for an answer. `code` is Slack's, by default the description."""
    code = description if code is None else code
    reason = f"{method}: {description or status}"
    if (found := _BY_CODE.get(code)) is not None:
        kind, sentence = found
        return kind(reason, sentence=sentence)
    no_answer = not code and status < 400
    if no_answer or status >= 500:
        return LostAnswer(reason)
    if status == http.HTTPStatus.TOO_MANY_REQUESTS:
        return Unreachable(reason)
    is_gone = status in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE)
    if not code and is_gone and method == "response_url":
        return Gone(reason)
    return DeliveryError(reason) if code else Refused(reason)  # a page of a proxy
