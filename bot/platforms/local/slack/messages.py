"""Messages of the workspace and their files, and what the bot may do with them."""

import re
import secrets
from collections.abc import Callable, Sequence
from urllib.parse import quote

from bot.platforms.local.common.changes import Changes
from bot.platforms.local.limits import JSON
from bot.platforms.local.records import content_type
from bot.platforms.local.slack.blocks import check_message_blocks
from bot.platforms.local.slack.limits import POSTED_TEXT, UPDATED_TEXT, SlackError, check_text
from bot.platforms.local.slack.records import File, Interaction, Message
from bot.platforms.local.slack.workspace import Channel, Member, Workspace

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
        """Where files are served, with a slash at the end."""
        self.by_ts: dict[str, Message] = {}
        self.files: dict[str, File] = {}
        self.uploads: dict[str, File] = {}  # by the secret of their upload address
        self.listeners: list[Callable[[Message], None]] = []
        """Called with every message that the bot posts or edits."""
        self._last_ts = self._file_count = 0

    @property
    def shared_files(self) -> set[str]:
        """Ids of the files that image blocks can show."""
        return {file.id for file in self.files.values() if file.is_shared}

    # Requests of the bot

    def post(
        self,
        channel: Channel,
        payload: JSON,
        *,
        only_for: Member | None = None,
        asked: Interaction | None = None,
    ) -> Message:
        """Post a message of the bot. `only_for`: the reader of an ephemeral one."""
        message = Message(self.new_ts(), channel, self._workspace.bot, asked=asked)
        message.only_for = only_for
        message.thread_ts = self._thread(payload)
        self._fill(message, payload, POSTED_TEXT)
        return self._add(message)

    def update(self, channel_id: str, ts: str, payload: JSON) -> Message:
        """chat.update: replace text and blocks; blocks stay if only text is given, as on Slack."""
        message = self._own(channel_id, ts, "cant_update_message")
        self.rewrite(message, {"blocks": message.blocks} | payload, UPDATED_TEXT)
        return message

    def delete(self, channel_id: str, ts: str) -> None:
        self.remove(self._own(channel_id, ts, "cant_delete_message"))

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
        file.alt_text = alt_text
        secret = secrets.token_urlsafe(24)
        self.uploads[secret] = file
        for oldest in list(self.uploads)[:-FILES]:
            del self.uploads[oldest]
        return file, f"{self.base_url}upload/v1/{secret}"

    def receive_upload(self, secret: str, data: bytes) -> None:
        """The bytes of a reserved file. Raises KeyError (no such address) or ValueError (size)."""
        file = self.uploads[secret]
        if len(data) != file.size:
            raise ValueError(f"{len(data)} bytes instead of {file.size}")
        file.data = data
        file.content_type = content_type(file.name, data)

    def complete_upload(self, files: Sequence[JSON], channel_id: str, payload: JSON) -> list[File]:
        """files.completeUploadExternal: share files in a message, or keep them without a channel.

        files: each with its "id" and perhaps a "title".
        """
        found = []
        for item in files:
            file = self.files.get(str(item.get("id")))
            if file is None or file.data is None or file.owner is not self._workspace.bot:
                raise SlackError("file_not_found")
            found.append(file)
        if not found:
            raise SlackError("invalid_arguments")
        channel = self._workspace.writable(channel_id) if channel_id else None
        for item, file in zip(files, found, strict=True):
            file.title = str(item.get("title") or file.name)
        if channel is not None:
            message = Message(self.new_ts(), channel, self._workspace.bot, files=found)
            message.text = str(payload.get("initial_comment") or "")
            message.thread_ts = self._thread(payload)
            check_text(message.text, UPDATED_TEXT)
            for file in found:
                file.is_shared = True
            self._add(message)
        return found

    def delete_file(self, file_id: str) -> None:
        """Delete a file of the bot; a message that has nothing else goes with it."""
        file = self.files.get(file_id)
        if file is None:
            raise SlackError("file_not_found")
        if file.owner is not self._workspace.bot:
            raise SlackError("cant_delete_file")
        del self.files[file_id]
        for message in [each for each in self.by_ts.values() if file in each.files]:
            message.files.remove(file)
            if message.files or message.text or message.blocks:
                self._tell(message)
            else:
                self.remove(message)

    # Requests of a member

    def say(self, member: Member, text: str, channel: Channel) -> Message:
        """Post an ordinary message of a member."""
        message = Message(self.new_ts(), channel, member, text)
        self.by_ts[message.ts] = message
        self._changes.notify()
        return message

    def store_file(self, member: Member, name: str, data: bytes) -> File:
        """A file that a member puts into a form."""
        file = self._new_file(name, len(data), member)
        file.data = data
        file.content_type = content_type(name, data)
        return file

    def new_ts(self) -> str:
        """The next timestamp: every message has one of its own."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"

    # Building blocks

    def _thread(self, payload: JSON) -> str | None:
        """The message in whose thread to post."""
        thread = payload.get("thread_ts")
        if thread is None:
            return None
        if str(thread) not in self.by_ts:
            raise SlackError("thread_not_found")
        return str(thread)

    def _own(self, channel_id: str, ts: str, error: str) -> Message:
        """A message of the bot in a channel that it is in."""
        message = self.find(channel_id, ts)
        self._workspace.writable(channel_id)
        if not message.author.is_bot:
            raise SlackError(error)
        return message

    def _fill(self, message: Message, payload: JSON, longest: int) -> None:
        text, blocks = payload.get("text") or "", payload.get("blocks") or []
        if not isinstance(text, str):
            raise SlackError("invalid_arguments", ["must be a string [json-pointer:/text]"])
        check_text(text, longest)
        blocks = check_message_blocks(blocks, self.shared_files)
        if not text.strip() and not blocks:
            raise SlackError("no_text")
        message.text, message.blocks = text, with_ids(blocks)

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
        self._file_count += 1
        file_id = f"F0LOCAL{self._file_count:04}"
        safe = re.sub(r"[^\w.\-]", "_", name) or "file"
        url = f"{self.base_url}files-pri/{self._workspace.id}-{file_id}/{quote(safe)}"
        file = File(file_id, name, size, "application/octet-stream", url, owner)
        self.files[file_id] = file
        for oldest in list(self.files)[:-FILES]:
            del self.files[oldest]
        return file


def with_ids(blocks: Sequence[JSON]) -> list[JSON]:
    """The blocks, with the `block_id` and `action_id` that Slack adds where they are missing.

    They tell the place, so that they stay when a message is edited: a press that comes at that
    moment still finds its button.
    """
    done = []
    for place, given in enumerate(blocks):
        block: JSON = {"block_id": f"local{place}"} | given
        for field in ("accessory", "element"):
            if field in block:
                block[field] = _with_action_id(block[field], block["block_id"])
        if block["type"] == "actions":
            block["elements"] = [
                _with_action_id(element, f"{block['block_id']}.{number}")
                for number, element in enumerate(block["elements"])
            ]
        done.append(block)
    return done


def _with_action_id(element: JSON, otherwise: str) -> JSON:
    if element["type"] == "image":
        return element
    return {"action_id": otherwise} | element
