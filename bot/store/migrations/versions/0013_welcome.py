"""The welcome: when a community got it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column. The bot needs no introduction in communities that it knows already."""
    op.add_column("communities", sa.Column("welcomed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE communities SET welcomed_at = '2026-11-30 00:00:00+00:00'")
