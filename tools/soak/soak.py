"""Runs a soak: starts the bot, lets members use it, makes the faults, and judges."""

import asyncio
import string
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from models.fingerprints import Fingerprints
from models.names.constraints import LIST_RECIPE
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.weights import ModelCard, save_weights
from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from tools.soak.crowd import Crowd
from tools.soak.database import DatabaseFaults, PostgresFaults, SqliteFaults
from tools.soak.faults import BY_NAME, POSTGRES, SQLITE, Step, Trouble, make_plan
from tools.soak.ledger import DEADLINE_S, Entry, Ledger, unfinished
from tools.soak.records import Records, read_stored
from tools.soak.supervisor import Supervisor

ORDER = 5
GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
CYRILLIC = "бвгджзийклмнптфцчшщыэюя"
SYLLABLES = ("bel", "dor", "fen", "gal", "hir", "kum", "lys", "mar", "nim", "tov", "wen", "zar")
LARGE = 500_000
"""Number of n-grams of a large namer, whose file has 4.8 MiB of the 6 MiB that are allowed."""
LARGE_NAMERS = 8
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
    large_namers: int = LARGE_NAMERS
    address: str | None = None
    """DATABASE_URL of a PostgreSQL database; None is SQLite."""
    only: Sequence[str] = ()
    quick: bool = False
    deadline_s: float = DEADLINE_S
    """For the first response; longer on a machine whose speed is not the question."""


@dataclass
class Recovered:
    """A fault that was made, and when the bot was back: seconds after its end."""

    step: Step
    began: float
    ended: float
    error: str = ""
    seconds: float | None = None


@dataclass
class SoakResult:
    """Everything that was counted."""

    options: SoakOptions
    ledger: Ledger
    records: Records
    faults: list[Recovered]
    supervisor: Supervisor
    log: str
    left_unfinished: list[str] = field(default_factory=list)
    lost_records: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    lag_s: float = 0.0
    """The longest time in which this process did not run: the machine was busy."""


class Soak:
    """One soak, in a folder."""

    def __init__(self, folder: Path, options: SoakOptions, console: Console) -> None:
        self._folder, self._options, self._console = folder, options, console
        self._lag_s = 0.0
        self._left: dict[str, str] = {}

    async def run(self) -> SoakResult:
        """Run it; the outcome."""
        options, folder = self._options, self._folder
        async with AsyncExitStack() as stack:
            database: DatabaseFaults = (
                PostgresFaults(options.address)
                if options.address
                else SqliteFaults(folder / "state" / "mangosaurus.db")
            )
            await database.start()
            stack.push_async_callback(database.close)
            (folder / "state").mkdir()
            local = await stack.enter_async_context(
                LocalDiscord(
                    port=0,
                    heartbeat_s=HEARTBEAT_S,
                    writes=10,
                    history=MESSAGES,
                    first_response_s=options.deadline_s,
                )
            )
            environment = {"LOG_FORMAT": "json", "COOLDOWN_SECONDS": "1", "NAMERS_PER_GUILD": "20"}
            environment |= {"RETRAIN_COOLDOWN_MINUTES": "0", "HOME_GUILDS": str(local.guild_id)}
            if database.address:
                environment["DATABASE_URL"] = database.address
            supervisor = await stack.enter_async_context(Supervisor(local, folder, environment))
            ledger, records = Ledger(deadline_s=options.deadline_s), Records()
            ledger.downs, ledger.disturbed = supervisor.downs, local.faults.disturbed
            crowd = Crowd(local, ledger, records, seed=options.seed, members=options.members)
            outcome = SoakResult(options, ledger, records, [], supervisor, "")
            plan = make_plan(
                options.seed,
                options.seconds,
                options.quiet_s,
                database=POSTGRES if options.address else SQLITE,
                has_clock=supervisor.has_clock,
                only=options.only,
                quick=options.quick,
            )
            self._show_plan(plan, supervisor.has_clock)
            await self._prepare(crowd)
            trouble = Trouble(
                local,
                supervisor,
                database,
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
            messages = local.messages
        stored = await read_stored(database.url)
        outcome.lost_records = records.lost(stored, messages)
        outcome.contradictions = records.contradictions(stored)
        outcome.log = supervisor.bot.log.read_text(errors="replace")
        outcome.lag_s = self._lag_s
        for fault in outcome.faults:
            stores = BY_NAME[fault.step.fault].is_of_the_database
            back = ledger.first_success(fault.ended, stores=stores)
            fault.seconds = None if back is None else max(0.0, back - fault.ended)
        return outcome

    def _show_plan(self, plan: Sequence[Step], has_clock: bool) -> None:
        self._console.print(f"seed {self._options.seed}: {len(plan)} faults")
        for step in plan:
            lasts = f" for {step.seconds:g} s" if step.seconds else ""
            self._console.print(f"  {step.at:7.1f} s  {step.fault}{lasts}", highlight=False)
        if not has_clock:
            self._console.print("  no faults of the clock: the package libfaketime is missing")

    async def _prepare(self, crowd: Crowd) -> None:
        """Import namers and train one."""
        await self._insist(lambda: crowd.create_namer("elves"))
        for number in range(self._options.large_namers):
            content = await asyncio.to_thread(namer, number)
            name = f"large {number}"
            await self._insist(partial(crowd.import_namer, name, content))
        crowd.namers.append("elves")
        for name in crowd.namers:  # all of them in use from the start
            crowd.send("name of a namer", crowd.admin, "name", {"namer": name, "count": 3})
            await asyncio.sleep(COOLDOWN_S)

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
            asyncio.create_task(self._watch_lag()),
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
        fault = Recovered(step, time.time(), 0.0)
        outcome.faults.append(fault)
        try:
            await asyncio.wait_for(trouble.apply(step), step.seconds + 240.0)
        except Exception as error:  # noqa: BLE001 (the soak goes on without it)
            fault.error = f"{type(error).__name__}: {error}"
        finally:
            trouble.local.faults.clear()
            fault.ended = time.time()

    async def _watch_lag(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.1)
            self._lag_s = max(self._lag_s, time.perf_counter() - before - 0.1)

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


def namer(seed: int) -> bytes:
    """A large weight file, with n-grams of made-up names and many random ones."""
    random = np.random.default_rng(seed)
    names = sorted({"".join(random.choice(SYLLABLES, 3)) for _ in range(150)})
    vocabulary = Vocabulary.of([string.ascii_lowercase + GREEK + CYRILLIC])
    base = len(vocabulary)
    fitted = NGram.fit([name + END for name in names], vocabulary, ORDER, 0.75)
    # A random context and what follows it, so that no two orders share their contexts.
    codes = random.integers(base**ORDER, size=LARGE)
    grams = np.union1d(fitted.grams, codes)
    counts = np.ones(len(grams), np.int64)
    counts[np.searchsorted(grams, fitted.grams)] = 1000 * fitted.counts.clip(max=1000)
    model = NGram(vocabulary, ORDER, 0.75, grams, counts)
    card = ModelCard(
        task="names",
        architecture="ngram",
        recipe=LIST_RECIPE,
        corpus="elves",
        corpus_sha256="0" * 64,
        seed=seed,
        updates=1,
        created="2026-01-02",
        symbols=vocabulary.symbols,
        validation=1.5,
        kneser_ney=1.6,
        measured=len(names),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "namer.safetensors"
        save_weights(path, model.arrays(), card, Fingerprints.of(names), words=names)
        return path.read_bytes()
