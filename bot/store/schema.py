"""The tables. `migrations/` brings a database of any older version up to them.

Members, guilds, channels and messages are known by Discord's own numbers and nothing else, but for
the name that a discoverer had when the card was made: it stands on the plaque. Nothing that members
write to each other is kept.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column


class Instant(TypeDecorator[datetime]):
    """A moment: always aware, always UTC, also where the database knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC. Raises `ValueError` for a time of no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite has dropped."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


Snowflake = BigInteger
"""Discord's numbers have 63 bits."""
_Counted = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself there


class Base(DeclarativeBase):
    """What all tables share: names of constraints that a later migration can refer to."""

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
    """A server, its settings, and whether the bot is still in it."""

    __tablename__ = "guilds"

    id: Mapped[int] = mapped_column(Snowflake, primary_key=True, autoincrement=False)
    vote_minutes: Mapped[int | None]
    """How long a card takes votes; the default, if unset."""
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the bot was removed. After a grace period the guild is forgotten."""


class Poll(Base):
    """Names that were offered, and the vote on them."""

    __tablename__ = "cards"
    __table_args__ = (
        Index("ix_cards_closed_at_closes_at", "closed_at", "closes_at"),
        Index("ix_cards_guild_id_closed_at", "community_id", "closed_at"),
    )

    id: Mapped[int] = mapped_column(Snowflake, primary_key=True, autoincrement=False)
    """Drawn at random, so that a button of a database that is no more votes on nothing."""
    community_id: Mapped[int] = mapped_column(Snowflake)
    channel_id: Mapped[int] = mapped_column(Snowflake)
    message_id: Mapped[int | None] = mapped_column(Snowflake)
    member_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    """Whoever asked for the names, the discoverer; `None` once that is forgotten."""
    custom_model_id: Mapped[int | None] = mapped_column(
        ForeignKey("namers.id", ondelete="SET NULL"), index=True
    )
    """The list that the names are of; `None` for dinosaurs."""
    namer: Mapped[str | None] = mapped_column(String(32))
    """What it was called, also when it is no more."""
    discoverer: Mapped[str | None] = mapped_column(String(100))
    """The name that this member had then."""
    note: Mapped[str] = mapped_column(String(400), default="")
    """What the card says below its names, for when it is drawn anew."""
    footer: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(100), default="")
    """That of its button for more names."""
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    winner: Mapped[int | None]
    """Position of the candidate that was crowned; `None` while open, or if nobody voted."""
    winner_votes: Mapped[int | None]
    announced_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the end was told in the channel."""


class Candidate(Base):
    """A name on a card."""

    __tablename__ = "candidates"

    poll_id: Mapped[int] = mapped_column(
        ForeignKey("cards.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(128))
    """As it is shown."""


class Vote(Base):
    """One vote: a member has one on each card."""

    __tablename__ = "votes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["poll_id", "position"],
            ["candidates.poll_id", "candidates.position"],
            ondelete="CASCADE",
            name="fk_votes_candidates",
        ),
    )

    poll_id: Mapped[int] = mapped_column(Snowflake, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(
        Snowflake, primary_key=True, autoincrement=False, index=True
    )
    position: Mapped[int]
    voted_at: Mapped[datetime] = mapped_column(Instant)


class Poem(Base):
    """A poem that a member has kept."""

    __tablename__ = "poems"
    __table_args__ = (
        UniqueConstraint("member_id", "message_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_Counted, primary_key=True)
    member_id: Mapped[int] = mapped_column(Snowflake, index=True)
    community_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    message_id: Mapped[int] = mapped_column(Snowflake)
    """The message that it was kept from: kept twice, it is kept once."""
    title: Mapped[str] = mapped_column(String(256))
    text: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(Instant)


class CustomModel(Base):
    """A list of a server's own, and the network that has learned from it."""

    __tablename__ = "namers"
    __table_args__ = (
        UniqueConstraint("community_id", "key"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_Counted, primary_key=True)
    community_id: Mapped[int] = mapped_column(Snowflake)
    name: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(96))
    """The name without its capitals: two namers of a server differ in more. A letter without
    capitals may be three."""
    member_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    """Whoever made it; `None` once that is forgotten."""
    shared: Mapped[bool] = mapped_column(default=False)
    """Whether other servers may use it."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    title: Mapped[str] = mapped_column(String(200))
    """What the list was called."""
    entries: Mapped[int]
    corpus: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """The list, one entry a line, compressed with zlib. `None` if it came as a weight file."""
    corpus_sha256: Mapped[str] = mapped_column(String(64))
    weights: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """A weight file; `None` until the first training is done."""
    digest: Mapped[str | None] = mapped_column(String(64))
    """Of the weights."""
    seconds: Mapped[float | None]
    """How long its training took."""


class Version(Base):
    """Weights that a training made, and how it went."""

    __tablename__ = "versions"
    __table_args__ = (
        CheckConstraint("kind IN ('names', 'sonnets')", name="kind"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_Counted, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    weights: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """A weight file; `None` once it was thrown away for newer ones."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    """Whoever had it trained; `None` once that is forgotten."""
    corpus: Mapped[str] = mapped_column(String(200))
    """Its title."""
    corpus_sha256: Mapped[str] = mapped_column(String(64))
    recipe: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int | None] = mapped_column(BigInteger)
    validation: Mapped[float | None]
    """In nats per character, on the validation part of its own corpus."""
    yardstick: Mapped[float | None]
    """The same on the project's validation part, which all versions of a kind are measured by."""
    live_yardstick: Mapped[float | None]
    """The figure that it was held against: that of the live weights, or what those had to reach."""
    seconds: Mapped[float | None]
    """How long the training took."""
    history: Mapped[str | None] = deferred(mapped_column(Text))
    """Losses by update, as `python -m bot.train` writes them: JSON."""
    curve: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """The same as a picture, a PNG."""
    samples: Mapped[str] = mapped_column(Text, default="[]")
    """What it writes from a fixed seed: a list of texts in JSON."""


class Activation(Base):
    """From when on which version was served. The last one of a kind holds."""

    __tablename__ = "activations"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_Counted, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    """`None` for the weights that come with the bot."""
    at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    why: Mapped[str] = mapped_column(String(20))
    """`better`, `forced`, `activated`, `rollback` or `imported`."""


class Run(Base):
    """A training, from its beginning on."""

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'done', 'failed', 'stopped')", name="state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_Counted, primary_key=True)
    what: Mapped[str] = mapped_column(String(10))
    """`names`, `sonnets`, or `namer`."""
    custom_model_id: Mapped[int | None] = mapped_column(ForeignKey("namers.id", ondelete="CASCADE"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    """What came of it."""
    community_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    member_id: Mapped[int | None] = mapped_column(Snowflake, index=True)
    channel_id: Mapped[int | None] = mapped_column(Snowflake)
    message_id: Mapped[int | None] = mapped_column(Snowflake)
    """Where it is reported."""
    seed: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(Instant)
    beat_at: Mapped[datetime] = mapped_column(Instant)
    """The last sign of life of the process that trains."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(10), default="running", index=True)
    message: Mapped[str] = mapped_column(Text, default="")
    """Why it failed or was stopped, a sentence."""
