"""Kills: SIGKILL at random moments of votes, trainings and first starts, from a seed.

After each restart, every confirmed vote must be stored; a training must be resumed or repeated and
come to an end, and its namer work throughout; a database must be made as a whole or not at all,
and the next start must finish the job. Run with: python -m benchmarks.kills --votes 50
"""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.ballots import PollMessage, Press, allowed_votes, poll_of, stored_votes, wrong_votes
from benchmarks.bot_process import BotProcess
from benchmarks.soak.crowd import ELVES
from benchmarks.soak.ledger import text_of
from bot.platforms.local.guild import User
from bot.platforms.local.server import LocalDiscord
from bot.store import url_of
from bot.store.database import FILE

MEMBERS, POLLS = 40, 3
PRESSES_PER_S = 40.0
PRESS_S, ANSWER_S = 10.0, 60.0
"""For a press, and for any answer: how fast the bot is, other benchmarks measure."""
TRAINED_S = 180.0
"""Seconds in which a training must end after a restart."""
TIDYING_S = 60.0
"""Seconds after its end in which the message and the folder of a training must be up to date."""
RUNNING = re.compile(r"🏋️|⏳|⏸️")
SETTINGS = {"COOLDOWN_SECONDS": "0", "RETRAIN_COOLDOWN_MINUTES": "0", "LOG_FORMAT": "json"}


@dataclass
class Result:
    """What was killed, and what was wrong afterwards."""

    kills: int = 0
    checked: int = 0
    """Confirmed votes, ended trainings, databases."""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def kill_during_votes(folder: Path, kills: int, random: np.random.Generator) -> Result:
    """Members vote; the bot is killed and started again; confirmed votes must be stored."""
    result = Result()
    async with (
        LocalDiscord(port=0, first_response_s=PRESS_S) as local,
        BotProcess(local, folder, SETTINGS) as bot,
    ):
        members = [local.state.guild.add_member(f"Member {n}") for n in range(MEMBERS)]
        await local.run_command("settings", {"vote_minutes": 1440}, by=local.admin)
        polls = [await _new_poll(local, member) for member in members[:POLLS]]
        presses: list[Press] = []

        async def vote() -> None:
            while True:
                await asyncio.sleep(random.exponential(1 / PRESSES_PER_S))
                member = members[int(random.integers(MEMBERS))]
                poll: PollMessage = polls[int(random.integers(POLLS))]
                ballot = poll.id, int(member.id)
                if any(p.ballot == ballot and not _is_over(p) for p in presses[-200:]):
                    continue
                position = int(random.choice([*poll.buttons]))
                asked = local.state.press(member, poll.message.id, poll.buttons[position])
                presses.append(Press(*ballot, position, asked))

        for _ in track(range(kills), "votes", transient=True):
            voting = asyncio.create_task(vote())
            await asyncio.sleep(random.uniform(0.3, 2.0))
            await bot.kill()
            voting.cancel()
            await local.wait_for(lambda: all(map(_is_over, presses[-200:])), what="The deadline")
            stored = await stored_votes(url_of(None, bot.state_dir), polls)
            result.wrong += wrong_votes(allowed_votes(presses), stored)
            await local.drop_gateway()
            await bot.start()
            result.kills += 1
        result.checked = sum(press.asked.acknowledged_at is not None for press in presses)
        last = await local.press(polls[0].message, next(iter(polls[0].buttons.values())))
        if last.failed:
            result.wrong.append("a button does not respond after the last restart")
    result.wrong += _tracebacks(bot.log)
    return result


async def _new_poll(local: LocalDiscord, member: User) -> PollMessage:
    """Ask for names, and wait for them: on a busy machine the member's place in the queue comes
    first.
    """
    asked = await local.run_command("dinoname", by=member, timeout_s=ANSWER_S)
    await local.wait_for(lambda: asked.message.buttons, timeout_s=ANSWER_S, what="Names")
    return poll_of(asked.message)


def _is_over(press: Press) -> bool:
    return press.asked.settled or press.asked.acknowledged


async def kill_during_trainings(folder: Path, kills: int, random: np.random.Generator) -> Result:
    """A namer is trained again and again; the bot is killed meanwhile."""
    result = Result()
    async with (
        LocalDiscord(port=0, first_response_s=ANSWER_S) as local,
        BotProcess(local, folder, SETTINGS) as bot,
    ):
        file = bot.state_dir / FILE
        options = {"name": "elves", "text": ELVES}
        await local.run_command("namer create", options, by=local.admin)
        if not await _ended(file, TRAINED_S):
            return Result(wrong=["the first training did not end"])
        for _ in track(range(kills), "trainings", transient=True):
            asked = await local.run_command("namer retrain", {"name": "elves"}, by=local.admin)
            if asked.failed:
                result.wrong.append("a request for a training was not answered")
            await asyncio.sleep(random.uniform(0.1, 5.0))
            await bot.kill()
            result.kills += 1
            _age(file)
            await local.drop_gateway()
            await bot.start()
            names = await local.run_command("name", {"namer": "elves"})
            if names.failed or not names.message.embeds:
                result.wrong.append("the namer does not work after a restart")
            if await _ended(file, TRAINED_S):
                result.checked += 1
            else:
                result.wrong.append("a training did not end after a restart")
        ends = _rows(file, "SELECT state, COUNT(*) FROM trainings GROUP BY state")
        result.notes.append(", ".join(f"{state}: {count}" for state, count in ends))
        log = bot.log.read_text(errors="replace")
        resumed = len(re.findall(r"resumes from its checkpoint", log))
        result.notes.append(f"resumed from a checkpoint: {resumed}")
        for _ in range(int(TIDYING_S / 0.2)):
            left = [m for m in local.messages if m.asked is None and RUNNING.search(text_of(m))]
            folders = [*(bot.state_dir / "training").glob("*")]
            if not left and not folders:
                break
            await asyncio.sleep(0.2)
        result.wrong += [f"a message shows an ended training: {text_of(m)[:60]}" for m in left]
        result.wrong += [f"the folder of a training is left: {path.name}" for path in folders]
    result.wrong += _tracebacks(bot.log)
    return result


async def kill_during_first_starts(folder: Path, kills: int, random: np.random.Generator) -> Result:
    """The bot is killed while it makes its database: the next start must finish it."""
    result = Result()
    async with LocalDiscord(port=0, first_response_s=ANSWER_S) as local:
        timed = BotProcess(local, folder, SETTINGS)
        began = time.perf_counter()
        starting = asyncio.create_task(timed.start())
        while not starting.done() and not _version(timed.state_dir / FILE):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        longest = time.perf_counter() - began  # until its database was made
        await starting
        head = _version(timed.state_dir / FILE)
        await timed.stop()
        early = 0
        for number in track(range(kills), "first starts", transient=True):
            (folder / f"{number}").mkdir()
            bot = BotProcess(local, folder / f"{number}", SETTINGS)
            file = bot.state_dir / FILE
            starting = asyncio.create_task(bot.start())
            await asyncio.sleep(longest * random.uniform(0.5, 1.1))
            if bot.pid is not None:
                os.kill(bot.pid, signal.SIGKILL)
                await bot.wait()
            with contextlib.suppress(RuntimeError):
                await starting
            result.kills += 1
            early += (version := _version(file)) != head
            if version not in ("", head):
                result.wrong.append(f"the database has version {version}, neither none nor new")
            await local.drop_gateway()
            await bot.start()
            if (await local.run_command("dinoname")).failed:
                result.wrong.append("a name is not answered after a restart")
            await bot.stop()
            if (checked := _rows(file, "PRAGMA integrity_check")[0][0]) != "ok":
                result.wrong.append(f"the database is damaged: {checked}")
            result.wrong += _tracebacks(bot.log)
            result.checked += 1
    result.notes.append(f"killed before its end: {early}")
    return result


def _version(file: Path) -> str:
    """The version of a database; empty without one."""
    with contextlib.suppress(sqlite3.OperationalError, IndexError):
        return str(_rows(file, "SELECT version_num FROM alembic_version")[0][0])
    return ""


def _rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(file, timeout=10)) as database:
        return [tuple(row) for row in database.execute(query)]


def _age(file: Path) -> None:
    """As if the bot had been down for minutes: until then its training may be running."""
    with contextlib.closing(sqlite3.connect(file, timeout=10)) as database:
        database.execute(
            "UPDATE trainings SET beat_at = '2020-01-01 00:00:00.000000' WHERE state = 'running'"
        )
        database.commit()


async def _ended(file: Path, limit_s: float) -> bool:
    """Wait until no training is queued or running."""
    for _ in range(int(limit_s / 0.2)):
        if not _rows(file, "SELECT 1 FROM trainings WHERE state IN ('queued', 'running')"):
            return True
        await asyncio.sleep(0.2)
    return False


def _tracebacks(log: Path) -> list[str]:
    count = log.read_text(errors="replace").count("Traceback (most recent call last)")
    return [f"{count} tracebacks in the log"] if count else []


def report(results: dict[str, Result]) -> Table:
    """The results as a table."""
    table = Table("killed during", "kills", "checked", "wrong", "notes")
    for name, result in results.items():
        notes = "; ".join(result.notes)
        table.add_row(name, f"{result.kills}", f"{result.checked}", f"{len(result.wrong)}", notes)
    return table


async def run(folder: Path, kills: Mapping[str, int], seed: int) -> dict[str, Result]:
    """Kill the bot so many times in each situation."""
    random = np.random.default_rng(seed)
    results = {}
    for name, times in kills.items():
        (folder / name).mkdir()
        results[name] = await SITUATIONS[name](folder / name, times, random)
    return results


SITUATIONS = {
    "votes": kill_during_votes,
    "trainings": kill_during_trainings,
    "first starts": kill_during_first_starts,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 if something was lost or left half done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--votes", type=int, default=20, help="kills during votes (default: 20)")
    parser.add_argument("--trainings", type=int, default=15, help="during trainings (default: 15)")
    parser.add_argument("--starts", type=int, default=15, help="during first starts (default: 15)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    options = parser.parse_args(arguments)
    console = Console()
    kills = dict(zip(SITUATIONS, (options.votes, options.trainings, options.starts), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        results = asyncio.run(run(Path(folder), kills, options.seed))
    console.print(report(results))
    wrong = [f"{name}: {what}" for name, result in results.items() for what in result.wrong]
    for sentence in wrong[:20]:
        console.print(f"wrong: {sentence}", highlight=False, markup=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
