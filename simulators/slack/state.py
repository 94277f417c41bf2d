"""State of the simulated Slack: every interaction, its payload, acknowledgement and answers.

No sockets, no event loop, no files: the time comes from `clock`.
"""

import html
import logging
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence

from simulators.common.payloads import JSON
from simulators.common.simulator import Changes
from simulators.slack.blocks import check_suggestions, find_element
from simulators.slack.forms import filled_state
from simulators.slack.limits import (
    ACKNOWLEDGEMENT_S,
    RESPONSE_URL_S,
    RESPONSE_URL_USES,
    SlackError,
)
from simulators.slack.messages import HISTORY, Messages
from simulators.slack.records import Envelope, Interaction, Message, View
from simulators.slack.views import Views
from simulators.slack.workspace import Channel, Member, Workspace

_log = logging.getLogger(__name__)

WITHOUT_TRIGGER = (("interactive", "block_suggestion"), ("events_api", "event_callback"))
"""Kinds and types of what opens no modal."""


class State:
    """The simulated Slack.

    Methods for a member return the `Interaction` after `deliver` has been called with it. Methods
    for a request of the bot raise `SlackError` where Slack would.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        ack_s: float = ACKNOWLEDGEMENT_S,
        manifest: JSON | None = None,
        history: int = HISTORY,
    ) -> None:
        """`manifest`: of the app; without it, every command, shortcut and event is accepted.

        `history`: messages and interactions to keep.
        """
        self._history = history
        features = (manifest or {}).get("features", {})
        self.commands: list[JSON] = features.get("slash_commands", [])
        self.shortcuts: list[JSON] = features.get("shortcuts", [])
        self._has_manifest = manifest is not None
        settings = (manifest or {}).get("settings", {})
        self._events: list[str] = settings.get("event_subscriptions", {}).get("bot_events", [])
        self._scopes: list[str] = (
            (manifest or {}).get("oauth_config", {}).get("scopes", {}).get("bot", [])
        )
        self.clock, self.ack_s = clock, ack_s
        self.changes = Changes()
        self.workspace = Workspace()
        self.messages = Messages(self.workspace, clock, self.changes, history=history)
        self.views = Views(clock, self.changes)
        self.deliver: Callable[[Interaction], None] = lambda asked: None
        self.interactions: list[Interaction] = []
        """The newest interactions, oldest first."""
        self._response_urls: dict[str, Interaction] = {}
        self.listeners: list[Callable[[Interaction], None]] = []
        """Called with every interaction that is acknowledged, or fails."""
        self._by_envelope: dict[str, Interaction] = {}
        self._event_count = 0
        self.messages.listeners.append(self._attribute)

    # Requests of a member

    def command(
        self,
        member: Member,
        command: str,
        text: str = "",
        channel: Channel | None = None,
        thread: str = "",
    ) -> Interaction:
        """Run a slash command ("/dinoname"); the channel is by default one that the bot is in.

        Raises LookupError in a thread, and if the manifest has no such command.
        """
        if thread:
            raise LookupError(f"{command} is not supported in threads. Sorry!")
        self._check_known(command, [each["command"] for each in self.commands])
        line = html.escape(text, quote=False)
        if any(each.get("should_escape") for each in self.commands if each["command"] == command):
            line = self.workspace.with_ids(line)
        workspace, channel = self.workspace, channel or self.workspace.channel
        payload = {
            "team_id": workspace.id,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": member.id,
            "user_name": member.handle,
            "command": command,
            "text": line,
        }
        return self._ask("slash_commands", payload, f"{command} {text}".strip(), member, channel)

    def press(
        self,
        member: Member,
        source: Message | View,
        name: str,
        value: object = None,
        *,
        values: Mapping[str, object] | None = None,
    ) -> Interaction:
        """Press the button with this label, action_id or value.

        value: what to choose, if the element is a select.
        values: the inputs beside it, as in `submit`.
        Raises LookupError if there is no such element.
        """
        if isinstance(source, Message) and source.only_for not in (None, member):
            raise LookupError(f"{member.name} does not see this message.")
        block, element = find_element(source.blocks, name)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise LookupError(f"Slack does not tell the bot of {name} before the form is sent.")
        action: JSON = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": self.messages.new_ts(),
            **{field: element[field] for field in ("text", "value", "style") if field in element},
        }
        if element["type"] != "button":
            chosen = filled_state([block], {element["action_id"]: value})
            action |= chosen[block["block_id"]][element["action_id"]]
        state = filled_state(source.blocks, values or {}, is_checked=False)
        if element["type"] != "button":
            state |= chosen
        payload = self._interactive("block_actions", member) | self._place(source, state)
        payload |= {"actions": [action], "state": {"values": state}}
        channel = source.channel if isinstance(source, Message) else None
        title = (element.get("text") or {}).get("text") or name
        return self._ask("interactive", payload, title, member, channel, source)

    def suggest(
        self,
        member: Member,
        source: Message | View,
        name: str,
        typed: str = "",
    ) -> Interaction:
        """Ask for the options of an external select: without the state of other fields."""
        block, element = find_element(source.blocks, name)
        ids = {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}
        payload = self._interactive("block_suggestion", member) | ids | self._place(source, {})
        return self._ask("interactive", payload, f"suggestions of {name}", member, source=source)

    def submit(
        self, member: Member, view: View, values: Mapping[str, object], *, forged: bool = False
    ) -> Interaction:
        """Submit a modal.

        values: by block_id, action_id or label: a text, a number, an option's value, a `File` (see
            `LocalSlack.upload`) or a list of them. Other inputs keep their initial value.
        forged: without the checks that raise `FormError` where Slack asks the member to correct
            the form.
        """
        if not view.is_open:
            raise LookupError("The modal is closed.")
        state = filled_state(view.blocks, values, is_checked=not forged)
        payload = self._interactive("view_submission", member)
        payload |= {"view": view.payload(self.workspace, state), "response_urls": []}
        title = view.content.get("title", {}).get("text", "modal")
        return self._ask("interactive", payload, title, member, source=view)

    def shortcut(self, member: Member, callback_id: str, message: Message) -> Interaction:
        """Use a shortcut in the menu of a message."""
        self._check_known(callback_id, [each["callback_id"] for each in self.shortcuts])
        payload = self._interactive("message_action", member) | {
            "callback_id": callback_id,
            "action_ts": self.messages.new_ts(),
            "message_ts": message.ts,
            "channel": {"id": message.channel.id, "name": message.channel.name},
            "message": message.payload(self.workspace),
        }
        return self._ask("interactive", payload, callback_id, member, message.channel)

    def open_home(self, member: Member) -> Interaction:
        """Open the bot's home tab."""
        event: JSON = {
            "type": "app_home_opened",
            "user": member.id,
            "channel": self.workspace.direct(member).id,
            "event_ts": self.messages.new_ts(),
            "tab": "home",
        }
        return self._send_event(event, member)

    def write(
        self, member: Member, text: str, channel: Channel | None = None, thread: str = ""
    ) -> Interaction | None:
        """Write a message. The bot hears of it if it was written to, and may be told."""
        message = self.messages.say(member, text, channel)
        message.thread_ts = thread or None
        named, place = f"<@{self.workspace.bot.id}|", message.channel
        event = message.payload(self.workspace) | {"channel": place.id, "event_ts": message.ts}
        if place.direct_with is member:
            event |= {"type": "message", "channel_type": "im"}
            told = ("message.im", "im:history")
        elif place.is_joined and named in self.workspace.with_ids(text):
            event |= {"type": "app_mention"}
            told = ("app_mention", "app_mentions:read")
        else:
            return None
        if self._has_manifest and not (told[0] in self._events and told[1] in self._scopes):
            return None
        return self._send_event(event, member, told[0])

    def invite(self, member: Member, channel: Channel) -> Interaction:
        """Invite the bot to a channel."""
        channel.is_joined = True
        event: JSON = {
            "type": "member_joined_channel",
            "user": self.workspace.bot.id,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": self.workspace.id,
            "inviter": member.id,
            "event_ts": self.messages.new_ts(),
        }
        return self._send_event(event, member)

    def move(self, member: Member, channel: Channel) -> Interaction:
        """Share a channel with another workspace, which changes its id."""
        old = self.workspace.renumber(channel)
        event: JSON = {
            "type": "channel_id_changed",
            "old_channel_id": old,
            "new_channel_id": channel.id,
            "event_ts": self.messages.new_ts(),
        }
        return self._send_event(event, member)

    def _send_event(self, event: JSON, member: Member, name: str = "") -> Interaction:
        """Send the bot an event that it has subscribed to, under its type or another name."""
        self._check_known(name or event["type"], self._events)
        self._event_count += 1
        team = self.workspace.id
        payload = {
            "team_id": team,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0LOCAL{self._event_count:06}",
            "authorizations": [{"team_id": team, "user_id": self.workspace.bot.id}],
        }
        return self._ask("events_api", payload, event["type"], member)

    # Acknowledgements

    def renew_envelope(self, asked: Interaction) -> None:
        """Give a repeated event a new envelope."""
        asked.envelope_id = str(uuid.uuid4())
        self._by_envelope[asked.envelope_id] = asked

    def acknowledge(self, envelope_id: str, payload: JSON) -> None:
        """Take an acknowledgement. A late, a repeated or an unknown one does nothing."""
        asked = self._by_envelope.get(envelope_id)
        if asked is None:
            _log.warning("The bot acknowledged the unknown envelope %r.", envelope_id)
            return
        if not asked.failure and self.clock() - asked.created_at > self.ack_s:
            asked.failure = "operation_timeout"
        asked.acknowledgements.append(payload)
        asked.acknowledged_at = asked.acknowledged_at or self.clock()
        if len(asked.acknowledgements) == 1 and not asked.failure:
            try:
                self._use(asked, payload)
            except SlackError as error:
                asked.rejection = str(error)
                _log.warning("The acknowledgement of %s is invalid: %s", asked.title, error)
        self._settled(asked)

    def fail(self, asked: Interaction, failure: str) -> None:
        """The member sees an error, unless the bot was in time."""
        if not asked.is_acknowledged and not asked.failure:
            asked.failure = failure
            self._settled(asked)

    def _settled(self, asked: Interaction) -> None:
        for listener in self.listeners:
            listener(asked)
        self.changes.notify()

    def _use(self, asked: Interaction, payload: JSON) -> None:
        if not payload and asked.payload.get("type") != "view_submission":
            return
        if not asked.accepts_payload:
            raise SlackError("invalid_arguments", [f"{asked.title} takes no payload"])
        if asked.kind == "slash_commands":
            self._reply(asked, payload)
        elif asked.payload.get("type") == "block_suggestion":
            asked.options = check_suggestions(payload)
        elif isinstance(asked.source, View):
            self.views.answer(asked.source, payload, asked)

    # Answers by response_url

    def respond(self, secret: str, payload: JSON) -> None:
        """Take an answer by a `response_url`.

        Only that of a pressed button can replace or delete a message: that with the button. That
        of a command always posts a new one.
        """
        asked = self._response_urls.get(secret)
        if asked is None:
            raise SlackError("invalid_url")
        if self.clock() - asked.created_at > RESPONSE_URL_S:
            raise SlackError("expired_url")
        if asked.response_uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        asked.response_uses += 1
        pressed = asked.source if isinstance(asked.source, Message) else None
        if pressed is not None and _is_true(payload.get("delete_original", False)):
            self.messages.remove(pressed)
            return
        if pressed is not None and "replace_original" not in payload:
            self.messages.warnings.append("a response to a press without replace_original")
        if pressed is not None and _is_true(payload.get("replace_original", True)):
            self.messages.rewrite(pressed, payload)
            if pressed not in asked.replies:
                asked.replies.append(pressed)
        else:
            self._reply(asked, payload)

    def _reply(self, asked: Interaction, payload: JSON) -> None:
        if asked.channel is None:
            raise SlackError("channel_not_found")
        in_channel = payload.get("response_type") == "in_channel"
        reader = None if in_channel else asked.member
        self.messages.post(asked.channel, payload, only_for=reader, asked=asked)

    # Building blocks

    def _check_known(self, name: str, known: Sequence[str]) -> None:
        """Raise LookupError for what the manifest does not have."""
        if self._has_manifest and name not in known:
            raise LookupError(f"{name} is not in the manifest, which has {', '.join(known)}.")

    def _interactive(self, kind: str, member: Member) -> JSON:
        """The fields that all payloads of interactions have."""
        team = self.workspace.id
        user = {"id": member.id, "username": member.handle, "team_id": team}
        return {"type": kind, "team": {"id": team}, "user": user}

    def _place(self, source: Message | View, values: JSON) -> JSON:
        """The place of an element. An ephemeral message is not repeated in the payload."""
        if isinstance(source, View):
            container: JSON = {"type": "view", "view_id": source.id}
            return {"container": container, "view": source.payload(self.workspace, values)}
        about: JSON = {"message_ts": source.ts, "is_ephemeral": source.is_ephemeral}
        if source.thread_ts is not None:
            about["thread_ts"] = source.thread_ts
        container = {"type": "message", "channel_id": source.channel.id, **about}
        channel = {"id": source.channel.id, "name": source.channel.name}
        place: JSON = {"container": container, "channel": channel}
        return place | ({} if source.is_ephemeral else {"message": source.payload(self.workspace)})

    def _ask(
        self,
        kind: Envelope,
        payload: JSON,
        title: str,
        member: Member | None = None,
        channel: Channel | None = None,
        source: Message | View | None = None,
    ) -> Interaction:
        """`channel`: where a `response_url` leads, for what has one."""
        envelope_id, secret = str(uuid.uuid4()), secrets.token_urlsafe(24)
        asked = Interaction(
            kind, payload, envelope_id, title, self.clock(), self.changes, member, channel, source
        )
        self._by_envelope[envelope_id] = asked
        self.interactions.append(asked)
        if member is not None and (kind, payload.get("type")) not in WITHOUT_TRIGGER:
            payload["trigger_id"] = self.views.new_trigger(asked)
        if channel is not None:
            asked.response_url = f"{self.messages.base_url}actions/{secret}"
            payload["response_url"] = asked.response_url
            self._response_urls[secret] = asked
        for oldest in self.interactions[: -self._history]:
            self._response_urls.pop(oldest.response_url.rpartition("/")[2], None)
            self._by_envelope.pop(oldest.envelope_id, None)
        del self.interactions[: -self._history]
        self.deliver(asked)
        self.changes.notify()
        return asked

    def _attribute(self, message: Message) -> None:
        """Note a message of the bot as an answer to what was asked in its channel."""
        for asked in self.interactions:
            in_channel = asked.channel is message.channel and message.asked in (None, asked)
            seen = message.only_for in (None, asked.member)
            if in_channel and seen and message not in asked.posts:
                asked.posts.append(message)


def _is_true(value: object) -> bool:
    """Slack also takes the words "true" and "false"."""
    return value is True or str(value).lower() == "true"
