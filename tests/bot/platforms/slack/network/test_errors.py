"""Slack's documented errors: each has a sentence for members."""

import pytest

from bot.chat.errors import explain
from bot.chat.message import plain
from bot.chat.turn import Gone
from bot.platforms.slack.network.errors import error_of
from bot.platforms.slack.platform import TERMS

ALWAYS = """
    access_denied accesslimited account_inactive ekm_access_denied enterprise_is_restricted
    fatal_error internal_error missing_scope no_permission not_authed org_login_required ratelimited
    request_timeout service_unavailable team_added_to_org token_expired token_revoked
    two_factor_setup_required
"""
DOCUMENTED = {
    "chat.postMessage": """
        app_access_restricted cannot_reply_to_message channel_not_found external_channel_migrating
        message_limit_exceeded messages_tab_disabled not_in_channel rate_limited restricted_action
        restricted_action_non_threadable_channel restricted_action_read_only_channel
        restricted_action_thread_locked restricted_action_thread_only_channel
        slack_connect_file_link_sharing_blocked slack_connect_canvas_sharing_blocked
        slack_connect_lists_sharing_blocked is_archived
    """,
    "chat.update": """
        blocked_file_type cant_update_message channel_not_found edit_window_closed
        external_channel_migrating file_share_limit_reached is_inactive max_file_sharing_exceeded
        message_limit_exceeded posting_to_channel_denied slack_connect_blocked_file_type
        slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked
        streaming_state_conflict unable_to_share_files update_failed
    """,
    "files.getUploadURLExternal": """
        file_type_not_allowed file_upload_size_restricted file_uploads_disabled
        file_uploads_except_images_disabled storage_limit_reached
    """,
    "files.completeUploadExternal": """
        channel_not_found file_type_not_allowed file_update_failed
        file_uploads_except_images_disabled not_in_channel posting_to_channel_denied
    """,
    "files.delete": "cant_delete_file delete_not_allowed file_deleting_disabled",
    "conversations.open": """
        cannot_dm_bot invalid_user_combination method_not_supported_for_channel_type
        not_enough_users
    """,
}
"""What the methods that the bot calls can answer, without what only a mistake of the bot causes,
and without what the bot expects (`message_not_found`, `expired_trigger_id`, `user_not_found`)."""


@pytest.mark.parametrize(("method", "codes"), DOCUMENTED.items())
def test_documented_errors(method: str, codes: str) -> None:
    sentences = {}
    for code in (ALWAYS + codes).split():
        error = error_of(method, code, 200)
        assert not isinstance(error, Gone) or error.sentence, code
        sentence = explain(error, TERMS)
        assert sentence is not None, code
        sentences[code] = plain(sentence)
    assert all(each.endswith(".") for each in sentences.values()), sentences
    assert not [each for each in sentences.values() if "_" in each]
