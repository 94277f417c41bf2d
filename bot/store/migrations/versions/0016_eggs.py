"""Eggs: nests, discoveries without a poll, and answers that show a name without a poll."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 500


def upgrade() -> None:
    """Add settings and nests, and let discoveries and answers do without polls."""
    op.add_column("communities", sa.Column("has_eggs", sa.Boolean()))
    op.add_column("communities", sa.Column("egg_channel_id", sa.BigInteger()))
    _free_discoveries()
    _add_nests()
    _free_answers()


def _free_discoveries() -> None:
    """Let a discovery have no poll. SQLite rebuilds the table for that, and its numbers go on."""
    connection, last = op.get_bind(), None
    of_table = "sqlite_sequence WHERE name = 'discoveries'"
    if connection.dialect.name == "sqlite":
        last = connection.scalar(sa.text(f"SELECT seq FROM {of_table}"))  # noqa: S608
    with op.batch_alter_table("discoveries", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("poll_id", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(
            sa.Column("is_rarity_told", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    if last is not None:
        connection.execute(sa.text(f"DELETE FROM {of_table}"))  # noqa: S608
        row = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('discoveries', :last)")
        connection.execute(row, {"last": last})


def _add_nests() -> None:
    op.create_table(
        "nests",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("laid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("hatched_at", sa.DateTime(timezone=True)),
        sa.Column("discovery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.ForeignKeyConstraint(
            ["discovery_id"],
            ["discoveries.id"],
            name=op.f("fk_nests_discovery_id_discoveries"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nests")),
        sa.UniqueConstraint("community_id", "member_id", "day", name=op.f("uq_nests_community_id")),
    )
    for column in ("member_id", "until", "discovery_id"):
        op.create_index(op.f(f"ix_nests_{column}"), "nests", [column])


def _free_answers() -> None:
    """Make the table of answers anew. Those that show a dinosaur have its name, and no poll."""
    old = "SELECT channel_id, message_id, poll_id, community_id, position, is_outdated"
    name = "(SELECT name FROM candidates WHERE poll_id = a.poll_id AND position = a.position)"
    connection = op.get_bind()
    found = connection.execute(sa.text(f"{old}, {name} AS name FROM winner_answers a"))
    rows: dict[tuple[object, ...], bool] = {}
    for row in found.mappings().all():
        place = row["channel_id"], row["message_id"], row["community_id"]
        is_winner, is_outdated = row["position"] is None, bool(row["is_outdated"])
        poll_id, key = (row["poll_id"], "") if is_winner else (None, _folded(row["name"] or ""))
        rows[*place, poll_id, key] = is_outdated or rows.get((*place, poll_id, key), False)
    op.drop_table("winner_answers")
    answers = op.create_table(
        "winner_answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("poll_id", sa.BigInteger()),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=384), nullable=False, server_default=""),
        sa.Column("is_outdated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["polls.id"],
            name=op.f("fk_winner_answers_poll_id_polls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_winner_answers")),
        sa.UniqueConstraint(
            "channel_id",
            "message_id",
            "poll_id",
            "key",
            name=op.f("uq_winner_answers_channel_id"),
        ),
        sqlite_autoincrement=True,
    )
    for column in ("poll_id", "community_id"):
        op.create_index(op.f(f"ix_winner_answers_{column}"), "winner_answers", [column])
    op.create_index(
        "ix_winner_answers_is_outdated_channel_id", "winner_answers", ["is_outdated", "channel_id"]
    )
    columns = "channel_id", "message_id", "community_id", "poll_id", "key"
    new = [
        dict(zip(columns, facts, strict=True), is_outdated=outdated)
        for facts, outdated in rows.items()
    ]
    for begin in range(0, len(new), ROWS_AT_ONCE):
        op.bulk_insert(answers, new[begin : begin + ROWS_AT_ONCE])


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(text.split())
