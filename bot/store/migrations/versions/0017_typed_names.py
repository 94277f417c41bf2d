"""Typed names: whether members may show their dinosaurs to everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the setting, which is on without a value."""
    op.add_column("communities", sa.Column("shows_typed", sa.Boolean()))
