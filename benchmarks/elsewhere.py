"""The bot as a process of its own, on a stand-in that lives in another: it can be killed.

    async with LocalDiscord(port=0) as local, BotElsewhere(local, folder) as bot:
        await bot.kill()
        await bot.start()

`python -m benchmarks.elsewhere API GATEWAY` is that process: `python -m bot`, but for the two
addresses. They are no setting, since nobody but a benchmark or a test has a use for them.
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
START_S = 60.0
"""Seconds until a bot must be connected; a busy machine takes its time."""
STOP_S = 15.0


class BotElsewhere:
    """A bot that runs from `async with` to its end, unless it is stopped or killed before.

    folder: where it keeps its state and its log; it sees no `.env`.
    environment: its settings, beside the token and the state directory.
    module: what is run, with the addresses of the API and of the gateway as its arguments.
    """

    def __init__(
        self,
        local: LocalDiscord,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        module: str = "benchmarks.elsewhere",
    ) -> None:
        self.state_dir, self.log = folder / "state", folder / "bot.log"
        self._local, self._folder, self._module = local, folder, module
        self._environment = dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None

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
        """Start it and wait until it is connected. RuntimeError with its last words if it ends."""
        environment = os.environ | {
            "DISCORD_TOKEN": self._local.token,
            "STATE_DIR": str(self.state_dir),
            "PYTHONPATH": str(CHECKOUT),
            **self._environment,
        }
        addresses = self._local.url.removesuffix("/") + PREFIX, self._local.gateway.url
        with self.log.open("ab") as log:
            process = self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, *addresses),
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        online = asyncio.create_task(
            self._local.wait_for(
                lambda: self._local.state.online, timeout_s=START_S, what="The bot's connection"
            )
        )
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({online, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            online.cancel()
            raise RuntimeError(f"The bot ended with {process.returncode}:\n{self.last_words()}")
        ended.cancel()
        await online

    async def kill(self) -> None:
        """End it as a power cut would (SIGKILL), and wait until the stand-in has noticed."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._local.wait_for(lambda: not self._local.state.online, what="The lost connection")

    async def stop(self) -> int | None:
        """Ask it to stop (SIGTERM), and kill it if it will not; its exit code."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
        return await process.wait()

    def last_words(self, lines: int = 20) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def memory_mib(self) -> float:
        """The most memory that it has held at once, in MiB (Linux); not a number elsewhere."""
        try:
            status = Path(f"/proc/{self._process.pid if self._process else 0}/status").read_text()
        except OSError:
            return float("nan")
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kib) / 1024


def main() -> int:
    """Run the bot on the Discord at these addresses; the bot's exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.elsewhere", description=__doc__)
    parser.add_argument("api", help="such as http://127.0.0.1:8080/api/v10")
    parser.add_argument("gateway", help="such as ws://127.0.0.1:8080/gateway")
    options = parser.parse_args()
    with pointing_clients_at(options.api, options.gateway):
        return run_bot([])


if __name__ == "__main__":
    sys.exit(main())
