"""Messages, interactions and files, with their API payloads; and the events about them."""

import enum
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from simulators.common.payloads import JSON
from simulators.discord.guild import USE_EXTERNAL_APPS, User, iso
from simulators.discord.limits import SERVERS, USERS, Context, PayloadErrors

BUTTON = 2
EPHEMERAL, LOADING = 1 << 6, 1 << 7


class InteractionType(enum.IntEnum):
    """Discord's interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Reply(enum.IntEnum):
    """Discord's callback types: the kinds of first response to an interaction."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class Surface(enum.Enum):
    """Place of a command: the server, or a place where only the member has added the bot."""

    SERVER = Context.SERVER, SERVERS
    OTHER_SERVER = Context.SERVER, USERS
    """One without the bot."""
    BOT_DM = Context.BOT_DM, SERVERS
    PRIVATE = Context.PRIVATE, USERS

    @property
    def context(self) -> Context:
        return self.value[0]

    @property
    def install(self) -> int:
        """Discord's number for a server or a user to whom the application was added."""
        return self.value[1]


class Status(enum.StrEnum):
    """Progress of an interaction."""

    WAITING = "waiting"  # no response yet
    DEFERRED = "deferred"  # the bot has announced an answer
    ANSWERED = "answered"
    FAILED = "failed"  # no answer in time


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the simulator serves."""

    id: str
    filename: str
    content_type: str
    data: bytes = field(repr=False)
    url: str
    description: str | None = None

    @property
    def size(self) -> JSON:
        """{"width", "height"} of a PNG in pixels; empty for other files."""
        if self.content_type != "image/png" or len(self.data) < 24:
            return {}
        width, height = struct.unpack(">II", self.data[16:24])
        return {"width": width, "height": height}

    def payload(self) -> JSON:
        return {
            "id": self.id,
            "filename": self.filename,
            "size": len(self.data),
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.content_type,
            **({"description": self.description} if self.description else {}),
            **self.size,
        }


@dataclass(frozen=True, slots=True)
class Button:
    """A button of a message."""

    label: str
    custom_id: str | None
    style: int
    disabled: bool
    url: str | None


@dataclass
class Message:
    """A message of the channel; `edits` has the time of each edit."""

    id: str
    channel_id: str
    author: User
    created_at: float
    content: str = ""
    embeds: list[JSON] = field(default_factory=list)
    components: list[JSON] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    flags: int = 0
    mentions: list[User] = field(default_factory=list)
    mention_everyone: bool = False
    edits: list[float] = field(default_factory=list)
    edited: bool = False
    asked: "Interaction | None" = None
    reply_to: "Message | None" = None
    failed: bool = False  # deferred, and not edited in time
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def only_for(self) -> str | None:
        """The ID of the only user who sees it, or None if everyone does."""
        return self.asked.user.id if self.asked and self.ephemeral else None

    def visible_to(self, user: User) -> bool:
        return self.only_for in (None, user.id)

    @property
    def embed(self) -> JSON:
        """The first embed; empty if there is none."""
        return self.embeds[0] if self.embeds else {}

    @property
    def attachments(self) -> list[Attachment]:
        """The files, except those that an embed shows."""
        shown = {(embed.get("image") or {}).get("url") for embed in self.embeds}
        shown |= {(embed.get("thumbnail") or {}).get("url") for embed in self.embeds}
        return [file for file in self.files if file.url not in shown]

    @property
    def buttons(self) -> list[Button]:
        return [
            Button(
                part.get("label") or (part.get("emoji") or {}).get("name") or "",
                part.get("custom_id"),
                part["style"],
                part.get("disabled", False),
                part.get("url"),
            )
            for part in self.parts
            if part["type"] == BUTTON
        ]

    @property
    def parts(self) -> list[JSON]:
        """The buttons and menus."""
        return [part for row in self.components for part in row["components"]]

    def select(self, name: str) -> JSON:
        """The menu whose placeholder or custom_id begins with a name; raises LookupError."""
        for part in self.parts:
            if part["type"] != BUTTON and any(
                part.get(field, "").startswith(name) for field in ("placeholder", "custom_id")
            ):
                return part
        raise LookupError(f"The message has no menu {name!r}.")

    def button(self, name: str) -> Button:
        """The button with this label or custom_id; raises LookupError."""
        for button in self.buttons:
            if name in (button.label, button.custom_id):
                return button
        labels = ", ".join(repr(button.label) for button in self.buttons) or "none"
        raise LookupError(f"The message has no button {name!r}. Its buttons: {labels}.")

    def payload(self) -> JSON:
        body: JSON = {
            "id": self.id,
            "channel_id": self.channel_id,
            "type": 0,
            "author": self.author.payload(),
            "content": self.content,
            "timestamp": iso(self.created_at),
            "edited_timestamp": iso(self.edits[-1]) if self.edited else None,
            "mention_everyone": self.mention_everyone,
            "mentions": [user.payload() for user in self.mentions],
            "attachments": [file.payload() for file in self.attachments],
            "embeds": self.embeds,
            "components": self.components,
            "flags": self.flags,
        }
        if self.reply_to is not None:
            body["type"] = 19
            reference = {"message_id": self.reply_to.id, "channel_id": self.channel_id}
            body["message_reference"] = reference
        if self.asked is not None:
            if self.asked.kind is InteractionType.COMMAND and self.reply_to is None:
                body["type"] = 20
            body |= {"webhook_id": self.author.id, "application_id": self.author.id}
        return body


@dataclass(eq=False)
class Interaction:
    """A command, button press or autocomplete request of a member."""

    id: str
    token: str
    kind: InteractionType
    user: User
    title: str  # "/dinoname", or the label of the button
    data: JSON
    created_at: float
    source: Message | None = None  # the message with the pressed button
    surface: Surface = Surface.SERVER
    status: Status = Status.WAITING
    original: Message | None = None  # the message that @original refers to
    followups: list[Message] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)  # values of options
    choices: list[JSON] = field(default_factory=list)
    modal: JSON | None = None  # the form that the bot has opened, until it is submitted
    acknowledged_at: float | None = None  # time of the first response

    @property
    def forces_private(self) -> bool:
        """Whether the answers are for the member only, whatever the bot says."""
        is_other = self.surface is Surface.OTHER_SERVER
        return is_other and not self.user.has(USE_EXTERNAL_APPS)

    @property
    def acknowledged(self) -> bool:
        return self.status in (Status.DEFERRED, Status.ANSWERED)

    @property
    def settled(self) -> bool:
        """Whether the interaction has been answered or has failed."""
        return self.status in (Status.ANSWERED, Status.FAILED)

    @property
    def failed(self) -> bool:
        return self.status is Status.FAILED

    @property
    def messages(self) -> list[Message]:
        """Answers that are not deleted, @original first."""
        every = [self.original, *self.followups]
        return [message for message in every if message is not None and not message.deleted]

    @property
    def message(self) -> Message:
        """The newest answer; raises LookupError if there is none."""
        if not self.messages:
            raise LookupError(f"{self.title} has no answer: it is {self.status}.")
        return self.messages[-1]


def reply_type(asked: Interaction, value: Any) -> Reply:  # noqa: ANN401 (whatever was sent)
    """The callback type; `ApiError` 50035 if this kind of interaction does not accept it."""
    accepted = {
        InteractionType.COMMAND: (4, 5, 9),
        InteractionType.COMPONENT: (4, 5, 6, 7, 9),
        InteractionType.MODAL: (4, 5, 6, 7),
        InteractionType.AUTOCOMPLETE: (8,),
    }
    form = PayloadErrors()
    form.one_of("type", value, accepted[asked.kind])
    form.check()
    return Reply(value)


EventName = Literal[
    "message", "edit", "delete", "interaction", "progress", "commands", "online", "membership"
]


@dataclass(frozen=True, slots=True)
class Event:
    """A change: of a message, of an interaction, or of the server as a whole (no subject)."""

    name: EventName
    subject: Message | Interaction | None = None


class Events:
    """Calls every listener with every event, in order."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Event], None]] = []

    def emit(self, name: EventName, subject: Message | Interaction | None = None) -> None:
        for listener in list(self.listeners):
            listener(Event(name, subject))
