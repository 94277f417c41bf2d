"""Benchmark of activations: how soon another process serves a version after its activation.

Two bots in subprocesses, each with a simulator, share a PostgreSQL database. Use a temporary one:
versions are added to it. An administrator activates a version on the first bot, and `/about` is
repeated on the second until it shows that version. Run with:
python -m benchmarks.activation postgres://…
"""

import argparse
import asyncio
import dataclasses
import datetime
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from bot.platforms.local.server import LocalDiscord
from bot.store import Database, Store, url_of
from bot.training.queries import VersionFiles, Versions
from bot.training.registry import version_of
from models.fingerprints import Fingerprints
from models.tasks import TASKS, task_of
from models.weights import save_weights

PAUSE = 0.2
"""Seconds between two calls of `/about`."""
TIMEOUT_S = 30.0


async def measure(address: str, rounds: int) -> dict[str, list[float]]:
    """Seconds from each activation in one process to its effect in the other, by task."""
    store = Store(Database(url_of(address, Path())))
    await store.database.migrate()
    numbers = {kind: await add_version(store, kind) for kind in TASKS}
    seconds: dict[str, list[float]] = {kind: [] for kind in TASKS}
    environment = {"DATABASE_URL": address, "COOLDOWN_SECONDS": "0"}
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(LocalDiscord(port=0)) for _ in range(2)]
        bots = []
        for local in (here, there):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            home = {"HOME_GUILDS": str(local.guild_id)}
            bots.append(BotProcess(local, folder, environment | home))
            stack.push_async_callback(bots[-1].stop)
        await asyncio.gather(*(bot.start() for bot in bots))
        for _ in range(rounds):
            for kind in TASKS:
                for version in (str(numbers[kind]), f"shipped {kind}"):
                    seconds[kind].append(await _activate(here, there, kind, version))
    await store.close()
    return seconds


async def _activate(here: LocalDiscord, there: LocalDiscord, kind: str, version: str) -> float:
    started = time.perf_counter()
    asked = await here.run_command("models activate", {"version": version}, as_admin=True)
    if "is live now" not in asked.message.content:
        raise RuntimeError(asked.message.content)
    wanted = f"Version {version}, live" if version.isdecimal() else ""
    while True:
        about = await there.run_command("about")
        fields = {field["name"]: field["value"] for field in about.message.embed["fields"]}
        served = fields[kind.capitalize()]
        if served.startswith(wanted) if wanted else not served.startswith("Version"):
            return time.perf_counter() - started
        if time.perf_counter() - started > TIMEOUT_S:
            raise TimeoutError(f"{version} of {kind} was not served within {TIMEOUT_S:g} s")
        await asyncio.sleep(PAUSE)


async def add_version(store: Store, kind: str) -> int:
    """Add a version that differs from the shipped weights in its model card only."""
    trained = await asyncio.to_thread(task_of(kind).load_shipped)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.safetensors"
        card = dataclasses.replace(trained.card, recipe="benchmark")
        known: Fingerprints = trained.known
        digest = await asyncio.to_thread(
            save_weights,
            path,
            trained.network.arrays(),
            card,
            known,
            trained.proper,
            runs=trained.runs,
            words=trained.words,
            further=trained.further,
        )
        content = await asyncio.to_thread(path.read_bytes)
    version, now = version_of(card, digest), datetime.datetime.now(datetime.UTC)
    return await store[Versions].add(version, VersionFiles(content), now)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activation", description=__doc__)
    parser.add_argument("database", help="address of a temporary PostgreSQL database")
    parser.add_argument("--rounds", type=int, default=10, help="per version (default: 10)")
    options = parser.parse_args(arguments)
    seconds = asyncio.run(measure(options.database, options.rounds))
    table = Table("network", "activations", "median", "longest")
    for kind, times in seconds.items():
        median, longest = statistics.median(times), max(times)
        table.add_row(kind, str(len(times)), f"{median:.2f} s", f"{longest:.2f} s")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
