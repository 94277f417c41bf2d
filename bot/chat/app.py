"""`App`: the services and settings that every command gets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.chat.commands import Audience, Registry
from bot.chat.cooldowns import Cooldowns, SharedCooldowns
from bot.chat.languages import Languages
from bot.chat.message import Message, Typo, UserError
from bot.chat.private_notes import PrivateNotes
from bot.chat.turn import Platform, Turn
from bot.chat.unfinished import UnfinishedAnswers
from bot.concurrency import EditThrottle, InFlight, Locks, Pace
from bot.fleet.membership import Fleet
from bot.health import Health
from bot.monitoring.monitor import Monitor
from bot.pictures.creature_pictures import CreaturePictures
from bot.pictures.renderer import Renderer
from bot.settings import Settings
from bot.store import Store
from bot.store.answers import Unfinished
from bot.store.fleet import RunningCooldowns
from bot.store.languages import CommunityLanguages
from bot.store.members import note_received
from bot.text.spans import Text
from bot.trainer.custom_models import CustomModelLoader
from bot.trainer.registry import ModelRegistry
from bot.trainer.service import TrainingService
from bot.words import WordFilter
from bot.words.queries import WordFilters
from bot.words.servers import ServerFilters
from bot.writing import Inference
from bot.writing.cluster import ClusterPool
from bot.writing.errors import TooManyQueued
from data.errors import TemplatedError
from data.phrases import Showable

MOST_RECEIPTS = 4
"""Votes that are confirmed at the same time: few, so that a rush of votes is counted first."""
LONG_TEXT = 64
"""Longest text, in characters, that is filtered on the event loop; longer ones in a thread."""
MOST_PRESSES, PRESS_S = 20, 0.5
"""Buttons that a member can press in a row, and the seconds until they can press one more.

More than anybody presses who reads the answers.
"""
MOST_COMMANDS, COMMAND_S = 10, 1.0
"""Commands that a member can use in a row, and the seconds until they can use one more."""
MOST_SUGGESTED, SUGGESTED_S = 30, 0.2
"""Suggestions that a member can get in a row, and the seconds until one more: each letter asks."""
MOST_PLACES, PLACE_S = 10, 0.1
"""Places in the queue that are shown in a row, and the seconds until one more is shown.

A thousand who wait would cost more than their answers if each were told often.
"""

GREETING_S = 3600.0
"""Seconds after which a member who writes to the bot is answered again."""

MOST_BEGUN = 4
"""Requests that begin in one round of the event loop."""
PATIENCE_S, CROWD = 1.0, 50
"""Seconds until an answer that is not ready is deferred, and the number of answers in progress from
which on it is deferred at once: it would not be ready, and many would be deferred late."""


class BackgroundJobs(Protocol):
    """The background jobs of one platform, as its client starts and stops them."""

    def start(self, ready: Callable[[], Awaitable[object]]) -> None:
        """Start the jobs, once; jobs that need the platform wait for `ready`."""

    def wake(self) -> None:
        """Let each job do at once what is due."""

    async def joined(self, community_id: int) -> None:
        """Record that a community has added the bot, perhaps again. Leave a blocked community."""

    async def left(self, community_id: int) -> None:
        """Record that a community has removed the bot. Raises `StoreError`."""

    async def greet_newcomers(self) -> None:
        """Welcome the communities that have added the bot lately."""

    async def greet(self, community_id: int, channel_id: int) -> None:
        """Welcome a community in a channel."""

    async def next_stops(self) -> list[tuple[datetime, str]]:
        """Moments at which somebody who moves the clock on would look, each with the reason."""

    async def close(self) -> None:
        """Let running rounds finish, and stop."""


@dataclass(frozen=True)
class MemberPage:
    """What a member can do and has, for a platform that gives each member a page.

    champion, newest_poem, data: answers of `/champion`, `/poems` and `/privacy`; `None` if they
        could not be found in time.
    """

    examples: Mapping[Audience, tuple[Text, ...]]
    champion: Message | None
    newest_poem: Message | None
    data: Message | None


class BlockList(Protocol):
    """Blocked members and communities, as `bot.community.blocks` keeps them."""

    async def check(self, turn: Turn) -> None:
        """Raise `UserError` for a member whom the bot does not answer."""

    async def reason(self, community_id: int | None, member_id: int) -> object | None:
        """The reason why a request is not answered; `None` if it is answered."""

    async def has_community(self, community_id: int | None) -> bool:
        """Whether an owner has blocked a whole community, in which the bot then writes nothing."""

    async def block(self, community_id: int, member_id: int, entry: Any) -> bool:  # noqa: ANN401
        """Block a member, or a community. Returns whether they were not blocked before."""

    async def unblock(self, community_id: int, member_id: int, entry: Any) -> bool:  # noqa: ANN401
        """Undo `block`. Returns whether they were blocked."""


class Removals(Protocol):
    """Removed names by community, as `bot.polls.removed_names` keeps them."""

    async def of(self, community_id: int | None) -> frozenset[str]:
        """The removed names of a community, folded; none in direct messages."""

    async def unwritten(self, community_id: int | None) -> frozenset[str]:
        """The same, with the names of dinosaurs that somebody owns there."""

    async def are_in(self, text: str, community_id: int | None) -> bool:
        """Whether a text has a removed name of a community among its words."""

    def changed(self, community_id: int) -> None:
        """Forget what was read, after a name was removed or allowed."""


@dataclass(kw_only=True, eq=False)
class App:
    """The services and settings behind the commands. One per process."""

    settings: Settings
    store: Store
    inference: Inference
    word_filter: WordFilter
    """The filter for texts that appear everywhere; `filters` has those of communities."""
    now: Callable[[], datetime]
    started_at: datetime
    version: str
    libraries: dict[str, str]
    """Names and versions, for `/about`. The clients of platforms add theirs."""
    cluster: ClusterPool | None = None
    """The cluster that writes and trains for the bot, if one is set."""
    edit_interval: float = 1.0
    """Seconds between two edits of a message."""
    monitor: Monitor = field(default_factory=Monitor)
    fleet: Fleet = field(default_factory=Fleet)
    """The other processes of the bot."""
    blocks: BlockList
    """Whom the bot does not answer."""
    removals: Removals
    models: ModelRegistry
    custom_models: CustomModelLoader
    training: TrainingService
    renderer: Renderer
    creature_pictures: CreaturePictures
    registry: Registry
    """The commands, buttons and errors of all features."""
    jobs_of: Callable[["App", Platform], BackgroundJobs]
    """Makes the background jobs of all features on a platform."""
    page_of: Callable[["App", Turn], Awaitable[MemberPage]]
    """Finds the page of a member. Raises `UserError` for a blocked one, and `StoreError`."""
    cooldowns: SharedCooldowns = field(init=False)
    presses: SharedCooldowns = field(init=False)
    """Cooldowns of pressed buttons, by member."""
    commands: SharedCooldowns = field(init=False)
    """Cooldowns of all commands together, by member. Costly commands also have another one each."""
    greetings: SharedCooldowns = field(init=False)
    """Cooldowns of answers to members who write to the bot."""
    suggestions: Cooldowns = field(init=False)
    """Cooldowns of suggestions while typing, by member. They cost little: each process counts."""
    places: Cooldowns = field(default_factory=lambda: Cooldowns(PLACE_S, most=MOST_PLACES))
    """Cooldown of edits that show places in the queue, for all members together."""
    filters: ServerFilters = field(init=False)
    languages: Languages = field(init=False)
    """The languages that communities have chosen."""
    in_flight: InFlight = field(default_factory=InFlight)
    pace: Pace = field(default_factory=lambda: Pace(MOST_BEGUN))
    """Pace of beginning requests: each takes a millisecond or two of the event loop."""
    edits: EditThrottle = field(init=False)
    """Edits of messages, by channel."""
    receipts: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_RECEIPTS))
    """Held while a vote is confirmed."""
    notes: PrivateNotes = field(default_factory=PrivateNotes)
    """Confirmations of votes, by poll."""
    homes: set[int] = field(default_factory=set)
    """Homes that were found on connecting, besides those of the settings: see `is_home`."""
    unfinished: UnfinishedAnswers = field(init=False)
    health: Health = field(init=False)
    poll_locks: Locks = field(default_factory=Locks)
    """Held while a poll's message is edited: an older tally must not replace a newer one."""

    def __post_init__(self) -> None:
        """Create the members that depend on others."""
        longest = self.settings.cooldown_seconds
        self.cooldowns = self._shared_cooldowns("cooldowns", longest)
        self.presses = self._shared_cooldowns("presses", min(PRESS_S, longest), MOST_PRESSES)
        self.commands = self._shared_cooldowns("commands", min(COMMAND_S, longest), MOST_COMMANDS)
        self.greetings = self._shared_cooldowns("greetings", GREETING_S)
        suggested_s = min(SUGGESTED_S, longest)
        self.suggestions = Cooldowns(suggested_s, most=MOST_SUGGESTED)
        self.filters = ServerFilters(self.word_filter, self.store[WordFilters])
        self.languages = Languages(self.store[CommunityLanguages])
        self.edits = EditThrottle(self.edit_interval)
        self.unfinished = UnfinishedAnswers(self.store[Unfinished], self.now)
        self.health = Health(
            monitor=self.monitor,
            store=self.store,
            inference=self.inference,
            fleet=self.fleet,
            in_flight=self.in_flight,
            training=self.training,
            custom_models=self.custom_models,
            cluster=self.cluster,
            now=self.now,
            version=self.version,
            state_dir=self.settings.state_dir,
        )

    def _shared_cooldowns(self, name: str, seconds: float, most: int = 1) -> SharedCooldowns:
        local = Cooldowns(seconds, most=most)
        running = self.store[RunningCooldowns]
        return SharedCooldowns(
            name, local, running, is_shared=lambda: self.fleet.is_shared, free=most // 4
        )

    @property
    def is_crowded(self) -> bool:
        """Whether many answers are in progress."""
        return self.in_flight.running > CROWD

    @property
    def patience_s(self) -> float:
        """Seconds until an answer that is not ready is deferred."""
        return 0.0 if self.is_crowded else PATIENCE_S

    def is_home(self, community_id: int | None) -> bool:
        """Whether the administrators of a community may train and choose the shared models."""
        return community_id in self.settings.home_guilds or community_id in self.homes

    async def begin(self) -> None:
        """Note that a request is received now, and wait until it may go on."""
        note_received(self.store.database)
        await self.pace.turn()

    async def allows(self, text: str, community_id: int | None) -> bool:
        """Whether what a member has typed, or a button has kept, may be shown in a community.

        Its word filter lets it pass, the bot's own without a community, and it has no name that a
        moderator removed. The length of the text must have been checked.
        """
        if await self.removals.are_in(text, community_id):
            return False
        words = await self.filters.of(community_id)
        if len(text) <= LONG_TEXT:
            return words.allows(text)
        return await asyncio.to_thread(words.allows, text)

    async def filtered(self, text: str, community_id: int | None) -> Showable:
        """A text as the word filter lets a community see it. Its length must have been checked."""
        words = await self.filters.of(community_id)
        if len(text) <= LONG_TEXT:
            return words.filtered(text)
        return await asyncio.to_thread(words.filtered, text)

    @asynccontextmanager
    async def answering(self, turn: Turn, action: str) -> AsyncIterator[None]:
        """Start the member's cooldown for `action`. Raises `TooSoon` while one is running.

        It also applies to refused requests, as they cost time too, but not to those that are typed
        wrongly, and not after an error of the bot.
        """
        key = (turn.user.id, action)
        await self.cooldowns.start(key, turn.created_at)
        try:
            yield
        except Exception as error:
            refusals = (UserError, TooManyQueued, TemplatedError, *self.registry.explanations)
            if isinstance(error, Typo) or not isinstance(error, refusals):
                self.cooldowns.end(key)
            raise
