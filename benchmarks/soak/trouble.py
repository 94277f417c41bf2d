"""Makes the faults of a plan."""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.soak.crowd import Crowd
from benchmarks.soak.database import (
    DatabaseFaults,
    PostgresFaults,
    change_weights,
    flipped,
    truncated,
)
from benchmarks.soak.ledger import Entry, text_of
from benchmarks.soak.plan import Step
from benchmarks.soak.supervisor import Supervisor, limit_memory
from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.local.server import LocalDiscord

NOTHING = -1
"""No limit of the size of files."""
TRAINER_S = 10.0
"""Seconds until a training must have started."""
VICTIM = "victim"
"""The namer whose weights are broken."""
HALF_OF_THEM = r"/(interactions|webhooks|channels)/"

Apply = Callable[["Trouble", float, np.random.Generator], Awaitable[None]]


@dataclass
class Trouble:
    """What faults act on.

    half_served: a sentence for each time that broken weights answered.
    """

    local: LocalDiscord
    supervisor: Supervisor
    database: DatabaseFaults
    crowd: Crowd
    victim: int
    """The row of `VICTIM` in the database."""
    other_weights: bytes
    """Weights of another namer."""
    version: int
    """A version of the names that is live."""
    half_served: list[str]

    async def apply(self, step: Step) -> None:
        """Make a fault, and return when it is over."""
        await APPLY[step.fault](self, step.seconds, np.random.default_rng(step.seed))

    # The API and the gateway

    async def rest(self, kind: Kind, seconds: float, share: float, wait: float = 1.0) -> None:
        self.local.faults.rest = RestFault(kind, share, HALF_OF_THEM, wait)
        await asyncio.sleep(seconds)
        self.local.faults.clear()

    async def slow_events(self, seconds: float) -> None:
        self.local.faults.event_delay_s = 0.3
        await asyncio.sleep(seconds)
        self.local.faults.clear()

    async def duplicates(self, seconds: float) -> None:
        self.local.faults.duplicates = True
        await asyncio.sleep(seconds)
        self.local.faults.clear()

    async def reorder(self, seconds: float) -> None:
        self.local.faults.gathering_s = 0.4
        await asyncio.sleep(seconds)
        self.local.faults.clear()

    async def stall(self) -> None:
        self.local.gateway.stall()
        # discord.py notices by a heartbeat without an answer.
        await self.local.wait_for(
            lambda: not self.local.gateway.is_stalled, timeout_s=90.0, what="A new connection"
        )

    # The disk

    async def full_disk(self, seconds: float) -> None:
        self.supervisor.limit_files(0)
        await asyncio.sleep(seconds)
        self.supervisor.limit_files(NOTHING)

    # Weights

    async def broken_namer(self, change: Callable[[bytes], bytes]) -> None:
        """A namer's weights change while the bot is down."""
        before = b""

        async def break_it() -> None:
            nonlocal before
            before = await change_weights(self.database.url, "custom_models", self.victim, change)

        await self._while_down(break_it)
        entry = self.crowd.send(
            "broken namer", self.crowd.admin, "name", {"namer": VICTIM, "count": 3}, worked="🪶"
        )
        await self.crowd.settled(entry)
        if entry.succeeded:
            self.half_served.append(f"/name wrote with broken weights: {entry.text[:60]}")
        await change_weights(self.database.url, "custom_models", self.victim, lambda _: before)

    async def broken_version(self) -> None:
        """The weights of the live version change while the bot is down."""
        before = b""

        async def break_it() -> None:
            nonlocal before
            before = await change_weights(self.database.url, "versions", self.version, flipped)

        async def mend_it() -> None:
            await change_weights(self.database.url, "versions", self.version, lambda _: before)

        await self._while_down(break_it, limit_s=15.0)
        if self.supervisor.online.is_set():
            await self.crowd.settled(entry := self._about())
            if f"Version {self.version}" in entry.text:
                self.half_served.append(f"/about shows broken weights: {entry.text[:60]}")
        await self._while_down(mend_it)

    def _about(self) -> Entry:
        return self.crowd.send("about", self.crowd.admin, "about", worked=".")

    async def broken_file(self, change: Callable[[bytes], bytes]) -> None:
        """A shipped weight file changes while the bot is down."""
        path: Path = self.supervisor.checkout / "models" / "weights" / "sonnets.safetensors"
        before = await asyncio.to_thread(path.read_bytes)
        await self._while_down(lambda: _write(path, change(before)), limit_s=10.0)
        if self.supervisor.online.is_set():
            self.half_served.append("the bot started with a broken weight file")
        await self._while_down(lambda: _write(path, before))

    async def _while_down(
        self, work: Callable[[], Awaitable[None]], *, limit_s: float = 90.0
    ) -> None:
        """Do something between a SIGKILL and the next start."""
        self.supervisor.may_run.clear()
        await self.supervisor.kill()
        try:
            await work()
        finally:
            self.supervisor.may_run.set()
        await self.supervisor.wait_online(limit_s)

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

    async def kill_trainer(self, until: str) -> None:
        """Kill a trainer, at once or when its message shows this percentage or more."""
        pid = await self.training()
        if pid is None:
            return
        least = int(until)
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

    # The clock and the process

    async def step_clock(self, by: float, seconds: float) -> None:
        self.supervisor.set_clock(by)
        await asyncio.sleep(seconds)
        self.supervisor.set_clock(0)
        await asyncio.sleep(1.0)

    async def terminate(self) -> None:
        await self.supervisor.terminate()
        await self.supervisor.wait_online()

    async def terminate_locked(self) -> None:
        lock = asyncio.create_task(self.database.lock(14.0))
        await asyncio.sleep(2.0)
        await self.supervisor.terminate()
        await lock
        await self.supervisor.wait_online()

    async def terminate_silent(self) -> None:
        self.local.faults.rest = RestFault(Kind.SILENCE, 1.0, HALF_OF_THEM)
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

    async def kill_at_start(self, random: np.random.Generator) -> None:
        for _ in range(3):
            await self.supervisor.kill()
            await asyncio.sleep(1.0 + random.uniform(0.2, 3.0))
        await self.kill()


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


async def _write(path: Path, content: bytes) -> None:
    await asyncio.to_thread(path.write_bytes, content)


def _postgres(trouble: Trouble) -> PostgresFaults:
    assert isinstance(trouble.database, PostgresFaults)  # noqa: S101 (by the plan)
    return trouble.database


APPLY: Mapping[str, Apply] = {
    "connection dropped": lambda t, s, r: t.local.drop_gateway(),
    "connection half-open": lambda t, s, r: t.stall(),
    "session invalidated": lambda t, s, r: t.local.gateway.invalidate(),
    "session invalidated, resumable": lambda t, s, r: t.local.gateway.invalidate(resumable=True),
    "reconnect requested": lambda t, s, r: t.local.gateway.ask_to_reconnect(),
    "malformed frame": lambda t, s, r: t.local.gateway.send_malformed(),
    "events slow": lambda t, s, r: t.slow_events(s),
    "events duplicated": lambda t, s, r: t.duplicates(s),
    "events reordered": lambda t, s, r: t.reorder(s),
    "answers 500": lambda t, s, r: t.rest(Kind.SERVER_ERROR, s, 0.5),
    "answers 502": lambda t, s, r: t.rest(Kind.BAD_GATEWAY, s, 0.5),
    "answers 429 for a route": lambda t, s, r: t.rest(Kind.ROUTE_LIMIT, s, 0.5, 0.7),
    "answers 429 for everything": lambda t, s, r: t.rest(Kind.GLOBAL_LIMIT, s, 0.3, 0.5),
    "answers none": lambda t, s, r: t.rest(Kind.SILENCE, s, 0.3),
    "answers slow": lambda t, s, r: t.rest(Kind.SLOW, s, 0.5, 1.5),
    "answers malformed": lambda t, s, r: t.rest(Kind.MALFORMED, s, 0.3),
    "connections cut": lambda t, s, r: t.rest(Kind.CUT, s, 0.4),
    "answers lost": lambda t, s, r: t.rest(Kind.LOST_ANSWER, s, 0.4),
    "database locked": lambda t, s, r: t.database.lock(s),
    "database slow": lambda t, s, r: t.database.slow(s),
    "database full": lambda t, s, r: t.full_disk(s),
    "database hung": lambda t, s, r: _postgres(t).hang(s),
    "database gone": lambda t, s, r: _postgres(t).go_away(s),
    "database read-only": lambda t, s, r: _postgres(t).read_only(s),
    "weights of a namer flipped": lambda t, s, r: t.broken_namer(flipped),
    "weights of a namer truncated": lambda t, s, r: t.broken_namer(truncated),
    "weights of a namer swapped": lambda t, s, r: t.broken_namer(lambda _: t.other_weights),
    "live weights flipped": lambda t, s, r: t.broken_version(),
    "shipped weights flipped": lambda t, s, r: t.broken_file(flipped),
    "shipped weights truncated": lambda t, s, r: t.broken_file(truncated),
    "trainer killed at its start": lambda t, s, r: t.kill_trainer("0"),
    "trainer killed while it trains": lambda t, s, r: t.kill_trainer("30"),
    "trainer killed at its end": lambda t, s, r: t.kill_trainer("95"),
    "trainer out of memory": lambda t, s, r: t.starve_trainer(),
    "trainer hung": lambda t, s, r: t.hang_trainer(s),
    "clock an hour back": lambda t, s, r: t.step_clock(-3600, s),
    "clock a day back": lambda t, s, r: t.step_clock(-86400, s),
    "clock an hour ahead": lambda t, s, r: t.step_clock(3600, s),
    "SIGTERM": lambda t, s, r: t.terminate(),
    "SIGTERM while the database is locked": lambda t, s, r: t.terminate_locked(),
    "SIGTERM while the API is silent": lambda t, s, r: t.terminate_silent(),
    "SIGTERM while half-open": lambda t, s, r: t.terminate_half_open(),
    "SIGKILL": lambda t, s, r: t.kill(),
    "SIGKILL during a poem": lambda t, s, r: t.kill_in_poem(),
    "SIGKILL during a training": lambda t, s, r: t.kill_in_training(),
    "SIGKILL at the start": lambda t, s, r: t.kill_at_start(r),
}
"""How each fault of `plan.FAULTS` is made."""
DATABASE_FAULTS = frozenset(
    name for name in APPLY if name.startswith(("database", "SIGTERM while the d"))
)
"""After these, the bot is back when it stores again."""
