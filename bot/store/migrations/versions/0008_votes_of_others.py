"""Votes of others that a winner needs, and the answers that show winners."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns, a table and indexes."""
    op.add_column("communities", sa.Column("votes_needed", sa.Integer()))
    # Any vote was enough for the polls that version 0.7.0 opened.
    op.add_column(
        "polls", sa.Column("votes_needed", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "winner_answers",
        sa.Column("channel_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("poll_id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("is_outdated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["polls.id"],
            name=op.f("fk_winner_answers_poll_id_polls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "channel_id", "message_id", "poll_id", name=op.f("pk_winner_answers")
        ),
    )
    for column in ("poll_id", "community_id"):
        op.create_index(op.f(f"ix_winner_answers_{column}"), "winner_answers", [column])
    op.create_index(
        "ix_winner_answers_is_outdated_channel_id",
        "winner_answers",
        ["is_outdated", "channel_id"],
    )
    op.create_index("ix_polls_winner_closed_at", "polls", ["winner", "closed_at"])
    op.create_index(op.f("ix_candidates_name"), "candidates", ["name"])
