"""moderation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the change."""
    op.add_column("communities", sa.Column("in_public_hall", sa.Boolean(), nullable=True))
    op.add_column("communities", sa.Column("accepts_shared", sa.Boolean(), nullable=True))
    op.add_column("communities", sa.Column("log_channel_id", sa.BigInteger(), nullable=True))
    op.add_column("polls", sa.Column("announcement_id", sa.BigInteger(), nullable=True))
    op.add_column("candidates", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "blocks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("moderator_id", sa.BigInteger(), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint("community_id", "member_id", name=op.f("uq_blocks_community_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_blocks_member_id"), "blocks", ["member_id"])
    op.create_index(op.f("ix_blocks_moderator_id"), "blocks", ["moderator_id"])
    op.create_table(
        "moderation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("moderator_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation")),
        sqlite_autoincrement=True,
    )
    for column in ("at", "community_id", "moderator_id", "target_id"):
        op.create_index(op.f(f"ix_moderation_{column}"), "moderation", [column])
    op.create_table(
        "refused_models",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("custom_model_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["custom_model_id"],
            ["custom_models.id"],
            name=op.f("fk_refused_models_custom_model_id_custom_models"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("community_id", "custom_model_id", name=op.f("pk_refused_models")),
    )
    op.create_index(
        op.f("ix_refused_models_custom_model_id"), "refused_models", ["custom_model_id"]
    )


def downgrade() -> None:
    """Undo it. Names that were removed come back, without their votes."""
    op.drop_table("refused_models")
    op.drop_table("moderation")
    op.drop_table("blocks")
    op.drop_column("candidates", "removed_at")
    op.drop_column("polls", "announcement_id")
    for column in ("log_channel_id", "accepts_shared", "in_public_hall"):
        op.drop_column("communities", column)
