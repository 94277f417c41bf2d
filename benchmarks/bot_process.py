"""The bot in a subprocess, connected to simulators in this process; it can be killed.

    async with LocalDiscord(port=0) as local, BotProcess(local, folder) as bot:
        await bot.kill()
        await bot.start()

The subprocess is `python -m benchmarks.bot_process API GATEWAY --slack API`: `python -m bot` with
the addresses of the simulators, which are not settings, since only benchmarks and tests need them.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self
from unittest import mock

from bot.__main__ import main as run_bot
from bot.monitoring import state
from bot.platforms.local.rest import PREFIX
from bot.platforms.local.server import LocalDiscord, pointing_clients_at

CHECKOUT = Path(__file__).parents[1]
START_S = 180.0
"""Seconds within which the bot must connect, also on a busy machine."""
STOP_S = 15.0
LAG_INTERVAL_S = 0.01


class BotProcess:
    """A bot that runs inside of `async with`, unless it is stopped or killed before.

    local, slack: the simulators of the platforms that it serves.
    folder: for its state and log; it reads no `.env`.
    environment: its settings, except for the token and the state directory.
    checkout: the source tree that it runs.
    connected: whether it is connected, for one of several that share simulators.
    lags: file for the event loop lags, sampled often (see `main`); the bot writes it when it stops.
    """

    def __init__(
        self,
        local: LocalDiscord | None,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        slack: Any = None,  # noqa: ANN401 (a simulator of Slack)
        checkout: Path = CHECKOUT,
        connected: Callable[[], bool] | None = None,
        lags: Path | None = None,
    ) -> None:
        self.state_dir, self.log = folder / "state", folder / "bot.log"
        self._local, self._slack, self._folder = local, slack, folder
        self._environment = dict(environment or {})
        self._checkout = checkout
        self._is_connected = connected
        self._instruments = ["--lags", str(lags)] if lags else []
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
            addresses += [root + PREFIX, self._local.gateway.url]
        if self._slack is not None:
            tokens = {"SLACK_BOT_TOKEN": self._slack.bot_token}
            environment |= tokens | {"SLACK_APP_TOKEN": self._slack.app_token}
            addresses += ["--slack", self._slack.api_url]
        # Instruments are those of this tree, whatever tree the bot is of.
        runner = ["-P", __file__] if self._instruments else ["-m", "benchmarks.bot_process"]
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, *runner, *addresses, *self._instruments),
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
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def memory_mib(self, field: str = "VmHWM") -> float:
        """Peak memory (or `VmRSS`: that of now) in MiB on Linux, NaN on other systems."""
        try:
            status = Path(f"/proc/{self._process.pid if self._process else 0}/status").read_text()
        except OSError:
            return float("nan")
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith(field))
        return int(kib) / 1024


def main() -> int:
    """Run the bot with these addresses; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bot_process", description=__doc__)
    parser.add_argument("api", nargs="?", help="like http://127.0.0.1:8080/api/v10")
    parser.add_argument("gateway", nargs="?", help="like ws://127.0.0.1:8080/gateway")
    parser.add_argument("--slack", metavar="API", help="like http://127.0.0.1:8081/api/")
    parser.add_argument("--lags", type=Path, help="file for the lags of the event loop")
    options = parser.parse_args()
    with ExitStack() as stack:
        if options.lags:
            stack.enter_context(_lags_into(options.lags))
        if options.api and options.gateway:
            stack.enter_context(pointing_clients_at(options.api, options.gateway))
        if options.slack:
            stack.enter_context(_slack_at(options.slack))
        return run_bot([])


@contextmanager
def _lags_into(file: Path) -> Iterator[None]:
    """Measure the lag of the event loop every 10 ms, and write times and lags in seconds.

    The times are those of `time.monotonic`, which all processes of a machine share.
    """
    found: list[tuple[float, float]] = []

    def add(lags: state.LoopLag, lag: float) -> None:
        found.append((time.monotonic(), lag))
        lags_of(lags, lag)

    lags_of = state.LoopLag.add
    with (
        mock.patch.object(state, "LAG_S", LAG_INTERVAL_S),
        mock.patch.object(state.LoopLag, "add", add),
    ):
        yield
    file.write_text(json.dumps(found))


def _slack_at(address: str) -> Any:  # noqa: ANN401
    """Let the bot find Slack at another address."""
    from bot.platforms.slack import client

    return mock.patch.object(client, "SlackBot", partial(client.SlackBot, base_url=address))


if __name__ == "__main__":
    sys.exit(main())
