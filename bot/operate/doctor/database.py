"""The database: address, driver, connection, rights, size, revision, live weights in it."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bot.operate.doctor.findings import Finding, Level, fine, problem, refused, warning
from bot.settings import Settings
from bot.startup import unusable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.store import Database

CHECK = "Database"
MIGRATIONS = "Migrations"
WEIGHTS = "Live weights"
DAMAGE_S = 5.0
"""Seconds for looking for damage in a SQLite file."""


def examine_database(settings: Settings) -> list[Finding]:
    """Everything about the database; nothing in it is changed."""
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> list[Finding]:
    from sqlalchemy.exc import DBAPIError

    from bot.store import Database, StoreError, url_of
    from bot.store.startup_problems import startup_problem

    findings = list[Finding]()
    try:
        database = Database(url_of(settings.database_address, settings.state_dir))
        if database.is_sqlite and not await asyncio.to_thread(_file(database).exists):
            found = f"The SQLite file {_file(database)} will be created at the first start."
            return [fine(CHECK, found)]
        try:
            async for finding in _state(database):
                findings.append(finding)
        finally:
            await database.close()
    except (StoreError, DBAPIError) as error:
        findings.append(refused(CHECK, startup_problem(error)))
    except OSError as error:
        findings.append(refused(CHECK, unusable(_file(database).parent, error)))
    return findings


async def _state(database: "Database") -> AsyncIterator[Finding]:
    from bot.store import StoreError
    from bot.store.migrations import newest, revision_of

    async with database.writing() as session:
        if database.is_sqlite:
            found = _sqlite(_file(database))
        else:
            where = f"{database.url.database} at {database.url.host or 'localhost'}"
            found = await _postgres(session, where)
        yield found
        if found.level is Level.PROBLEM:
            return
        connection = await session.connection()
        try:
            revision = await connection.run_sync(revision_of)
        except StoreError as error:
            yield problem(MIGRATIONS, str(error), "")
            return
    if revision is None:
        yield fine(MIGRATIONS, "There are no tables yet; the first start creates them.")
    elif revision != newest():
        yield warning(
            MIGRATIONS,
            f"The tables are at revision {revision}; the next start migrates them to {newest()}.",
            "Back up first, with the version that wrote them.",
        )
    else:
        yield fine(MIGRATIONS, f"The tables are at the newest revision, {revision}.")
        async for finding in _live_weights(database):
            yield finding


def _file(database: "Database") -> Path:
    return Path(database.url.database or "")


def _sqlite(file: Path) -> Finding:
    """Whether a SQLite file is damaged, as far as there is time to read it."""
    from bot.store.startup_problems import damaged, file_problem

    deadline = time.monotonic() + DAMAGE_S
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            opened.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            (state,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            found = f"The SQLite file {file} can't be used: {error}."
            cause = file_problem(file, error)
            return refused(CHECK, cause) if cause else problem(CHECK, found, "Look at the disk.")
        state = "ok"
    if state != "ok":
        return refused(CHECK, damaged(file, state))
    if cause := file_problem(file, None):
        return refused(CHECK, cause)
    files = (file, file.with_name(f"{file.name}-wal"))  # recent changes are beside it
    size = sum(each.stat().st_size for each in files if each.exists())
    return fine(CHECK, f"The SQLite file {file} can be read and written. {_sized(size)}")


def _sized(size: int) -> str:
    """How large the database is, for a look from time to time."""
    return f"It has {size / 2**20:,.1f} MiB."


async def _postgres(session: "AsyncSession", where: str) -> Finding:
    """Whether the bot can use the database, as the server says."""
    from sqlalchemy import text

    row = await session.execute(
        text(
            "SELECT current_setting('server_version') AS version, "
            "pg_is_in_recovery() AS standby, current_setting('server_encoding') AS encoding, "
            "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates, "
            "pg_database_size(current_database()) AS size"
        )
    )
    version, standby, encoding, creates, size = row.one()
    if standby:
        found, advice = f"{where} is read-only (a standby).", "Use the primary's address."
    elif encoding != "UTF8":
        found = f"{where} has the encoding {encoding}."
        advice = "Create it again with ENCODING 'UTF8' TEMPLATE template0."
    elif not creates:
        found = f"The user can't create tables in {where}."
        advice = "Make it the owner of the database (ALTER DATABASE … OWNER TO …)."
    else:
        found = f"PostgreSQL {version}, {where}, can be read and written. {_sized(size)}"
        return fine(CHECK, found)
    return problem(CHECK, found, advice)


async def _live_weights(database: "Database") -> AsyncIterator[Finding]:
    """Whether the versions that are served in place of the shipped ones are intact."""
    from bot.store import Store
    from bot.trainer.queries import Versions
    from bot.trainer.registry import load_stored
    from models.weights import WeightsError

    versions = Store(database)[Versions]
    for task, live in sorted((await versions.live()).items()):
        if live.version_id is None:
            continue
        try:
            await load_stored(versions, task, live.version_id)
        except WeightsError as error:
            advice = "The bot serves the version before it; /models shows the others."
            yield problem(WEIGHTS, str(error), advice)
        else:
            found = f"{task.capitalize()}: version {live.version_id}, with the right digest."
            yield fine(WEIGHTS, found)
