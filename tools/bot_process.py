"""The bot in a subprocess, connected to simulators in this process; it can be killed.

    async with LocalDiscord(port=0) as local, BotProcess(local, folder) as bot:
        await bot.kill()
        await bot.start()

The subprocess is `launch.py`: `python -m bot` with the addresses of the simulators, which are not
settings, since only measurements and tests need them.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from simulators.discord.rest import PREFIX
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack

CHECKOUT = Path(__file__).parents[1]
LAUNCH = str(Path(__file__).with_name("launch.py"))
START_S = 180.0
"""Seconds within which the bot must connect, also on a busy machine."""
STOP_S = 15.0


class BotProcess:
    """A bot that runs inside of `async with`, unless it is stopped or killed before.

    local, slack: the simulators of the platforms that it serves.
    folder: for its state and log; it reads no `.env`.
    environment: its settings, except for the token and the state directory.
    checkout: the source tree that it runs.
    connected: whether it is connected, for one of several that share simulators.
    """

    def __init__(
        self,
        local: LocalDiscord | None,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        slack: LocalSlack | None = None,
        checkout: Path = CHECKOUT,
        connected: Callable[[], bool] | None = None,
    ) -> None:
        self.state_dir, self.log = folder / "state", folder / "bot.log"
        self._local, self._slack, self._folder = local, slack, folder
        self._environment = dict(environment or {})
        self._checkout = checkout
        self._is_connected = connected
        self._process: asyncio.subprocess.Process | None = None
        self._logging: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the bot and wait until it is connected; RuntimeError with its log if it ends."""
        environment = {
            **os.environ,
            "DISCORD_TOKEN": self._local.token if self._local else "",
            "STATE_DIR": str(self.state_dir),
            "PYTHONPATH": str(self._checkout),
            # As in an installation, whose modules are compiled by Docker's build or a first start:
            # the processes that the bot starts need not compile them again.
            "PYTHONDONTWRITEBYTECODE": "",
            **self._environment,
        }
        addresses: list[str] = []
        if self._local is not None:
            root = self._local.url.removesuffix("/")
            addresses += ["--discord", root + PREFIX, self._local.gateway.url]
        if self._slack is not None:
            tokens = {"SLACK_BOT_TOKEN": self._slack.bot_token}
            environment |= tokens | {"SLACK_APP_TOKEN": self._slack.app_token}
            addresses += ["--slack", self._slack.api_url]
        process = self._process = await asyncio.create_subprocess_exec(
            # That of this tree, whatever tree the bot is of.
            *(sys.executable, "-P", LAUNCH, *addresses),
            cwd=self._folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._logging = asyncio.create_task(self._keep_log(process))
        online = asyncio.create_task(self._connected(is_wanted=True, limit_s=START_S))
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
        await self._connected(is_wanted=False, limit_s=STOP_S)

    async def _connected(self, *, is_wanted: bool, limit_s: float) -> None:
        """Wait until the bot is connected to all platforms, or to none. Raises `TimeoutError`."""
        async with asyncio.timeout(limit_s):
            while {*self._connections()} != {is_wanted}:  # noqa: ASYNC110 (two simulators)
                await asyncio.sleep(0.02)

    def _connections(self) -> list[bool]:
        """Whether the bot is connected, by platform."""
        if self._is_connected is not None:
            return [self._is_connected()]
        discord = [self._local.state.online] if self._local else []
        return [*discord, *([bool(self._slack.sockets.connections)] if self._slack else [])]

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
        """The last lines of the bot's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
