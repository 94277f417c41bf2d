"""platform-neutral names, the training queue, identities, button states.

Tables, columns, constraints and indexes are renamed in place. SQLite cannot rename constraints, so
there each table is rebuilt from its own definition with the names replaced.
"""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FIRST_SURROGATE = 2**62

Pair = tuple[str, str]
"""An identifier before and after the migration."""

TABLES: tuple[Pair, ...] = (
    ("guilds", "communities"),
    ("namers", "custom_models"),
    ("cards", "polls"),
)
COLUMNS: tuple[tuple[str, Pair], ...] = (
    ("custom_models", ("guild_id", "community_id")),
    ("polls", ("guild_id", "community_id")),
    ("polls", ("namer_id", "custom_model_id")),
    ("polls", ("namer", "custom_model")),
    ("candidates", ("card_id", "poll_id")),
    ("votes", ("card_id", "poll_id")),
    ("poems", ("guild_id", "community_id")),
    ("versions", ("kind", "task")),
    ("versions", ("yardstick", "reference_loss")),
    ("versions", ("live_yardstick", "baseline_loss")),
    ("activations", ("kind", "task")),
    ("activations", ("why", "reason")),
)
CONSTRAINTS: tuple[tuple[str, Pair], ...] = (
    ("communities", ("pk_guilds", "pk_communities")),
    ("custom_models", ("pk_namers", "pk_custom_models")),
    ("custom_models", ("uq_namers_guild_id", "uq_custom_models_community_id")),
    ("polls", ("pk_cards", "pk_polls")),
    ("polls", ("fk_cards_namer_id_namers", "fk_polls_custom_model_id_custom_models")),
    ("candidates", ("fk_candidates_card_id_cards", "fk_candidates_poll_id_polls")),
)
INDEXES: tuple[Pair, ...] = (
    ("ix_namers_member_id", "ix_custom_models_member_id"),
    ("ix_cards_closed_at_closes_at", "ix_polls_closed_at_closes_at"),
    ("ix_cards_guild_id_closed_at", "ix_polls_community_id_closed_at"),
    ("ix_cards_member_id", "ix_polls_member_id"),
    ("ix_cards_namer_id", "ix_polls_custom_model_id"),
    ("ix_poems_guild_id", "ix_poems_community_id"),
    ("ix_versions_kind", "ix_versions_task"),
    ("ix_activations_kind", "ix_activations_task"),
)
SEQUENCES: tuple[Pair, ...] = (("namers_id_seq", "custom_models_id_seq"),)
REBUILT = (
    "communities",
    "custom_models",
    "polls",
    "candidates",
    "poems",
    "versions",
    "activations",
)
"""Tables with other names of constraints or indexes, or other types, by their new names."""
CHECK = "CONSTRAINT ck_versions_kind CHECK (kind IN ('names', 'sonnets'))"

MOVED = (
    "custom_model_id, version_id, community_id, member_id, channel_id, message_id, seed, "
    "started_at, beat_at, ended_at, state, message"
)
"""What `runs` and `trainings` have in common, by its new names."""
RUNS = MOVED.replace("custom_model_id", "namer_id").replace("community_id", "guild_id")


def upgrade() -> None:
    """Make the change."""
    for old, new in TABLES:
        op.rename_table(old, new)
    for table, (old, new) in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    if _is_sqlite():
        replaced = [pair for _, pair in CONSTRAINTS] + list(INDEXES)
        for table in REBUILT:
            _rebuild(table, replaced, length=40)
    else:
        op.execute("ALTER TABLE versions DROP CONSTRAINT ck_versions_kind")
        _rename_in_postgres(CONSTRAINTS, INDEXES, SEQUENCES)
        for table in ("versions", "activations"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN task TYPE VARCHAR(40)")
    _create_trainings()
    op.execute(
        f"INSERT INTO trainings (id, policy, task, recipe, force, title, corpus_is_new, notes, "  # noqa: S608
        f"attempts, queued_at, {MOVED}) "
        "SELECT id, CASE what WHEN 'namer' THEN 'custom' ELSE 'shared' END, "
        "CASE what WHEN 'namer' THEN 'names' ELSE what END, "
        f"'', {_false()}, '', {_false()}, '[]', 1, started_at, {RUNS} FROM runs"
    )
    _carry_sequence("runs", "trainings")
    op.drop_table("runs")
    _create_identities()
    _create_button_states()


def downgrade() -> None:
    """Take it back. Identities, button states and waiting trainings are lost."""
    op.drop_table("button_states")
    op.drop_table("identities")
    for table in ("activations", "trainings", "versions"):  # 0.3.0 knows two tasks
        op.execute(f"DELETE FROM {table} WHERE task NOT IN ('names', 'sonnets')")  # noqa: S608
    _create_runs()
    op.execute(
        f"INSERT INTO runs (id, what, {RUNS}) "  # noqa: S608
        f"SELECT id, CASE policy WHEN 'custom' THEN 'namer' ELSE task END, {MOVED} "
        "FROM trainings WHERE started_at IS NOT NULL AND state <> 'queued'"
    )
    _carry_sequence("trainings", "runs")
    op.drop_table("trainings")
    constraints = [(table, (old, new)) for table, (new, old) in CONSTRAINTS]
    indexes = _reversed(INDEXES)
    if not _is_sqlite():
        _rename_in_postgres(constraints, indexes, _reversed(SEQUENCES))
        for table in ("versions", "activations"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN task TYPE VARCHAR(10)")
    for table, (old, new) in reversed(COLUMNS):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    if _is_sqlite():
        replaced = [pair for _, pair in constraints] + indexes
        for table in REBUILT:
            _rebuild(table, replaced, length=10)
    else:
        op.execute(f"ALTER TABLE versions ADD {CHECK}")
    for old, new in TABLES:
        op.rename_table(new, old)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _false() -> str:
    return "0" if _is_sqlite() else "false"


def _reversed(pairs: Iterable[Pair]) -> list[Pair]:
    return [(new, old) for old, new in pairs]


def _rename_in_postgres(
    constraints: Iterable[tuple[str, Pair]], indexes: Iterable[Pair], sequences: Iterable[Pair]
) -> None:
    for table, (old, new) in constraints:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    for old, new in indexes:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for old, new in sequences:
        op.execute(f"ALTER SEQUENCE {old} RENAME TO {new}")


def _rebuild(table: str, replaced: Iterable[Pair], *, length: int) -> None:
    """Rebuild a SQLite table with other names of constraints and indexes.

    `length` is that of the column `task` or `kind`; the shorter one has a CHECK in `versions`.
    """
    connection = op.get_bind()
    stored = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type")
    definition, *_ = connection.scalars(stored, {"table": table, "type": "table"}).all()
    indexes = connection.scalars(stored, {"table": table, "type": "index"}).all()

    definition = re.sub(rf'^CREATE TABLE "?{table}"?', 'CREATE TABLE "rebuilt"', definition)
    definition = re.sub(r'\b((?:task|kind)"? )VARCHAR\(\d+\)', rf"\1VARCHAR({length})", definition)
    if table == "versions" and length == 10:
        definition = re.sub(r"\s*\)$", f", \n\t{CHECK}\n)", definition)
    elif table == "versions":
        check = r",\s*CONSTRAINT ck_versions_kind CHECK \([^()]*\([^()]*\)\)"
        definition = re.sub(check, "", definition)
    new_names = dict(replaced)
    words = re.compile(r"\b(" + "|".join(new_names) + r")\b")

    connection.exec_driver_sql(words.sub(lambda found: new_names[found[0]], definition))
    connection.exec_driver_sql(f"INSERT INTO rebuilt SELECT * FROM {table}")  # noqa: S608
    sequence = _sequence(table) if "AUTOINCREMENT" in definition else None
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE rebuilt RENAME TO {table}")
    if sequence is not None:
        _set_sequence(table, sequence)
    for index in indexes:
        if index is not None:  # that of a constraint
            connection.exec_driver_sql(words.sub(lambda found: new_names[found[0]], index))


def _sequence(table: str) -> int | None:
    """The last id that SQLite has assigned, also to a deleted row."""
    last = op.get_bind().scalar(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table}
    )
    return None if last is None else int(last)


def _set_sequence(table: str, last: int) -> None:
    connection = op.get_bind()
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table})
    connection.execute(
        sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"),
        {"table": table, "last": last},
    )


def _carry_sequence(old: str, new: str) -> None:
    """Let ids go on where they were, so that none is assigned twice."""
    if not _is_sqlite():
        op.execute(
            f"SELECT setval('{new}_id_seq', last_value, is_called) FROM {old}_id_seq"  # noqa: S608
        )
    elif (last := _sequence(old)) is not None:
        _set_sequence(new, last)


def _counted() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _create_trainings() -> None:
    op.create_table(
        "trainings",
        sa.Column("id", _counted(), nullable=False),
        sa.Column("policy", sa.String(length=20), nullable=False),
        sa.Column("task", sa.String(length=40), nullable=False),
        sa.Column("recipe", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("force", sa.Boolean(), nullable=False),
        sa.Column("custom_model_id", _counted(), nullable=True),
        sa.Column("version_id", _counted(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("corpus", sa.LargeBinary(), nullable=True),
        sa.Column("corpus_is_new", sa.Boolean(), nullable=False),
        sa.Column("extra_names", sa.LargeBinary(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("queued_at", _instant(), nullable=False),
        sa.Column("started_at", _instant(), nullable=True),
        sa.Column("beat_at", _instant(), nullable=True),
        sa.Column("ended_at", _instant(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'stopped')",
            name=op.f("ck_trainings_state"),
        ),
        sa.ForeignKeyConstraint(
            ["custom_model_id"],
            ["custom_models.id"],
            name=op.f("fk_trainings_custom_model_id_custom_models"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_trainings_version_id_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
        sqlite_autoincrement=True,
    )
    for column in ("community_id", "custom_model_id", "member_id", "state"):
        op.create_index(op.f(f"ix_trainings_{column}"), "trainings", [column])


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _counted(), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("namer_id", _counted(), nullable=True),
        sa.Column("version_id", _counted(), nullable=True),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("started_at", _instant(), nullable=False),
        sa.Column("beat_at", _instant(), nullable=False),
        sa.Column("ended_at", _instant(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'stopped')", name=op.f("ck_runs_state")
        ),
        sa.ForeignKeyConstraint(
            ["namer_id"],
            ["custom_models.id"],  # which is renamed later on
            name=op.f("fk_runs_namer_id_namers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_runs_version_id_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    for column in ("guild_id", "member_id", "state"):
        op.create_index(op.f(f"ix_runs_{column}"), "runs", [column])


def _create_identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", _counted(), sa.Identity(start=FIRST_SURROGATE), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("workspace", sa.String(length=100), nullable=False),
        sa.Column("external", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint(
            "platform", "kind", "workspace", "external", name=op.f("uq_identities_platform")
        ),
        sqlite_autoincrement=True,
    )
    if _is_sqlite():
        _set_sequence("identities", FIRST_SURROGATE - 1)


def _create_button_states() -> None:
    op.create_table(
        "button_states",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_button_states")),
    )
    for column in ("community_id", "created_at", "member_id"):
        op.create_index(op.f(f"ix_button_states_{column}"), "button_states", [column])
