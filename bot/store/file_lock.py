"""A lock that processes hold on a file, one at a time; released when they end, however they end."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

PAUSE_S = 0.05
"""Seconds between two attempts."""
_BUSY = 5
"""SQLite's result code if another process holds the lock."""


@asynccontextmanager
async def file_lock(path: Path, patience_s: float) -> AsyncIterator[None]:
    """Hold the lock of a file, which is created if it is missing.

    It is SQLite's exclusive lock of an empty database, which is the same on all systems. Raises
    `TimeoutError` if another process holds it for longer than `patience_s`, and `OSError`.
    """
    connection = await asyncio.to_thread(_open, path)
    try:
        deadline = time.monotonic() + patience_s
        while not await asyncio.to_thread(_acquire, connection):
            if time.monotonic() > deadline:
                raise TimeoutError
            await asyncio.sleep(PAUSE_S)
        yield
    finally:
        connection.close()  # which releases the lock


def _open(path: Path) -> Any:  # noqa: ANN401 (a connection of a module that may be missing)
    import sqlite3  # some Pythons have none, and then PostgreSQL

    with suppress(FileExistsError):  # opening and closing it would release its lock
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from error


def _acquire(connection: Any) -> bool:  # noqa: ANN401
    try:
        connection.execute("PRAGMA journal_mode=MEMORY")  # nothing is ever written
        connection.execute("BEGIN EXCLUSIVE")
    except connection.Error as error:
        if error.sqlite_errorcode & 0xFF == _BUSY:
            return False
        raise OSError(errno.EIO, str(error)) from error
    return True
