"""`Turn` and `Platform`: a member's request, and the chat platform that it came from.

Each platform (`bot/platforms/discord/`) implements these protocols. Commands do not know which
platform they serve. They get its limits and terms from here.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.chat.message import Button, Form, Message
from bot.chat.translation import Language, _
from bot.store.people import Person
from bot.text.spans import Span
from bot.text.technical import TechnicalText, technical
from data.phrases import NOTHING, Showable


class DeliveryError(Exception):
    """A message could not be delivered.

    sentence: what members are told, if it is more than its class says.
    """

    def __init__(self, *reason: object, sentence: Showable = NOTHING) -> None:
        super().__init__(*reason)
        self.sentence = sentence


class Unreachable(DeliveryError):  # noqa: N818 (a state)
    """The platform cannot be reached at the moment."""


class Refused(Unreachable):
    """The platform refuses a request for a while; it has done nothing of what it was asked for."""


class Limited(Refused):
    """The platform takes no more requests of this kind for a channel for a while."""


class Unanswered(DeliveryError):  # noqa: N818
    """The platform's answer was lost: the message may have arrived, or may not."""


class Gone(DeliveryError):  # noqa: N818
    """The message, the channel or the request no longer exists."""


class Deleted(Gone):
    """The message or its channel was deleted."""


class DeletedMeanwhile(DeliveryError):  # noqa: N818
    """The message had arrived at an earlier attempt to send it, and was deleted since."""


class Forbidden(DeliveryError):  # noqa: N818
    """The bot lacks a permission in the channel."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a platform that commands consider. Rendering shortens other text."""

    button_label: int
    """Characters on a button."""
    button_id: int
    """UTF-16 code units of `action:state`."""
    choices: int
    """Suggestions while a member types."""
    choice_label: int
    """Characters of a suggestion."""
    nonce_s: float = 0.0
    """Seconds for which the platform knows the nonce of a message for sure."""


_ACCESS = _(
    "Allow the bot to view the channel, send messages, embed links and attach files; in a voice "
    "channel's chat, also allow it to connect."
)
_ID, _HOMES = technical("123456789012345678"), technical("HOME_GUILDS")


@dataclass(frozen=True, slots=True)
class Terms:
    """A platform's words for sentences such as "Only {community} managers can do that."."""

    platform: Showable
    """Name of the platform, for example Discord."""
    community: Showable
    """The platform's word for a community: server, or workspace."""
    communities: Showable
    reload: Showable
    """How a member reloads the app."""
    access: Showable = _ACCESS
    """How a member lets the bot into a channel."""
    place: Showable = NOTHING
    """Place of commands that don't work in direct messages, if that isn't just a community."""
    without_commands: Showable = NOTHING
    """Where commands cannot be typed, and what works there."""
    has_channel_rights: bool = True
    """Whether a channel can grant or deny rights that roles do not."""
    community_id: TechnicalText = _ID
    """An example of the id of a community."""
    home_setting: TechnicalText = _HOMES
    """The setting with the communities whose administrators may train the shared models."""


@dataclass(frozen=True, slots=True)
class User:
    """The user who sent the request, with their rights in the community.

    What a channel grants them is not among these: see `Turn.moderates`.
    """

    id: int
    display_name: str
    is_moderator: bool = False
    """Whether the user can delete messages of others. Every manager can."""
    is_manager: bool = False
    """Whether the user can manage the community, for example change its settings."""
    is_administrator: bool = False
    is_guest: bool = False
    """Whether the user may not use commands that take the networks' time."""
    locale: str = ""
    """The user's language and region as the platform has them: `pt-BR`; empty if unknown."""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message that was sent."""

    channel_id: int
    message_id: int
    community_id: int | None = None


@dataclass(frozen=True, slots=True)
class CommunityInfo:
    """A community that the bot is in, as its owners see it."""

    id: int
    name: str
    members: int | None
    """Number of members, if the platform tells."""


@dataclass(frozen=True, slots=True)
class Source:
    """The message whose button was pressed."""

    ref: MessageRef


@dataclass(frozen=True, slots=True)
class AnswerRef:
    """A deferred answer, which any process can replace later."""

    channel_id: int | None
    message_id: int | None
    token: str | None = field(default=None, repr=False)
    """Token that can edit the answer for a while, if the bot cannot. Never logged."""
    is_announced: bool = False
    """Whether the answer is a separate message, which may be complete without what is awaited."""
    locale: str = field(default="", compare=False)
    """The language of its readers."""


class Attachment(Protocol):
    """A file that a member uploaded."""

    @property
    def name(self) -> str:
        """The file name, as uploaded."""

    @property
    def size(self) -> int:
        """Size in bytes."""

    async def read(self) -> bytes:
        """Download the file. Raises `DeliveryError`."""


class Platform(Protocol):
    """A chat platform: its limits, and messages outside of requests (progress, winners)."""

    @property
    def limits(self) -> Limits: ...

    @property
    def terms(self) -> Terms: ...

    @property
    def name(self) -> str:
        """`discord`, as `bot.store[Identities]` has it."""

    @property
    def communities(self) -> Collection[int]:
        """The communities that this process sees the bot in."""

    @property
    def sees_all_communities(self) -> bool:
        """Whether no other process serves communities of this bot."""

    def serves_community(self, community_id: int) -> bool:
        """Whether a community of this platform is served by this process, if by any."""

    @property
    def shard_latencies(self) -> Mapping[int, float | None]:
        """Seconds from a heartbeat to its answer on each of this process's shards.

        `None` for those that are not connected. Empty on platforms without shards.
        """

    @property
    def is_connected(self) -> bool:
        """Whether all connections stand, so that requests arrive."""

    @property
    def is_reachable(self) -> bool:
        """Whether some connection stands, so that messages can be sent."""

    @property
    def latency(self) -> float | None:
        """Seconds from a heartbeat to its answer; `None` if unknown."""

    @property
    def whole_answer_s(self) -> float:
        """Seconds for which an answer that grows is awaited whole, since edits are few."""

    @property
    def spares_requests(self) -> bool:
        """Whether optional edits should be left out, because the platform refused many requests."""

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        """Send a message to the channel of `ref`. Returns its id. Raises `DeliveryError`.

        With a `nonce`, another attempt never posts a second one: the platform knows the nonce for
        `Limits.nonce_s`, or `Unanswered` is raised when its answer is lost.
        """

    async def edit(self, ref: MessageRef, message: Message) -> None:
        """Replace a message of the bot. Raises `DeliveryError`."""

    async def may_leave_pictures(self, ref: MessageRef, started_at: datetime) -> bool:
        """Whether an edit may leave a picture of a message, because it is one of its own.

        A process that was started at `started_at` knows only those that it has sent.
        """

    async def close_answer(self, ref: AnswerRef, message: Message) -> None:
        """Replace an answer, perhaps of another process. Raises `DeliveryError`."""

    async def language_of(self, community_id: int | None) -> Language:
        """The language of what everybody sees in a community: as it has chosen, or its locale."""

    async def link(self, ref: MessageRef) -> TechnicalText:
        """The address of a message. Raises `Unavailable`."""

    async def find(self, address: str) -> MessageRef | None:
        """The message of a community with this address, as `link` returns it; unchecked.

        Raises `Unavailable`.
        """

    def mention(self, person: Person) -> Span:
        """A link to somebody, which notifies nobody."""

    def mention_channel(self, channel_id: int) -> Span:
        """A link to a channel."""

    async def is_in_community(self, ref: MessageRef) -> bool:
        """Whether the channel of `ref` belongs to its community. Raises `DeliveryError`."""

    async def is_operator(self, user_id: int) -> bool:
        """Whether the user owns the bot's application. Raises `DeliveryError`."""

    def describe(self, community_id: int) -> CommunityInfo | None:
        """A community that this process sees the bot in."""

    async def community_of(self, typed: str) -> int | None:
        """The community that has a typed id; `None` if none can have it. Raises `Unavailable`."""

    async def shown_id(self, number: int) -> TechnicalText:
        """The id of a user or a community as the platform shows it. Raises `Unavailable`."""

    async def leave(self, community_id: int) -> None:
        """Remove the bot from a community. Raises `DeliveryError`."""

    def newcomers(self, since: datetime) -> Mapping[int, Sequence[int]]:
        """Communities that have added the bot since a time, and their channels in which it may
        write, the best one for a welcome first.

        Empty on platforms where members invite it to each channel.
        """


OnPending = Callable[[AnswerRef, Button | None], Awaitable[None]]


class Turn(Protocol):
    """One request of a member: a command, a pressed button, a choice in a menu or a form.

    It is answered once with `respond`; `edit` replaces the answer afterwards. All methods raise
    `DeliveryError`.
    """

    @property
    def platform(self) -> Platform: ...

    @property
    def user(self) -> User: ...

    @property
    def community_id(self) -> int | None:
        """`None` in a direct message."""

    @property
    def channel_id(self) -> int | None: ...

    @property
    def created_at(self) -> datetime: ...

    @property
    def sees_channel(self) -> bool:
        """Whether the bot can see the channel: only then can it edit its messages there later."""

    @property
    def can_admit_bot(self) -> bool:
        """Whether members can let the bot into the channel, if it is not there."""

    @property
    def attaches_files(self) -> bool:
        """Whether an answer that everybody sees may have files, as far as is known."""

    async def language(self, *, private: bool = False) -> Language:
        """The language of what everybody sees here, or of what only the member sees."""

    def moderates(self, channel_id: int) -> bool:
        """Whether the user sees a channel of the community and can delete others' messages there.

        False for a channel that the platform does not know, unless the user sees all.
        """

    @property
    def source(self) -> Source | None:
        """The message whose button was pressed; `None` for a command."""

    @property
    def edits_answers(self) -> bool:
        """Whether `edit` replaces the answer, or else sends another message."""

    @property
    def unanswered(self) -> AnswerRef | None:
        """The answer to edit if this process ends, as long as nothing is shown.

        `None` afterwards, and where the platform tells so itself.
        """

    @property
    def private_answer(self) -> AnswerRef | None:
        """The private answer to a pressed button, for `Platform.close_answer` a while later.

        `None` where it cannot be replaced.
        """

    on_pending: OnPending | None
    """Awaited with each message of the bot that is not in its final state yet.

    With an answer before it is deferred, and again when more is known of it.
    """

    async def defer(self, *, private: bool = False, retry: Button | None = None) -> None:
        """Show that an answer is being prepared. No effect after the first response.

        `retry` repeats the request, should the bot be restarted before it has answered.
        """

    async def acknowledge(self) -> None:
        """Acknowledge a pressed button without an answer. No effect after the first response."""

    async def respond(self, message: Message) -> MessageRef | None:
        """Answer, replacing what `defer` shows. Returns a reference if the platform has one."""

    async def edit(self, message: Message) -> None:
        """Replace the answer."""

    async def show_waiting(self, message: Message) -> None:
        """Show what the answer waits for, until it is there.

        At most once, and perhaps not at all, where messages cannot be replaced.
        """

    async def edit_source(self, message: Message) -> None:
        """Replace the message whose button was pressed."""

    async def ask(self, form: Form) -> None:
        """Open a form, as the first response to a pressed button.

        Raises `UserError` if it is too late for that.
        """

    async def announce(self, message: Message) -> MessageRef:
        """Send an ordinary message to the channel, which can be edited without a time limit."""
