"""The channel of the simulated server: its messages and their files."""

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

from simulators.common.payloads import JSON, Upload, content_type
from simulators.common.rate_limits import RateLimiter
from simulators.discord.guild import EMBED_LINKS, Guild, User
from simulators.discord.limits import (
    ATTACHMENT_BYTES,
    LONGEST_DESCRIPTION,
    ApiError,
    PayloadErrors,
)
from simulators.discord.records import (
    EPHEMERAL,
    LOADING,
    Attachment,
    Events,
    Interaction,
    Message,
    Surface,
)

HISTORY = 500
"""Messages to keep by default."""
OLD_S = 3600.0
"""Seconds after which a message is old, so that it takes few edits."""
OLD_EDITS, OLD_WINDOW_S = 3, 20.0
"""How many edits old messages take, in which time. Discord says neither."""


class Channel:
    """Messages and files, and who can change them.

    Methods for a request of the bot or of a member raise `ApiError` where Discord would.
    """

    def __init__(
        self,
        guild: Guild,
        events: Events,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        history: int = HISTORY,
    ) -> None:
        """`history`: messages to keep, and as many ephemeral ones; older ones are deleted."""
        self._history = history
        self._guild, self._events, self._clock, self._new_id = guild, events, clock, new_id
        self.base_url = ""
        """Address at which files are served, with a slash at the end."""
        self.messages: dict[str, Message] = {}
        self.attachments: dict[str, Attachment] = {}
        self.by_nonce: dict[str, Message] = {}
        """The bot's messages in all channels by their enforced nonces, also deleted ones."""
        self.old_s = OLD_S
        self._old_edits = RateLimiter(OLD_EDITS, OLD_WINDOW_S, clock)

    # Requests of a member

    def say(self, user: User, content: str) -> Message:
        """Post an ordinary message of a member."""
        if not content.strip():
            raise ApiError(50006)
        message = self.draft(user)
        message.content = content.strip()
        return self.add(message)

    def dismiss(self, user: User, message_id: str) -> None:
        """Dismiss an ephemeral message."""
        message = self.messages.get(message_id)
        if message is None or message.only_for != user.id:
            raise ApiError(10008)
        self.remove(message)

    # Requests of the bot

    def post(self, payload: JSON, uploads: Sequence[Upload] = ()) -> Message:
        """Post an ordinary message of the bot.

        A second one with the same enforced nonce is not posted: the first one is returned, or an
        error if that was deleted.
        """
        self._guild.check_not_timed_out()
        self._guild.check_may_send(payload, has_files=bool(uploads))
        self.open_thread()
        nonce = payload.get("nonce") if payload.get("enforce_nonce") else None
        if nonce is not None and (posted := self.by_nonce.get(str(nonce))) is not None:
            if posted.deleted:
                raise ApiError(10008)
            return posted
        reference = (payload.get("message_reference") or {}).get("message_id")
        message = self.draft(self._guild.bot, reply_to=self.messages.get(str(reference)))
        if not self._guild.bot.has(EMBED_LINKS):
            payload = payload | {"embeds": []}
        self.fill(message, payload, uploads)
        if nonce is not None:
            self.by_nonce[str(nonce)] = message
        return self.add(message)

    def edit(self, message_id: str, payload: JSON, uploads: Sequence[Upload] = ()) -> Message:
        """Edit a message of the bot. Ephemeral ones are edited through their interactions only."""
        self._guild.check_not_timed_out()
        message = self.messages.get(message_id)
        if message is None or message.ephemeral:
            raise ApiError(10008)
        if message.author.id != self._guild.bot.id:
            raise ApiError(50005)
        was_loading = message.flags & LOADING
        if self._clock() - message.created_at > self.old_s and not self._old_edits.take("").granted:
            raise ApiError(30046)
        self.rewrite(message, payload, uploads)
        message.flags |= was_loading  # only the token ends "thinking…" for sure
        return message

    def open_thread(self) -> None:
        """Open an archived thread, as whatever is sent there does, unless it is locked."""
        self._guild.check_unlocked()
        self._guild.channel.archived = False

    # Building blocks, also for replies to interactions

    def draft(
        self,
        author: User,
        payload: JSON | None = None,
        *,
        asked: Interaction | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """A message that is not posted yet; only the flags of the payload are used."""
        flags = int((payload or {}).get("flags") or 0) & ~LOADING
        is_here = asked is None or asked.surface is Surface.SERVER
        return Message(
            id=self._new_id(),
            channel_id=self._guild.channel_id if is_here else self._guild.elsewhere_id,
            author=author,
            created_at=self._clock(),
            flags=flags | EPHEMERAL if asked is not None and asked.forces_private else flags,
            asked=asked,
            reply_to=reply_to,
        )

    def add(self, message: Message) -> Message:
        self.messages[message.id] = message
        self._events.emit("message", message)
        alike = [other for other in self.messages.values() if other.ephemeral == message.ephemeral]
        for oldest in alike[: -self._history]:
            self.remove(oldest)
        return message

    def remove(self, message: Message) -> None:
        message.deleted = True
        self.messages.pop(message.id, None)
        self.delete_files(message.files)
        self._events.emit("delete", message)

    def rewrite(self, message: Message, payload: JSON, uploads: Sequence[Upload]) -> None:
        if message.deleted:
            raise ApiError(10008)
        if message.channel_id == self._guild.channel_id:
            if self._guild.channel.archived:
                raise ApiError(50083)
            self._guild.check_unlocked()
        was_loading = message.loading
        self.fill(message, payload, uploads)
        message.flags &= ~LOADING
        message.edits.append(self._clock())
        message.edited = message.edited or not was_loading
        self._events.emit("edit", message)

    def fill(self, message: Message, payload: JSON, uploads: Sequence[Upload]) -> None:
        """Set the parts of a message that the payload contains."""
        content = (payload.get("content", message.content) or "").strip()
        embeds = payload.get("embeds", message.embeds) or []
        components = payload.get("components", message.components) or []
        kept = message.files
        if "attachments" in payload:
            ids = {str(item["id"]) for item in payload["attachments"] or []}
            kept = [file for file in message.files if file.id in ids]
        if not (content or embeds or components or kept or uploads):
            raise ApiError(50006)
        added = [self.store_file(upload) for upload in uploads]
        self.delete_files([file for file in message.files if file not in kept])
        message.content, message.components = content, components
        message.files = [*kept, *added]
        message.embeds = [_resolved(embed, message.files) for embed in embeds]
        self._mention(message, payload.get("allowed_mentions"))

    def _mention(self, message: Message, allowed: JSON | None) -> None:
        """Set whom the text notifies, as far as `allowed_mentions` permits."""
        parse = ["users", "everyone"] if allowed is None else allowed.get("parse") or []
        named = set((allowed or {}).get("users") or [])
        written = re.findall(r"<@!?(\d+)>", message.content)
        message.mentions = [
            user
            for user in self._guild.users.values()
            if user.id in written and ("users" in parse or user.id in named)
        ]
        everyone = "@everyone" in message.content or "@here" in message.content
        message.mention_everyone = everyone and "everyone" in parse

    def delete_files(self, files: Iterable[Attachment]) -> None:
        for file in files:
            self.attachments.pop(file.id, None)

    def store_file(self, upload: Upload) -> Attachment:
        if len(upload.data) > ATTACHMENT_BYTES:
            raise ApiError(40005)
        form = PayloadErrors()
        form.length("attachments.description", upload.description, 0, LONGEST_DESCRIPTION)
        form.check()
        attachment_id = self._new_id()
        filename = re.sub(r"[^\w.\-]", "_", upload.filename) or "file"
        url = (
            f"{self.base_url}attachments/{self._guild.channel_id}/{attachment_id}/{quote(filename)}"
        )
        kind = content_type(filename, upload.data)
        stored = Attachment(attachment_id, filename, kind, upload.data, url, upload.description)
        self.attachments[attachment_id] = stored
        return stored


def _resolved(embed: JSON, files: Sequence[Attachment]) -> JSON:
    """The embed with `attachment://name` replaced by the address of that file."""
    resolved: JSON = {"type": "rich"} | embed
    for part in ("image", "thumbnail"):
        url = str((embed.get(part) or {}).get("url") or "")
        for file in files:
            if url == f"attachment://{file.filename}":
                resolved[part] = {"url": file.url, "proxy_url": file.url} | file.size
                resolved[part] |= {"description": file.description} if file.description else {}
    return resolved
