"""Database tables, all of them. `migrations/` upgrades databases of older versions.

Users, communities, channels and messages are stored as integers: Discord's own numbers, and
surrogate numbers from the table `identities` for every other platform. The only name stored is the
display name of a discoverer, which is drawn on the plaque. Chat messages are never stored.
"""

from datetime import UTC, date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column

from bot.text.stored import read_stored, to_json
from bot.text.written import already_filtered
from data.phrases import Showable


class Instant(TypeDecorator[datetime]):
    """A timezone-aware datetime in UTC, also on databases without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC. Raises `ValueError` for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore the time zone that SQLite drops."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Day(TypeDecorator[date]):
    """A date, stored as text: 2026-05-01. Later ones are greater."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Convert to text."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """The inverse."""
        return None if value is None else date.fromisoformat(value)


class Wording(TypeDecorator[Showable]):
    """Text that may be a phrase. One is stored with its fields, and translated when it is shown."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Showable | None, dialect: Dialect) -> str | None:
        """Write a phrase as JSON."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Showable | None:
        """Read a phrase, or the text that an older version stored."""
        return None if value is None else read_stored(value)


class Written(TypeDecorator[Showable]):
    """Text of a member that passed the word filter of its community when it was stored."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write a text as it is."""
        return value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Showable | None:
        """Read a text as what may be shown there."""
        return None if value is None else already_filtered(value)


Number = BigInteger
"""Id of a user, community, channel or message: 63 bits."""
Counted = BigInteger().with_variant(Integer, "sqlite")  # SQLite only counts INTEGER keys
FIRST_SURROGATE = 2**62
"""First id in `identities`. Discord's ids stay below it until the year 2049."""
EVERYWHERE = 0
"""Stands for the community in the block of a member everywhere."""
EVERYBODY = 0
"""Stands for the member in the block of a whole community."""


class Base(DeclarativeBase):
    """Base class with the naming convention that migrations rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Community(Base):
    """A Discord server or another platform's workspace, with its settings."""

    __tablename__ = "communities"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    vote_minutes: Mapped[int | None]
    """How long its polls stay open; `None` for the default."""
    votes_needed: Mapped[int | None]
    """Votes of others than the discoverer that a winner needs; `None` for the default."""
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    """Time at which the bot was removed. The community is forgotten after a grace period."""
    welcomed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Time at which the bot welcomed the community; `None` if it has not."""
    in_public_hall: Mapped[bool | None]
    """Whether the community's winners may appear in the public hall of fame; `None` for yes."""
    accepts_shared: Mapped[bool | None]
    """Whether custom models that other communities share can be used in it; `None` for yes."""
    shows_strips: Mapped[bool | None]
    """Whether new dinosaurs come with a picture of them; `None` for yes."""
    log_channel_id: Mapped[int | None] = mapped_column(Number)
    """Channel in which moderation is reported."""
    filter_strictness: Mapped[int | None]
    """How strict its word filter is; `None` for the default."""
    blocked_words: Mapped[str | None] = mapped_column(Text)
    """Words that the community blocks, a line each; `None` for none."""
    daily_channel_id: Mapped[int | None] = mapped_column(Number)
    """Channel of its dinosaurs of the day."""
    daily_hour: Mapped[int | None]
    """Local hour at which they come; `None` for the default, like the next two."""
    daily_zone: Mapped[str | None] = mapped_column(String(40))
    daily_hours: Mapped[int | None]
    """How long their votes last."""
    daily_from: Mapped[date | None] = mapped_column(Day)
    """The first local date that has one; `None` while there are none."""
    daily_stopped: Mapped[str | None] = mapped_column(String(10))
    """Why the bot has stopped them; `None` if it has not."""
    language: Mapped[str | None] = mapped_column(String(16))
    """The language of what everybody sees there, such as `pt-BR`; `None` for its locale's."""
    asked_in: Mapped[str | None] = mapped_column(Text)
    """The languages of the first members who asked, such as `de en-US`; `None` if its platform has
    told its locale whenever somebody asked."""
    has_eggs: Mapped[bool | None]
    """Whether members hatch eggs there; `None` for yes."""
    egg_channel_id: Mapped[int | None] = mapped_column(Number)
    """The only channel in which they do; `None` for every channel."""
    shows_typed: Mapped[bool | None]
    """Whether members may show everybody dinosaurs of names that are only typed; `None` for yes."""


class Poll(Base):
    """A vote on generated names."""

    __tablename__ = "polls"
    __table_args__ = (
        Index("ix_polls_closed_at_closes_at", "closed_at", "closes_at"),
        Index("ix_polls_community_id_closed_at", "community_id", "closed_at"),
        Index("ix_polls_winner_closed_at", "winner", "closed_at"),
        Index("ix_polls_community_id_day", "community_id", "day", unique=True),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """Random, so that a button from a lost database never votes on another poll."""
    community_id: Mapped[int] = mapped_column(Number)
    channel_id: Mapped[int] = mapped_column(Number)
    message_id: Mapped[int | None] = mapped_column(Number)
    member_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The discoverer, who requested the names; `None` once forgotten."""
    custom_model_id: Mapped[int | None] = mapped_column(
        ForeignKey("custom_models.id", ondelete="SET NULL"), index=True
    )
    """The custom model that wrote the names; `None` for dinosaurs or a deleted model."""
    custom_model: Mapped[Showable | None] = mapped_column(Written(32))
    """Name of the custom model, kept after the model is deleted; `None` for dinosaurs."""
    discoverer: Mapped[str | None] = mapped_column(String(100))
    """Display name of the discoverer when the poll was opened."""
    note: Mapped[str] = mapped_column(Wording, default="")
    """Text below the names."""
    footer: Mapped[str] = mapped_column(String(200), default="")
    """State of the button for details."""
    state: Mapped[str] = mapped_column(String(100), default="")
    """State of the button that generates more names."""
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    votes_needed: Mapped[int] = mapped_column(default=0, server_default="0")
    """Votes of others than the discoverer that a winner needs. 0 for polls that version 0.7.0
    opened, where any vote was enough."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    winner: Mapped[int | None]
    """Position of the winning candidate; `None` while open or without enough votes."""
    winner_votes: Mapped[int | None]
    announced_at: Mapped[datetime | None] = mapped_column(Instant)
    """Time at which the result was posted in the channel."""
    announcement_id: Mapped[int | None] = mapped_column(Number)
    """The message with the winner's plaque."""
    day: Mapped[date | None] = mapped_column(Day)
    """The local date whose dinosaur it chooses; `None` if a member has asked for the names."""


class Candidate(Base):
    """A name in a poll."""

    __tablename__ = "candidates"

    poll_id: Mapped[int] = mapped_column(
        ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(128))
    """The name as displayed."""
    key: Mapped[str] = mapped_column(String(384), index=True, server_default="")
    """The name as its genome has it: folding a letter makes up to three of it."""
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Time at which a moderator removed the name. It has no votes and cannot win."""


class RemovedName(Base):
    """A removed name: the bot does not write it in the community, nor show it there on lists.

    Who removed it is in the record of moderation.
    """

    __tablename__ = "removed_names"

    community_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(384), primary_key=True)
    """The folded name, as in `Candidate`."""
    name: Mapped[str] = mapped_column(String(128))
    """The name as displayed."""
    removed_at: Mapped[datetime] = mapped_column(Instant)


class Vote(Base):
    """A member's vote: one per poll."""

    __tablename__ = "votes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["poll_id", "position"],
            ["candidates.poll_id", "candidates.position"],
            ondelete="CASCADE",
            name="fk_votes_candidates",
        ),
    )

    poll_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(
        Number, primary_key=True, autoincrement=False, index=True
    )
    position: Mapped[int]
    voted_at: Mapped[datetime] = mapped_column(Instant)


class WinnerAnswer(Base):
    """A name that an answer shows until it is removed: the winner of a poll, or a dinosaur."""

    __tablename__ = "winner_answers"
    __table_args__ = (
        UniqueConstraint("channel_id", "message_id", "poll_id", "key"),
        Index("ix_winner_answers_is_outdated_channel_id", "is_outdated", "channel_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    channel_id: Mapped[int] = mapped_column(Number)
    message_id: Mapped[int] = mapped_column(Number)
    poll_id: Mapped[int | None] = mapped_column(
        ForeignKey("polls.id", ondelete="CASCADE"), index=True
    )
    """The poll whose winner is shown; `None` for a dinosaur of the community."""
    community_id: Mapped[int] = mapped_column(Number, index=True)
    """Community of the answer, which need not be that of the poll."""
    key: Mapped[str] = mapped_column(String(384), default="", server_default="")
    """The folded name of the dinosaur, as in `Candidate`; empty for a winner."""
    is_outdated: Mapped[bool]
    """Whether the name was removed. Then the answer is emptied."""


class OutboxRow(Base):
    """A message that nobody asked for, to be sent or edited: see `bot/outbox/`."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "channel_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[int] = mapped_column(Number)
    """Number of the poll, community, entry of the record or message that the row is about."""
    channel_id: Mapped[int] = mapped_column(Number, index=True)
    """Channel of the message, whose number also tells the platform."""
    step: Mapped[int] = mapped_column(default=0)
    """Progress of the delivery, in steps of the row's kind."""
    revision: Mapped[int] = mapped_column(default=0)
    """How often the row was put again. A message rendered earlier may show a name removed since."""
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    until: Mapped[datetime] = mapped_column(Instant)
    """Time after which nothing new is sent; edits are tried a while longer."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Number of claims. Only the latest claim holds the row."""
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    """End of the claim; `None` if nobody delivers the row."""
    doubt_since: Mapped[datetime | None] = mapped_column(Instant)
    """Time of the first attempt to send a message that may or may not have arrived."""


class Discovery(Base):
    """A creature that a community has discovered: its name has won a poll, or it has hatched."""

    __tablename__ = "discoveries"
    __table_args__ = (
        UniqueConstraint("community_id", "key"),
        Index("ix_discoveries_community_id_found_at", "community_id", "found_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    community_id: Mapped[int] = mapped_column(Number)
    key: Mapped[str] = mapped_column(String(128))
    """The name as its genome has it, unique per community."""
    name: Mapped[str] = mapped_column(String(128))
    """The name as displayed."""
    poll_id: Mapped[int | None] = mapped_column(
        ForeignKey("polls.id", ondelete="CASCADE"), index=True
    )
    """The first poll that the name has won; `None` for a creature that has hatched."""
    found_at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The discoverer, who requested the name or hatched it; `None` once forgotten, if blocked at
    the time, and for a dinosaur of the day, which the community has discovered."""
    owner_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The member in whose collection it is: the discoverer, or somebody to whom it was given."""
    came_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was given to its owner; `None` for one who found it."""
    is_favourite: Mapped[bool] = mapped_column(default=False)
    """Whether the discovery comes first in its collection, as one of it may."""
    profile: Mapped[str | None] = mapped_column(Text)
    """The animal as JSON, for ever; `None` for a winner of 0.7.0 until somebody looks at it."""
    family: Mapped[str | None] = mapped_column(String(40))
    """Family in the profile, kept apart for queries, as the period is."""
    period: Mapped[str | None] = mapped_column(String(40))
    is_rarity_told: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the owner was told that it is rare."""


class Nest(Base):
    """A member's nest of a day, with the names in its eggs until one has hatched."""

    __tablename__ = "nests"
    __table_args__ = (UniqueConstraint("community_id", "member_id", "day"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """Random, so that a button from a lost database never finds another nest."""
    community_id: Mapped[int] = mapped_column(Number)
    member_id: Mapped[int] = mapped_column(Number, index=True)
    day: Mapped[date] = mapped_column(Day)
    """The local date, in the time zone that the community had then."""
    laid_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant, index=True)
    """The end of that day."""
    names: Mapped[str] = mapped_column(Text)
    """The names as displayed, a JSON list, which nobody is told; empty once one has hatched."""
    hatched_at: Mapped[datetime | None] = mapped_column(Instant)
    discovery_id: Mapped[int | None] = mapped_column(
        ForeignKey("discoveries.id", ondelete="SET NULL"), index=True
    )
    """What has hatched; `None` before, and after it was removed."""


class Offer(Base):
    """A creature that a member offers to another one, as a gift or for one of theirs.

    Once accepted, the row is the gift in the record of moderation.
    """

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """Random, so that a button from a lost database never finds another offer."""
    community_id: Mapped[int] = mapped_column(Number, index=True)
    member_id: Mapped[int] = mapped_column(Number, index=True)
    """The giver."""
    recipient_id: Mapped[int] = mapped_column(Number, index=True)
    discovery_id: Mapped[int | None] = mapped_column(
        ForeignKey("discoveries.id", ondelete="SET NULL"), index=True
    )
    """What is given; `None` once it was removed, as for `wanted_id`."""
    wanted_id: Mapped[int | None] = mapped_column(
        ForeignKey("discoveries.id", ondelete="SET NULL"), index=True
    )
    """What is asked for in return; `None` for a gift."""
    is_swap: Mapped[bool] = mapped_column(default=False)
    offered_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant, index=True)
    """When it ends, or is forgotten once accepted."""
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    given_since: Mapped[datetime | None] = mapped_column(Instant)
    """When what was given had come to its giver, for undoing; `wanted_since` alike."""
    wanted_since: Mapped[datetime | None] = mapped_column(Instant)


class HiddenCollection(Base):
    """A member who hides their collection from the others of a community."""

    __tablename__ = "hidden_collections"

    community_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(
        Number, primary_key=True, autoincrement=False, index=True
    )


class Poem(Base):
    """A poem that a member has kept."""

    __tablename__ = "poems"
    __table_args__ = (
        UniqueConstraint("member_id", "message_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    member_id: Mapped[int] = mapped_column(Number, index=True)
    community_id: Mapped[int | None] = mapped_column(Number, index=True)
    message_id: Mapped[int] = mapped_column(Number)
    """The message with the poem. A member keeps each message at most once."""
    title: Mapped[Showable] = mapped_column(Wording)
    text: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(Instant)


class CustomModel(Base):
    """A custom model: a model for names that a community trained on its own list."""

    __tablename__ = "custom_models"
    __table_args__ = (
        UniqueConstraint("community_id", "key"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    community_id: Mapped[int] = mapped_column(Number)
    name: Mapped[Showable] = mapped_column(Written(32))
    key: Mapped[str] = mapped_column(String(96))
    """The case-folded name, unique per community. Case folding can triple the length."""
    member_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The creator; `None` once forgotten."""
    shared: Mapped[bool] = mapped_column(default=False)
    """Whether other communities may use it."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    title: Mapped[str] = mapped_column(String(200))
    """Title of the corpus."""
    entries: Mapped[int]
    corpus: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """One entry per line, compressed with zlib. `None` for an imported weight file."""
    corpus_sha256: Mapped[str] = mapped_column(String(64))
    weights: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """A weight file; `None` until the first training is done."""
    digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the weights."""
    seconds: Mapped[float | None]
    """Duration of the training."""


class Version(Base):
    """Weights from a training of a shared network, with its metrics."""

    __tablename__ = "versions"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    task: Mapped[str] = mapped_column(String(40), index=True)
    """A key of `models.tasks.TASKS`."""
    digest: Mapped[str] = mapped_column(String(64))
    weights: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """A weight file; `None` once deleted in favour of newer ones."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The member who requested the training; `None` once forgotten."""
    corpus: Mapped[str] = mapped_column(String(200))
    """Title of the corpus."""
    corpus_sha256: Mapped[str] = mapped_column(String(64))
    recipe: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int | None] = mapped_column(BigInteger)
    validation: Mapped[float | None]
    """Validation loss on its own corpus, in nats per character."""
    reference_loss: Mapped[float | None]
    """Validation loss on the project's corpus, comparable between versions of a task."""
    baseline_loss: Mapped[float | None]
    """The reference loss that it had to reach to be activated."""
    seconds: Mapped[float | None]
    """Duration of the training."""
    curve: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """Plot of the losses, a PNG."""
    samples: Mapped[str] = mapped_column(Text, default="[]")
    """Texts sampled from a fixed seed: a JSON list."""


class Activation(Base):
    """Log of activated versions. The latest row of a task is the live one."""

    __tablename__ = "activations"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    task: Mapped[str] = mapped_column(String(40), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    """`None` for the shipped weights."""
    at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[int | None] = mapped_column(Number, index=True)
    reason: Mapped[str] = mapped_column(String(20))
    """`automatic`, `forced`, `activated` or `rollback`."""


class Training(Base):
    """A training from the chat: waiting, running or ended."""

    __tablename__ = "trainings"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'stopped')", name="state"
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    policy: Mapped[str] = mapped_column(String(20))
    """`shared` for the networks of all communities, `custom` for a custom model."""
    task: Mapped[str] = mapped_column(String(40))
    recipe: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int] = mapped_column(BigInteger)
    minutes: Mapped[int | None]
    """Time limit; `None` for that of the recipe."""
    force: Mapped[bool] = mapped_column(default=False)
    """Whether to activate the result even if it is worse."""
    custom_model_id: Mapped[int | None] = mapped_column(
        ForeignKey("custom_models.id", ondelete="CASCADE"), index=True
    )
    version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    """The version that it created."""
    community_id: Mapped[int | None] = mapped_column(Number, index=True)
    member_id: Mapped[int | None] = mapped_column(Number, index=True)
    channel_id: Mapped[int | None] = mapped_column(Number)
    message_id: Mapped[int | None] = mapped_column(Number)
    """The message that shows its progress."""
    title: Mapped[str] = mapped_column(String(200), default="")
    """Title of the corpus."""
    corpus: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """An uploaded corpus, compressed with zlib, until the training has ended."""
    corpus_is_new: Mapped[bool] = mapped_column(default=False)
    """Whether the corpus replaces the one of the custom model."""
    extra_names: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """Names added to the corpus, one per line, compressed with zlib, until it has ended."""
    notes: Mapped[str] = mapped_column(Text, default="[]")
    """JSON that the training service keeps about the training."""
    state: Mapped[str] = mapped_column(String(10), default="queued", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was started."""
    owner: Mapped[str | None] = mapped_column(String(100))
    """The process that runs it."""
    stop_reason: Mapped[str | None] = mapped_column(Text)
    """Set when somebody has asked it to stop."""
    queued_at: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    beat_at: Mapped[datetime | None] = mapped_column(Instant)
    """The owner's last heartbeat."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    message: Mapped[str] = mapped_column(Wording, default="")
    """Why it failed or was stopped, a sentence."""


class IdentityRow(Base):
    """An id of a platform other than Discord, and the surrogate that stands for it.

    A surrogate is never given out again. SQLite keeps the last one in `sqlite_sequence`: a
    migration that rebuilds this table must carry that row over.
    """

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("platform", "kind", "workspace", "external"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Counted, Identity(start=FIRST_SURROGATE), primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    """`user`, `community`, `channel` or `message`."""
    workspace: Mapped[str] = mapped_column(String(100))
    external: Mapped[str] = mapped_column(String(200))
    """The platform's own id, unique within the workspace."""


class ButtonState(Base):
    """State of a button that is too long for the button's id."""

    __tablename__ = "button_states"
    __table_args__ = (
        Index("ix_button_states_member_id", "member_id", "community_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """Random, so that a button from a lost database never finds another state."""
    member_id: Mapped[int] = mapped_column(Number)
    community_id: Mapped[int | None] = mapped_column(Number, index=True)
    payload: Mapped[str] = mapped_column(Text)
    """State of the button as JSON."""
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)


class UnfinishedAnswer(Base):
    """An answer in progress. After a crash another process closes its message."""

    __tablename__ = "unfinished_answers"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """Random number."""
    platform: Mapped[str] = mapped_column(String(20))
    channel_id: Mapped[int | None] = mapped_column(Number)
    message_id: Mapped[int | None] = mapped_column(Number)
    token: Mapped[str | None] = mapped_column(String(500))
    """Token of the interaction, where the bot cannot edit the message otherwise; for minutes."""
    action: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(200))
    """State of the button that repeats the request."""
    owner: Mapped[str] = mapped_column(String(100), index=True)
    """The process that writes it."""
    locale: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """The language of those who see the answer."""
    begun_at: Mapped[datetime] = mapped_column(Instant)
    beat_at: Mapped[datetime] = mapped_column(Instant)
    """The owner's last sign of life."""


class Block(Base):
    """A member or a community that the bot does not answer."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("community_id", "member_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    """Never given out again: with their number, the highest id tells whether blocks changed."""
    community_id: Mapped[int] = mapped_column(Number)
    """`EVERYWHERE` for a block by an owner."""
    member_id: Mapped[int] = mapped_column(Number, index=True)
    """`EVERYBODY` for a community that an owner blocked."""
    moderator_id: Mapped[int | None] = mapped_column(Number, index=True)
    blocked_at: Mapped[datetime] = mapped_column(Instant)


class ModerationEntry(Base):
    """Record of what moderators and owners did."""

    __tablename__ = "moderation"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    community_id: Mapped[int | None] = mapped_column(Number, index=True)
    """`None` for what an owner did in all communities."""
    moderator_id: Mapped[int] = mapped_column(Number, index=True)
    action: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The member, community or channel that it concerns."""
    subject: Mapped[str] = mapped_column(String(200))
    """The name that it concerns, or the address of the message; empty if there is a target."""
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class RefusedModel(Base):
    """A custom model that moderators of a community have removed from use there."""

    __tablename__ = "refused_models"

    community_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    custom_model_id: Mapped[int] = mapped_column(
        ForeignKey("custom_models.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class RunningCooldown(Base):
    """The cooldowns of a member for one action, until the last of them is over."""

    __tablename__ = "running_cooldowns"

    key: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """A digest of the member's id and the action."""
    until: Mapped[datetime] = mapped_column(Instant)


class Deletion(Base):
    """Record of a member's deletion of their data, kept as long as an earlier request may run."""

    __tablename__ = "deletions"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(Counted, primary_key=True)
    """Number of the deletion, in the order of commits."""
    key: Mapped[bytes] = mapped_column(LargeBinary(16))
    """Random key of the digest."""
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """HMAC-SHA-256 of the member's id with this key."""
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    """Time of the deletion by the database's clock."""


class SlackUpload(Base):
    """A file of the bot on Slack: the picture of a message, or one that is deleted soon."""

    __tablename__ = "slack_uploads"

    file: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Slack's id: F…"""
    workspace: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(Instant)
    place: Mapped[str | None] = mapped_column(String(64), index=True)
    """Channel and timestamp of the message that shows it; without one, it is deleted."""


class RegisteredCommands(Base):
    """The commands that were last registered with a platform."""

    __tablename__ = "registered_commands"

    application_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
