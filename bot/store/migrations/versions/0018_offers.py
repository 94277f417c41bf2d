"""Offers of creatures to other members, and when a creature came to its owner."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add offers, and a column of discoveries."""
    op.add_column("discoveries", sa.Column("came_at", sa.DateTime(timezone=True)))
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "offers",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("discovery_id", number),
        sa.Column("wanted_id", number),
        sa.Column("is_swap", sa.Boolean(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("given_since", sa.DateTime(timezone=True)),
        sa.Column("wanted_since", sa.DateTime(timezone=True)),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["discoveries.id"],
                name=op.f(f"fk_offers_{column}_discoveries"),
                ondelete="SET NULL",
            )
            for column in ("discovery_id", "wanted_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    indexed = ("community_id", "member_id", "recipient_id", "discovery_id", "wanted_id", "until")
    for column in indexed:
        op.create_index(op.f(f"ix_offers_{column}"), "offers", [column])
