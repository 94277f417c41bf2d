"""A payload of each kind, as Slack sends it, and a Web API that answers without a network."""

import json
from collections.abc import Mapping
from typing import Any

from bot.monitoring.monitor import Monitor
from bot.platforms.slack.names import SHORTCUT
from bot.platforms.slack.network.api import SlackApi

ADDRESS = "https://hooks.slack.com/commands/T1/1/x"


class Offline(SlackApi):
    """Answers every call at once, and records it."""

    def __init__(self) -> None:
        super().__init__("xoxb-1", monitor=Monitor(), edit_s=0.0)
        self.calls: list[str] = []

    async def _call(self, method: str, send: object, **_options: object) -> Mapping[str, Any]:
        self.calls.append(method)
        profile = {"display_name": "Mary"}
        return {
            "team_id": "T1",
            "user_id": "UBOT",
            "url": "https://paleo.slack.com/",
            "user": {"id": "U1", "team_id": "T1", "profile": profile, "is_owner": True},
            "channel": {"id": "D1"},
            "ts": "1700000000.000001",
        }

    async def download(self, address: str, most: int) -> bytes:
        return b"Elion\nElrond\n" * 40


USER = {"id": "U1", "name": "mary", "team_id": "T1"}
OPENED = {"response_url": ADDRESS, "trigger_id": "1.2.3"}
INTERACTION = OPENED | {
    "team": {"id": "T1", "domain": "paleo"},
    "user": USER,
    "channel": {"id": "C1", "name": "general"},
}
METADATA = json.dumps({"channel": "C1", "response_url": ADDRESS})
VIEW = {
    "callback_id": "command:dinoname",
    "private_metadata": METADATA,
    "state": {"values": {"count": {"count": {"type": "number_input", "value": "3"}}}},
}
COMMAND = {
    "team_id": "T1",
    "user_id": "U1",
    "user_name": "mary",
    "channel_id": "C1",
    "command": "/dinoname",
    "text": "count:3",
}
PRESS = {
    "type": "block_actions",
    "container": {"message_ts": "1.000002", "channel_id": "C1", "is_ephemeral": False},
    "actions": [{"action_id": "b0", "block_id": "x", "value": "vote:1:0"}],
}
SAID = {"ts": "1.000002", "text": "Shall I", "user": "U1"}
SUGGESTION = {"type": "block_suggestion", "view": VIEW, "action_id": "namer", "value": "e"}
EVENT = {"type": "app_home_opened", "user": "U1", "tab": "home"}
PAYLOADS: list[tuple[str, dict[str, Any]]] = [
    ("slash_commands", OPENED | COMMAND),
    ("interactive", INTERACTION | PRESS),
    ("interactive", INTERACTION | {"type": "view_submission", "view": VIEW}),
    ("interactive", INTERACTION | SUGGESTION),
    (
        "interactive",
        INTERACTION | {"type": "message_action", "callback_id": SHORTCUT, "message": SAID},
    ),
    ("events_api", {"team_id": "T1", "event_id": "Ev1", "event": EVENT}),
]
"""One of each kind, as Slack sends it."""
