"""Faults: which one comes when, by a seed, and how each is made."""

import asyncio
import os
import re
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulators.common.faults import FaultKind, RestFault
from simulators.discord.guild import ChannelKind
from simulators.discord.server import LocalDiscord
from tools.soak.crowd import Crowd
from tools.soak.ledger import text_of
from tools.soak.supervisor import Supervisor, limit_memory

NOTHING = -1
"""No limit of the size of files."""
TRAINER_S = 10.0
"""Seconds until a training must have started."""
REQUESTS, FILES = r"/(interactions|webhooks|channels)/", "GET .*/attachments/"
"""Paths of requests that fail."""
BROKEN_FRAME = '{"op": 0, "t": "INTERACTION_CREATE", "s": '
ARCHIVED_AGAIN_S = 1.0
FIRST_S = 8.0
"""Seconds before the first fault."""


@dataclass(frozen=True)
class Step:
    """A fault of the plan, `at` seconds after the start."""

    at: float
    fault: str
    seconds: float


@dataclass
class Trouble:
    """What faults act on."""

    local: LocalDiscord
    supervisor: Supervisor
    database: Path
    crowd: Crowd
    random: np.random.Generator

    async def apply(self, step: Step) -> None:
        """Make a fault, and return when it is over."""
        await BY_NAME[step.fault].apply(self, step.seconds)

    # The API and the gateway

    async def rest(
        self, kind: FaultKind, seconds: float, share: float, wait: float = 1.0, on: str = REQUESTS
    ) -> None:
        self.local.faults.rest = RestFault(kind, share, on, wait)
        await asyncio.sleep(seconds)
        self.local.faults.clear()

    async def events(
        self, seconds: float, *, delay_s: float = 0.0, twice: bool = False, gathering_s: float = 0.0
    ) -> None:
        faults = self.local.faults
        faults.event_delay_s, faults.duplicates, faults.gathering_s = delay_s, twice, gathering_s
        await asyncio.sleep(seconds)
        faults.clear()

    async def stall(self) -> None:
        self.local.gateway.stall()
        # discord.py notices by a heartbeat without an answer.
        await self.local.wait_for(
            lambda: not self.local.gateway.is_stalled, timeout_s=90.0, what="A new connection"
        )

    async def archive(self, seconds: float) -> None:
        """Make the channel a thread that is archived again and again, whatever opens it."""
        channel = self.local.state.guild.channel
        channel.kind = ChannelKind.THREAD
        for _ in range(max(1, int(seconds / ARCHIVED_AGAIN_S))):
            channel.archived = True
            await asyncio.sleep(ARCHIVED_AGAIN_S)
        channel.kind, channel.archived = ChannelKind.TEXT, False

    # The database and its disk

    async def lock(self, times: Sequence[float], pause: float = 0.0) -> None:
        """Hold the write lock of the database for some times, with pauses between them."""
        await asyncio.to_thread(self._hold, times, pause)

    def _hold(self, times: Sequence[float], pause: float) -> None:
        for seconds in times:
            with closing(sqlite3.connect(self.database, 10, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
                database.execute("ROLLBACK")
            time.sleep(pause)

    async def full_disk(self, seconds: float) -> None:
        self.supervisor.limit_files(0)
        await asyncio.sleep(seconds)
        self.supervisor.limit_files(NOTHING)

    # Training

    async def training(self) -> int | None:
        """Start a training; the process id of the trainer, None if it did not start."""
        entry = self.crowd.send(
            "train", self.crowd.admin, "namer retrain", {"name": "elves"}, worked="."
        )
        for _ in range(int(TRAINER_S / 0.05)):
            if pids := self.supervisor.trainers():
                return pids[0]
            if entry.asked.failed:
                break
            await asyncio.sleep(0.05)
        return None

    async def kill_trainer(self, least: int) -> None:
        """Kill a trainer, at once or when its message shows this percentage or more."""
        pid = await self.training()
        if pid is None:
            return
        for _ in range(600):
            if pid not in self.supervisor.trainers() or self._percentage() >= least:
                break
            await asyncio.sleep(0.05)
        _send(pid, signal.SIGKILL)

    def _percentage(self) -> int:
        for message in reversed(self.local.messages):
            if message.asked is None and (found := re.search(r"(\d+)%", text_of(message))):
                return int(found[1])
        return 0 if self.supervisor.trainers() else 100

    async def starve_trainer(self) -> None:
        if (pid := await self.training()) is not None:
            await asyncio.sleep(1.0)
            limit_memory(pid)
            await asyncio.sleep(8.0)

    async def hang_trainer(self, seconds: float) -> None:
        if (pid := await self.training()) is not None:
            await asyncio.sleep(1.0)
            _send(pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            _send(pid, signal.SIGCONT)

    # The process

    async def terminate(self) -> None:
        await self.supervisor.terminate()
        await self.supervisor.wait_online()

    async def terminate_locked(self) -> None:
        lock = asyncio.create_task(self.lock([14.0]))
        await asyncio.sleep(2.0)
        await self.supervisor.terminate()
        await lock
        await self.supervisor.wait_online()

    async def terminate_silent(self) -> None:
        self.local.faults.rest = RestFault(FaultKind.SILENCE, 1.0, REQUESTS)
        await asyncio.sleep(2.0)
        await self.supervisor.terminate()
        self.local.faults.clear()
        await self.supervisor.wait_online()

    async def terminate_half_open(self) -> None:
        self.local.gateway.stall()
        await asyncio.sleep(1.0)
        await self.supervisor.terminate()
        await self.supervisor.wait_online()

    async def kill(self) -> None:
        await self.supervisor.kill()
        await self.supervisor.wait_online()

    async def kill_in_poem(self) -> None:
        self.crowd.send("poem", self.crowd.admin, "sonnet", worked="📜")
        await asyncio.sleep(0.4)
        await self.kill()

    async def kill_in_training(self) -> None:
        await self.training()
        await asyncio.sleep(1.0)
        await self.kill()

    async def kill_at_start(self) -> None:
        for _ in range(3):
            await self.supervisor.kill()
            await asyncio.sleep(1.0 + self.random.uniform(0.2, 3.0))
        await self.kill()


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    apply: makes it for some seconds, and returns when it is over.
    seconds: how long it lasts; 0 for a moment.
    pause: seconds until the next fault, for the bot to come back.
    """

    name: str
    apply: Callable[[Trouble, float], Awaitable[None]]
    seconds: float = 0.0
    pause: float = 8.0

    @property
    def is_of_the_database(self) -> bool:
        """Whether the bot is back when it stores again."""
        return self.name.startswith(("database", "SIGTERM while the database"))


FAULTS = (
    # The gateway
    Fault("connection dropped", lambda t, _: t.local.drop_gateway()),
    Fault("connection half-open", lambda t, _: t.stall(), pause=70.0),
    Fault("session invalidated", lambda t, _: t.local.gateway.invalidate()),
    Fault(
        "session invalidated, resumable", lambda t, _: t.local.gateway.invalidate(resumable=True)
    ),
    Fault("reconnect requested", lambda t, _: t.local.gateway.ask_to_reconnect()),
    Fault("malformed frame", lambda t, _: t.local.gateway.send_frame(BROKEN_FRAME)),
    Fault("events slow", lambda t, s: t.events(s, delay_s=0.3), 8.0),
    Fault("events duplicated", lambda t, s: t.events(s, twice=True), 8.0),
    Fault("events reordered", lambda t, s: t.events(s, gathering_s=0.4), 8.0),
    # The channel
    Fault("threads archived", lambda t, s: t.archive(s), 8.0),
    # The API
    Fault("answers 500", lambda t, s: t.rest(FaultKind.SERVER_ERROR, s, 0.5), 6.0),
    Fault("answers 502", lambda t, s: t.rest(FaultKind.BAD_GATEWAY, s, 0.5), 6.0),
    Fault("answers 429 for a route", lambda t, s: t.rest(FaultKind.ROUTE_LIMIT, s, 0.5, 0.7), 6.0),
    Fault(
        "answers 429 for everything", lambda t, s: t.rest(FaultKind.GLOBAL_LIMIT, s, 0.3, 0.5), 4.0
    ),
    Fault("answers none", lambda t, s: t.rest(FaultKind.SILENCE, s, 0.3), 6.0),
    Fault("answers slow", lambda t, s: t.rest(FaultKind.SLOW, s, 0.5, 1.5), 8.0),
    Fault("answers malformed", lambda t, s: t.rest(FaultKind.MALFORMED, s, 0.3), 6.0),
    Fault("files redirected", lambda t, s: t.rest(FaultKind.REDIRECT, s, 1.0, on=FILES), 8.0),
    Fault("connections cut", lambda t, s: t.rest(FaultKind.CUT, s, 0.4), 6.0),
    Fault("answers lost", lambda t, s: t.rest(FaultKind.LOST_ANSWER, s, 0.4), 6.0),
    # The database
    Fault("database locked", lambda t, s: t.lock([s]), 20.0),
    Fault("database slow", lambda t, s: t.lock([0.4] * int(2 * s), 0.1), 10.0),
    Fault("database full", lambda t, s: t.full_disk(s), 8.0),
    # Training
    Fault("trainer killed at its start", lambda t, _: t.kill_trainer(0), pause=10.0),
    Fault("trainer killed while it trains", lambda t, _: t.kill_trainer(30), pause=10.0),
    Fault("trainer killed at its end", lambda t, _: t.kill_trainer(95), pause=10.0),
    Fault("trainer out of memory", lambda t, _: t.starve_trainer(), pause=10.0),
    Fault("trainer hung", lambda t, s: t.hang_trainer(s), 10.0, pause=10.0),
    # The process
    Fault("SIGTERM", lambda t, _: t.terminate(), pause=12.0),
    Fault("SIGTERM while the database is locked", lambda t, _: t.terminate_locked(), pause=20.0),
    Fault("SIGTERM while the API is silent", lambda t, _: t.terminate_silent(), pause=20.0),
    Fault("SIGTERM while half-open", lambda t, _: t.terminate_half_open(), pause=20.0),
    Fault("SIGKILL", lambda t, _: t.kill(), pause=12.0),
    Fault("SIGKILL during a poem", lambda t, _: t.kill_in_poem(), pause=12.0),
    Fault("SIGKILL during a training", lambda t, _: t.kill_in_training(), pause=15.0),
    Fault("SIGKILL at the start", lambda t, _: t.kill_at_start(), pause=15.0),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


def make_plan(
    seed: int,
    seconds: float,
    quiet_s: float,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
) -> list[Step]:
    """Every fault once, in a random order, then again, until the time is up.

    quiet_s: seconds without a fault at the end.
    only: the faults to use, in this order, instead of all.
    quick: whether they are short, for a soak of seconds.
    Raises `ValueError` for an unknown fault.
    """
    if unknown := [name for name in only if name not in BY_NAME]:
        raise ValueError(f"{unknown[0]!r} is no fault. The faults: {', '.join(BY_NAME)}")
    random = np.random.default_rng(seed)
    possible = [BY_NAME[name] for name in only] or FAULTS
    steps: list[Step] = []
    at = FIRST_S
    while True:
        order = possible if only else [possible[n] for n in random.permutation(len(possible))]
        for fault in order:
            lasts = fault.seconds * (0.2 if quick else random.uniform(0.7, 1.2))
            pause = 3.0 if quick else fault.pause * random.uniform(0.9, 1.3)
            if at + lasts + pause > seconds - quiet_s:
                return steps
            steps.append(Step(round(at, 1), fault.name, round(lasts, 1)))
            at += lasts + pause
        if only:
            return steps
