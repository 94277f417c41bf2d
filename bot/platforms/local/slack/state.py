"""State of the simulated Slack: every interaction, its acknowledgement and its answers.

No sockets, no event loop, no files: the time comes from `clock`.
"""

import logging
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.platforms.local.common.changes import Changes
from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.blocks import check_suggestions
from bot.platforms.local.slack.forms import filled_state
from bot.platforms.local.slack.limits import (
    ACKNOWLEDGEMENT_S,
    RESPONSE_URL_S,
    RESPONSE_URL_USES,
    SlackError,
)
from bot.platforms.local.slack.messages import HISTORY, Messages
from bot.platforms.local.slack.payloads import Payloads
from bot.platforms.local.slack.records import Envelope, Interaction, Message, View, find_element
from bot.platforms.local.slack.views import Views
from bot.platforms.local.slack.workspace import Channel, Member, Workspace

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ResponseUrl:
    """A `response_url`: the interaction, and how often it was used."""

    asked: Interaction
    uses: int = 0


class State:
    """The simulated Slack.

    Methods for a member return the `Interaction` after `deliver` has been called with it. Methods
    for a request of the bot raise `SlackError` where Slack would.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        bot_name: str = "Mangosaurus",
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
        self._shortcuts: list[JSON] = features.get("shortcuts", [])
        self.message_shortcuts = [each for each in self._shortcuts if each["type"] == "message"]
        self._has_manifest = manifest is not None
        settings = (manifest or {}).get("settings", {})
        self._events: list[str] = settings.get("event_subscriptions", {}).get("bot_events", [])
        self.clock, self.ack_s = clock, ack_s
        self.changes = Changes()
        self.workspace = Workspace(bot_name)
        self.messages = Messages(self.workspace, clock, self.changes, history=history)
        self.views = Views(self.workspace, self.messages, clock, self.changes)
        self.payloads = Payloads(self.workspace)
        self.deliver: Callable[[Interaction], None] = lambda asked: None
        self.interactions: list[Interaction] = []
        """The newest ones, oldest first."""
        self.response_urls: dict[str, ResponseUrl] = {}
        self.listeners: list[Callable[[Interaction], None]] = []
        """Called with every interaction that is acknowledged, or fails."""
        self._by_envelope: dict[str, Interaction] = {}
        self._count = 0
        self.messages.listeners.append(self._attribute)

    # Requests of a member

    def command(self, member: Member, command: str, text: str, channel: Channel) -> Interaction:
        """Run a slash command."""
        self._check_known(command, [each["command"] for each in self.commands])
        made = self._secrets()
        payload = self.payloads.command(member, channel, command, text, **made)
        title = f"{command} {text}".strip()
        return self._ask("slash_commands", payload, title, member, channel)

    def press(
        self,
        member: Member,
        source: Message | View,
        name: str,
        value: object = None,
        values: Mapping[str, object] | None = None,
    ) -> Interaction:
        """Press a button, or choose `value` in a select, checkbox or radio button."""
        if isinstance(source, Message) and source.only_for not in (None, member):
            raise LookupError(f"{member.name} does not see this message.")
        block, element = find_element(source.blocks, name)
        chosen: JSON = {}
        if element["type"] != "button":
            chosen = filled_state([block], {element["action_id"]: value})
            chosen = chosen[block["block_id"]][element["action_id"]]
        state = filled_state(source.blocks, values or {}, is_checked=False)
        made = self._secrets() if isinstance(source, Message) else self._secrets(with_url=False)
        payload = self.payloads.action(
            member, source, block, element, chosen, state, self.messages.new_ts(), **made
        )
        title = (element.get("text") or {}).get("text") or name
        channel = source.channel if isinstance(source, Message) else None
        return self._ask("interactive", payload, title, member, channel, source)

    def suggest(
        self,
        member: Member,
        source: Message | View,
        name: str,
        typed: str,
        values: Mapping[str, object] | None = None,
    ) -> Interaction:
        """Ask for the options of an external select."""
        block, element = find_element(source.blocks, name)
        state = filled_state(source.blocks, values or {}, is_checked=False)
        payload = self.payloads.suggestion(member, source, block, element, state, typed)
        return self._ask("interactive", payload, f"suggestions of {name}", member, source=source)

    def submit(
        self, member: Member, view: View, values: Mapping[str, object], *, forged: bool = False
    ) -> Interaction:
        """Submit a modal. Raises `FormError` unless `forged`."""
        if not view.is_open:
            raise LookupError("The modal is closed.")
        state = filled_state(view.blocks, values, is_checked=not forged)
        made = self._secrets(with_url=False)
        payload = self.payloads.submission(member, view, state, **made)
        title = view.content.get("title", {}).get("text", "modal")
        return self._ask("interactive", payload, title, member, source=view)

    def close_view(self, member: Member, view: View) -> Interaction | None:
        """Close a modal; the bot hears of it if `notify_on_close` is set."""
        self.views.close(view)
        if not view.content.get("notify_on_close"):
            return None
        payload = self.payloads.closing(member, view)
        return self._ask("interactive", payload, "closed modal", member, source=view)

    def shortcut(
        self, member: Member, callback_id: str, message: Message | None = None
    ) -> Interaction:
        """Use a global shortcut, or one of a message."""
        kind = "global" if message is None else "message"
        known = [each["callback_id"] for each in self._shortcuts if each["type"] == kind]
        self._check_known(callback_id, known)
        ts = self.messages.new_ts()
        if message is None:
            made = self._secrets(with_url=False)
            payload = self.payloads.shortcut(member, callback_id, ts, **made)
            return self._ask("interactive", payload, callback_id, member)
        made = self._secrets()
        payload = self.payloads.message_shortcut(member, callback_id, message, ts, **made)
        return self._ask("interactive", payload, callback_id, member, message.channel)

    def open_home(self, member: Member, tab: str = "home") -> Interaction:
        """Open the home tab ("home") or the direct messages ("messages") of the bot."""
        home = self.views.homes.get(member.id)
        channel = self.workspace.direct(member)
        event: JSON = {
            "type": "app_home_opened",
            "user": member.id,
            "channel": channel.id,
            "event_ts": self.messages.new_ts(),
            "tab": tab,
        }
        if home is not None and tab == "home":
            event["view"] = self.payloads.view(home)
        return self.send_event(event, member)

    def send_event(self, event: JSON, member: Member | None = None) -> Interaction:
        self._check_known(str(event.get("type")), self._events)
        self._count += 1
        payload = self.payloads.event(event, f"Ev0LOCAL{self._count:06}", self.clock())
        return self._ask("events_api", payload, str(event.get("type")), member)

    def forge(self, kind: Envelope, payload: JSON) -> Interaction:
        """Send any payload."""
        return self._ask(kind, payload, f"forged {kind}")

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

    def _settled(self, asked: Interaction) -> None:
        for listener in self.listeners:
            listener(asked)
        self.changes.notify()

    def fail(self, asked: Interaction, failure: str) -> None:
        """The member sees an error, unless the bot was in time."""
        if not asked.is_acknowledged and not asked.failure:
            asked.failure = failure
            self._settled(asked)

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
        url = self.response_urls.get(secret)
        if url is None:
            raise SlackError("invalid_url")
        if self.clock() - url.asked.created_at > RESPONSE_URL_S:
            raise SlackError("expired_url")
        if url.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        url.uses += 1
        asked = url.asked
        pressed = asked.source if isinstance(asked.source, Message) else None
        if pressed is not None and _is_true(payload.get("delete_original", False)):
            self.messages.remove(pressed)
        elif pressed is not None and _is_true(payload.get("replace_original", True)):
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

    def _secrets(self, *, with_url: bool = True) -> dict[str, str]:
        """A new trigger, and a new response_url."""
        made = {"trigger_id": self.views.new_trigger()}
        if with_url:
            base = self.messages.base_url
            made["response_url"] = f"{base}actions/{secrets.token_urlsafe(24)}"
        return made

    def _ask(
        self,
        kind: Envelope,
        payload: JSON,
        title: str,
        member: Member | None = None,
        channel: Channel | None = None,
        source: Message | View | None = None,
    ) -> Interaction:
        asked = Interaction(
            kind=kind,
            payload=payload,
            envelope_id=str(uuid.uuid4()),
            title=title,
            created_at=self.clock(),
            changes=self.changes,
            member=member,
            channel=channel,
            source=source,
        )
        self._by_envelope[asked.envelope_id] = asked
        self.interactions.append(asked)
        if member is not None and "trigger_id" in payload:
            self.views.register(str(payload["trigger_id"]), asked, member)
        if channel is not None and "response_url" in payload:
            asked.response_url = str(payload["response_url"])
            self.response_urls[asked.response_url.rpartition("/")[2]] = ResponseUrl(asked)
        self._forget_oldest()
        self.deliver(asked)
        self.changes.notify()
        return asked

    def _forget_oldest(self) -> None:
        for asked in self.interactions[: -self._history]:
            self.response_urls.pop(asked.response_url.rpartition("/")[2], None)
            self._by_envelope.pop(asked.envelope_id, None)
        del self.interactions[: -self._history]

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
