"""A flood: some members send expensive requests, and a quiet one waits for a name."""

import asyncio
import itertools
import statistics
import time
from pathlib import Path

from rich.console import Console

from benchmarks.bot_process import BotProcess
from benchmarks.soak.crowd import NAMES, Crowd
from benchmarks.soak.hostile import FLOODS
from benchmarks.soak.ledger import Fate, Ledger
from benchmarks.soak.records import Records
from benchmarks.soak.report import interactions
from bot.platforms.local.server import LocalDiscord

PATIENCE_S = 2.0
"""Seconds in which the quiet member must have a name."""
QUIET_S = 1.0
"""Seconds between two requests of quiet members."""
QUIET_MEMBERS = 6


async def run_flood(
    folder: Path, console: Console, rate: float, seconds: float, attackers: int
) -> int:
    """Send hostile requests at a rate, in turns; 1 if a quiet member waited too long, else 0."""
    async with LocalDiscord(port=0) as local, BotProcess(local, folder) as bot:
        ledger = Ledger()
        crowd = Crowd(local, ledger, Records(), seed=0, members=0)
        guild = local.state.guild
        hostile = [guild.add_member(f"Attacker {n}") for n in range(attackers)]
        quiet = [guild.add_member(f"Quiet {n}") for n in range(QUIET_MEMBERS)]

        async def attack() -> None:
            began = time.perf_counter()
            for number, flood in enumerate(itertools.cycle(FLOODS)):
                # By the clock: a busy machine must not slow the flood down.
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
                member = hostile[number % attackers]
                crowd.send("hostile", member, "dinoname", flood, worked=NAMES, forged=True)

        task = asyncio.create_task(attack())
        try:
            for number in range(int(seconds / QUIET_S)):
                member = quiet[number % QUIET_MEMBERS]
                crowd.send("quiet", member, "dinoname", {"count": 3}, worked=NAMES)
                await asyncio.sleep(QUIET_S)
        finally:
            task.cancel()
        await asyncio.sleep(4.0)  # for the last answers
        memory = bot.peak_mib()
    asked = [entry for entry in ledger.entries if entry.what == "quiet"]
    waits = sorted(entry.seconds or float("inf") for entry in asked if entry.succeeded)
    failed = len(asked) - len(waits)
    table = interactions(ledger)
    slowest = max(waits, default=float("inf"))
    table.caption = (
        f"quiet member's name: median {1e3 * statistics.median(waits or [0]):.0f} ms, "
        f"slowest {slowest:.2f} s (at most {PATIENCE_S:g}); not answered: {failed}; "
        f"peak memory {memory:.0f} MiB"
    )
    console.print(table)
    for fate in (Fate.REFUSED, Fate.LOST):
        for what, count in ledger.reasons(fate).most_common(5):
            console.print(f"{fate}: {count} × {what}", highlight=False)
    return 1 if failed or slowest > PATIENCE_S else 0
