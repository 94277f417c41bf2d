"""Cooldowns and registered commands that processes share."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "running_cooldowns",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_running_cooldowns")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # They are over within a minute: a crash of the server may lose them, no commit waits for
        # the disk, and no standby gets them.
        op.execute("ALTER TABLE running_cooldowns SET UNLOGGED")
    op.create_table(
        "registered_commands",
        sa.Column("application_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_registered_commands")),
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("registered_commands")
    op.drop_table("running_cooldowns")
