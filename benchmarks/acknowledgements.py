"""Benchmark of acknowledgements: how long Discord and Slack wait for them.

The bot serves both platforms in one subprocess, with the shipped networks; the simulators are in
this process. Members type `/dinoname` on either platform in turn, first while the bot is idle, then
while it writes 16 poems. On Slack, the envelope is acknowledged before anything else; on Discord,
the first response counts. Times include those of the simulators, which share the machine. Run with:
python -m benchmarks.acknowledgements
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from benchmarks.load import quantiles
from benchmarks.rush import Asked, DiscordCrowd, RushCrowd, SlackCrowd
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.slack.server import LocalSlack

COMMANDS, POEMS = 150, 16
PAUSE_S = 0.02
"""Between a command and the next."""
WARMING_S = 3.0
SETTINGS = {"COOLDOWN_SECONDS": "0", "LOG_LEVEL": "WARNING"}


async def measure(folder: Path) -> Table:
    """Times of acknowledgements, on an idle bot and on one that writes poems."""
    table = Table("/dinoname", "the bot", "until", "median", "99th percentile", "most")
    async with (
        LocalDiscord(port=0) as discord,
        LocalSlack(port=0, rate_limited=False) as slack,
        BotProcess(discord, folder, SETTINGS, slack=slack),
    ):
        crowds = DiscordCrowd(discord, POEMS), SlackCrowd(slack, POEMS)
        for crowd in crowds:
            await crowd.warm_up()
        for state in ("is idle", f"writes {POEMS} poems"):
            poets = [
                asyncio.create_task(_write(crowds[n % 2], n))
                for n in range(0 if state == "is idle" else POEMS)
            ]
            await asyncio.sleep(WARMING_S)
            asked: dict[str, list[Asked]] = {crowd.name: [] for crowd in crowds}
            for number in range(COMMANDS):
                for crowd in crowds:
                    asked[crowd.name].append(await crowd.alone(number, "quiet"))
                    await asyncio.sleep(PAUSE_S)
            for name, each in asked.items():
                acknowledged = [one.to_acknowledge for one in each]
                table.add_row(name, state, "acknowledged", *_spread(acknowledged))
                table.add_row(name, state, "answered", *_spread([one.to_answer for one in each]))
            for poet in poets:
                poet.cancel()
            await asyncio.gather(*poets, return_exceptions=True)
    return table


def _spread(seconds: Sequence[float | None]) -> list[str]:
    return [f"{1e3 * each:.1f} ms" for each in quantiles(seconds, 0.5, 0.99, 1.0)]


async def _write(crowd: RushCrowd, number: int) -> None:
    """Let a member ask for one poem after the other."""
    while True:
        with suppress(TimeoutError):  # no line was found
            await crowd.alone(number, "poem")


def main() -> None:
    """Run the benchmark."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Console().print(asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    main()
