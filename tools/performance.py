"""Benchmark of speed: steps of the networks of verse, whole texts, and one member's wait.

Run with: python -m tools.performance [--write]. The figures are of one thread.
"""

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as bot/__main__.py does

import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from bot.words import WordFilter
from models.names.generator import NamesRequest
from models.serving.memory import keep_freed_memory
from models.serving.words import FastWordsAndCharacters
from models.tasks import task_of
from models.verse.poem import SonnetRequest
from models.weights import load_shipped
from tools.bot_process import CHECKOUT
from tools.load import ALONE_S, PLATFORMS, Asked, crowded_bot, quantiles

SETTINGS = {"COOLDOWN_SECONDS": "0", "LOG_LEVEL": "WARNING"}
PAGE = CHECKOUT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: python -m tools.performance -->", "<!-- end of what is measured -->"
STEPS, ROUNDS, TEXTS = 200, 7, 30
NAMES_ALONE, POEMS_ALONE = 50, 5
BATCHES = (1, 4, 16, 64)
"""Numbers of texts that share a step."""


@dataclass(frozen=True)
class Section:
    """A table with a title, and a sentence below it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        """Markdown of the section."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join(filter(None, (f"## {self.title}", table, self.note)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.performance", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(arguments)
    keep_freed_memory()  # as all processes do that write
    console, sections = Console(width=120), list[str]()
    for measure in (about, steps, whole_texts, one_member):
        sections.append(measure().markdown())
        console.print(Markdown(sections[-1]))
    if options.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text("\n\n".join((f"{before}{BEGIN}", *sections, f"{END}{after}")))
    return 0


def about() -> Section:
    """The time, the commit and the machine of a measurement."""
    command = ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    when = f"{datetime.now(UTC):%Y-%m-%d}, commit `{commit.stdout.strip() or 'unknown'}`"
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    rows = [
        ("measured", when),
        ("system", f"{system}, Python {platform.python_version()}, NumPy {np.__version__}"),
        ("other load", f"{os.getloadavg()[0]:.1f} processes wanted a core before"),
    ]
    return Section("The machine", ("", ""), rows)


def steps() -> Section:
    """One step of both networks of verse, as they serve."""
    network = load_shipped("sonnets").network
    assert isinstance(network, FastWordsAndCharacters)  # noqa: S101
    characters, words = network.characters.unrounded(), network.words.approximated()
    rows = []
    for batch in BATCHES:
        symbols = np.zeros(batch, np.int64)
        of_characters = characters.initial_state(batch)
        tokens = np.arange(batch, dtype=np.int64)
        towards, of_words = words.towards(tokens), words.initial_state(batch)
        times = (
            _median(partial(characters.step, symbols, of_characters)),
            _median(partial(words.step, tokens, tokens % 10, towards, of_words)),
        )
        rows.append([f"{batch}", *(human_time(seconds / batch) for seconds in times)])
    header = ("texts together", "a character", "a word")
    return Section("One step", header, rows, "The time for each text.")


def whole_texts() -> Section:
    """Times that a member waits for texts, without the chat."""
    rows = []
    for what, task, requests, most in (
        ("ten names", "names", [NamesRequest(10, seed) for seed in range(TEXTS + 1)], None),
        ("a sonnet's first lines", "sonnets", [*map(_sonnet, range(TEXTS + 1))], 2),
        ("a whole sonnet", "sonnets", [*map(_sonnet, range(TEXTS + 1))], None),
    ):
        trained = task_of(task).load_shipped()
        task_of(task).prepare(trained)
        generator, accept = task_of(task).generator, WordFilter().allows
        times = []
        for request in requests:  # the first one fills caches
            began = time.perf_counter()
            draft, done = generator.begin(trained, request), 0
            while not draft.finished and done != most:
                (draft,) = generator.extend(trained, [draft], [accept])
                done += 1
            times.append(time.perf_counter() - began)
        half, most_s = quantiles(times[1:], 0.5, 0.99)
        rows.append((what, human_time(half), human_time(most_s)))
    note = "With the word filter, rhyme, metre and constraints."
    return Section("Whole texts", ("text", "median", "99%"), rows, note)


def _sonnet(seed: int) -> SonnetRequest:
    return SonnetRequest(seed=seed)


def one_member() -> Section:
    """One member alone, over sockets: edits of a poem are a second apart."""
    rows = []
    for platform_name in PLATFORMS:
        asked = asyncio.run(_one_member(platform_name))
        names, poems = ([each for each in asked if each.what == what] for what in ("quiet", "poem"))
        for what, seconds in (
            ("/dinoname acknowledged", [each.to_acknowledge for each in names]),
            ("/dinoname answered", [each.to_answer for each in names]),
            ("/sonnet finished", [each.to_answer or ALONE_S for each in poems]),
        ):
            half, most = quantiles(seconds, 0.5, 0.99)
            rows.append((platform_name.capitalize(), what, human_time(half), human_time(most)))
    note = "Times include those of the simulator, which runs on the same cores."
    return Section("The whole bot, one member", ("", "", "median", "99%"), rows, note)


async def _one_member(platform_name: str) -> list[Asked]:
    """Ask for one name and one poem after the other."""
    async with crowded_bot(platform_name, 1, SETTINGS) as crowd:
        for number in range(NAMES_ALONE):
            await crowd.alone(number, "quiet")
        for _ in range(POEMS_ALONE):
            with suppress(TimeoutError):  # no line was found
                await crowd.alone(0, "poem")
        return crowd.asked


def _median(work: Callable[[], object]) -> float:
    """Seconds of one call: the median of some rounds, after one that fills caches."""
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        for _ in range(STEPS):
            work()
        times.append((time.perf_counter() - began) / STEPS)
    return float(np.median(times[1:]))


def human_time(seconds: float) -> str:
    """A time with three digits and a fitting unit.

    >>> human_time(0.0712), human_time(4.1e-5), human_time(3.456)
    ('71.2 ms', '41 µs', '3.46 s')
    """
    factor, unit = next(u for u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if seconds * u[0] >= 1)
    return f"{seconds * factor:.3g} {unit}"


if __name__ == "__main__":
    sys.exit(main())
