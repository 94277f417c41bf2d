"""Whether names in a community come with a picture of their creatures."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column."""
    op.add_column("communities", sa.Column("shows_strips", sa.Boolean()))
