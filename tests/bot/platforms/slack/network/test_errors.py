"""Slack's documented errors: each has a sentence for members."""

import re

import pytest

from bot.chat.errors import explain
from bot.chat.turn import Gone
from bot.platforms.slack.network.errors import error_of
from bot.platforms.slack.platform import TERMS
from bot.text.spans import plain

DOCUMENTED = """
    access_denied accesslimited account_inactive ekm_access_denied enterprise_is_restricted
    fatal_error internal_error missing_scope no_permission not_authed org_login_required ratelimited
    request_timeout service_unavailable team_added_to_org token_expired token_revoked
    two_factor_setup_required

    app_access_restricted blocked_file_type cannot_reply_to_message cant_update_message
    channel_not_found edit_window_closed external_channel_migrating file_share_limit_reached
    is_archived is_inactive max_file_sharing_exceeded message_limit_exceeded messages_tab_disabled
    not_in_channel posting_to_channel_denied rate_limited restricted_action
    restricted_action_non_threadable_channel restricted_action_read_only_channel
    restricted_action_thread_locked restricted_action_thread_only_channel
    slack_connect_blocked_file_type slack_connect_canvas_sharing_blocked
    slack_connect_clip_sharing_blocked slack_connect_file_link_sharing_blocked
    slack_connect_file_upload_sharing_blocked slack_connect_lists_sharing_blocked
    streaming_state_conflict unable_to_share_files update_failed

    cant_delete_file delete_not_allowed file_deleting_disabled file_type_not_allowed
    file_update_failed file_upload_size_restricted file_uploads_disabled
    file_uploads_except_images_disabled storage_limit_reached

    cannot_dm_bot invalid_user_combination method_not_supported_for_channel_type not_enough_users
"""
"""What the methods that the bot calls can answer (all; messages; files; conversations.open).

Without what only a mistake of the bot causes, and without what the bot expects
(`message_not_found`, `expired_trigger_id`, `user_not_found`)."""


@pytest.mark.parametrize("code", DOCUMENTED.split())
def test_documented_errors(code: str) -> None:
    error = error_of("chat.postMessage", code, 200)
    assert not isinstance(error, Gone) or error.sentence
    sentence = explain(error, TERMS)
    assert sentence is not None
    assert re.fullmatch(r"[^_]+\.", plain(sentence))
