"""Runs a soak: starts the bot, lets members use it, makes the faults, and judges."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console

from bot.store import url_of
from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from tools.soak.crowd import Crowd
from tools.soak.faults import BY_NAME, Step, Trouble, make_plan
from tools.soak.ledger import DEADLINE_S, Entry, Ledger, unfinished
from tools.soak.records import Records, read_stored
from tools.soak.supervisor import Supervisor

TRIES = 5
COOLDOWN_S = 1.1
"""Seconds between two requests of the administrator; the bot is told 1 s."""
CLOSING_S = 60.0
"""Seconds after a restart in which an unfinished message must be closed."""
LEAST_QUIET_S = 10.0
"""Seconds after the last fault, at least."""
MESSAGES = 100_000
"""Messages that the simulator keeps: the poll of a deleted one has no winner."""
HEARTBEAT_S = 20.0
"""Interval of heartbeats: shorter than Discord's 41 s, so that a soak has more of them."""


@dataclass(frozen=True)
class SoakOptions:
    """What a soak does; `tests/slow/test_soak.py` runs a small one."""

    seconds: float = 1200.0
    seed: int = 0
    rate: float = 3.0
    members: int = 200
    quiet_s: float = 70.0
    only: Sequence[str] = ()
    quick: bool = False
    deadline_s: float = DEADLINE_S
    """For the first response; longer on a machine whose speed is not the question."""


@dataclass
class SoakResult:
    """Everything that was counted."""

    ledger: Ledger
    records: Records
    faults: list[tuple[Step, float]]
    """Those that were made, and when they ended."""
    supervisor: Supervisor
    log: str = ""
    left_unfinished: list[str] = field(default_factory=list)
    lost_records: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    never_back: list[str] = field(default_factory=list)
    """Faults after which no interaction succeeded."""


class Soak:
    """One soak, in a folder."""

    def __init__(self, folder: Path, options: SoakOptions, console: Console) -> None:
        self._folder, self._options, self._console = folder, options, console
        self._left: dict[str, str] = {}

    async def run(self) -> SoakResult:
        """Run it; the outcome."""
        options, folder = self._options, self._folder
        async with AsyncExitStack() as stack:
            local = await stack.enter_async_context(
                LocalDiscord(
                    port=0,
                    heartbeat_s=HEARTBEAT_S,
                    writes=10,
                    history=MESSAGES,
                    first_response_s=options.deadline_s,
                )
            )
            environment = {"LOG_FORMAT": "json", "COOLDOWN_SECONDS": "1"}
            environment |= {"RETRAIN_COOLDOWN_MINUTES": "0", "HOME_GUILDS": str(local.guild_id)}
            supervisor = await stack.enter_async_context(Supervisor(local, folder, environment))
            ledger, records = Ledger(deadline_s=options.deadline_s), Records()
            ledger.downs, ledger.disturbed = supervisor.downs, local.faults.disturbed
            crowd = Crowd(local, ledger, records, seed=options.seed, members=options.members)
            outcome = SoakResult(ledger, records, [], supervisor)
            plan = make_plan(
                options.seed,
                options.seconds,
                options.quiet_s,
                only=options.only,
                quick=options.quick,
            )
            self._console.print(f"seed {options.seed}: {len(plan)} faults")
            await self._insist(lambda: crowd.create_namer("elves"))
            crowd.namer = "elves"
            trouble = Trouble(
                local,
                supervisor,
                folder / "state" / "mangosaurus.db",
                crowd,
                np.random.default_rng([options.seed, 2]),
            )
            await self._go(outcome, plan, trouble)
            await supervisor.wait_online()
            restarted = supervisor.downs[-1].ended if supervisor.downs else 0.0
            left = unfinished(local.messages)
            while left and time.time() < restarted + CLOSING_S + options.deadline_s:
                await asyncio.sleep(0.5)
                left = unfinished(local.messages)
            for message in left:
                self._note_unfinished(message)
            outcome.left_unfinished = [*self._left.values()]
        stored = await read_stored(url_of(None, supervisor.bot.state_dir))
        outcome.lost_records = records.lost(stored)
        outcome.contradictions = records.contradictions(stored)
        outcome.log = supervisor.bot.log.read_text(errors="replace")
        outcome.never_back = [
            step.fault
            for step, ended in outcome.faults
            if not ledger.has_success(ended, stores=BY_NAME[step.fault].is_of_the_database)
        ]
        return outcome

    async def _insist(self, ask: Callable[[], Awaitable[Entry]]) -> None:
        """Ask until it succeeds; `RuntimeError` if it does not. The machine may be busy."""
        for _ in range(TRIES):
            entry = await ask()
            await asyncio.sleep(COOLDOWN_S)
            if entry.succeeded:
                return
        raise RuntimeError(f"{entry.what} failed: {entry.text or 'no answer'}")

    async def _go(self, outcome: SoakResult, plan: Sequence[Step], trouble: Trouble) -> None:
        options, crowd = self._options, trouble.crowd
        began = time.time()
        tasks = [
            asyncio.create_task(crowd.act(options.rate)),
            asyncio.create_task(crowd.probe()),
            asyncio.create_task(self._watch_messages(trouble)),
        ]
        working: asyncio.Task[None] | None = None
        steps = list(plan)
        end = options.seconds
        while (now := time.time() - began) < end:
            is_free = working is None or working.done()
            if not is_free:  # a late fault, on a busy machine: see how the bot comes back
                end = max(end, now + LEAST_QUIET_S)
            if steps and is_free and now >= steps[0].at:
                step = steps.pop(0)
                self._console.print(f"  {now:7.1f} s  {step.fault}", highlight=False)
                working = asyncio.create_task(self._make(outcome, step, trouble))
            await asyncio.sleep(0.1)
        for task in tasks[:2]:
            task.cancel()
        await crowd.finish()
        for task in tasks[2:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, outcome: SoakResult, step: Step, trouble: Trouble) -> None:
        try:
            await asyncio.wait_for(trouble.apply(step), step.seconds + 240.0)
        except Exception as error:  # noqa: BLE001 (the soak goes on without it)
            self._console.print(f"{step.fault}: {type(error).__name__}: {error}", markup=False)
        finally:
            trouble.local.faults.clear()
            outcome.faults.append((step, time.time()))

    async def _watch_messages(self, trouble: Trouble) -> None:
        """Note what is still unfinished a minute after a restart, from before it."""
        supervisor = trouble.supervisor
        checked = 0
        while True:
            await asyncio.sleep(1.0)
            downs = [down for down in supervisor.downs if down.ended < float("inf")]
            if len(downs) > checked and supervisor.online.is_set():
                since = downs[-1].ended
                if time.time() - since >= CLOSING_S + self._options.deadline_s:
                    checked = len(downs)
                    for message in unfinished(trouble.local.messages):
                        if message.created_at < downs[-1].began:
                            self._note_unfinished(message)

    def _note_unfinished(self, message: Message) -> None:
        shown = message.embed.get("title") or message.content or "thinking…"
        self._left[message.id] = f"{shown}"[:80]
