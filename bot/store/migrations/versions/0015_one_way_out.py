"""The outbox, deletions of members whose requests may still run, and names that stay removed."""

import unicodedata
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMES_AT_ONCE = 1000


def upgrade() -> None:
    """Add the tables, and drop the losses of trainings, which nothing has read."""
    _add_outbox()
    _add_deletions()
    _add_removed_names()
    op.drop_column("versions", "history")
    _add_languages()
    _index_button_states_by_age()
    _add_slack_uploads()


def _add_outbox() -> None:
    """Add the outbox, with results that were not announced and answers with removed names."""
    outbox = op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("doubt_since", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("kind", "subject_id", "channel_id", name=op.f("uq_outbox_kind")),
        sqlite_autoincrement=True,
    )
    for column in ("channel_id", "due_at"):
        op.create_index(op.f(f"ix_outbox_{column}"), "outbox", [column])
    columns = "id", "channel_id", "closed_at", "announcing_at", "announced_at"
    polls = sa.table(
        "polls",
        *(sa.column(name, sa.DateTime(timezone=True)) for name in columns[2:]),
        *map(sa.column, columns[:2]),
    )
    answers = sa.table(
        "winner_answers", *map(sa.column, ("channel_id", "message_id", "is_outdated"))
    )
    connection, new = op.get_bind(), {"step": 0, "revision": 0, "attempts": 0}
    waiting = sa.select(polls).where(polls.c.closed_at.is_not(None), polls.c.announced_at.is_(None))
    for poll in connection.execute(waiting).all():
        times = {"due_at": poll.closed_at, "until": poll.closed_at + timedelta(days=1)}
        row = {"kind": "result", "subject_id": poll.id, "channel_id": poll.channel_id}
        op.bulk_insert(outbox, [row | times | new | {"doubt_since": poll.announcing_at}])
    now = datetime.now(UTC)
    outdated = sa.select(answers).where(answers.c.is_outdated.is_(True)).distinct()
    for answer in connection.execute(outdated).all():
        row = {"kind": "answer", "subject_id": answer.message_id, "channel_id": answer.channel_id}
        op.bulk_insert(outbox, [row | {"due_at": now, "until": now} | new])
    op.drop_column("polls", "announcing_at")


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


def _index_button_states_by_age() -> None:
    name = op.f("ix_button_states_member_id")
    op.drop_index(name, "button_states")
    op.create_index(name, "button_states", ["member_id", "community_id", "created_at"])


def _add_languages() -> None:
    """Add the languages of the first members who ask in a community."""
    op.add_column("communities", sa.Column("asked_in", sa.Text()))


def _add_slack_uploads() -> None:
    op.create_table(
        "slack_uploads",
        sa.Column("file", sa.String(length=32), primary_key=True),
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=64)),
    )
    op.create_index(op.f("ix_slack_uploads_place"), "slack_uploads", ["place"])


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(text.split())
