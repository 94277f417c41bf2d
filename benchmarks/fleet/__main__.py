"""Benchmark of several processes: each runs some of the shards of one bot, with one database.

Members ask for names in all servers, and vote; a member uses a command on all servers at once;
managers train lists; a version is activated; one process is killed while members vote, and started
again. Use a temporary database: versions are added to it. Run with:
python -m benchmarks.fleet postgres://… --processes 2 4
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.bot_process import BotProcess
from benchmarks.fleet.fleet import Fleet, Result
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.servers import shard_of
from bot.settings.values import format_shards
from bot.store import Database, Store, url_of


def groups(shards: int, processes: int) -> list[list[int]]:
    """The shards of each process."""
    return [[*map(int, part)] for part in np.array_split(np.arange(shards), processes)]


async def measure(
    address: str,
    *,
    processes: int,
    shards: int,
    max_concurrency: int = 1,
    members: int = 4,
    identify_s: float = 5.0,
    stops_trainings: bool = False,
) -> Result:
    """Run the bot in some processes, and return what was seen."""
    store = Store(Database(url_of(address, Path())))
    await store.database.migrate()
    parts = groups(shards, processes)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        local = await stack.enter_async_context(
            LocalDiscord(
                port=0,
                servers=shards,
                shards=shards,
                max_concurrency=max_concurrency,
                identify_s=identify_s,
            )
        )
        home = next(s.guild.id for s in local.servers if shard_of(s.guild.id, shards) == 0)
        environment = {"DATABASE_URL": address, "HOME_GUILDS": home, "SHARD_COUNT": str(shards)}
        bots = []
        for part in parts:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            own = environment | {"SHARD_IDS": format_shards(part)}
            bots.append(BotProcess(local, folder, own, connected=_connected(local, part)))
            stack.push_async_callback(bots[-1].stop)
        fleet = Fleet(local, bots, parts, store, address)
        stack.push_async_callback(fleet.close)
        await fleet.start()
        await fleet.ask(members)
        await fleet.vote(members)
        await fleet.check_cooldown()
        await fleet.check_homes()
        await fleet.activate()
        await fleet.kill(processes - 1, members)
        await fleet.train(is_stopped=stops_trainings)
        return fleet.result


def _connected(local: LocalDiscord, part: Sequence[int]) -> Callable[[], bool]:
    return lambda: all(map(local.gateway.is_connected, part))


def _table(results: Sequence[Result]) -> Table:
    table = Table("", *(f"{result.processes} processes" for result in results))
    rows: dict[str, Callable[[Result], object]] = {
        "all shards connected after": lambda r: f"{r.start_s:.1f} s",
        "IDENTIFYs taken, and refused as too fast": lambda r: f"{r.identified}, {r.refused}",
        "commands registered": lambda r: r.syncs,
        "/dinoname asked for": lambda r: r.asked,
        "presses of vote buttons": lambda r: r.votes,
        "answers to a command on all servers at once": lambda r: r.cooldown_answers,
        "an activation served everywhere after": lambda r: f"{r.activation_s:.2f} s",
        "shards back after a kill": lambda r: f"{r.returned_s:.1f} s",
        "presses that failed meanwhile": lambda r: r.lost_presses,
        "trainings, and most at a time": lambda r: f"{r.trainings}, {r.most_trainings}",
        "wrong": lambda r: len(r.wrong),
    }
    for name, value in rows.items():
        table.add_row(name, *(str(value(result)) for result in results))
    return table


async def _run(options: argparse.Namespace) -> list[Result]:
    results = []
    for processes in options.processes:
        address = options.database
        store = Store(Database(url_of(address, Path())))
        async with store.database.changing() as connection:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
        await store.close()
        results.append(
            await measure(
                address,
                processes=processes,
                shards=options.shards,
                max_concurrency=options.max_concurrency,
                members=options.members,
            )
        )
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("database", help="address of a PostgreSQL database, which is emptied")
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--shards", type=int, default=8, help="in all (default: 8)")
    parser.add_argument("--max-concurrency", type=int, default=1)
    parser.add_argument("--members", type=int, default=4, help="who ask in each server")
    results = asyncio.run(_run(parser.parse_args(arguments)))
    console = Console()
    console.print(_table(results))
    wrong = [sentence for result in results for sentence in result.wrong]
    for sentence in wrong:
        console.print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
