"""Messages of the workspace and their files, and what the bot may do with them."""

import re
import secrets
from collections.abc import Callable, Sequence
from urllib.parse import quote

from simulators.common.payloads import JSON
from simulators.common.simulator import Changes
from simulators.slack.blocks import check_message_blocks, odd_dates, with_ids
from simulators.slack.limits import POSTED_TEXT, UPDATED_TEXT, SlackError, check_text
from simulators.slack.records import File, Interaction, Message
from simulators.slack.workspace import Channel, Member, Workspace

HISTORY = 1000
"""Messages to keep by default."""
FILES = 500
"""Files to keep; older ones are forgotten."""
FILE_BYTES = 100 * 1024 * 1024


class Messages:
    """Messages and files. Methods for a request of the bot raise `SlackError` as Slack would."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Callable[[], float],
        changes: Changes,
        *,
        history: int = HISTORY,
    ) -> None:
        """`history`: messages to keep; older ones are forgotten."""
        self._workspace, self._clock, self._changes = workspace, clock, changes
        self._history = history
        self.base_url = ""
        """Address at which files are served, with a slash at the end."""
        self.by_ts: dict[str, Message] = {}
        self.files: dict[str, File] = {}
        self.warnings: list[str] = []
        """Complaints about what Slack accepts, and may read otherwise than the bot means it."""
        self.listeners: list[Callable[[Message], None]] = []
        """Called with every message that the bot posts or edits."""
        self._last_ts = 0
        self.processing = 1
        """How often `files.info` says of a new file that it is not processed yet."""

    # Requests of the bot

    def post(
        self,
        channel: Channel,
        payload: JSON,
        *,
        only_for: Member | None = None,
        asked: Interaction | None = None,
    ) -> Message:
        """Post a message of the bot. `only_for`: the reader of an ephemeral message."""
        message = Message(self.new_ts(), channel, self._workspace.bot, asked=asked)
        message.only_for = only_for
        message.thread_ts = self._thread(channel, payload)
        if message.thread_ts is not None and only_for is not None and asked is not None:
            self.warnings.append("an ephemeral answer with thread_ts, which is for in_channel")
            message.thread_ts = None
        self._fill(message, payload, POSTED_TEXT)
        return self._add(message)

    def update(self, channel_id: str, ts: str, payload: JSON) -> Message:
        """chat.update: replace the text and the blocks, or only the blocks.

        Text alone removes the blocks. Rich text can be replaced by rich text only.
        """
        message = self.find(channel_id, ts)
        self._workspace.writable(channel_id, is_edit=True)
        if not message.author.is_bot or message.asked is not None:
            raise SlackError("cant_update_message")
        if payload.get("parse") != "none":
            self.warnings.append("chat.update without parse: none, which becomes client")
        if _has_rich_text(message.blocks) and not _has_rich_text(payload.get("blocks")):
            raise SlackError("block_mismatch")
        self.rewrite(message, payload, UPDATED_TEXT)
        return message

    def find(self, channel_id: str, ts: str) -> Message:
        """A message that is not ephemeral: those are found through their response_url only."""
        channel = self._workspace.find_channel(channel_id)
        message = self.by_ts.get(ts)
        if message is None or message.channel is not channel or message.is_ephemeral:
            raise SlackError("message_not_found")
        return message

    def rewrite(self, message: Message, payload: JSON, longest: int = POSTED_TEXT) -> None:
        """Replace the text and the blocks of a message."""
        if message.is_deleted:
            raise SlackError("message_not_found")
        self._fill(message, payload, longest)
        message.edits.append(self._clock())
        self._tell(message)

    def remove(self, message: Message) -> None:
        message.is_deleted = True
        self.by_ts.pop(message.ts, None)
        self._changes.notify()

    def reserve_upload(self, name: str, size: int, alt_text: str) -> tuple[File, str]:
        """files.getUploadURLExternal: a file without data, and its upload address."""
        if not name or not 0 < size <= FILE_BYTES:
            raise SlackError("invalid_arguments")
        file = self._new_file(name, size, self._workspace.bot)
        file.alt_text, file.checks_left = alt_text, self.processing
        return file, f"{self.base_url}upload/v1/{file.id}"

    def receive_upload(self, file_id: str, data: bytes) -> None:
        """The bytes of a reserved file. Raises KeyError (no such file) or ValueError (size)."""
        file = self.files[file_id]
        if len(data) != file.size:
            raise ValueError(f"{len(data)} bytes instead of {file.size}")
        file.data = data

    def complete_upload(self, files: Sequence[JSON], channel_id: str, payload: JSON) -> list[File]:
        """files.completeUploadExternal: share files in a message, or keep them without a channel.

        files: each with its "id" and perhaps a "title".
        """
        found = []
        for item in files:
            file = self.files.get(str(item.get("id")))
            if file is None or file.data is None or file.is_shared:
                raise SlackError("file_not_found")
            file.title = str(item.get("title") or file.name)
            found.append(file)
        if not found:
            raise SlackError("invalid_arguments")
        if channel_id:
            is_reply = bool(payload.get("thread_ts"))
            channel = self._workspace.writable(channel_id, is_reply=is_reply)
            message = Message(self.new_ts(), channel, self._workspace.bot, files=[*found])
            message.text = str(payload.get("initial_comment") or "")
            message.thread_ts = self._thread(channel, payload)
            check_text(message.text, UPDATED_TEXT)
            self._add(message)
        for file in found:
            file.is_shared = True
        return found

    def delete_file(self, file_id: str) -> None:
        """Delete a file of the bot; its message keeps a stub of it."""
        file = self.files.get(file_id)
        if file is None:
            raise SlackError("file_not_found")
        if file.owner is not self._workspace.bot:
            raise SlackError("cant_delete_file")
        if file.is_deleted:
            raise SlackError("file_deleted")
        file.is_deleted, file.data = True, None
        for message in [each for each in self.by_ts.values() if file in each.files]:
            self._tell(message)

    # Requests of a member

    def say(self, member: Member, text: str, channel: Channel | None = None) -> Message:
        """Post an ordinary message of a member."""
        message = Message(self.new_ts(), channel or self._workspace.channel, member, text)
        self.by_ts[message.ts] = message
        self._changes.notify()
        return message

    def store_file(self, member: Member, name: str, data: bytes) -> File:
        """A file that a member puts into a form."""
        file = self._new_file(name, len(data), member)
        file.data, file.is_shared = data, True
        return file

    def new_ts(self) -> str:
        """The next timestamp: every message has one of its own."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"

    # Building blocks

    def _thread(self, channel: Channel, payload: JSON) -> str | None:
        """The message in whose thread to post: not a reply, which begins none."""
        thread = payload.get("thread_ts")
        if thread is None:
            return None
        first = self.by_ts.get(str(thread))
        is_reply = first is not None and first.thread_ts not in (None, first.ts)
        if first is None or is_reply or first.channel is not channel:
            raise SlackError("thread_not_found")
        return first.ts

    def _fill(self, message: Message, payload: JSON, longest: int) -> None:
        text, blocks = payload.get("text"), payload.get("blocks") or []
        if text is not None and not isinstance(text, str):
            raise SlackError("invalid_arguments", ["must be a string [json-pointer:/text]"])
        check_text(text or "", longest)
        blocks = check_message_blocks(blocks)
        pictures = [
            self._picture(block["slack_file"]["id"], f"/blocks/{place}/slack_file")
            for place, block in enumerate(blocks)
            if block["type"] == "image"
        ]
        if message.ts in self.by_ts and message.only_for is None:
            # Slack shows one that an update brings as broken (java-slack-sdk#1441).
            pictures = [each for each in pictures if each in message.pictures]
        message.pictures = pictures
        self.warnings += odd_dates(blocks, self._clock())
        if not (text or "").strip() and not blocks:
            raise SlackError("no_text")
        if not text:
            self.warnings.append("a message without text for screen readers")
        message.text = message.text if text is None else text
        message.blocks = with_ids(blocks)

    def _picture(self, file_id: str, at: str) -> File:
        """A file in a block. Raises `invalid_blocks` unless it is a picture, and processed."""
        file = self.files.get(file_id)
        is_whole = file is not None and file.is_shared and not file.is_deleted
        if file is None or not is_whole or not file.payload()["mimetype"].startswith("image/"):
            raise SlackError("invalid_blocks", [f"invalid slack file [json-pointer:{at}]"])
        return file

    def _add(self, message: Message) -> Message:
        self.by_ts[message.ts] = message
        for oldest in list(self.by_ts)[: -self._history]:
            del self.by_ts[oldest]
        if message.asked is not None:
            message.asked.replies.append(message)
        self._tell(message)
        return message

    def _tell(self, message: Message) -> None:
        for listener in self.listeners:
            listener(message)
        self._changes.notify()

    def _new_file(self, name: str, size: int, owner: Member) -> File:
        file_id = f"F{secrets.token_hex(5).upper()}"  # browsers keep files beyond a restart
        safe = re.sub(r"[^\w.\-]", "_", name) or "file"
        url = f"{self.base_url}files-pri/{self._workspace.id}-{file_id}/{quote(safe)}"
        file = File(file_id, name, size, url, owner)
        self.files[file_id] = file
        for oldest in list(self.files)[:-FILES]:
            del self.files[oldest]
        return file


def _has_rich_text(blocks: object) -> bool:
    return isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "rich_text" for block in blocks
    )
