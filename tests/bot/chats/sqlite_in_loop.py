"""SQLite without a thread for each connection: statements run in the event loop, each in a turn.

Handing every statement to a thread and back takes a third of the time of a bot under test. The
statements of a connection are run in their order, and others run between them, as with threads.
"""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiosqlite.core
import pytest


class _Turns:
    """Takes the place of the queue between the event loop and a connection's thread."""

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = item
        if future is None:  # the loop has been closed, and so is the connection
            function()
        else:
            future.get_loop().call_soon(_run, future, function)


def _run(future: asyncio.Future[Any], function: Callable[[], Any]) -> None:
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 (passed on)
        aiosqlite.core.set_exception(future, error)
    else:
        aiosqlite.core.set_result(future, result)


def run_sqlite_in_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all connections that are opened from now on work without a thread."""
    no_thread = SimpleNamespace(daemon=True, start=lambda: None)
    monkeypatch.setattr(aiosqlite.core, "Thread", lambda **_options: no_thread)
    monkeypatch.setattr(aiosqlite.core, "SimpleQueue", _Turns)
