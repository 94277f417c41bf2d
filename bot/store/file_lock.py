"""A lock that processes hold on a file, one at a time; released when they end, however they end."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: SQLite's own locks have to do
    fcntl = None  # type: ignore[assignment]

PAUSE_S = 0.05
"""Seconds between two attempts."""


@asynccontextmanager
async def file_lock(path: Path, patience_s: float) -> AsyncIterator[None]:
    """Hold the lock of a file, which is created if it is missing.

    Raises `TimeoutError` if another process holds it for longer than `patience_s`, and `OSError`.
    """
    if fcntl is None:
        yield
        return
    descriptor = await asyncio.to_thread(os.open, path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience_s
        while not _acquire(descriptor):
            if time.monotonic() > deadline:
                raise TimeoutError
            await asyncio.sleep(PAUSE_S)
        yield
    finally:
        os.close(descriptor)  # which releases the lock


def _acquire(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
