"""Languages: what a community has chosen, and who sees an unfinished answer; longer notes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns. Notes and titles may be longer, as they hold sentences with their fields."""
    op.add_column("communities", sa.Column("language", sa.String(length=16)))
    op.add_column(
        "unfinished_answers",
        sa.Column("locale", sa.String(length=16), nullable=False, server_default=""),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite limits no length
        op.alter_column("polls", "note", type_=sa.Text())
        op.alter_column("poems", "title", type_=sa.Text())
