"""The dinosaur of the day: settings of communities, and the days of polls."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns, and an index that lets a community have one poll for each day."""
    op.add_column("communities", sa.Column("daily_channel_id", sa.BigInteger()))
    op.add_column("communities", sa.Column("daily_hour", sa.Integer()))
    op.add_column("communities", sa.Column("daily_zone", sa.String(length=40)))
    op.add_column("communities", sa.Column("daily_hours", sa.Integer()))
    op.add_column("communities", sa.Column("daily_from", sa.String(length=10)))
    op.add_column("communities", sa.Column("daily_stopped", sa.String(length=10)))
    op.add_column("polls", sa.Column("day", sa.String(length=10)))
    op.create_index("ix_polls_community_id_day", "polls", ["community_id", "day"], unique=True)
