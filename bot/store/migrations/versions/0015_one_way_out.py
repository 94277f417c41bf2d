"""The outbox, deletions of members whose requests may still run, and names that stay removed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _add_outbox()
    _add_deletions()
    _add_removed_names()


def _add_outbox() -> None:
    pass


def _add_deletions() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "deletions",
        sa.Column("number", number, primary_key=True),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sqlite_autoincrement=True,
    )


def _add_removed_names() -> None:
    pass
