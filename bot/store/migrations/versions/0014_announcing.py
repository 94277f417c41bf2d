"""The process that announces a result, and the names of polls that answers show."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns."""
    op.add_column("polls", sa.Column("announcing_at", sa.DateTime(timezone=True)))
    op.add_column("winner_answers", sa.Column("position", sa.Integer()))
