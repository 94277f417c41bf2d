"""`python -m benchmarks.activation postgres://…`: how soon another process serves an activation.

Two bots, each a process of its own on a stand-in of its own, share the database, which should be
one to throw away: versions are put into it. An administrator of the first activates one; a member
of the second asks `/about` again and again until it is what answers there.
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

from benchmarks.elsewhere import BotElsewhere
from bot.local.server import LocalDiscord
from bot.store import Database, Store, url_of
from bot.store.versions import NewVersion
from models.fingerprints import Fingerprints
from models.tasks import TASKS, task_of
from models.weights import save_weights

PAUSE = 0.2
"""Seconds between two looks."""
LONGEST = 30.0


async def measure(address: str, rounds: int) -> dict[str, list[float]]:
    """Seconds from the command to one process to an answer of the other with the new weights."""
    store = Store(Database(url_of(address, Path())))
    await store.database.migrate()
    numbers = {kind: await _add_version(store, kind) for kind in TASKS}
    seconds: dict[str, list[float]] = {kind: [] for kind in TASKS}
    environment = {"DATABASE_URL": address, "COOLDOWN_SECONDS": "0"}
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(LocalDiscord(port=0)) for _ in range(2)]
        bots = []
        for local in (here, there):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            bots.append(BotElsewhere(local, folder, environment))
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
    if "is live from now on" not in asked.message.content:
        raise RuntimeError(asked.message.content)
    wanted = f"Version {version}, live" if version.isdecimal() else ""
    while True:
        about = await there.run_command("about")
        fields = {field["name"]: field["value"] for field in about.message.embed["fields"]}
        served = fields[kind.capitalize()]
        if served.startswith(wanted) if wanted else not served.startswith("Version"):
            return time.perf_counter() - started
        if time.perf_counter() - started > LONGEST:
            raise TimeoutError(f"{version} of {kind} was not served within {LONGEST:g} s")
        await asyncio.sleep(PAUSE)


async def _add_version(store: Store, kind: str) -> int:
    """A version as large as the shipped one, which it is but for a word on its card."""
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
        )
        content = await asyncio.to_thread(path.read_bytes)
    version = NewVersion(
        task=kind,
        digest=digest,
        weights=content,
        corpus=card.corpus,
        corpus_sha256=card.corpus_sha256,
        recipe=card.recipe,
        seed=card.seed,
        validation=card.validation,
        reference_loss=card.reference_loss,
        baseline_loss=None,
    )
    return await store.versions.add(version, datetime.datetime.now(datetime.UTC))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activation", description=__doc__)
    parser.add_argument("database", help="the address of a PostgreSQL database to throw away")
    parser.add_argument("--rounds", type=int, default=10, help="of each version (default: 10)")
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
