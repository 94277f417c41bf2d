"""Set-ups for the doctor: they work until a test breaks them."""

import asyncio
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators.discord.server import LocalDiscord

PASSWORD = "pass-word"


@dataclass
class Setup:
    """A set-up that works until it is broken."""

    folder: Path
    local: LocalDiscord
    patch: pytest.MonkeyPatch
    secrets: list[str] = field(default_factory=list)
    held: ExitStack = field(default_factory=ExitStack)
    """Closes at the end what keeps the set-up broken."""

    @property
    def state_dir(self) -> Path:
        """Its state directory."""
        return self.folder / "state"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.state_dir / "mangosaurus.db"

    def set(self, name: str, value: str) -> None:
        """Change a setting."""
        self.patch.setenv(name, value)

    def execute(self, statement: str) -> None:
        """Change the SQLite file."""
        with sqlite3.connect(self.database) as opened:
            opened.execute(statement)
        opened.close()

    def silent_port(self) -> int:
        """A port that accepts connections and never answers."""
        server = self.held.enter_context(socket.create_server(("127.0.0.1", 0)))
        port: int = server.getsockname()[1]
        return port


@contextmanager
def simulator_in_thread() -> Iterator[LocalDiscord]:
    """A simulator in another thread, since this one waits for the process that connects to it."""
    local, loop, started = LocalDiscord(port=0), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with local:
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield local
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
