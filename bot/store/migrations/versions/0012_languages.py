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
    for table, column, length in (("polls", "note", 400), ("poems", "title", 256)):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                column,
                type_=sa.Text(),
                existing_type=sa.String(length=length),
                existing_nullable=False,
            )
