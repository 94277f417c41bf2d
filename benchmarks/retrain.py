"""How often `/retrain` makes a version that goes live: `python -m benchmarks.retrain names`.

An administrator on a local Discord uses the command again and again, without options unless a seed
is given. The bot starts with the shipped weights, and each version has to be about as good as the
one that is live by then. Run with: python -m benchmarks.retrain names [--runs 10] [--seed FIRST]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.bot_process import BotProcess
from bot.platforms.local.server import LocalDiscord
from bot.settings import Settings
from bot.store import Database, Store, url_of
from bot.training.queries import Trainings, VersionRecord, Versions
from bot.training.trainer import OVERTIME
from models.tasks import TASKS

UNFINISHED = ("🏋️", "⏳")
"""Beginnings of the title until the training has ended."""
LONGEST_S = 60.0 * Settings().retrain_minutes + OVERTIME.total_seconds()


@dataclass(frozen=True)
class Run:
    """One use of the command."""

    version: VersionRecord | None
    """`None` if the training failed."""
    is_live: bool
    seconds: float
    """From the command to the report."""
    report: str
    """The title of the report."""


async def retrain(task: str, runs: int, first_seed: int | None) -> AsyncIterator[Run]:
    """Use `/retrain` on one bot again and again. Seeds are drawn, or count from the first."""
    with tempfile.TemporaryDirectory() as folder:
        async with LocalDiscord(port=0) as local:
            settings = {"RETRAIN_COOLDOWN_MINUTES": "0", "HOME_GUILDS": str(local.guild_id)}
            bot = BotProcess(local, Path(folder), settings)
            store = Store(Database(url_of(None, bot.state_dir)))
            try:
                async with bot:
                    for number in range(runs):
                        seed = {} if first_seed is None else {"seed": first_seed + number}
                        began = time.monotonic()
                        title = await _report(local, f"retrain {task}", seed)
                        seconds = time.monotonic() - began
                        training = await store[Trainings].get(number + 1)
                        version = None
                        if training is not None and training.version_id is not None:
                            version = await store[Versions].get(training.version_id)
                        live = (await store[Versions].live())[task].version_id
                        is_live = version is not None and version.number == live
                        yield Run(version, is_live, seconds, title)
            finally:
                await store.close()


async def _report(local: LocalDiscord, command: str, options: dict[str, int]) -> str:
    """Use the command; the title of its report once the training has ended."""
    known = len(local.messages)
    asked = await local.run_command(command, options, by=local.admin)
    reports = [message.id for message in local.messages[known:] if message.asked is None]
    if not reports:
        raise RuntimeError(f"/{command} was refused: {asked.message.content}")
    (number,) = reports

    def title() -> str:
        return str(local.state.channel.messages[number].embed["title"])

    await local.wait_for(
        lambda: not title().startswith(UNFINISHED), timeout_s=LONGEST_S, what="The report"
    )
    return title()


async def measure(task: str, runs: int, first_seed: int | None, console: Console) -> int:
    """Print a row for each run as it ends, and a summary; the number of runs that went live."""
    console.print("      seed  seconds  before   after  report")
    found: list[Run] = []
    async for run in retrain(task, runs, first_seed):
        found.append(run)
        figures = "–"
        if run.version is not None:
            before, after = _loss(run.version.baseline_loss), _loss(run.version.reference_loss)
            figures = f"{run.version.seed}  {run.seconds:7.0f}  {before:>6}  {after:>6}"
        console.print(f"{figures:>34}  {run.report}", highlight=False)
    live = sum(run.is_live for run in found)
    seconds = sorted(run.seconds for run in found)
    console.print(
        f"{live} of {runs} went live, after {seconds[0]:.0f} to {seconds[-1]:.0f} s. "
        "Before and after: reference losses in nats per character."
    )
    return live


def _loss(loss: float | None) -> str:
    return "–" if loss is None else f"{loss:.3f}"


def main() -> None:
    """Parse the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrain", description=__doc__)
    parser.add_argument("task", choices=tuple(TASKS))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, help="that of the first run; the next ones follow")
    options = parser.parse_args()
    asyncio.run(measure(options.task, options.runs, options.seed, Console()))


if __name__ == "__main__":
    main()
