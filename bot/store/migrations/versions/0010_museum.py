"""The museum: what communities have discovered, and who hides their collection."""

import unicodedata
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LONGEST_NAME = 40
MOST_OWNED = 200
ROWS_AT_ONCE = 500


def upgrade() -> None:
    """Add two tables, and the earlier winners as discoveries."""
    discoveries = op.create_table(
        "discoveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("poll_id", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger()),
        sa.Column("owner_id", sa.BigInteger()),
        sa.Column("is_favourite", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.Text()),
        sa.Column("family", sa.String(length=40)),
        sa.Column("period", sa.String(length=40)),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["polls.id"],
            name=op.f("fk_discoveries_poll_id_polls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discoveries")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_discoveries_community_id")),
        sqlite_autoincrement=True,
    )
    for column in ("poll_id", "member_id", "owner_id"):
        op.create_index(op.f(f"ix_discoveries_{column}"), "discoveries", [column])
    op.create_index(
        "ix_discoveries_community_id_found_at", "discoveries", ["community_id", "found_at"]
    )
    op.create_table(
        "hidden_collections",
        sa.Column("community_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("community_id", "member_id", name=op.f("pk_hidden_collections")),
    )
    op.create_index(op.f("ix_hidden_collections_member_id"), "hidden_collections", ["member_id"])
    _enter_winners(discoveries)


def _enter_winners(discoveries: sa.Table) -> None:
    """Enter the winners oldest first, up to `MOST_OWNED` for each member of a community.

    Their profiles are left for the museum to make, whose code may know more by then than this
    migration, which must never change; a profile of a name is the same at any time.
    """
    polls = sa.table(
        "polls",
        sa.column("id", sa.BigInteger()),
        sa.column("community_id", sa.BigInteger()),
        sa.column("member_id", sa.BigInteger()),
        sa.column("custom_model", sa.String()),
        sa.column("closed_at", sa.DateTime(timezone=True)),
        sa.column("winner", sa.Integer()),
    )
    candidates = sa.table(
        "candidates",
        sa.column("poll_id", sa.BigInteger()),
        sa.column("position", sa.Integer()),
        sa.column("name", sa.String()),
    )
    winners = (
        sa.select(
            polls.c.id,
            polls.c.community_id,
            polls.c.member_id,
            polls.c.closed_at,
            candidates.c.name,
        )
        .join(
            candidates,
            (candidates.c.poll_id == polls.c.id) & (candidates.c.position == polls.c.winner),
        )
        .where(polls.c.custom_model.is_(None), polls.c.closed_at.is_not(None))
        .order_by(polls.c.closed_at, polls.c.id)
    )
    connection = op.get_bind()
    known, owned, rows = set[tuple[int, str]](), Counter[tuple[int, int]](), []
    for poll_id, community_id, member_id, closed_at, name in connection.execute(winners).all():
        key = _folded(name)
        if (community_id, key) in known or not _has_creature(name):
            continue
        known.add((community_id, key))
        member = (community_id, member_id)
        is_owned = member_id is not None and owned[member] < MOST_OWNED
        owned[member] += is_owned
        rows.append(
            {
                "community_id": community_id,
                "key": key,
                "name": name,
                "poll_id": poll_id,
                "found_at": closed_at,
                "member_id": member_id,
                "owner_id": member_id if is_owned else None,
                "is_favourite": False,
            }
        )
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        op.bulk_insert(discoveries, rows[begin : begin + ROWS_AT_ONCE])


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(text.split())


def _has_creature(name: str) -> bool:
    """Whether it is one word of Latin letters, some of which are a to z but for their marks."""
    letters = unicodedata.normalize("NFC", name)
    return (
        len(name) <= LONGEST_NAME
        and any("a" <= c <= "z" for c in unicodedata.normalize("NFD", name.lower()))
        and all(c.isalpha() and unicodedata.name(c, "").startswith("LATIN ") for c in letters)
    )
