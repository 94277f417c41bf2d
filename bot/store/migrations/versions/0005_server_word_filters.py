"""Word filters of servers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("communities", sa.Column("filter_strictness", sa.Integer(), nullable=True))
    op.add_column("communities", sa.Column("blocked_words", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo it. Servers have the default filter again."""
    for column in ("blocked_words", "filter_strictness"):
        op.drop_column("communities", column)
