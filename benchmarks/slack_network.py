"""Benchmark of Slack's network: rushes of votes, kills and deaf connections, in real time.

The bot is `python -m bot` in a subprocess, on the simulator of Slack in this process.

votes: 200 members vote on ten cards within a second. None may be lost, and no edit refused: Slack
    allows 50 a minute in the whole workspace.
kills: the bot is killed (SIGKILL) while members vote and poems are written, and started again. What
    was shown must be stored, and each unfinished answer be closed within a minute.
deaf: both connections carry nothing any more, and answer no pings; then one of them, which answers
    them, while members type two commands a second. Seconds until the bot has two that work.

The exit code is 1 if something was lost, refused or late. Run with: python -m
benchmarks.slack_network
"""

import argparse
import asyncio
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from bot.local.slack.server import LocalSlack
from bot.store.database import FILE

MEMBERS, CARDS, POEMS = 200, 10, 8
SHOWN_S, CLOSED_S, BACK_S = 120.0, 60.0, 30.0
PATIENCE_S = 60.0
UNRECORDED_S = 0.5
"""Seconds after an acknowledgement in which a request may not be recorded yet."""
SETTINGS = {"COOLDOWN_SECONDS": "0"}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Any, BotProcess]]:
    """A simulator and the bot on it."""
    async with LocalSlack(port=0) as slack, BotProcess(None, folder, SETTINGS, slack=slack) as bot:
        await slack.wait_for(lambda: len(slack.sockets.connections) == 2, timeout_s=PATIENCE_S)
        yield slack, bot


async def cards(slack: Any, count: int) -> list[Any]:  # noqa: ANN401
    """Cards with names, each in a channel."""
    channels = [slack.workspace.add_channel(f"card-{n}", is_joined=True) for n in range(count)]
    asked = [slack.command(slack.member, "/dinoname", "", each) for each in channels]
    return [await each.answer() for each in asked]


def shown(messages: list[Any]) -> int:
    """The votes that cards show."""
    labels = (button["text"]["text"] for each in messages for button in each.buttons)
    return sum(int(found[1]) for label in labels if (found := re.search(r" · (\d+)$", label)))


def stored(state: Path) -> int:
    """The votes in the database."""
    with closing(sqlite3.connect(state / FILE, timeout=10)) as database:
        return int(database.execute("SELECT COUNT(*) FROM votes").fetchone()[0])


async def rush(folder: Path, table: Table) -> list[str]:
    """Members vote within a second. Returns what went wrong."""
    async with running(folder) as (slack, bot):
        messages = await cards(slack, CARDS)
        members = [slack.workspace.add_member(f"Member {n}") for n in range(MEMBERS)]
        before, began = slack.calls["chat.update"], time.perf_counter()
        presses = []
        for number, member in enumerate(members):
            presses.append(slack.press(member, messages[number % CARDS], "b0"))
            await asyncio.sleep(max(began + number / MEMBERS - time.perf_counter(), 0))
        pressed = time.perf_counter() - began
        late = 0
        for press in presses:
            try:
                await press.acknowledgement()
            except (TimeoutError, RuntimeError):
                late += 1
        acknowledged = time.perf_counter() - began
        try:
            await slack.wait_for(lambda: shown(messages) == MEMBERS, timeout_s=SHOWN_S)
        except TimeoutError:
            late += 1
        seconds = time.perf_counter() - began
        edits, refused = slack.calls["chat.update"] - before, slack.refused["chat.update"]
        table.add_row("votes pressed, and acknowledged", f"{pressed:.2f} s, {acknowledged:.2f} s")
        table.add_row("all of them shown", f"{seconds:.1f} s, {edits} edits, {refused} refused")
        lost = MEMBERS - stored(bot.state_dir)
        table.add_row("votes lost", f"{lost}")
        return [
            *(["votes were lost"] if lost else []),
            *(["edits were refused"] if refused else []),
            *(["something was late"] if late else []),
        ]


async def kill(folder: Path, table: Table, kills: int, seed: int) -> list[str]:
    """Kill the bot in the middle. Returns what went wrong."""
    random, wrong, closings = np.random.default_rng(seed), [], [0.0]
    early = unclosed = 0
    async with running(folder) as (slack, bot):
        messages = await cards(slack, 2)
        for number in range(kills):
            rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(POEMS)]
            poets = [slack.workspace.add_member(f"Poet {n}") for n in range(POEMS)]
            asked = [
                slack.command(poet, "/sonnet", "", room)
                for poet, room in zip(poets, rooms, strict=True)
            ]
            for each in asked:
                await each.acknowledgement()
            voters = [slack.workspace.add_member(f"Voter {number}.{n}") for n in range(40)]
            for voter in voters:
                slack.press(voter, messages[int(random.integers(2))], "b0")
            delay = random.uniform(0.1, 3.0)
            await asyncio.sleep(delay)
            await bot.kill()
            confirmed = shown(messages)
            if confirmed > stored(bot.state_dir):
                wrong.append("a vote that was shown is lost")
            await bot.start()
            began = time.perf_counter()
            with suppress(TimeoutError):
                await slack.wait_for(
                    lambda: all(map(_is_closed, asked)),  # noqa: B023
                    timeout_s=CLOSED_S,
                )
            left = sum(not _is_closed(each) for each in asked)
            if delay < UNRECORDED_S:
                early += left
            else:
                unclosed += left
            closings.append(time.perf_counter() - began)
        placeholders = sum("One moment" in each.words for each in slack.messages)
        log = bot.log.read_text()
    wrong += ["tracebacks in the log"] if "Traceback" in log else []
    wrong += [f"{unclosed} answers were not closed"] if unclosed else []
    table.add_row("kills", f"{kills}")
    table.add_row("answers closed after a start", f"{max(closings):.0f} s at most")
    table.add_row("answers not closed", f"{unclosed} of {kills * POEMS}")
    table.add_row(f"killed within {UNRECORDED_S} s, and not closed", f"{early}")
    table.add_row("“One moment” left behind", f"{placeholders}")
    return wrong


def _is_closed(asked: Any) -> bool:  # noqa: ANN401
    """Whether a poem has its end, or a sentence instead."""
    return any(each.buttons or "restarted" in each.words for each in asked.messages)


async def deafen(folder: Path, table: Table) -> list[str]:
    """Make connections deaf. Returns what went wrong."""
    wrong: list[str] = []
    async with running(folder) as (slack, _bot):
        room = slack.workspace.add_channel("room", is_joined=True)
        for name, pongs in (("both deaf, without pongs", False), ("one deaf, with pongs", True)):
            await slack.wait_for(lambda: len(slack.sockets.connections) == 2, timeout_s=PATIENCE_S)
            deaf = [*slack.sockets.connections][: 1 if pongs else 2]
            slack.sockets.deafen(*deaf, pongs=pongs)
            began, asked = time.perf_counter(), []
            while not _is_back(slack, deaf) and time.perf_counter() - began < 2 * BACK_S:
                if pongs:  # only what members do on the other connection can tell
                    asked.append(slack.command(slack.member, "/about", "", room))
                await asyncio.sleep(0.5)
            seconds = time.perf_counter() - began
            lost = 0
            for each in asked:
                try:
                    await each.acknowledgement()
                except (TimeoutError, RuntimeError):
                    lost += 1
            members = f"; {lost} of {len(asked)} commands met the deaf one" if asked else ""
            table.add_row(name, f"back after {seconds:.1f} s{members}")
            wrong += [f"late: {name}"] if seconds > BACK_S else []
    return wrong


def _is_back(slack: Any, deaf: list[Any]) -> bool:  # noqa: ANN401
    """Whether two connections carry something."""
    return len(set(slack.sockets.connections) - set(deaf)) == 2


async def run(options: argparse.Namespace, folder: Path, table: Table) -> list[str]:
    """Run what is asked for."""
    wrong = []
    for part in options.parts:
        here = folder / part
        here.mkdir()
        match part:
            case "votes":
                wrong += await rush(here, table)
            case "kills":
                wrong += await kill(here, table, options.kills, options.seed)
            case _deaf:
                wrong += await deafen(here, table)
    return wrong


def main() -> int:
    """Run the benchmark; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slack_network", description=__doc__)
    parts = ["votes", "kills", "deaf"]
    parser.add_argument("parts", nargs="*", choices=[*parts, []], default=parts)
    parser.add_argument("--kills", type=int, default=5, help="number of kills (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="of their moments (default: 0)")
    options = parser.parse_args()
    console, table = Console(), Table("figure", "")
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(run(options, Path(folder), table))
    console.print(table)
    for sentence in wrong:
        console.print(f"wrong: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
