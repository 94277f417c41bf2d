"""Why the bot cannot use its database, with what to do: for the operator."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from bot.startup import Exit, StartupError
from bot.store.calls import StoreError, Unavailable

SQLITE_ADVICE = {
    sqlite3.SQLITE_BUSY: "Another process holds it. Stop that one, or wait.",
    sqlite3.SQLITE_NOTADB: "Move it away, or restore a backup.",
    sqlite3.SQLITE_CORRUPT: "Restore a backup.",
    sqlite3.SQLITE_READONLY: "Make the bot's user its owner (chown).",
    sqlite3.SQLITE_CANTOPEN: "Make the bot's user the owner of the file and its folder.",
    sqlite3.SQLITE_FULL: "Free some space on the disk.",
}
"""Advice on errors of SQLite, by primary result code."""
POSTGRES_ADVICE = {
    "28": "Check the user and the password in DATABASE_URL (%40 stands for @).",
    "3D": "Create the database (createdb), or correct its name in DATABASE_URL.",
    "42": "Make the bot's user the owner of the tables (ALTER TABLE … OWNER TO …).",
    "53": "The server has no free connections: close others, or allow more.",
}
"""Advice on errors of PostgreSQL, by class of SQLSTATE."""


def startup_problem(error: StoreError | DBAPIError) -> StartupError:
    """The problem that the store, or its driver, has found."""
    if isinstance(error, DBAPIError):
        cause: BaseException | None = error.orig
        found = f"The database refuses: {str(cause).partition(chr(10))[0]}"
    elif isinstance(error, Unavailable):
        cause = error.__cause__
        cause = cause.orig if isinstance(cause, DBAPIError) else cause
        found = str(error)
    else:
        return StartupError(Exit.BAD_DATABASE, str(error))
    return StartupError(Exit.BAD_DATABASE, f"{found.removesuffix('.')}.", _advice(cause))


def _advice(cause: BaseException | None) -> str:
    if (code := getattr(cause, "sqlite_errorcode", None)) is not None:
        return SQLITE_ADVICE.get(code & 0xFF, "Check STATE_DIR.")
    if state := getattr(cause, "sqlstate", None):
        return POSTGRES_ADVICE.get(state[:2], "Check DATABASE_URL.")
    if isinstance(cause, TimeoutError):
        return "Check the host and the firewall; the server may be hung."
    return "Check DATABASE_URL: the host and the port, and that the server runs."
