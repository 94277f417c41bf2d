"""CPU time of the bot's own process and of the simulator, for each card, poem and refusal.

A first rush starts the writing processes and fills all caches. Then the members ask for cards only,
for poems only, and one member asks again and again within the cooldown: such a request is received
and answered, and nothing else. What the bot spends at rest is subtracted. Run with:
python -m benchmarks.capacity.loops
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import processes
from benchmarks.bot_process import BotProcess
from benchmarks.load import LIMIT_S, SETTLING_S, plan
from benchmarks.rush import KEPT, DiscordCrowd
from bot.platforms.local.records import Interaction, Status
from bot.platforms.local.server import LocalDiscord

WARMING = (32, 160)
"""Poems and cards of the first rush."""
CARDS, POEMS, REFUSALS = 300, 60, 300
SETTINGS = {"COOLDOWN_SECONDS": "60"}
REST_S = 3.0
STEP_S = 0.002
"""Seconds between two requests."""


@dataclass(frozen=True)
class Share:
    """CPU seconds for one of what was asked."""

    bot: float
    writers: float
    members: float
    """The simulator, which is a client and a network."""
    edits: float = 0.0
    """Times that its message was edited, on average."""


class Meter:
    """Reads the CPU time of a bot and of this process, less what the bot spends at rest."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._at_rest = 0.0

    async def rest(self) -> None:
        """Measure the bot at rest."""
        bot, *_ = await self.read(lambda: asyncio.sleep(REST_S))
        self._at_rest = bot / REST_S

    async def read(
        self, work: Callable[[], Coroutine[object, object, object]]
    ) -> tuple[float, float, float]:
        """CPU seconds of the bot's own process, its writers and this process during some work."""
        before, began = self._now(), time.monotonic()
        await work()
        after, seconds = self._now(), time.monotonic() - began
        bot, writers, members = (now - then for now, then in zip(after, before, strict=True))
        return bot - self._at_rest * seconds, writers, members

    def _now(self) -> tuple[float, float, float]:
        own = processes.own_cpu_s(self._pid)
        return own, processes.cpu_s(self._pid) - own, time.process_time()


async def measure() -> dict[str, Share]:
    """One bot, on Discord."""
    with tempfile.TemporaryDirectory() as folder:
        async with LocalDiscord(port=0, history=KEPT) as local:
            crowd = DiscordCrowd(local, sum(WARMING) + CARDS + POEMS)
            async with BotProcess(local, Path(folder), SETTINGS) as bot:
                await crowd.warm_up()
                await asyncio.sleep(SETTLING_S)
                return await _shares(crowd, local, Meter(bot.pid or 0))


async def _shares(crowd: DiscordCrowd, local: LocalDiscord, meter: Meter) -> dict[str, Share]:
    found, first = {}, 0
    for label, poems, cards in (("", *WARMING), ("card", 0, CARDS), ("poem", POEMS, 0)):
        whats, start = plan(poems, cards), first
        first += len(whats)
        spent = await meter.read(lambda w=whats, s=start: crowd.rush(w, 1.0, LIMIT_S, s))  # type: ignore[misc]
        await asyncio.sleep(SETTLING_S)
        if not label:
            await meter.rest()
            continue
        asked = [each for each in crowd.asked if each.what != "quiet"][-len(whats) :]
        edits = sum(each.edits for each in asked) / len(asked)
        bot, writers, members = (seconds / len(whats) for seconds in spent)
        found[label] = Share(bot, writers, members, edits)
    bot, writers, members = (
        seconds / REFUSALS for seconds in await meter.read(lambda: _refuse(local))
    )
    found["refusal"] = Share(bot, writers, members)
    return found


async def _refuse(local: LocalDiscord) -> None:
    """Let a member who has just asked ask again, many times."""
    member = local.state.guild.add_member("Hasty")
    asked: list[Interaction] = []
    for _ in range(REFUSALS + 1):
        asked.append(local.state.invoke(member, "dinoname", {}))
        await asyncio.sleep(STEP_S)
    async with asyncio.timeout(LIMIT_S):
        while any(each.status in (Status.WAITING, Status.DEFERRED) for each in asked):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure some times, and show the least of each figure: other work only adds to them."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.capacity.loops", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    runs = [asyncio.run(measure()) for _ in range(options.rounds)]
    table = Table("CPU for one", "the bot's own process", "writers", "members", "edits")
    for label in runs[0]:
        rows = [run[label] for run in runs]
        best = [min(getattr(row, name) for row in rows) for name in ("bot", "writers", "members")]
        shown = (f"{1e3 * seconds:.2f} ms" for seconds in best)
        table.add_row(label, *shown, f"{rows[0].edits:.1f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
