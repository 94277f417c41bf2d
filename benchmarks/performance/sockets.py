"""The whole bot over sockets, on the simulators: one member alone, and a small rush."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load
from benchmarks.acknowledgements import Discord, Slack
from benchmarks.bot_process import CHECKOUT, BotProcess
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.slack.server import LocalSlack

SETTINGS = {"COOLDOWN_SECONDS": "0", "LOG_LEVEL": "WARNING"}
SETTLING_S = 2.0


@dataclass(frozen=True)
class Alone:
    """What one member waits for while nobody else asks, in seconds."""

    acknowledged: list[float]
    names: list[float]
    """Until one name is shown."""
    poems: list[float]
    """Until the last line is shown: edits are a second apart."""


async def alone(platform: str, names: int, poems: int) -> Alone:
    """Ask for one name and one poem after the other."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        discord = slack = None
        member: Discord | Slack
        if platform == "discord":
            discord = await stack.enter_async_context(LocalDiscord(port=0))
            member = Discord(discord)
        else:
            slack = await stack.enter_async_context(LocalSlack(port=0, rate_limited=False))
            member = Slack(slack)
        await stack.enter_async_context(BotProcess(discord, folder, SETTINGS, slack=slack))
        await member.poem()
        await member.names()
        await asyncio.sleep(SETTLING_S)
        pairs = [await member.names() for _ in range(names)]
        seconds = []
        for _ in range(poems):
            began = time.perf_counter()
            await member.poem()
            seconds.append(time.perf_counter() - began)
        return Alone([first for first, _ in pairs], [last for _, last in pairs], seconds)


def measure(names: int, poems: int) -> Mapping[str, Alone]:
    """By platform."""
    return {each: asyncio.run(alone(each, names, poems)) for each in load.PLATFORMS}


def rush(poems: int, cards: int) -> list[load.Run]:
    """One on each platform."""
    whats = load.plan(poems, cards)
    return [asyncio.run(load.measure(each, "now", CHECKOUT, whats)) for each in load.PLATFORMS]
