"""The bot's process, restarted like systemd does; its memory, and its trainers."""

import asyncio
import contextlib
import dataclasses
import os
import resource
import signal
import time
from pathlib import Path

import psutil

from bot.startup import Exit
from simulators.discord.server import LocalDiscord
from tools.bot_process import BotProcess
from tools.soak.ledger import Down

RESTART_S = 1.0
"""Seconds between the end of the process and its next start."""
SAMPLE_S = 0.5
"""Seconds between two looks at the memory."""


class Supervisor:
    """Keeps the bot running inside of `async with`."""

    def __init__(self, local: LocalDiscord, folder: Path, environment: dict[str, str]) -> None:
        self.downs: list[Down] = []
        self.unexpected: list[str] = []
        """Why the process ended although nobody had ended it."""
        self.refused: list[str] = []
        """The last line of each start that failed, and of each end because Discord failed."""
        self.starts = 0
        self.peak_mib = 0.0
        """Memory of all processes, its own, writers and trainers, at most; what they share is
        counted once (PSS)."""
        self.stops: list[tuple[float, int]] = []
        """Seconds and exit code of every SIGTERM."""
        self.online = asyncio.Event()
        self._local = local
        self.bot = BotProcess(local, folder, environment)
        self._ending = ""
        """Why the process is about to end; empty while it should not."""
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Supervisor":
        self._tasks = [asyncio.create_task(self._keep_running())]
        await self.online.wait()
        self._tasks.append(asyncio.create_task(self._watch_memory()))
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.bot.stop()

    async def _keep_running(self) -> None:
        while True:
            began = time.time()
            await self._local.drop_gateway()  # what a killed process left open
            try:
                self.starts += 1
                await self.bot.start()
            except (RuntimeError, TimeoutError) as error:
                if self.bot.pid is not None:
                    os.kill(self.bot.pid, signal.SIGKILL)
                    await self.bot.wait()
                if not self._ending:
                    self.refused.append(str(error).strip().split("\n")[-1][:200])
                self._ended(began)
                await asyncio.sleep(RESTART_S)
                continue
            self._close_down()
            self.online.set()
            code = await self.bot.wait()
            self.online.clear()
            if code == Exit.UNREACHABLE and not self._ending:  # with a sentence
                self.refused.append(self.bot.log_tail(1)[:200])
            elif not self._ending:
                self.unexpected.append(f"exit code {code}: {self.bot.log_tail(1)[:300]}")
            self._ended(time.time())
            await asyncio.sleep(RESTART_S)

    def _ended(self, at: float) -> None:
        """Note that the process is not there; the time is extended until it is online."""
        why = self._ending or "ended by itself"
        if not self.downs or self.downs[-1].ended < float("inf"):
            self.downs.append(Down(why, at, float("inf"), why != "SIGTERM"))
        self._ending = ""

    def _close_down(self) -> None:
        if self.downs and self.downs[-1].ended == float("inf"):
            self.downs[-1] = dataclasses.replace(self.downs[-1], ended=time.time())

    async def _watch_memory(self) -> None:
        while True:
            with contextlib.suppress(psutil.Error):  # it has just ended
                if self.bot.pid is not None:
                    _, shared = await asyncio.to_thread(self.bot.memory_mib)
                    self.peak_mib = max(self.peak_mib, shared)
            await asyncio.sleep(SAMPLE_S)

    async def kill(self, why: str = "SIGKILL") -> None:
        """Kill the process, and wait until it has ended."""
        if (pid := self.bot.pid) is None:
            return
        self._ending = why
        os.kill(pid, signal.SIGKILL)
        await self.bot.wait()

    async def terminate(self, limit_s: float = 60.0) -> None:
        """Send SIGTERM, and note how long the process takes to stop."""
        if (pid := self.bot.pid) is None:
            return
        began = time.perf_counter()
        self._ending = "SIGTERM"
        os.kill(pid, signal.SIGTERM)
        try:
            code = await asyncio.wait_for(asyncio.shield(self.bot.wait()), limit_s)
        except TimeoutError:
            await self.kill("SIGTERM was not enough")
            code = -9
        self.stops.append((time.perf_counter() - began, code))

    async def wait_online(self, limit_s: float = 90.0) -> bool:
        """Wait until the bot is connected again; whether it is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.online.wait(), limit_s)
        return self.online.is_set()

    def limit_files(self, largest: int) -> None:
        """Let the process write no file beyond a size in bytes, like a full disk."""
        if self.bot.pid is not None:
            _, hard = resource.prlimit(self.bot.pid, resource.RLIMIT_FSIZE)
            soft = largest if largest >= 0 else hard
            resource.prlimit(self.bot.pid, resource.RLIMIT_FSIZE, (soft, hard))

    def trainers(self) -> list[int]:
        """Process ids of the bot's trainers."""
        with contextlib.suppress(psutil.Error):
            if self.bot.pid is not None:
                return [each.pid for each in self.bot.family() if "bot.train" in each.cmdline()]
        return []


def limit_memory(pid: int) -> None:
    """Let a process allocate no more memory than it has."""
    with contextlib.suppress(OSError, psutil.Error):
        size = psutil.Process(pid).memory_info().vms
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))
