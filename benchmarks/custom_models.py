"""Benchmark of memory: the bot with eight imported namers of the largest size, all in use.

The bot is a real process on the simulator. Each namer has read a list of 50,000 names, the most
that a list can have, and members ask all of them for names at the same time. Run with:
python -m benchmarks.custom_models
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from benchmarks.soak.namers import weight_file
from bot.local.limits import Upload
from bot.local.server import LocalDiscord
from bot.services.word_filter import WordFilter
from data.further_reading import load_genera
from data.lists import LONGEST_LIST
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.networks.sparse_ngram import SparseNGram
from models.networks.vocabulary import Vocabulary
from models.training.numpy_lstm import Fit, FitSettings

TARGET_MIB = 400
"""Memory that the whole bot may take."""
NAMERS, MEMBERS = 8, 16
ORDER, DISCOUNT = 8, 0.9
UNITS, LSTMS = 64, 2
SHARE = 0.8
"""Of the n-gram model."""


def largest_namer(seed: int) -> bytes:
    """The weight file of a namer for a list of the largest size; its LSTMs are not trained."""
    genera = load_genera()
    rng = np.random.default_rng(seed)
    every = sorted(filter(WordFilter().allows, {*genera.vertebrates, *genera.others}))
    names = [str(name) for name in rng.choice(every, LONGEST_LIST, replace=False)]
    texts, vocabulary = [f"{name}\n" for name in names], Vocabulary.of(names)
    settings = FitSettings(units=UNITS)
    lstms: list[LSTM] = [
        Fit(texts, (seed, k), settings, vocabulary).network() for k in range(LSTMS)
    ]
    ngram = SparseNGram.fit(texts, vocabulary, ORDER, DISCOUNT)
    shares = np.array([(1 - SHARE) / LSTMS] * LSTMS + [SHARE], np.float32)
    return weight_file(
        Mixture((*lstms, ngram), shares), "mixture", sorted(names), seed, reads_all=True
    )


async def run(folder: Path, seconds: float) -> tuple[dict[str, float], list[float], int]:
    """Memory in MiB by moment, response times in seconds, and the number of failures."""
    memory, waits, failures = dict[str, float](), list[float](), 0
    environment = {"COOLDOWN_SECONDS": "0", "NAMERS_PER_GUILD": str(NAMERS)}
    async with (
        LocalDiscord(port=0) as local,
        BotProcess(local, folder, environment) as bot,
    ):
        memory["peak of the start"] = bot.memory_mib()
        files = [await asyncio.to_thread(largest_namer, seed) for seed in range(NAMERS)]
        for number, content in enumerate(files):
            options = {"name": f"namer {number}", "file": Upload(f"{number}.safetensors", content)}
            done = await local.run_command("namer import", options, as_admin=True, timeout_s=60)
            if "is ready" not in str(done.message.embeds):
                raise RuntimeError(done.message.content)
        memory[f"peak after {NAMERS} imports"] = bot.memory_mib()
        ends_at = time.monotonic() + seconds
        members = [local.state.guild.add_member(f"Member {k}") for k in range(MEMBERS)]

        async def ask(number: int) -> None:
            nonlocal failures
            options = {"namer": f"namer {number % NAMERS}", "count": 10, "ends_with": "us"}
            while time.monotonic() < ends_at:
                began = time.monotonic()
                asked = await local.run_command("name", options, by=members[number], timeout_s=60)
                waits.append(time.monotonic() - began)
                failures += not asked.message.embeds

        await asyncio.gather(*map(ask, range(MEMBERS)))
        memory[f"peak with {NAMERS} namers in use"] = bot.memory_mib()
    return memory, waits, failures


def main() -> int:
    """Run the benchmark; the exit code is 1 if the bot exceeded `TARGET_MIB`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.custom_models", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of use (default: 30)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory, waits, failures = asyncio.run(run(Path(folder), options.seconds))
    table = Table("figure", "")
    for moment, mib in memory.items():
        table.add_row(moment, f"{mib:.0f} MiB")
    table.add_row("requests, and of them without names", f"{len(waits):,}, {failures:,}")
    median, high = np.quantile(waits, [0.5, 0.95])
    table.add_row("response time, median and 95th percentile", f"{median:.1f} s, {high:.1f} s")
    Console().print(table)
    return 1 if max(memory.values()) > TARGET_MIB else 0


if __name__ == "__main__":
    sys.exit(main())
