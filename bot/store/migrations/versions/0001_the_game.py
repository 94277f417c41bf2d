"""the game."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "cards",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("discoverer", sa.String(length=100), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("footer", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=100), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.Column("winner_votes", sa.Integer(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
    )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cards_closed_at_closes_at", ["closed_at", "closes_at"], unique=False
        )
        batch_op.create_index(
            "ix_cards_guild_id_closed_at", ["guild_id", "closed_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_cards_member_id"), ["member_id"], unique=False)

    op.create_table(
        "guilds",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vote_minutes", sa.Integer(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guilds")),
    )
    op.create_table(
        "poems",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poems")),
        sa.UniqueConstraint("member_id", "message_id", name=op.f("uq_poems_member_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("poems", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_poems_guild_id"), ["guild_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_poems_member_id"), ["member_id"], unique=False)

    op.create_table(
        "candidates",
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["cards.id"], name=op.f("fk_candidates_card_id_cards"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", "position", name=op.f("pk_candidates")),
    )
    op.create_table(
        "votes",
        sa.Column("card_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id", "position"],
            ["candidates.card_id", "candidates.position"],
            name="fk_votes_candidates",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("card_id", "member_id", name=op.f("pk_votes")),
    )
    with op.batch_alter_table("votes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_votes_member_id"), ["member_id"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("votes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_votes_member_id"))

    op.drop_table("votes")
    op.drop_table("candidates")
    with op.batch_alter_table("poems", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_poems_member_id"))
        batch_op.drop_index(batch_op.f("ix_poems_guild_id"))

    op.drop_table("poems")
    op.drop_table("guilds")
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cards_member_id"))
        batch_op.drop_index("ix_cards_guild_id_closed_at")
        batch_op.drop_index("ix_cards_closed_at_closes_at")

    op.drop_table("cards")
