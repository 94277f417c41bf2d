"""Messages, files, views and interactions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulators.common.payloads import JSON, content_type
from simulators.common.simulator import WAIT_S, Changes
from simulators.slack.blocks import elements, find_element, mentions, texts
from simulators.slack.workspace import Channel, Member, Workspace

Envelope = Literal["slash_commands", "interactive", "events_api"]


@dataclass(eq=False)
class File:
    """A file; `data` is None until it is uploaded."""

    id: str
    name: str
    size: int
    url: str
    owner: Member
    data: bytes | None = field(default=None, repr=False)
    title: str = ""
    alt_text: str = ""
    is_shared: bool = False  # by `files.completeUploadExternal`
    is_deleted: bool = False
    checks_left: int = 0  # how often `files.info` still says that it is not processed yet

    @property
    def content_type(self) -> str:
        return content_type(self.name, self.data or b"")

    def payload(self) -> JSON:
        if self.is_deleted:
            return {"id": self.id, "mode": "tombstone"}
        return {
            "id": self.id,
            "mode": "hosted",
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": "" if self.checks_left else self.content_type,
            "filetype": self.name.rpartition(".")[2] or "text",
            "size": self.size,
            "user": self.owner.id,
            "alt_txt": self.alt_text,
            "url_private": self.url,
            "url_private_download": "/download/".join(self.url.rsplit("/", 1)),
        }


@dataclass(eq=False)
class Message:
    """A message; `edits` has the time of each edit in seconds since 1970."""

    ts: str
    channel: Channel
    author: Member
    text: str = ""
    blocks: list[JSON] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    pictures: list[File] = field(default_factory=list)  # in its blocks
    only_for: Member | None = None  # an ephemeral message has one reader
    thread_ts: str | None = None
    asked: "Interaction | None" = None  # whose response_url or acknowledgement it came through
    edits: list[float] = field(default_factory=list)
    is_deleted: bool = False

    @property
    def is_ephemeral(self) -> bool:
        return self.only_for is not None

    @property
    def words(self) -> str:
        """All text that people see, line by line: of the blocks, or `text` if there are none."""
        return "\n".join(texts(self.blocks)) if self.blocks else self.text

    @property
    def mentions(self) -> list[str]:
        """Whom it notifies: ids of members, and "channel", "here" or "everyone"."""
        return mentions(self.text, self.blocks)

    @property
    def buttons(self) -> list[JSON]:
        return [element for _, element in elements(self.blocks) if element["type"] == "button"]

    def button(self, name: str) -> JSON:
        """The button with this label, action_id or value; raises LookupError."""
        return find_element(self.blocks, name)[1]

    def payload(self, workspace: Workspace) -> JSON:
        body: JSON = {"ts": self.ts, "text": self.text}
        if self.asked is None:
            body["user"] = self.author.id
        if self.author.is_bot:
            body |= {"bot_id": workspace.bot_id, "blocks": self.blocks}
        if self.files:
            body["files"] = [file.payload() for file in self.files]
        if self.thread_ts is not None:
            body["thread_ts"] = self.thread_ts
        if self.edits:
            body["edited"] = {"user": self.author.id, "ts": f"{self.edits[-1]:.6f}"}
        return body


@dataclass(eq=False)
class View:
    """A modal or a home tab, as one member sees it; `hash` changes with each update."""

    id: str
    member: Member
    content: JSON
    hash: str
    is_open: bool = True

    @property
    def blocks(self) -> list[JSON]:
        blocks: list[JSON] = self.content["blocks"]
        return blocks

    @property
    def words(self) -> str:
        """All text that the member sees, line by line."""
        title = self.content.get("title", {}).get("text", "")
        return "\n".join([title] * bool(title) + list(texts(self.blocks)))

    def payload(self, workspace: Workspace, values: JSON | None = None) -> JSON:
        """`values`: the state, by block_id and action_id."""
        about = {"id": self.id, "team_id": workspace.id, "app_id": workspace.app_id}
        state = {"hash": self.hash, "state": {"values": values or {}}}
        return {"private_metadata": "", "callback_id": "", **self.content, **about, **state}


@dataclass(eq=False)
class Interaction:
    """An action of a member, or an event: an envelope that the bot has to acknowledge.

    failure: "dispatch_failed" if no connection took it, "operation_timeout" if it was not
    acknowledged in time; the member then sees an error.
    """

    kind: Envelope
    payload: JSON
    envelope_id: str
    title: str  # "/dinoname", or the label of the button
    created_at: float
    changes: Changes = field(repr=False)
    member: Member | None = None
    channel: Channel | None = None
    source: Message | View | None = None  # with the pressed button
    response_url: str = ""
    response_uses: int = 0  # of its `response_url`
    is_trigger_used: bool = False
    acknowledgements: list[JSON] = field(default_factory=list)  # payloads, in order
    acknowledged_at: float | None = None  # time of the first one
    failure: str = ""
    rejection: str = ""  # why Slack could not use the acknowledgement's payload
    replies: list[Message] = field(default_factory=list)  # by response_url or acknowledgement
    posts: list[Message] = field(default_factory=list)  # of the bot in the channel, since then
    view: View | None = None  # opened with its trigger, or updated by its acknowledgement
    errors: Mapping[str, str] = field(default_factory=dict)  # of a submission, by block_id
    options: list[JSON] = field(default_factory=list)  # of a suggestion

    @property
    def is_acknowledged(self) -> bool:
        return bool(self.acknowledgements)

    @property
    def accepts_payload(self) -> bool:
        """Whether the acknowledgement may say something."""
        kind = self.payload.get("type")
        answered = ("block_suggestion", "view_submission")
        return self.kind == "slash_commands" or kind in answered

    @property
    def messages(self) -> list[Message]:
        """Answers that are not deleted, oldest first.

        Slack does not connect a message that is posted or edited to what it answers: those of the
        bot in the same channel since then count.
        """
        found = {id(message): message for message in [*self.replies, *self.posts]}
        alive = (message for message in found.values() if not message.is_deleted)
        return sorted(alive, key=lambda message: message.ts)

    @property
    def message(self) -> Message:
        """The newest answer; raises LookupError if there is none."""
        if not self.messages:
            raise LookupError(f"{self.title} has no answer. {self.failure}")
        return self.messages[-1]

    async def acknowledgement(self, timeout_s: float = WAIT_S) -> JSON:
        """Wait until it is acknowledged; the payload, {} if there is none.

        Raises RuntimeError if it failed, TimeoutError after `timeout_s`.
        """
        await self._wait_for(lambda: self.is_acknowledged, "The acknowledgement of", timeout_s)
        return self.acknowledgements[0]

    async def answer(self, timeout_s: float = WAIT_S) -> Message:
        """Wait for an answer; the newest one. Raises like `acknowledgement`."""
        await self._wait_for(lambda: self.messages, "An answer to", timeout_s)
        return self.message

    async def opened(self, timeout_s: float = WAIT_S) -> View:
        """Wait for the modal that the interaction opens. Raises like `acknowledgement`."""
        await self._wait_for(lambda: self.view, "The modal of", timeout_s)
        if self.view is None:
            raise LookupError(f"{self.title} has opened no modal.")
        return self.view

    async def _wait_for(self, done: Callable[[], object], what: str, timeout_s: float) -> None:
        await self.changes.wait_for(
            lambda: done() or self.failure, timeout_s=timeout_s, what=f"{what} {self.title}"
        )
        if not done():
            raise RuntimeError(f"{self.title} failed with the error {self.failure!r}.")
