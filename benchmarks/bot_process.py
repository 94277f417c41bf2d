"""The bot in a subprocess, connected to a simulator in this process; it can be killed.

    async with LocalDiscord(port=0) as local, BotProcess(local, folder) as bot:
        await bot.kill()
        await bot.start()

The subprocess is `python -m benchmarks.bot_process API GATEWAY`: `python -m bot` with the addresses
of the simulator, which are not a setting, since only benchmarks and tests need them.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.__main__ import main as run_bot
from bot.local.rest import PREFIX
from bot.local.server import LocalDiscord, pointing_clients_at

CHECKOUT = Path(__file__).parents[1]
START_S = 180.0
"""Seconds within which the bot must connect, also on a busy machine."""
STOP_S = 15.0


class BotProcess:
    """A bot that runs inside of `async with`, unless it is stopped or killed before.

    folder: for its state and log; it reads no `.env`.
    environment: its settings, except for the token and the state directory.
    checkout: the source tree that it runs.
    """

    def __init__(
        self,
        local: LocalDiscord,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        checkout: Path = CHECKOUT,
    ) -> None:
        self.state_dir, self.log = folder / "state", folder / "bot.log"
        self._local, self._folder = local, folder
        self._environment = dict(environment or {})
        self._checkout = checkout
        self._process: asyncio.subprocess.Process | None = None
        self._logging: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the bot and wait until it is connected; RuntimeError with its log if it ends."""
        environment = os.environ | {
            "DISCORD_TOKEN": self._local.token,
            "STATE_DIR": str(self.state_dir),
            "PYTHONPATH": str(self._checkout),
            **self._environment,
        }
        addresses = self._local.url.removesuffix("/") + PREFIX, self._local.gateway.url
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.bot_process", *addresses),
            cwd=self._folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._logging = asyncio.create_task(self._keep_log(process))
        online = asyncio.create_task(
            self._local.wait_for(
                lambda: self._local.state.online, timeout_s=START_S, what="The bot's connection"
            )
        )
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({online, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            online.cancel()
            await self._logging
            raise RuntimeError(f"The bot ended with {process.returncode}:\n{self.log_tail()}")
        ended.cancel()
        await online

    async def kill(self) -> None:
        """Kill the bot (SIGKILL), and wait until its connection is closed."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self.wait()
        await self._local.wait_for(lambda: not self._local.state.online, what="The lost connection")

    async def stop(self) -> int | None:
        """Stop the bot (SIGTERM), or kill it after a timeout; its exit code."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
        return await self.wait()

    async def wait(self) -> int:
        """Wait until the bot ends; its exit code, negative after a signal."""
        assert self._process is not None  # noqa: S101 (it was started)
        assert self._logging is not None  # noqa: S101
        code = await self._process.wait()
        await self._logging
        return code

    async def _keep_log(self, process: asyncio.subprocess.Process) -> None:
        """Write the log here: the bot may have no disk to write to."""
        assert process.stdout is not None  # noqa: S101 (it is a pipe)
        with self.log.open("ab", buffering=0) as log:
            while chunk := await process.stdout.read(2**16):
                log.write(chunk)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def memory_mib(self) -> float:
        """Peak memory in MiB on Linux, NaN on other systems."""
        try:
            status = Path(f"/proc/{self._process.pid if self._process else 0}/status").read_text()
        except OSError:
            return float("nan")
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kib) / 1024

    def cpu_seconds(self) -> tuple[float, float]:
        """Seconds for which its threads have run and have waited for a core, on Linux, else NaN."""
        threads = Path(f"/proc/{self._process.pid if self._process else 0}/task")
        try:
            stats = [(thread / "schedstat").read_text().split() for thread in threads.iterdir()]
        except OSError:
            return float("nan"), float("nan")
        ran, waited = (sum(int(stat[k]) for stat in stats) / 1e9 for k in range(2))
        return ran, waited


def main() -> int:
    """Run the bot with these addresses; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bot_process", description=__doc__)
    parser.add_argument("api", help="like http://127.0.0.1:8080/api/v10")
    parser.add_argument("gateway", help="like ws://127.0.0.1:8080/gateway")
    options = parser.parse_args()
    with pointing_clients_at(options.api, options.gateway):
        return run_bot([])


if __name__ == "__main__":
    sys.exit(main())
