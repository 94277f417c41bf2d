"""Benchmark of namers: memory and response times of the bot with the largest ones, used in turn.

The bot is a real process on the simulator. Each namer has read a list of 50,000 names, the most
that a list can have, and members ask all of them for names at the same time: right after the start,
when none is loaded, and afterwards. Meanwhile, one member asks for dinosaurs and another for
sonnets. At last a manager imports one more. Run with: python -m benchmarks.custom_models

`--costs` measures instead what loading a file and a request take of the processor and of memory,
for several kinds of large files, in this process.
"""

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as bot/__main__.py does
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from benchmarks.soak.namers import SCALES, namer, weight_file
from bot.local.guild import User
from bot.local.limits import Upload
from bot.local.server import LocalDiscord
from bot.services.custom_models import LARGEST_MODEL, LARGEST_WEIGHTS
from bot.services.training.policies import corpus_of
from bot.services.word_filter import WordFilter
from bot.store import Database, Store, url_of
from data.further_reading import load_genera
from data.lists import LONGEST_LIST
from models.names.generator import NamesRequest, generate_names
from models.networks.lstm import LSTM
from models.networks.vocabulary import Vocabulary
from models.serving.mixture import ParallelMixture
from models.serving.sparse_ngram import SparseNGram
from models.tasks import task_of
from models.training.numpy_lstm import Fit, FitSettings
from models.weights import TooLarge, Trained, WeightsError

TARGET_MIB, TARGET_S = 400, 2.0
"""Memory that the whole bot may take, and the 95th percentile of the response times of namers."""
ORDER, DISCOUNT = 8, 0.9
UNITS, LSTMS = 64, 2
SHARE = 0.8
"""Of the n-gram model."""
WIDEST = 370
"""Units of an LSTM with about as many parameters as one that is imported may have."""
IMPORT_S, ANSWER_S = 300.0, 120.0
"""How long to wait on a busy machine."""
DINOSAUR_PAUSE_S, SONNET_PAUSE_S = 0.5, 5.0
"""Between two requests of those who ask for no namer. A sonnet is answered with its first lines."""
QUEUED = "place in the queue"
"""Stands in a message that is not an answer yet."""
TIMES = ("median, 95%, longest", "the same in the bot's CPU time")
LOADED = b"Loaded custom model"
"""Stands in the log for each load."""
T = TypeVar("T")


def largest_namer(seed: int) -> bytes:
    """The weight file of a namer for a list of the largest size; its LSTMs are not trained."""
    genera = load_genera()
    rng = np.random.default_rng(seed)
    every = sorted(filter(WordFilter().allows, {*genera.vertebrates, *genera.others}))
    return _of_list([str(name) for name in rng.choice(every, LONGEST_LIST, replace=False)], seed)


def long_names(seed: int) -> bytes:
    """The same for names of two words, with as many as a file can hold."""
    genera = sorted(load_genera().vertebrates)
    rng = np.random.default_rng(seed)
    names = {" ".join(rng.choice(genera, 2)) for _ in range(LONGEST_LIST // 2)}
    return _of_list(sorted(names), seed)


def widest_namer(seed: int) -> bytes:
    """A weight file that is nearly all LSTM."""
    names = sorted(load_genera().vertebrates)[:1_000]
    vocabulary = Vocabulary.of(names)
    fit = Fit([f"{name}\n" for name in names], (seed,), FitSettings(units=WIDEST), vocabulary)
    return weight_file(fit.network(), "lstm", names, seed, reads_all=True)


def most_ngrams(seed: int) -> bytes:
    """A weight file of n-grams that take about as much memory as a namer may."""
    for scale in SCALES:
        content = namer(seed, scale)
        if len(content) <= LARGEST_WEIGHTS:
            try:
                task_of("names").read(content, "", most_bytes=LARGEST_MODEL)
            except TooLarge:
                continue
            return content
    raise RuntimeError("no scale is small enough")


def _of_list(names: list[str], seed: int) -> bytes:
    texts, vocabulary = [f"{name}\n" for name in names], Vocabulary.of(names)
    settings = FitSettings(units=UNITS)
    lstms: list[LSTM] = [
        Fit(texts, (seed, k), settings, vocabulary).network() for k in range(LSTMS)
    ]
    ngram = SparseNGram.fit(texts, vocabulary, ORDER, DISCOUNT)
    shares = np.array([(1 - SHARE) / LSTMS] * LSTMS + [SHARE], np.float32)
    mixture = ParallelMixture((*lstms, ngram), shares)
    return weight_file(mixture, "mixture", sorted(names), seed, reads_all=True)


KINDS: dict[str, Callable[[int], bytes]] = {
    "50,000 genera": largest_namer,
    "25,000 names of two words": long_names,
    "made-up n-grams": most_ngrams,
    f"an LSTM of {WIDEST} units": widest_namer,
}


def measure_costs() -> Table:
    """What large files of each kind cost."""
    table = Table(
        "file", "its size", "loaded", "load: CPU", "10 names: CPU", "10 names in -us: CPU"
    )
    for title, make in KINDS.items():
        content = make(0)
        row = [title, f"{len(content) / 2**20:.1f} MiB"]
        try:
            trained, seconds = _timed(partial(_load, content))
        except WeightsError as error:
            table.add_row(*row, str(error))
            continue
        row += [f"{trained.resident_bytes / 2**20:.1f} MiB", f"{seconds:.2f} s"]
        for ending in ("", "us"):
            request = NamesRequest(10, 1, ends_with=ending)
            _, took = _timed(partial(generate_names, trained, request, WordFilter().allows))
            row.append(f"{took:.2f} s")
        table.add_row(*row)
    return table


def _load(content: bytes) -> Trained:
    """As the bot loads it."""
    trained = task_of("names").read(content, "The file")
    task_of("names").prepare(trained)
    return trained


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it returns, and the seconds of the processor that it took."""
    began = time.process_time()
    return work(), time.process_time() - began


@dataclass
class Answers:
    """Response times of one kind of request."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """Seconds of the processor that the bot took meanwhile, for whatever: what a busy bot that has
    a core for itself needs. Other programs do not change it."""
    failures: int = 0


@dataclass
class Use:
    """What members met while they used namers for some time."""

    namers: Answers = field(default_factory=Answers)
    dinosaurs: Answers = field(default_factory=Answers)
    sonnets: Answers = field(default_factory=Answers)
    loads: int = 0
    cpu_s: float = 0.0
    """Seconds of the processor that the bot took."""
    delay_s: float = 0.0
    """Seconds for which its threads waited for a core, because other programs ran."""


class Benchmark:
    """The bot, and members who use it."""

    def __init__(self, local: LocalDiscord, bot: BotProcess, namers: int, members: int) -> None:
        self._local, self._bot, self._namers = local, bot, namers
        guild = local.state.guild
        self._members = [guild.add_member(f"Member {k}") for k in range(members)]
        self._others = [guild.add_member(name) for name in ("Mary", "William")]

    async def import_one(self) -> None:
        """Import one more namer."""
        content = await asyncio.to_thread(largest_namer, self._namers)
        options = {"name": "imported", "file": Upload("imported.safetensors", content)}
        done = await self._local.run_command(
            "namer import", options, as_admin=True, timeout_s=IMPORT_S
        )
        if "is ready" not in str(done.message.embeds):
            raise RuntimeError(done.message.content)

    async def use(self, seconds: float, *, namers: bool = True) -> Use:
        """Let all members ask for names, and others for dinosaurs and sonnets."""
        use = Use()
        ends_at = time.monotonic() + seconds
        loads, (cpu_s, delay_s) = self._loads(), self._bot.cpu_seconds()

        async def ask_namers(member: int) -> None:
            for turn in itertools.count(member):
                if time.monotonic() >= ends_at:
                    return
                name = f"namer {turn % self._namers}"
                options = {"namer": name, "count": 10, "ends_with": "us"}
                await self._ask("name", options, self._members[member], use.namers)

        async def ask_for(command: str, member: int, pause_s: float, answers: Answers) -> None:
            while time.monotonic() < ends_at:
                await self._ask(command, {}, self._others[member], answers)
                await asyncio.sleep(pause_s)

        await asyncio.gather(
            *(ask_namers(k) for k in range(len(self._members) if namers else 0)),
            ask_for("dinoname", 0, DINOSAUR_PAUSE_S, use.dinosaurs),
            ask_for("sonnet", 1, SONNET_PAUSE_S, use.sonnets),
        )
        use.loads, (cpu_now_s, delay_now_s) = self._loads() - loads, self._bot.cpu_seconds()
        use.cpu_s, use.delay_s = cpu_now_s - cpu_s, delay_now_s - delay_s
        return use

    async def _ask(
        self, command: str, options: Mapping[str, object], by: User, answers: Answers
    ) -> None:
        began, (cpu_s, _) = time.monotonic(), self._bot.cpu_seconds()
        asked = await self._local.run_command(command, options, by=by, timeout_s=ANSWER_S)
        if not asked.failed:  # it was acknowledged in time
            with suppress(TimeoutError):
                left = ANSWER_S - (time.monotonic() - began)
                await self._local.wait_for(
                    lambda: QUEUED not in asked.message.content, timeout_s=left, what="An answer"
                )
        answers.seconds.append(time.monotonic() - began)
        answers.cpu_seconds.append(self._bot.cpu_seconds()[0] - cpu_s)
        answers.failures += asked.failed or not asked.message.embeds

    def _loads(self) -> int:
        return self._bot.log.read_bytes().count(LOADED)


async def run(
    folder: Path, seconds: float, namers: int, members: int
) -> tuple[dict[str, float], dict[str, Use]]:
    """Peak memory in MiB by moment, and what members met in each phase."""
    memory, uses = dict[str, float](), dict[str, Use]()
    environment = {"COOLDOWN_SECONDS": "0", "NAMERS_PER_GUILD": str(namers + 1)}
    async with LocalDiscord(port=0) as local:
        bot = BotProcess(local, folder, environment)
        await store_namers(bot.state_dir, local.guild_id, namers)
        async with bot:
            benchmark = Benchmark(local, bot, namers, members)
            memory["start"] = bot.memory_mib()
            for phase in ("after the start", "afterwards"):
                uses[phase] = await benchmark.use(seconds)
                memory[phase] = bot.memory_mib()
            uses["no namer in use"] = await benchmark.use(seconds / 2, namers=False)
            await benchmark.import_one()
            memory["an import"] = bot.memory_mib()
    return memory, uses


async def store_namers(state_dir: Path, guild_id: int, count: int) -> None:
    """Put namers into the database of a bot that has not started."""
    await asyncio.to_thread(state_dir.mkdir)
    database = Database(url_of(None, state_dir))
    try:
        await database.migrate()
        records = Store(database).custom_models
        for number in range(count):
            content = await asyncio.to_thread(largest_namer, number)
            trained = task_of("names").read(content, "The file")
            record = await records.create(
                community_id=guild_id,
                name=f"namer {number}",
                member_id=1,
                corpus=corpus_of("genera", tuple(trained.words)),
                now=datetime.now(UTC),
                most=count,
            )
            await records.trained(record.id, content, trained.digest, 1.0)
    finally:
        await database.close()


def times(seconds: list[float]) -> str:
    """Median, 95th percentile and longest of some response times."""
    if not seconds:
        return "—"
    median, high = np.quantile(seconds, [0.5, 0.95])
    return f"{median:.1f}, {high:.1f}, {max(seconds):.1f} s"


def main() -> int:
    """Run the benchmark; the exit code is 1 if the bot exceeded a target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.custom_models", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of each use (default: 30)")
    parser.add_argument("--namers", type=int, default=8, help="all of the largest size")
    parser.add_argument("--members", type=int, default=16, help="who use them in turn")
    parser.add_argument("--costs", action="store_true", help="measure loads and requests only")
    options = parser.parse_args()
    if options.costs:
        Console().print(measure_costs())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        memory, uses = asyncio.run(
            run(Path(folder), options.seconds, options.namers, options.members)
        )
    for phase, use in uses.items():
        share = use.cpu_s / (use.cpu_s + use.delay_s)
        title = f"{phase}: {use.loads} loads; the bot had {share:.0%} of the cores it asked for"
        table = Table("request", "number", "failed", *TIMES, title=title)
        for name, answers in (
            ("a namer", use.namers),
            ("/dinoname", use.dinosaurs),
            ("/sonnet", use.sonnets),
        ):
            counts = f"{len(answers.seconds):,}", f"{answers.failures:,}"
            table.add_row(name, *counts, times(answers.seconds), times(answers.cpu_seconds))
        Console().print(table)
    Console().print("Peak memory:", ", ".join(f"{m} {mib:.0f} MiB" for m, mib in memory.items()))
    waits = [use.namers.seconds for use in uses.values() if use.namers.seconds]
    is_slow = any(np.quantile(seconds, 0.95) > TARGET_S for seconds in waits)
    return 1 if is_slow or max(memory.values()) > TARGET_MIB else 0


if __name__ == "__main__":
    sys.exit(main())
