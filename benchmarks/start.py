"""Benchmark of a start: processor time, seconds and memory until the bot is connected and at rest.

The bot serves a local Discord, on a migrated SQLite file. Run with:
python -m benchmarks.start [--checkout OTHER] [--rounds 3]

With another checkout, the two take turns. Memory is read from Linux (/proc): RSS counts the pages
of libraries in full, PSS shares them among the processes that map them.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.platforms.local.rest import PREFIX
from bot.platforms.local.server import LocalDiscord

CHECKOUT = Path(__file__).parents[1]
LAUNCH = """
import os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import discord.gateway, discord.http, yarl
discord.http.Route.BASE = sys.argv[1]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sys.argv[2])
from bot.__main__ import main
sys.exit(main([]))
"""
"""Like `python -m bot`, which imports no simulator."""
REST_S = 6.0
"""Seconds after which a bot is at rest."""
START_S = 120.0


async def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--checkout", type=Path, help="another source tree, to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    checkouts = [*filter(None, [options.checkout]), CHECKOUT]
    for _ in range(options.rounds):
        for checkout in checkouts:
            await _start(checkout.resolve())


async def _start(checkout: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: v for name, v in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {"PYTHONPATH": str(checkout), "STATE_DIR": folder, "COOLDOWN_SECONDS": "0"}
        async with LocalDiscord(port=0, rate_limited=False) as local:
            environment["DISCORD_TOKEN"] = local.token
            migrate = [sys.executable, "-m", "bot", "migrate"]
            subprocess.run(migrate, cwd=folder, env=environment, check=True, capture_output=True)  # noqa: S603, ASYNC221
            with _running(local, folder, environment) as bot:
                started = time.monotonic()
                async with asyncio.timeout(START_S):
                    while not local.state.online:  # noqa: ASYNC110 (it is a simulator's state)
                        await asyncio.sleep(0.005)
                connected, cpu = time.monotonic() - started, _cpu_seconds(bot.pid)
                await asyncio.sleep(REST_S)
                print(  # noqa: T201
                    f"{checkout.name}: connected after {connected:.2f} s, {cpu:.2f} s of them "
                    f"processor time, {_cpu_seconds(bot.pid):.2f} s at rest; {_memory(bot.pid)}"
                )


@contextmanager
def _running(
    local: LocalDiscord, folder: str, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    addresses = local.url.removesuffix("/") + PREFIX, local.gateway.url
    with Path(folder, "bot.log").open("wb") as log:
        bot = subprocess.Popen(  # noqa: S603 (our own code)
            [sys.executable, "-c", LAUNCH, *addresses], cwd=folder, env=environment, stderr=log
        )
        try:
            yield bot
        finally:
            bot.terminate()
            bot.wait(20)


def _memory(pid: int) -> str:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {
        name: int(size.split()[0]) for name, _, size in (line.partition(":") for line in lines)
    }
    return ", ".join(f"{name.upper()} {sizes[name] / 1024:.1f} MiB" for name in ("Rss", "Pss"))


def _cpu_seconds(pid: int) -> float:
    """Seconds for which its threads have run."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


if __name__ == "__main__":
    asyncio.run(main())
