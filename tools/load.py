"""Load test: 200 poems and 1,000 cards of names, asked for within one second.

The bot is `python -m bot` in a subprocess, on a simulator in this process. Each request is of
another member, so that no cooldown and no limit of a member matters; one more member asks for a
name every five seconds. With `--baseline`, a bot of another checkout gets the same load, in turn.

The exit code is 1 if an answer was lost or an acknowledgement late. Run with:
python -m tools.load --baseline ../before
"""

import argparse
import asyncio
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from simulators.discord.limits import ApiError
from simulators.discord.records import Event
from simulators.discord.records import Interaction as DiscordInteraction
from simulators.discord.server import LocalDiscord
from simulators.slack.records import Interaction as SlackInteraction
from simulators.slack.records import Message as SlackMessage
from simulators.slack.server import LocalSlack
from tools.bot_process import CHECKOUT, BotProcess

What = Literal["names", "poem", "quiet"]
PLATFORMS = ("discord", "slack")
RUSH: Sequence[What] = ("names", "names", "poem", "names", "names", "names") * 200
"""The kinds of the requests: 200 poems among 1,000 cards of names."""
WITHIN_S = 1.0
LIMIT_S = 120.0
"""Seconds of a rush, after which what is not answered counts as lost. The baseline takes longer."""
ACKNOWLEDGED_S = 3.0
QUIET_S = 5.0
"""Seconds from one request of the quiet member to the next."""
FIRST_QUIET_S = 0.5
"""Seconds from the first request of the rush to the first of the quiet member, in its middle."""
KEPT = 20_000
"""Messages that the simulators keep, so that none is deleted before its end."""
ALONE_S, FIRST_S, LOOK_S = 20.0, 60.0, 0.01
"""Seconds that a member waits for an answer, and for a first one, and between two looks at it."""
ROOMS = 40
"""Channels in which one asks for names alone, in turn: they are known after the first round."""
SETTLING_S = 2.0
"""Seconds from the first answers of a new bot to the next requests."""


@dataclass(eq=False)
class Asked:
    """One request. Times are in seconds since 1970, as those of the simulators."""

    what: What
    sent: float
    acknowledged: float | None = None
    answered: float | None = None
    """Time at which the names, or the last line of the poem, were there with their buttons."""
    failed: bool = False
    """Whether the request was not acknowledged in time."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is expected."""
        return self.failed or self.answered is not None

    @property
    def to_acknowledge(self) -> float | None:
        """Seconds from the request to its acknowledgement."""
        return None if self.acknowledged is None else self.acknowledged - self.sent

    @property
    def to_answer(self) -> float | None:
        """Seconds from the request to its answer."""
        return None if self.answered is None else self.answered - self.sent


class RushCrowd(ABC):
    """Members who ask within a second, and one who asks for a name every few seconds.

    The simulators tell what changes, and each change is looked at once: the members share the
    machine's cores with the bot, and must cost little.
    """

    name: str

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._by_key: dict[Hashable, Asked] = {}

    @abstractmethod
    def _send(self, number: int, what: What) -> Hashable:
        """Let a member ask; the key of the request."""

    async def rush(self, whats: Sequence[What], seconds: float, limit_s: float) -> None:
        """Send requests evenly over some seconds, and wait for all answers, at most `limit_s`."""
        quiet = asyncio.create_task(self._ask_quietly())
        began = time.monotonic()
        sent = []
        try:
            for number, what in enumerate(whats):
                sent.append(self._ask(number, what))
                next_at = began + (number + 1) * seconds / len(whats)
                await asyncio.sleep(max(0.0, next_at - time.monotonic()))
            await self._ended(sent, began + limit_s)
        finally:
            quiet.cancel()

    async def alone(self, number: int, what: What, limit_s: float = ALONE_S) -> Asked:
        """Let a member ask, and wait for the answer.

        Raises `TimeoutError` without one: a poem for which no line was found has none.
        """
        asked = self._ask(number % ROOMS if what == "quiet" else number, what)
        await self._ended([asked], time.monotonic() + limit_s)
        if asked.answered is None:
            raise TimeoutError(f"{self.name}: no answer ({what})")
        return asked

    async def warm_up(self) -> None:
        """Have one poem and one card written: the first ones load what they need."""
        await self.alone(-1, "poem", FIRST_S)
        await self.alone(-2, "names", FIRST_S)
        await asyncio.sleep(SETTLING_S)
        self.asked.clear()

    async def _ended(self, sent: Sequence[Asked], limit: float) -> None:
        while not all(asked.has_ended for asked in sent):
            if time.monotonic() > limit:
                return
            await asyncio.sleep(LOOK_S)

    async def _ask_quietly(self) -> None:
        await asyncio.sleep(FIRST_QUIET_S)
        number = 0
        while True:
            self._ask(number, "quiet")
            number += 1
            await asyncio.sleep(QUIET_S)

    def _ask(self, number: int, what: What) -> Asked:
        asked = Asked(what, time.time())
        self._by_key[self._send(number, what)] = asked
        self.asked.append(asked)
        return asked

    def _note(
        self,
        key: Hashable,
        acknowledged: float | None,
        *,
        is_answered: bool = False,
        is_failed: bool = False,
    ) -> None:
        """Note what has come of a request so far."""
        asked = self._by_key.get(key)
        if asked is None:
            return
        asked.acknowledged, asked.failed = acknowledged, is_failed
        if is_answered:
            asked.answered = time.time()
        if asked.has_ended:
            del self._by_key[key]


class DiscordCrowd(RushCrowd):
    """Members of the simulated server."""

    name = "Discord"

    def __init__(self, local: LocalDiscord, members: int) -> None:
        super().__init__()
        self._local = local
        guild = local.state.guild
        self._members = [guild.add_member(f"Member {n}") for n in range(members + 2)]
        # Several: a member can have few open polls.
        self._quiet = [guild.add_member(f"Quiet {n}") for n in range(ROOMS)]
        local.state.events.listeners.append(self._hear)

    def _send(self, number: int, what: What) -> Hashable:
        member = self._quiet[number % ROOMS] if what == "quiet" else self._members[number]
        command = "sonnet" if what == "poem" else "dinoname"
        options = {"count": 1} if what == "quiet" else {}
        with suppress(ApiError):
            return self._local.state.invoke(member, command, options).id
        raise RuntimeError(f"the bot has no command /{command}")

    def _hear(self, event: Event) -> None:
        asked = event.subject
        if event.name != "progress" or not isinstance(asked, DiscordInteraction):
            return
        is_answered = asked.original is not None and bool(asked.original.buttons)
        self._note(asked.id, asked.acknowledged_at, is_answered=is_answered, is_failed=asked.failed)


class SlackCrowd(RushCrowd):
    """Members of the simulated workspace, each in a channel, where Slack takes a post a second."""

    name = "Slack"

    def __init__(self, local: LocalSlack, members: int) -> None:
        super().__init__()
        self._local = local
        workspace = local.workspace
        self._members = [
            (workspace.add_member(f"Member {n}"), workspace.add_channel(f"room-{n}"))
            for n in range(members + 2)
        ]
        # Known before the rush, in which the bot asks Slack once for all members.
        self._quiet = [
            (workspace.add_member(f"Quiet {n}"), workspace.add_channel(f"quiet-{n}"))
            for n in range(ROOMS)
        ]
        local.state.messages.listeners.append(self._hear)
        local.state.listeners.append(self._hear_acknowledgement)

    def _send(self, number: int, what: What) -> Hashable:
        quiet, room = self._quiet, number % ROOMS  # posts are told apart by their channels
        member, channel = quiet[room] if what == "quiet" else self._members[number]
        command = "/sonnet" if what == "poem" else "/dinoname"
        self._local.command(member, command, "count:1" if what == "quiet" else "", channel)
        return channel.id

    def _hear(self, message: SlackMessage) -> None:
        if asked := self._by_key.get(message.channel.id):
            is_answered = bool(message.buttons)
            self._note(message.channel.id, asked.acknowledged, is_answered=is_answered)

    def _hear_acknowledgement(self, asked: SlackInteraction) -> None:
        if asked.channel is not None:
            self._note(asked.channel.id, asked.acknowledged_at, is_failed=bool(asked.failure))


@asynccontextmanager
async def crowded_bot(
    platform: str,
    members: int,
    settings: Mapping[str, str] | None = None,
    *,
    checkout: Path = CHECKOUT,
) -> AsyncIterator[RushCrowd]:
    """A new bot on one of the `PLATFORMS`, which has answered first requests, and its members."""
    with tempfile.TemporaryDirectory() as folder:
        local: LocalDiscord | LocalSlack
        crowd: RushCrowd
        if platform == "discord":
            local = LocalDiscord(port=0, history=KEPT)
            crowd = DiscordCrowd(local, members)
            bot = BotProcess(local, Path(folder), settings, checkout=checkout)
        else:
            # The bot keeps within Slack's limits, which would be those of this test: 50 edits a
            # minute in the whole workspace. Many workspaces have as many budgets.
            local = LocalSlack(port=0, rate_limited=False, history=KEPT)
            crowd = SlackCrowd(local, members)
            bot = BotProcess(None, Path(folder), settings, slack=local, checkout=checkout)
        async with local, bot:
            await crowd.warm_up()
            yield crowd


@dataclass(frozen=True, eq=False)
class RushResult:
    """Measurements of one rush."""

    title: str
    """The platform, and which checkout."""
    asked: Sequence[Asked]
    seconds: float
    """Seconds from the first request to the last answer, or to the end of waiting for it."""

    def of(self, what: What) -> list[Asked]:
        """The requests of a kind."""
        return [each for each in self.asked if each.what == what]

    @property
    def lost(self) -> int:
        """Number of requests of the rush without an answer."""
        return sum(each.answered is None for each in self.asked if each.what != "quiet")

    @property
    def late(self) -> int:
        """Number of requests, quiet ones too, that were not acknowledged within 3 s."""
        times = [each.to_acknowledge for each in self.asked]
        return sum(seconds is None or seconds > ACKNOWLEDGED_S for seconds in times)


async def measure(platform: str, code: str, checkout: Path) -> RushResult:
    """One rush on a new bot."""
    async with crowded_bot(platform, len(RUSH), checkout=checkout) as crowd:
        began = time.monotonic()
        await crowd.rush(RUSH, WITHIN_S, LIMIT_S)
        seconds = time.monotonic() - began
    return RushResult(f"{crowd.name}, {code}", crowd.asked, seconds)


def quantiles(seconds: Sequence[float | None], *levels: float) -> list[float]:
    """Quantiles of the known values; NaN without any."""
    known = [each for each in seconds if each is not None]
    return [float(np.quantile(known, level)) if known else float("nan") for level in levels]


def rows(run: RushResult) -> list[tuple[str, str]]:
    """The figures of a run, as displayed."""

    def spread(seconds: Sequence[float | None]) -> str:
        return " / ".join(f"{each:.2f}" for each in quantiles(seconds, 0.5, 0.99, 1.0)) + " s"

    answered = {
        "names answered after": run.of("names"),
        "poems finished after": run.of("poem"),
        "quiet member's name after": run.of("quiet"),
    }
    return [
        ("all answers after", f"{run.seconds:.1f} s"),
        ("acknowledged after", spread([each.to_acknowledge for each in run.asked])),
        *((name, spread([each.to_answer for each in kind])) for name, kind in answered.items()),
        ("lost, late for the 3 s rule", f"{run.lost}, {run.late}"),
    ]


def table_of(runs: Sequence[RushResult]) -> Table:
    """The runs side by side; three figures are the median, the 99th percentile and the most."""
    table = Table("median / 99% / most", *(run.title for run in runs))
    for lines in zip(*map(rows, runs), strict=True):
        table.add_row(lines[0][0], *(value for _, value in lines))
    return table


async def measure_all(baseline: Path | None) -> list[RushResult]:
    """All runs; those of a platform one after the other, the baseline first."""
    codes = {"baseline": baseline} if baseline else {}
    return [
        await measure(platform, code, checkout.resolve())
        for platform in PLATFORMS
        for code, checkout in {**codes, "now": CHECKOUT}.items()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the test; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.load", description=__doc__)
    parser.add_argument("--baseline", type=Path, help="a checkout to compare with")
    runs = asyncio.run(measure_all(parser.parse_args(arguments).baseline))
    Console(width=150).print(table_of(runs))
    ours = [run for run in runs if run.title.endswith("now")]
    return 1 if any(run.lost or run.late for run in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
