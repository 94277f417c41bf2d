"""The state of the stand-in: one server, one channel, two members, a bot, and what they say.

Pure: no sockets, no event loop, no files. Whoever changes the state calls a method; whoever must
hear about it (the gateway, the page, a test that waits) adds a listener. Time comes from `clock`.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from bot.local.guild import Guild, Snowflakes, User
from bot.local.limits import (
    ATTACHMENT_BYTES,
    JSON,
    LINK_BUTTON,
    ApiError,
    Upload,
    check_choices,
    check_message,
    check_values,
)
from bot.local.records import (
    LOADING,
    Attachment,
    Interaction,
    Kind,
    Message,
    Reply,
    Status,
    content_type,
)
from bot.local.registry import Registry

FOUNDED_S = 1_700_000_000.0
"""When the server was made, in seconds since 1970."""
HISTORY = 500  # older messages, and the files that hang on them, are forgotten

EventName = Literal[
    "message",
    "edit",
    "delete",
    "interaction",
    "progress",
    "commands",
    "online",
    "membership",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened: to a message, to an interaction, or (no subject) to what there is."""

    name: EventName
    subject: Message | Interaction | None = None


class State:
    """Everything that the stand-in remembers.

    Methods that stand for a request of the bot or of a member raise `ApiError` when Discord would
    refuse it.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        bot_name: str = "Mangosaurus",
        first_response_s: float = 3.0,
    ) -> None:
        self.clock = clock
        self.first_response_s = first_response_s
        self.base_url = ""
        self.online = False
        self.joined = True
        self.listeners: list[Callable[[Event], None]] = []
        self._new_id = Snowflakes(clock)
        # The same at each start, so that a bot with a database knows its people and places again.
        self.guild = Guild(Snowflakes(lambda: FOUNDED_S), bot_name)
        self.messages: dict[str, Message] = {}
        self.interactions: dict[str, Interaction] = {}  # by token
        self.attachments: dict[str, Attachment] = {}
        self.commands = Registry(self.guild.bot.id, self.guild.id, self._new_id)

    def overwrite_commands(self, scope: str | None, payloads: list[JSON]) -> list[JSON]:
        registered = self.commands.overwrite(scope, payloads)
        self._tell("commands")
        return registered

    def upsert_command(self, scope: str | None, payload: JSON) -> JSON:
        registered = self.commands.upsert(scope, payload)
        self._tell("commands")
        return registered

    def delete_command(self, scope: str | None, command_id: str) -> None:
        self.commands.delete(scope, command_id)
        self._tell("commands")

    def set_online(self, online: bool) -> None:
        """Whether the bot is connected."""
        if online != self.online:
            self.online = online
            self._tell("online")

    def remove_bot(self) -> None:
        """Put the bot out of the server: it hears so, and sees nothing there any more."""
        self._set_joined(False)

    def add_bot(self) -> None:
        """Let the bot into the server again."""
        self._set_joined(True)

    def _set_joined(self, joined: bool) -> None:
        if joined != self.joined:
            self.joined = joined
            self._tell("membership")
            self._tell("commands")

    # What a member does

    def picker(self, user: User) -> list[JSON]:
        """The commands that this member is offered: none of a bot that is not there."""
        return self.commands.picker(user) if self.joined else []

    def invoke(
        self,
        user: User,
        name: str,
        values: Mapping[str, object] | None = None,
        *,
        despite_permissions: bool = False,
    ) -> Interaction:
        """Run a slash command. A value may be an Upload where the option is an attachment.

        `despite_permissions` stands for a server whose administrator has overridden the command's
        default permissions: what remains is the check that the bot itself makes.
        """
        choice = self.commands.find(name)
        if not despite_permissions and not user.may_use(choice.command):
            raise ApiError(50013)
        given = values or {}
        check_values(choice.options, given)
        files = {k: self._keep(v) for k, v in given.items() if isinstance(v, Upload)}
        data = choice.data(dict(given) | {name: file.id for name, file in files.items()})
        if files:
            data["resolved"] = {"attachments": {f.id: f.payload() for f in files.values()}}
        return self._ask(Kind.COMMAND, user, f"/{name}", data, files=list(files.values()))

    def complete(
        self, user: User, name: str, values: Mapping[str, object], focused: str
    ) -> Interaction:
        """Ask for the choices of the option `focused`, as typed so far."""
        data = self.commands.find(name).data(values, focused)
        return self._ask(Kind.AUTOCOMPLETE, user, f"/{name}", data)

    def press(self, user: User, message_id: str, custom_id: str) -> Interaction:
        """Press a button; one that is disabled or is a link cannot be pressed."""
        message = self.messages.get(message_id)
        if message is None or not message.visible_to(user):
            raise ApiError(10008)
        for button in message.buttons:
            if button.custom_id == custom_id and button.style != LINK_BUTTON:
                if button.disabled:
                    raise ApiError(50013)
                data = {"custom_id": custom_id, "component_type": 2}
                return self._ask(Kind.COMPONENT, user, button.label, data, source=message)
        raise ApiError(50035)

    def say(self, user: User, content: str) -> Message:
        """An ordinary message of a member."""
        check_message({"content": content})
        if not content.strip():
            raise ApiError(50006)
        message = self._draft(user)
        message.content = content.strip()
        return self._add(message)

    def dismiss(self, user: User, message_id: str) -> None:
        """Put an ephemeral message out of the member's sight."""
        message = self.messages.get(message_id)
        if message is None or message.only_for != user.id:
            raise ApiError(10008)
        self._remove(message)

    def _ask(
        self,
        kind: Kind,
        user: User,
        title: str,
        data: JSON,
        *,
        source: Message | None = None,
        files: Sequence[Attachment] = (),
    ) -> Interaction:
        if not self.joined:
            raise ApiError(50001)
        asked = Interaction(
            id=self._new_id(),
            token=secrets.token_urlsafe(48),
            kind=kind,
            user=user,
            title=title,
            data=data,
            created_at=self.clock(),
            guild_id=self.guild.id,
            source=source,
            files=list(files),
        )
        self.interactions[asked.token] = asked
        self._tell("interaction", asked)
        return asked

    def interaction_payload(self, asked: Interaction) -> JSON:
        """The INTERACTION_CREATE event, as the bot receives it."""
        channel = self.guild.channel_payload() | {"permissions": str(asked.user.permissions)}
        payload: JSON = {
            "id": asked.id,
            "application_id": self.guild.bot.id,
            "type": int(asked.kind),
            "token": asked.token,
            "version": 1,
            "data": asked.data,
            "guild_id": self.guild.id,
            "guild": {"id": self.guild.id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "channel_id": self.guild.channel_id,
            "channel": channel,
            "member": self.guild.member_payload(asked.user)
            | {"permissions": str(asked.user.permissions)},
            "locale": asked.user.locale,
            "app_permissions": str(self.guild.bot.permissions),
            "entitlements": [],
            "authorizing_integration_owners": {"0": self.guild.id},
            "context": 0,
            "attachment_size_limit": ATTACHMENT_BYTES,
        }
        if asked.source is not None:
            payload["message"] = asked.source.payload()
        return payload

    # How the bot answers

    def answer(
        self, interaction_id: str, token: str, payload: JSON, uploads: Sequence[Upload] = ()
    ) -> JSON:
        """The first response to an interaction: POST /interactions/{id}/{token}/callback."""
        asked = self.interactions.get(token)
        if asked is None or asked.id != interaction_id:
            raise ApiError(10062)
        if asked.acknowledged:
            raise ApiError(40060)
        if asked.failed or self.clock() - asked.created_at > self.first_response_s:
            raise ApiError(10062)
        reply = _reply_type(asked, payload.get("type"))
        data: JSON = payload.get("data") or {}
        if reply is Reply.CHOICES:
            asked.choices = check_choices(data)
        elif reply is Reply.UPDATE and asked.source is not None:
            self._rewrite(asked.source, data, uploads, prefix="data")
            asked.original = asked.source
        elif reply is Reply.DEFERRED_UPDATE:
            asked.original = asked.source
        else:
            draft = self._draft(self.guild.bot, data, asked=asked, reply_to=asked.source)
            if reply is Reply.DEFERRED_MESSAGE:
                draft.flags |= LOADING
            else:
                self._fill(draft, data, uploads, prefix="data")
            asked.original = self._add(draft)
        asked.acknowledged_at = self.clock()
        deferred = reply in (Reply.DEFERRED_MESSAGE, Reply.DEFERRED_UPDATE)
        self._progress(asked, Status.DEFERRED if deferred else Status.ANSWERED)
        return self._callback_payload(asked, reply)

    def give_up(self, asked: Interaction) -> None:
        """Three seconds are over: an interaction nobody has acknowledged is dead."""
        if asked.status is Status.WAITING:
            self._progress(asked, Status.FAILED)

    def expire(self, asked: Interaction) -> None:
        """Fifteen minutes are over: its token is worth nothing, and "thinking…" ends.

        A press that was only acknowledged (type 6) shows nothing that could fail.
        """
        self.interactions.pop(asked.token, None)
        self._forget(asked.files)
        if asked.original is not None and asked.original.loading:
            asked.original.failed = True
            self._tell("edit", asked.original)
        if asked.status is Status.DEFERRED:
            silent = asked.original is asked.source
            self._progress(asked, Status.ANSWERED if silent else Status.FAILED)

    def follow_up(self, token: str, payload: JSON, uploads: Sequence[Upload] = ()) -> Message:
        """POST /webhooks/{application}/{token}: one more message.

        After a deferral the first one takes the place of "thinking…", as on Discord.
        """
        asked = self._live(token)
        if asked.original is not None and asked.original.loading:
            return self.edit_reply(token, "@original", payload, uploads)
        message = self._draft(self.guild.bot, payload, asked=asked, reply_to=asked.original)
        self._fill(message, payload, uploads)
        asked.followups.append(self._add(message))
        self._progress(asked, Status.ANSWERED)
        return message

    def reply(self, token: str, message_id: str) -> Message:
        """The message of an interaction that `message_id` (or "@original") names."""
        asked = self._live(token)
        for message in asked.messages:
            if message.id == message_id or (
                message_id == "@original" and message is asked.original
            ):
                return message
        raise ApiError(10008)

    def edit_reply(
        self, token: str, message_id: str, payload: JSON, uploads: Sequence[Upload] = ()
    ) -> Message:
        message = self.reply(token, message_id)
        self._rewrite(message, payload, uploads)
        self._progress(self._live(token), Status.ANSWERED)
        return message

    def delete_reply(self, token: str, message_id: str) -> None:
        self._remove(self.reply(token, message_id))
        self._progress(self._live(token), Status.ANSWERED)

    def _live(self, token: str) -> Interaction:
        asked = self.interactions.get(token)
        if asked is None:
            raise ApiError(50027)
        if not asked.acknowledged:
            raise ApiError(10015)
        return asked

    def _progress(self, asked: Interaction, status: Status) -> None:
        asked.status = status
        self._tell("progress", asked)

    def _callback_payload(self, asked: Interaction, reply: Reply) -> JSON:
        about: JSON = {"id": asked.id, "type": int(asked.kind)}
        resource: JSON = {"type": int(reply)}
        if asked.original is not None:
            about |= {
                "response_message_id": asked.original.id,
                "response_message_loading": asked.original.loading,
                "response_message_ephemeral": asked.original.ephemeral,
            }
            if reply in (Reply.MESSAGE, Reply.UPDATE):
                resource["message"] = asked.original.payload()
        return {"interaction": about, "resource": resource}

    # Messages of the channel

    def post(self, channel_id: str, payload: JSON, uploads: Sequence[Upload] = ()) -> Message:
        """An ordinary message of the bot."""
        self.check_channel(channel_id)
        reference = (payload.get("message_reference") or {}).get("message_id")
        message = self._draft(self.guild.bot, reply_to=self.messages.get(str(reference)))
        self._fill(message, payload, uploads)
        return self._add(message)

    def find(self, channel_id: str, message_id: str) -> Message:
        """A message that the bot can see through the channel: an ephemeral one is not there."""
        self.check_channel(channel_id)
        message = self.messages.get(message_id)
        if message is None or message.ephemeral:
            raise ApiError(10008)
        return message

    def edit(
        self, channel_id: str, message_id: str, payload: JSON, uploads: Sequence[Upload] = ()
    ) -> Message:
        message = self.find(channel_id, message_id)
        if message.author is not self.guild.bot:
            raise ApiError(50005)
        self._rewrite(message, payload, uploads)
        return message

    def delete(self, channel_id: str, message_id: str) -> None:
        message = self.find(channel_id, message_id)
        if message.author is not self.guild.bot:
            raise ApiError(50013)
        self._remove(message)

    def check_channel(self, channel_id: str) -> None:
        if channel_id != self.guild.channel_id:
            raise ApiError(10003)
        if not self.joined:
            raise ApiError(50001)

    def _draft(
        self,
        author: User,
        payload: JSON | None = None,
        *,
        asked: Interaction | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A message that nobody sees yet; of the payload it takes the flags."""
        return Message(
            id=self._new_id(),
            channel_id=self.guild.channel_id,
            author=author,
            created_at=self.clock(),
            flags=int((payload or {}).get("flags") or 0) & ~LOADING,
            asked=asked,
            reply_to=reply_to,
        )

    def _add(self, message: Message) -> Message:
        self.messages[message.id] = message
        self._tell("message", message)
        while len(self.messages) > HISTORY:
            self._remove(next(iter(self.messages.values())))
        return message

    def _remove(self, message: Message) -> None:
        message.deleted = True
        self.messages.pop(message.id, None)
        self._forget(message.files)
        self._tell("delete", message)

    def _rewrite(
        self, message: Message, payload: JSON, uploads: Sequence[Upload], *, prefix: str = ""
    ) -> None:
        if message.deleted:
            raise ApiError(10008)
        was_loading = message.loading
        self._fill(message, payload, uploads, prefix=prefix)
        message.flags &= ~LOADING
        message.edits.append(self.clock())
        message.edited = message.edited or not was_loading
        self._tell("edit", message)

    def _fill(
        self, message: Message, payload: JSON, uploads: Sequence[Upload], *, prefix: str = ""
    ) -> None:
        """Put a payload's parts into a message; a part that the payload leaves out stays."""
        check_message(payload, prefix=prefix)
        content = (payload.get("content", message.content) or "").strip()
        embeds = payload.get("embeds", message.embeds) or []
        components = payload.get("components", message.components) or []
        kept = message.files
        if "attachments" in payload:
            ids = {str(item["id"]) for item in payload["attachments"] or []}
            kept = [file for file in message.files if file.id in ids]
        if not (content or embeds or components or kept or uploads):
            raise ApiError(50006)
        added = [self._keep(upload) for upload in uploads]
        self._forget([file for file in message.files if file not in kept])
        message.content, message.components = content, components
        message.files = [*kept, *added]
        message.embeds = [_resolved(embed, message.files) for embed in embeds]
        self._mention(message, payload.get("allowed_mentions"))

    def _mention(self, message: Message, allowed: JSON | None) -> None:
        """Whom the text would notify, once `allowed_mentions` has had its say."""
        parse = ["users", "everyone"] if allowed is None else allowed.get("parse") or []
        named = set((allowed or {}).get("users") or [])
        written = re.findall(r"<@!?(\d+)>", message.content)
        message.mentions = [
            user
            for user in self.guild.users.values()
            if user.id in written and ("users" in parse or user.id in named)
        ]
        everyone = "@everyone" in message.content or "@here" in message.content
        message.mention_everyone = everyone and "everyone" in parse

    def _forget(self, files: Iterable[Attachment]) -> None:
        for file in files:
            self.attachments.pop(file.id, None)

    def _keep(self, upload: Upload) -> Attachment:
        if len(upload.data) > ATTACHMENT_BYTES:
            raise ApiError(40005)
        attachment_id = self._new_id()
        filename = re.sub(r"[^\w.\-]", "_", upload.filename) or "file"
        attachment = Attachment(
            attachment_id,
            filename,
            content_type(filename, upload.data),
            upload.data,
            f"{self.base_url}attachments/{self.guild.channel_id}/{attachment_id}/{quote(filename)}",
            upload.description,
        )
        self.attachments[attachment_id] = attachment
        return attachment

    def _tell(self, name: EventName, subject: Message | Interaction | None = None) -> None:
        for listener in list(self.listeners):
            listener(Event(name, subject))


def _resolved(embed: JSON, files: Sequence[Attachment]) -> JSON:
    """The embed as it is kept: `attachment://name` becomes the address of that file."""
    resolved: JSON = {"type": "rich"} | embed
    for part in ("image", "thumbnail"):
        url = str((embed.get(part) or {}).get("url") or "")
        for file in files:
            if url == f"attachment://{file.filename}":
                resolved[part] = {"url": file.url, "proxy_url": file.url} | file.size
                resolved[part] |= {"description": file.description} if file.description else {}
    return resolved


def _reply_type(asked: Interaction, value: object) -> Reply:
    """The callback type, if this kind of interaction may be answered so; else 50035."""
    accepted = {
        Kind.COMMAND: (Reply.MESSAGE, Reply.DEFERRED_MESSAGE),
        Kind.COMPONENT: (
            Reply.MESSAGE,
            Reply.DEFERRED_MESSAGE,
            Reply.DEFERRED_UPDATE,
            Reply.UPDATE,
        ),
        Kind.AUTOCOMPLETE: (Reply.CHOICES,),
    }[asked.kind]
    for reply in accepted:
        if reply == value:
            return reply
    listed = ", ".join(f"{int(reply)}" for reply in accepted)
    message = f"Value must be one of {{{listed}}}; the stand-in knows no modals or activities."
    errors = {"type": {"_errors": [{"code": "BASE_TYPE_CHOICES", "message": message}]}}
    raise ApiError(50035, errors=errors)
