"""Faults of the database: locked, slow, hung, gone, read-only."""

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store import url_of

HOST = "127.0.0.1"


class SqliteFaults:
    """Faults of a SQLite file, made by this process: another one than the bot's."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.url = url_of(None, file.parent)
        self.address: str | None = None
        """DATABASE_URL of the bot."""

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to close."""

    async def lock(self, seconds: float) -> None:
        """Hold the write lock."""
        await asyncio.to_thread(self._hold, [seconds], 0.0)

    async def slow(self, seconds: float) -> None:
        """Hold the write lock most of the time."""
        await asyncio.to_thread(self._hold, [0.4] * int(seconds / 0.5), 0.1)

    def _hold(self, times: list[float], pause: float) -> None:
        wait = threading.Event()  # never set: it only waits
        for seconds in times:
            with contextlib.closing(sqlite3.connect(self._file, 10, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                wait.wait(seconds)
                db.execute("ROLLBACK")
            wait.wait(pause)


class PostgresFaults:
    """Faults of a PostgreSQL server. The bot reaches it through a proxy of this process."""

    def __init__(self, address: str) -> None:
        self.url = url_of(address, Path())
        self._target = self.url.host or HOST, self.url.port or 5432
        self._given = address
        self.address: str | None = None
        """DATABASE_URL of the bot, once started."""
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._delay_s = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()
        self._is_gone = False

    async def start(self) -> None:
        """Start the proxy."""
        self._server = await asyncio.start_server(self._connected, HOST, 0)
        port = self._server.sockets[0].getsockname()[1]
        url = make_url(self._given).set(host=HOST, port=port)
        self.address = url.render_as_string(hide_password=False)

    async def close(self) -> None:
        """Stop the proxy."""
        self._flows.set()
        self._cut()
        for pipe in self._pipes:
            pipe.cancel()
        if self._server is not None:
            self._server.close()

    async def lock(self, seconds: float) -> None:
        """Lock the tables."""
        tables = "polls, votes, poems, custom_models, button_states, communities, trainings"
        engine = create_async_engine(self.url)
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '15s'"))
            await connection.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
            await asyncio.sleep(seconds)
        await engine.dispose()

    async def slow(self, seconds: float) -> None:
        """Delay what is sent."""
        self._delay_s = 0.1
        await asyncio.sleep(seconds)
        self._delay_s = 0.0

    async def hang(self, seconds: float) -> None:
        """Send nothing on, like a stopped server."""
        self._flows.clear()
        await asyncio.sleep(seconds)
        self._flows.set()

    async def go_away(self, seconds: float) -> None:
        """Cut all connections, and accept none."""
        self._is_gone = True
        self._cut()
        await asyncio.sleep(seconds)
        self._is_gone = False

    async def read_only(self, seconds: float) -> None:
        """Let new connections only read, like a standby; cut the old ones."""
        await self._execute(
            f'ALTER DATABASE "{self.url.database}" SET default_transaction_read_only = on'
        )
        self._cut()
        await asyncio.sleep(seconds)
        await self._execute(
            f'ALTER DATABASE "{self.url.database}" RESET default_transaction_read_only'
        )
        self._cut()

    async def _execute(self, statement: str) -> None:
        engine = create_async_engine(self.url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text("SET default_transaction_read_only = off"))
            await connection.execute(text(statement))
        await engine.dispose()

    def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_gone:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        for pair in ((reader, there_writer), (there_reader, writer)):
            pipe = asyncio.create_task(self._pipe(*pair))
            self._pipes.add(pipe)
            pipe.add_done_callback(self._pipes.discard)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(2**16):
                await self._flows.wait()
                await asyncio.sleep(self._delay_s)
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass  # cut
        finally:
            self._writers.discard(writer)
            writer.close()


DatabaseFaults = SqliteFaults | PostgresFaults
