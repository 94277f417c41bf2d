"""Benchmark of a start: processor time, seconds and memory until the bot is connected and at rest.

The bot serves a local Discord, on a migrated SQLite file. Run with:
python -m tools.start [--checkout OTHER] [--rounds 3]

With another checkout, the two take turns. The figures are of the bot's own process. RSS counts the
pages of libraries in full, PSS shares them among the processes that map them.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import psutil

from simulators.discord.server import LocalDiscord
from tools.bot_process import CHECKOUT, BotProcess

SETTINGS = {"COOLDOWN_SECONDS": "0"}
REST_S = 6.0
"""Seconds after which a bot is at rest."""


async def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m tools.start", description=__doc__)
    parser.add_argument("--checkout", type=Path, help="another source tree, to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    checkouts = [*filter(None, [options.checkout]), CHECKOUT]
    for _ in range(options.rounds):
        for checkout in checkouts:
            await _start(checkout.resolve())


async def _start(checkout: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            LocalDiscord(port=0) as local,
            BotProcess(local, Path(folder), SETTINGS, checkout=checkout) as bot,
        ):
            await bot.stop()  # its first start made the database
            await local.drop_gateway()
            began = time.monotonic()
            await bot.start()
            process = psutil.Process(bot.pid)
            connected, cpu = time.monotonic() - began, _cpu_s(process)
            await asyncio.sleep(REST_S)
            memory = process.memory_full_info()
            print(  # noqa: T201
                f"{checkout.name}: connected after {connected:.2f} s, {cpu:.2f} s of them "
                f"processor time, {_cpu_s(process):.2f} s at rest; "
                f"RSS {memory.rss / 2**20:.1f} MiB, PSS {memory.pss / 2**20:.1f} MiB"
            )


def _cpu_s(process: psutil.Process) -> float:
    user, system, *_ = process.cpu_times()
    return float(user + system)


if __name__ == "__main__":
    asyncio.run(main())
