"""The database: address, driver, connection, rights, revision, and live weights in it."""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.operate.doctor.findings import Finding, fine, problem, warning
from bot.operate.doctor.subject import INSTALL, Subject

if TYPE_CHECKING:
    from sqlalchemy import URL

CHECK = "Database"
MIGRATIONS = "Migrations"
WEIGHTS = "Live weights"
CONNECT_S = 5.0
QUERY_S = 5.0
LOCKED_S = 2.0
LIVE = (
    "SELECT versions.task, versions.id, versions.digest, versions.weights FROM versions "
    "JOIN activations ON activations.version_id = versions.id WHERE activations.id IN "
    "(SELECT max(id) FROM activations GROUP BY task) ORDER BY versions.id"
)
"""The versions that are served in place of the shipped ones."""


def examine_database(subject: Subject) -> list[Finding]:
    """Everything about the database; nothing in it is changed."""
    from bot.store import StoreError, url_of

    try:
        url = url_of(subject.database_url, subject.state_dir)
    except StoreError as error:
        return [problem(CHECK, str(error), "Correct DATABASE_URL.")]
    if url.get_backend_name() == "sqlite":
        return [*_sqlite(Path(url.database or ""))]
    return asyncio.run(_postgres(url))


def _sqlite(path: Path) -> Iterator[Finding]:
    import aiosqlite  # noqa: F401 (the driver that the bot uses)

    if not path.exists():
        yield fine(CHECK, f"The SQLite file {path} will be created at the first start.")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as opened:
            opened.isolation_level = None
            opened.execute(f"PRAGMA busy_timeout = {int(LOCKED_S * 1000)}")
            yield from _sqlite_state(opened, path)
    except sqlite3.Error as error:
        yield _sqlite_error(error, path)


def _sqlite_state(opened: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    opened.execute("BEGIN IMMEDIATE")
    opened.execute("ROLLBACK")
    deadline = time.monotonic() + QUERY_S
    opened.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        (state,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        state = "ok"  # as far as there was time
    opened.set_progress_handler(None, 0)
    if state != "ok":
        yield problem(CHECK, f"{path} is damaged: {state}.", "Restore a backup.")
        return
    yield fine(CHECK, f"The SQLite file {path} can be read and written.")
    found = opened.execute(
        "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
    ).fetchone()[0]
    row = opened.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    revision = row[0] if row else None
    yield _revision(revision)
    if _is_newest(revision):
        yield from _live_weights(opened.execute(LIVE).fetchall())


def _sqlite_error(error: sqlite3.Error, path: Path) -> Finding:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = {
        sqlite3.SQLITE_BUSY: "Another process holds it. Stop that one, or wait.",
        sqlite3.SQLITE_NOTADB: "Move it away, or restore a backup.",
        sqlite3.SQLITE_CORRUPT: "Restore a backup.",
        sqlite3.SQLITE_READONLY: "Make the bot's user its owner (chown).",
        sqlite3.SQLITE_CANTOPEN: "Make the bot's user the owner of the file and its folder.",
        sqlite3.SQLITE_FULL: "Free some space on the disk.",
    }.get(code, "Check STATE_DIR.")
    return problem(CHECK, f"{path} can't be used: {error}.", advice)


async def _postgres(url: "URL") -> list[Finding]:
    try:
        import asyncpg
    except ImportError:
        return [problem(CHECK, "The PostgreSQL driver (asyncpg) is missing.", f"{INSTALL}.")]
    host = url.host or url.query.get("host", "localhost")
    where = f"{url.database} at {host}"
    try:
        connection = await asyncpg.connect(
            host=host,
            port=url.port or url.query.get("port"),
            user=url.username or url.query.get("user"),
            password=url.password,
            database=url.database,
            ssl=url.query.get("ssl"),
            timeout=CONNECT_S,
            command_timeout=QUERY_S,
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        return [
            problem(CHECK, f"{where} can't be used: {_reason(error)}.", _postgres_advice(error))
        ]
    findings = []
    try:
        async for finding in _postgres_state(connection, where):
            findings.append(finding)  # noqa: PERF401 (those before an error are kept)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        found = f"{where} does not answer: {_reason(error)}."
        findings.append(problem(CHECK, found, _postgres_advice(error)))
    finally:
        connection.terminate()
    return findings


async def _postgres_state(connection: Any, where: str) -> Any:  # noqa: ANN401 (no types of its own)
    row = await connection.fetchrow(
        "SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby, "
        "current_setting('server_encoding') AS encoding, "
        "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates, "
        "to_regclass('alembic_version') IS NOT NULL AS migrated"
    )
    if row["standby"]:
        yield problem(CHECK, f"{where} is read-only (a standby).", "Use the primary's address.")
    elif row["encoding"] != "UTF8":
        yield problem(
            CHECK,
            f"{where} has the encoding {row['encoding']}.",
            "Create it again with ENCODING 'UTF8' TEMPLATE template0.",
        )
    elif not row["creates"]:
        yield problem(
            CHECK,
            f"The user can't create tables in {where}.",
            "Make it the owner of the database (ALTER DATABASE … OWNER TO …).",
        )
        return
    else:
        yield fine(CHECK, f"PostgreSQL {row['version']}, {where}, can be read and written.")
    revision = None
    if row["migrated"]:
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    yield _revision(revision)
    if _is_newest(revision):
        for finding in _live_weights(await connection.fetch(LIVE)):
            yield finding


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return f"no answer within {CONNECT_S:g} s"
    return str(getattr(error, "strerror", None) or error).partition("\n")[0].rstrip(".")


def _postgres_advice(error: BaseException) -> str:
    state = str(getattr(error, "sqlstate", None) or "")
    if state.startswith("28"):
        return "Check the user and the password in DATABASE_URL (%40 stands for @)."
    if state == "42501":
        return "Make the bot's user the owner of the tables (ALTER TABLE … OWNER TO …)."
    if state == "3D000":
        return "Create the database (createdb), or correct its name in DATABASE_URL."
    if state.startswith("53"):
        return "The server has no free connections: close others, or allow more."
    if isinstance(error, TimeoutError):
        return "Check the host and the firewall; the server may be hung."
    return "Check the host and the port in DATABASE_URL, and that the server runs."


def _revision(revision: str | None) -> Finding:
    from bot.store.migrations import FIRST_VERSION, all_revisions, is_too_old

    *_, newest = known = all_revisions()
    if revision is None:
        return fine(MIGRATIONS, "There are no tables yet; the first start creates them.")
    if revision == newest:
        return fine(MIGRATIONS, f"The tables are at the newest revision, {newest}.")
    if revision in known:
        return warning(
            MIGRATIONS,
            f"The tables are at revision {revision}; the next start migrates them to {newest}.",
            "Back up first, with the version that wrote them.",
        )
    if is_too_old(revision):
        return problem(
            MIGRATIONS,
            f"A version before {FIRST_VERSION} has written the tables (revision {revision}).",
            f"Run version {FIRST_VERSION} once, which upgrades them, and then this version.",
        )
    return problem(
        MIGRATIONS,
        f"A newer version of Mangosaurus has migrated the tables (to {revision}).",
        "Run that version, or restore a backup from before.",
    )


def _is_newest(revision: str | None) -> bool:
    from bot.store.migrations import newest

    return revision == newest()


def _live_weights(rows: list[Any]) -> Iterator[Finding]:
    for task, number, digest, weights in rows:
        if weights is None or hashlib.sha256(weights).hexdigest() != digest:
            state = "have been deleted" if weights is None else "are damaged"
            yield problem(
                WEIGHTS,
                f"The weights of version {number} of {task}, which is live, {state}.",
                "Activate another version with /models, or restore a backup.",
            )
        else:
            yield fine(WEIGHTS, f"{task.capitalize()}: version {number}, with the right digest.")
