"""Benchmark of acknowledgements: how long Discord and Slack wait for them.

The bot serves both platforms in one subprocess, with the shipped networks; the simulators are in
this process. Members type `/dinoname` on either platform in turn, first while the bot is idle, then
while it writes 16 poems. On Slack, the envelope is acknowledged before anything else; on Discord,
the first response counts. Times include those of the simulators, which share the machine. Run with:
python -m benchmarks.acknowledgements
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from bot.platforms.local.guild import User
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.local.slack.workspace import Channel, Member

COMMANDS, POEMS, MEMBERS = 150, 16, 40
PAUSE_S = 0.02
"""Between a command and the next."""
WARMING_S = 3.0
ANSWER_S, POEM_S = 60.0, 20.0
SETTINGS = {"COOLDOWN_SECONDS": "0", "LOG_LEVEL": "WARNING"}


class Discord:
    """Members of a server, who type commands in turn."""

    name = "Discord"

    def __init__(self, local: LocalDiscord) -> None:
        self._local = local
        self._members = [local.state.guild.add_member(f"Member {n}") for n in range(MEMBERS)]
        self._next = 0

    async def names(self) -> tuple[float, float]:
        """Type `/dinoname`. Returns the seconds until it is acknowledged, and answered."""
        began = time.perf_counter()
        asked = await self._local.run_command(
            "dinoname", {"count": 1}, by=self._member(), until="acknowledged", timeout_s=ANSWER_S
        )
        seconds = time.perf_counter() - began
        await self._local.wait_for(
            lambda: asked.settled, timeout_s=ANSWER_S, what="The end of /dinoname"
        )
        return seconds, time.perf_counter() - began

    async def poem(self) -> None:
        """Type `/sonnet`, and wait for its end."""
        asked = await self._local.run_command("sonnet", by=self._member(), timeout_s=ANSWER_S)
        with suppress(TimeoutError):  # a poem for which no line was found has no button
            await self._local.wait_for(lambda: asked.message.buttons, timeout_s=POEM_S)

    def _member(self) -> User:
        self._next += 1
        return self._members[self._next % MEMBERS]


class Slack:
    """Members of a workspace, who type commands in turn, each in a channel."""

    name = "Slack"

    def __init__(self, local: LocalSlack) -> None:
        self._local = local
        workspace = local.workspace
        self._members = [
            (workspace.add_member(f"Member {n}"), workspace.add_channel(f"room-{n}"))
            for n in range(MEMBERS)
        ]
        self._next = 0

    async def names(self) -> tuple[float, float]:
        """Type `/dinoname`. Returns the seconds until it is acknowledged, and answered."""
        member, channel = self._member()
        began = time.perf_counter()
        asked = self._local.command(member, "/dinoname", "count:1", channel)
        await asked.acknowledgement()
        seconds = time.perf_counter() - began
        await self._local.wait_for(lambda: asked.messages, timeout_s=ANSWER_S)
        return seconds, time.perf_counter() - began

    async def poem(self) -> None:
        """Type `/sonnet`, and wait for its end."""
        member, channel = self._member()
        asked = self._local.command(member, "/sonnet", "", channel)
        with suppress(TimeoutError):  # a poem for which no line was found has no button
            await self._local.wait_for(
                lambda: any(each.buttons for each in asked.messages), timeout_s=POEM_S
            )

    def _member(self) -> tuple[Member, Channel]:
        self._next += 1
        return self._members[self._next % MEMBERS]


async def measure(folder: Path) -> Table:
    """Times of acknowledgements, on an idle bot and on one that writes poems."""
    table = Table("/dinoname", "the bot", "until", "median", "99th percentile", "most")
    async with (
        LocalDiscord(port=0) as discord,
        LocalSlack(port=0, rate_limited=False) as slack,
        BotProcess(discord, folder, SETTINGS, slack=slack),
    ):
        platforms = Discord(discord), Slack(slack)
        for each in platforms:  # the first answers load what they need
            await each.poem()
            await each.names()
        await asyncio.sleep(WARMING_S)
        for state in ("is idle", f"writes {POEMS} poems"):
            poets = [
                asyncio.create_task(_forever(platforms[n % 2].poem))
                for n in range(0 if state == "is idle" else POEMS)
            ]
            await asyncio.sleep(WARMING_S)
            times: dict[str, list[tuple[float, float]]] = {each.name: [] for each in platforms}
            for _ in range(COMMANDS):
                for each in platforms:
                    times[each.name].append(await each.names())
                    await asyncio.sleep(PAUSE_S)
            for name, pairs in times.items():
                for until, seconds in zip(
                    ("acknowledged", "answered"), zip(*pairs, strict=True), strict=True
                ):
                    figures = [1e3 * np.quantile(seconds, q) for q in (0.5, 0.99, 1.0)]
                    table.add_row(name, state, until, *(f"{each:.1f} ms" for each in figures))
            for poet in poets:
                poet.cancel()
            await asyncio.gather(*poets, return_exceptions=True)
    return table


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await work()


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        Console().print(asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    main()
