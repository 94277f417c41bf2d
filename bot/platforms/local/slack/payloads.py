"""Payloads of slash commands, interactions and events, as Slack sends them."""

from typing import Any

from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.records import Message, View
from bot.platforms.local.slack.workspace import Channel, Member, Workspace

VERIFICATION_TOKEN = "local-verification-token"


class Payloads:
    """Builds payloads. A `secret` is part of a trigger or of a response_url."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def command(
        self, member: Member, channel: Channel, command: str, text: str, **secrets: str
    ) -> JSON:
        workspace = self._workspace
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.id,
            "team_domain": workspace.domain,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": member.id,
            "user_name": member.handle,
            "command": command,
            "text": text,
            "api_app_id": workspace.app_id,
            "is_enterprise_install": "false",
            **secrets,
        }

    def action(
        self,
        member: Member,
        source: Message | View,
        block: JSON,
        element: JSON,
        chosen: JSON,
        values: JSON,
        ts: str,
        **secrets: str,
    ) -> JSON:
        """block_actions: a pressed button, or a choice (`chosen`: its fields).

        values: the state of the inputs beside it, by block_id and action_id.
        """
        action: JSON = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": ts,
            **{field: element[field] for field in ("text", "value", "style") if field in element},
            **chosen,
        }
        payload = self._interactive("block_actions", member) | secrets | {"actions": [action]}
        return payload | self._place(source, values) | {"state": {"values": values}}

    def suggestion(
        self,
        member: Member,
        source: Message | View,
        block: JSON,
        element: JSON,
        values: JSON,
        typed: str,
    ) -> JSON:
        ids = {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}
        return self._interactive("block_suggestion", member) | ids | self._place(source, values)

    def submission(self, member: Member, view: View, values: JSON, **secrets: str) -> JSON:
        payload = self._interactive("view_submission", member) | secrets
        return payload | {"view": self.view(view, values), "response_urls": []}

    def closing(self, member: Member, view: View) -> JSON:
        payload = self._interactive("view_closed", member)
        return payload | {"view": self.view(view), "is_cleared": False}

    def shortcut(self, member: Member, callback_id: str, ts: str, **secrets: str) -> JSON:
        payload = self._interactive("shortcut", member) | secrets
        return payload | {"callback_id": callback_id, "action_ts": ts}

    def message_shortcut(
        self, member: Member, callback_id: str, message: Message, ts: str, **secrets: str
    ) -> JSON:
        payload = self.shortcut(member, callback_id, ts, **secrets)
        channel = {"id": message.channel.id, "name": message.channel.name}
        about = {"type": "message_action", "message_ts": message.ts, "channel": channel}
        return payload | about | {"message": self.message(message)}

    def event(self, event: JSON, event_id: str, now: float) -> JSON:
        workspace = self._workspace
        authorization = {
            "enterprise_id": None,
            "team_id": workspace.id,
            "user_id": workspace.bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.id,
            "api_app_id": workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(now),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
        }

    def view(self, view: View, values: JSON | None = None) -> JSON:
        workspace = self._workspace
        ids = {"id": workspace.id, "app_id": workspace.app_id, "bot_id": workspace.bot_id}
        return view.payload(ids, values)

    def message(self, message: Message) -> JSON:
        return message.payload(self._workspace.id, self._workspace.bot_id)

    def _interactive(self, kind: str, member: Member) -> JSON:
        workspace = self._workspace
        return {
            "type": kind,
            "token": VERIFICATION_TOKEN,
            "api_app_id": workspace.app_id,
            "team": {"id": workspace.id, "domain": workspace.domain},
            "user": {
                "id": member.id,
                "username": member.handle,
                "name": member.handle,
                "team_id": workspace.id,
            },
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _place(self, source: Message | View, values: JSON) -> JSON:
        """Where an element is. An ephemeral message is not repeated in the payload."""
        if isinstance(source, View):
            container = {"type": "view", "view_id": source.id}
            return {"container": container, "view": self.view(source, values)}
        place: dict[str, Any] = {
            "container": {
                "type": "message",
                "message_ts": source.ts,
                "channel_id": source.channel.id,
                "is_ephemeral": source.is_ephemeral,
            },
            "channel": {"id": source.channel.id, "name": source.channel.name},
        }
        if not source.is_ephemeral:
            place["message"] = self.message(source)
        return place
