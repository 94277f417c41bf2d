"""How often `/retrain` makes a version that goes live: `python -m tools.retrain names`.

An administrator on a local Discord uses the command again and again, without options unless a seed
is given. The bot starts with the shipped weights, and each version has to be about as good as the
one that is live by then. Run with: python -m tools.retrain names [--runs 10] [--seed FIRST]
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from bot.settings import Settings
from bot.store import Database, Store, url_of
from bot.training.queries import Trainings, VersionRecord, Versions
from bot.training.trainer import OVERTIME
from models.tasks import TASKS
from simulators.discord.server import LocalDiscord
from tools.bot_process import BotProcess

UNFINISHED = ("🏋️", "⏳")
"""Beginnings of the title until the training has ended."""
LONGEST_S = 60.0 * Settings().retrain_minutes + OVERTIME.total_seconds()


async def measure(task: str, runs: int, first_seed: int | None, console: Console) -> None:
    """Use `/retrain` again and again, and print a row for each use, and a summary.

    Seeds are drawn, or count from the first.
    """
    console.print("      seed  seconds  before   after  report")
    live, seconds = 0, list[float]()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        local = await stack.enter_async_context(LocalDiscord(port=0))
        settings = {"RETRAIN_COOLDOWN_MINUTES": "0", "HOME_GUILDS": str(local.guild_id)}
        bot = BotProcess(local, Path(folder), settings)
        store = Store(Database(url_of(None, bot.state_dir)))
        stack.push_async_callback(store.close)
        await stack.enter_async_context(bot)
        for number in range(runs):
            seed = {} if first_seed is None else {"seed": first_seed + number}
            began = time.monotonic()
            title = await _report(local, f"retrain {task}", seed)
            seconds.append(time.monotonic() - began)
            version, figures = await _version(store, number + 1), "–"
            if version is not None:
                live += (await store[Versions].live())[task].version_id == version.number
                before, after = _loss(version.baseline_loss), _loss(version.reference_loss)
                figures = f"{version.seed}  {seconds[-1]:7.0f}  {before:>6}  {after:>6}"
            console.print(f"{figures:>34}  {title}", highlight=False)
    console.print(
        f"{live} of {runs} went live, after {min(seconds):.0f} to {max(seconds):.0f} s. "
        "Before and after: reference losses in nats per character."
    )


async def _version(store: Store, training: int) -> VersionRecord | None:
    """What a training has made; `None` if it failed."""
    found = await store[Trainings].get(training)
    if found is None or found.version_id is None:
        return None
    return await store[Versions].get(found.version_id)


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


def _loss(loss: float | None) -> str:
    return "–" if loss is None else f"{loss:.3f}"


def main() -> None:
    """Parse the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m tools.retrain", description=__doc__)
    parser.add_argument("task", choices=tuple(TASKS))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, help="that of the first run; the next ones follow")
    options = parser.parse_args()
    asyncio.run(measure(options.task, options.runs, options.seed, Console()))


if __name__ == "__main__":
    main()
