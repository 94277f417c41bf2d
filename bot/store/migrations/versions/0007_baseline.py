"""Baseline: the tables of version 0.7.0.

They are defined here and not taken from `schema.py`, which changes with later migrations.
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.schema import Base

revision = "0007"
down_revision = None
branch_labels = None
depends_on = None

FIRST_SURROGATE = 2**62

metadata = MetaData(naming_convention=Base.metadata.naming_convention)
instant = DateTime(timezone=True)
counted = BigInteger().with_variant(Integer, "sqlite")

Table(
    "communities",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("vote_minutes", Integer),
    Column("left_at", instant),
    Column("in_public_hall", Boolean),
    Column("accepts_shared", Boolean),
    Column("log_channel_id", BigInteger),
    Column("filter_strictness", Integer),
    Column("blocked_words", Text),
)
Table(
    "custom_models",
    metadata,
    Column("id", counted, primary_key=True),
    Column("community_id", BigInteger, nullable=False),
    Column("name", String(32), nullable=False),
    Column("key", String(96), nullable=False),
    Column("member_id", BigInteger, index=True),
    Column("shared", Boolean, nullable=False),
    Column("created_at", instant, nullable=False),
    Column("title", String(200), nullable=False),
    Column("entries", Integer, nullable=False),
    Column("corpus", LargeBinary),
    Column("corpus_sha256", String(64), nullable=False),
    Column("weights", LargeBinary),
    Column("digest", String(64)),
    Column("seconds", Double),
    UniqueConstraint("community_id", "key"),
    sqlite_autoincrement=True,
)
Table(
    "polls",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("community_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("member_id", BigInteger, index=True),
    Column("discoverer", String(100)),
    Column("note", String(400), nullable=False),
    Column("footer", String(200), nullable=False),
    Column("state", String(100), nullable=False),
    Column("opened_at", instant, nullable=False),
    Column("closes_at", instant, nullable=False),
    Column("closed_at", instant),
    Column("winner", Integer),
    Column("winner_votes", Integer),
    Column("announced_at", instant),
    Column(
        "custom_model_id", counted, ForeignKey("custom_models.id", ondelete="SET NULL"), index=True
    ),
    Column("custom_model", String(32)),
    Column("announcement_id", BigInteger),
    Index("ix_polls_closed_at_closes_at", "closed_at", "closes_at"),
    Index("ix_polls_community_id_closed_at", "community_id", "closed_at"),
)
Table(
    "candidates",
    metadata,
    Column("poll_id", BigInteger, ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(128), nullable=False),
    Column("removed_at", instant),
)
Table(
    "votes",
    metadata,
    Column("poll_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("position", Integer, nullable=False),
    Column("voted_at", instant, nullable=False),
    ForeignKeyConstraint(
        ["poll_id", "position"],
        ["candidates.poll_id", "candidates.position"],
        ondelete="CASCADE",
        name="fk_votes_candidates",
    ),
)
Table(
    "poems",
    metadata,
    Column("id", counted, primary_key=True),
    Column("member_id", BigInteger, nullable=False, index=True),
    Column("community_id", BigInteger, index=True),
    Column("message_id", BigInteger, nullable=False),
    Column("title", String(256), nullable=False),
    Column("text", Text, nullable=False),
    Column("kept_at", instant, nullable=False),
    UniqueConstraint("member_id", "message_id"),
    sqlite_autoincrement=True,
)
Table(
    "versions",
    metadata,
    Column("id", counted, primary_key=True),
    Column("task", String(40), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("weights", LargeBinary),
    Column("created_at", instant, nullable=False),
    Column("member_id", BigInteger, index=True),
    Column("corpus", String(200), nullable=False),
    Column("corpus_sha256", String(64), nullable=False),
    Column("recipe", String(40), nullable=False),
    Column("seed", BigInteger),
    Column("validation", Double),
    Column("reference_loss", Double),
    Column("baseline_loss", Double),
    Column("seconds", Double),
    Column("history", Text),
    Column("curve", LargeBinary),
    Column("samples", Text, nullable=False),
    sqlite_autoincrement=True,
)
Table(
    "activations",
    metadata,
    Column("id", counted, primary_key=True),
    Column("task", String(40), nullable=False, index=True),
    Column("version_id", counted, ForeignKey("versions.id")),
    Column("at", instant, nullable=False),
    Column("member_id", BigInteger, index=True),
    Column("reason", String(20), nullable=False),
    sqlite_autoincrement=True,
)
Table(
    "trainings",
    metadata,
    Column("id", counted, primary_key=True),
    Column("policy", String(20), nullable=False),
    Column("task", String(40), nullable=False),
    Column("recipe", String(40), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("minutes", Integer),
    Column("force", Boolean, nullable=False),
    Column(
        "custom_model_id", counted, ForeignKey("custom_models.id", ondelete="CASCADE"), index=True
    ),
    Column("version_id", counted, ForeignKey("versions.id")),
    Column("community_id", BigInteger, index=True),
    Column("member_id", BigInteger, index=True),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
    Column("title", String(200), nullable=False),
    Column("corpus", LargeBinary),
    Column("corpus_is_new", Boolean, nullable=False),
    Column("extra_names", LargeBinary),
    Column("notes", Text, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(100)),
    Column("stop_reason", Text),
    Column("queued_at", instant, nullable=False),
    Column("started_at", instant),
    Column("beat_at", instant),
    Column("ended_at", instant),
    Column("message", Text, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'stopped')", name="state"),
    sqlite_autoincrement=True,
)
Table(
    "identities",
    metadata,
    Column("id", counted, Identity(start=FIRST_SURROGATE), primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("workspace", String(100), nullable=False),
    Column("external", String(200), nullable=False),
    UniqueConstraint("platform", "kind", "workspace", "external"),
    sqlite_autoincrement=True,
)
Table(
    "button_states",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, nullable=False, index=True),
    Column("community_id", BigInteger, index=True),
    Column("payload", Text, nullable=False),
    Column("created_at", instant, nullable=False, index=True),
)
Table(
    "blocks",
    metadata,
    Column("id", counted, primary_key=True),
    Column("community_id", BigInteger, nullable=False),
    Column("member_id", BigInteger, nullable=False, index=True),
    Column("moderator_id", BigInteger, index=True),
    Column("blocked_at", instant, nullable=False),
    UniqueConstraint("community_id", "member_id"),
    sqlite_autoincrement=True,
)
Table(
    "moderation",
    metadata,
    Column("id", counted, primary_key=True),
    Column("community_id", BigInteger, index=True),
    Column("moderator_id", BigInteger, nullable=False, index=True),
    Column("action", String(20), nullable=False),
    Column("target_id", BigInteger, index=True),
    Column("subject", String(200), nullable=False),
    Column("at", instant, nullable=False, index=True),
    sqlite_autoincrement=True,
)
Table(
    "refused_models",
    metadata,
    Column("community_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "custom_model_id",
        counted,
        ForeignKey("custom_models.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
Table(
    "unfinished_answers",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("platform", String(20), nullable=False),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
    Column("token", String(500)),
    Column("action", String(40), nullable=False),
    Column("state", String(200), nullable=False),
    Column("owner", String(100), nullable=False, index=True),
    Column("begun_at", instant, nullable=False),
    Column("beat_at", instant, nullable=False),
)
Table(
    "running_cooldowns",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("until", instant, nullable=False),
)
Table(
    "registered_commands",
    metadata,
    Column("application_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
)


def upgrade() -> None:
    """Create the tables."""
    connection = op.get_bind()
    metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        last = FIRST_SURROGATE - 1
        op.execute(f"INSERT INTO sqlite_sequence VALUES ('identities', {last})")  # noqa: S608
    else:
        # Cooldowns are over within a minute: a crash of the server may lose them, no commit waits
        # for the disk, and no standby gets them.
        op.execute("ALTER TABLE running_cooldowns SET UNLOGGED")
