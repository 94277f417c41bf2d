"""Why the bot cannot use its database, with what to do: for the operator."""

import errno
import glob
import os
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.startup import Exit, StartupError, check_folder, unusable
from bot.store.calls import StoreError, Unavailable

SQLITE_ADVICE = {
    sqlite3.SQLITE_BUSY: "Another process holds it. Stop that one, or wait.",
    sqlite3.SQLITE_READONLY: "Make the bot's user its owner (chown).",
    sqlite3.SQLITE_CANTOPEN: "Make the bot's user the owner of the file and its folder.",
}
"""Advice on errors of SQLite, by primary result code."""
POSTGRES_ADVICE = {
    "28": "Check the user and the password in DATABASE_URL (%40 stands for @).",
    "3D": "Create the database (createdb), or correct its name in DATABASE_URL.",
    "42": "Make the bot's user the owner of the database (ALTER DATABASE … OWNER TO …) and of its "
    "tables (ALTER TABLE … OWNER TO …).",
    "25": "The server is a read-only standby: use the primary's address.",
    "53100": "Free some space on the disk of the server.",
    "53": "The server has no free connections: close others, or allow more.",
}
"""Advice on errors of PostgreSQL, by SQLSTATE or its class."""
POSTGRES_EXITS = {"25006": Exit.READ_ONLY, "53100": Exit.DISK_FULL}


def startup_problem(error: StoreError | DBAPIError) -> StartupError:
    """The problem that the store, or its driver, has found."""
    file = error.file if isinstance(error, Unavailable) else None
    if isinstance(error, DBAPIError):
        cause: BaseException | None = error.orig
        found = f"The database refuses: {str(cause).partition(chr(10))[0]}"
    elif isinstance(error, Unavailable):
        cause = error.__cause__
        cause = cause.orig if isinstance(cause, DBAPIError) else cause
        found = str(error)
        if file is not None and (problem := file_problem(file, cause)):
            return problem
    else:
        return StartupError(Exit.BAD_DATABASE, str(error))
    code = POSTGRES_EXITS.get(getattr(cause, "sqlstate", None) or "", Exit.BAD_DATABASE)
    return StartupError(code, f"{found.removesuffix('.')}.", _advice(cause, file))


def file_problem(path: Path, cause: BaseException | None) -> StartupError | None:
    """The problem with a SQLite file, those beside it, or their folder; `None` if none shows.

    SQLite's own code does not tell: a full disk can be an I/O error, or a file that does not open.
    """
    code = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(cause))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return None
    try:
        check_folder(path.parent)
        for file in path.parent.glob(f"{glob.escape(path.name)}*"):
            if not os.access(file, os.R_OK | os.W_OK):
                return unusable(file, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    except StartupError as problem:
        return problem
    if code == sqlite3.SQLITE_FULL:
        return unusable(path, OSError(errno.ENOSPC, str(cause)))
    return None


def damaged(path: Path, state: str) -> StartupError:
    """The problem that a SQLite file is damaged."""
    found = f"The SQLite file {path} is damaged: {state.removesuffix('.')}."
    return StartupError(
        Exit.DAMAGED, found, "Move it and its -wal away. Restore a backup. Look at the disk."
    )


def _advice(cause: BaseException | None, file: Path | None) -> str:
    if (code := getattr(cause, "sqlite_errorcode", None)) is not None:
        return SQLITE_ADVICE.get(code & 0xFF, "Check STATE_DIR.")
    if file is not None:  # the system's own error
        return "Check STATE_DIR and its disk, and that no file in it is a link."
    if state := getattr(cause, "sqlstate", None):
        advice = POSTGRES_ADVICE.get(state) or POSTGRES_ADVICE.get(state[:2])
        return advice or "Check DATABASE_URL."
    if isinstance(cause, TimeoutError):
        return "Check the host and the firewall; the server may be hung."
    return "Check DATABASE_URL: the host and the port, and that the server runs."
