"""`python -m tools.performance`: measure, show, and write docs/performance.md."""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as bot/__main__.py does
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rich.console import Console

from models.names.generator import NamesRequest
from models.serving.memory import keep_freed_memory
from models.verse.poem import SonnetRequest
from tools.bot_process import CHECKOUT
from tools.load import ALONE_S, PLATFORMS, Asked, crowded_bot, quantiles
from tools.performance import networks, page, texts, timing
from tools.performance.page import Section
from tools.performance.timing import Times, human_time, in_turn, ratio

SETTINGS = {"COOLDOWN_SECONDS": "0", "LOG_LEVEL": "WARNING"}
PAGE = CHECKOUT / "docs" / "performance.md"
OURS, PREDICT, COMPILED = "NumPy (the project)", "Keras, predict (the notebook)", "Keras, compiled"
PRODUCTS = "matrix products alone (the floor)"


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float
    texts: int
    batches: Sequence[int]
    """Numbers of texts that share a step."""
    alone: tuple[int, int]
    """Names and poems of one member alone, on each platform."""


WHOLE = Effort(7, 0.3, 30, (1, 4, 16, 64), (50, 5))
QUICK = Effort(2, 0.02, 2, (1, 4), (2, 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.performance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a try: the figures mean little")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(arguments)
    keep_freed_memory()  # as all processes do that write
    effort = QUICK if options.quick else WHOLE
    console = Console(width=120)
    sections: list[Section] = []

    def show(section: Section) -> None:
        sections.append(section)
        section.print(console)

    times = step_times(effort)
    show(about())
    measured = timing.rates(times)
    show(one_step(times, measured))
    show(words(effort, measured))
    show(of_texts(effort, times[PREDICT].median))
    show(of_batches(effort))
    show(one_member(effort))
    if options.write:
        PAGE.write_text(page.written(PAGE.read_text(), sections))
    return 0


def step_times(effort: Effort) -> dict[str, Times]:
    """One step of one text in each way, and the machine's own rates, in turn."""
    network = networks.shipped()
    functions = {
        OURS: networks.numpy_step(network),
        PRODUCTS: networks.products(network),
        **timing.products(),
        PREDICT: networks.keras_predict(network),
        COMPILED: networks.keras_compiled(network),
    }
    return in_turn(functions, rounds=effort.rounds, seconds=effort.seconds)


def about() -> Section:
    """When, which commit, and on what."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    waiting = f"{os.getloadavg()[0]:.1f} processes wanted a core before"
    when = f"{datetime.now(UTC):%Y-%m-%d}, commit `{found.stdout.strip() or 'unknown'}`"
    rows = [("measured", when), *timing.circumstances(), ("other load", waiting)]
    return Section("The machine", ("", ""), rows)


def one_step(times: Mapping[str, Times], rates: timing.Rates) -> Section:
    """A character of verse."""
    ours = times[OURS].median
    operations = networks.operations(networks.shipped())
    rows = []
    for way in (PREDICT, COMPILED, OURS, PRODUCTS):
        each = times[way]
        rate = f"{operations / each.median / 1e9:.1f}" if way != PREDICT else "–"
        rows.append(
            (
                way,
                human_time(each.median),
                f"± {each.spread:.0%}",
                human_time(each.cpu_median),
                ratio(each.median / ours),
                rate,
            )
        )
    note = (
        f"In the same run, this machine's GEMV does {rates.gemv:.1f} and its SGEMM "
        f"{rates.sgemm:.1f} billion operations a second with one thread."
    )
    header = ("one character", "time", "spread", "CPU", "of the project's", "10⁹ operations/s")
    return Section("One character of verse", header, rows, note)


def words(effort: Effort, rates: timing.Rates) -> Section:
    """A step of the word network, as it serves and exact."""
    exact = networks.word_network()
    serving = exact.approximated()
    functions: dict[str, Callable[[], object]] = {}
    for batch in effort.batches:
        functions[f"{batch} serving"] = networks.word_step(serving, batch)
        functions[f"{batch} exact"] = networks.word_step(exact, batch)
    times = in_turn(functions, rounds=effort.rounds, seconds=effort.seconds / 3)
    rows = []
    for batch in effort.batches:
        operations = networks.word_operations(exact, batch)
        row = [f"{batch}"]
        for way in ("serving", "exact"):
            seconds = times[f"{batch} {way}"].median
            row.append(
                f"{human_time(seconds / batch)} ({operations / seconds / 1e9 / rates.sgemm:.0%})"
            )
        rows.append(row)
    header = ("texts", "NumPy, as it serves", "NumPy, exact")
    note = (
        "The time of a word for each text; in brackets the operations of the exact network, as a "
        "share of the SGEMM. As it serves, its matrices have low rank."
    )
    return Section("The network that chooses words", header, rows, note)


def of_texts(effort: Effort, predict: float) -> Section:
    """Times that a member waits for texts, without the chat."""
    names, verse = texts.TaskWriter("names"), texts.TaskWriter("sonnets")
    rows = []
    for what, write, writer in (
        ("ten names", texts.ten_names, names),
        ("a sonnet's first lines", texts.first_lines, verse),
        ("a whole sonnet", texts.sonnet, verse),
    ):
        each = texts.measure(write, writer, effort.texts)
        rows.append(
            (
                what,
                human_time(each.times.median),
                f"± {each.times.spread:.0%}",
                f"{each.characters / each.times.median:,.0f}",
                ratio(each.characters * predict / each.times.median),
            )
        )
    header = ("text", "time", "spread", "characters/s", "faster than predict")
    note = (
        "With the word filter, rhyme, metre and constraints. The last column is how much longer a "
        "`predict` for each character takes."
    )
    return Section("Whole texts", header, rows, note)


def of_batches(effort: Effort) -> Section:
    """Texts a second that are written together."""
    names, verse = texts.TaskWriter("names"), texts.TaskWriter("sonnets")
    rows = []
    for batch in effort.batches:
        cards = texts.per_second(names, [NamesRequest(5, seed) for seed in range(batch)])
        poems = texts.per_second(verse, [SonnetRequest(seed=seed) for seed in range(batch)])
        rows.append((f"{batch}", f"{5 * cards:.0f}", f"{poems:.2f}"))
    header = ("requests together", "names/s, five a request", "sonnets/s")
    return Section("Texts written together", header, rows, "For each second of CPU of one core.")


def one_member(effort: Effort) -> Section:
    """One member alone, over sockets: edits of a poem are a second apart."""
    rows = []
    for platform in PLATFORMS:
        asked = asyncio.run(_one_member(platform, *effort.alone))
        names, poems = ([each for each in asked if each.what == what] for what in ("quiet", "poem"))
        for what, seconds in (
            ("/dinoname acknowledged", [each.to_acknowledge for each in names]),
            ("/dinoname answered", [each.to_answer for each in names]),
            ("/sonnet finished", [each.to_answer or ALONE_S for each in poems]),
        ):
            half, most = quantiles(seconds, 0.5, 0.99)
            rows.append((platform.capitalize(), what, human_time(half), human_time(most)))
    note = "Times include those of the simulator, which runs on the same cores."
    return Section("The whole bot, one member", ("", "", "median", "99%"), rows, note)


async def _one_member(platform: str, names: int, poems: int) -> list[Asked]:
    """Ask for one name and one poem after the other."""
    async with crowded_bot(platform, 1, SETTINGS) as (crowd, _):
        for number in range(names):
            await crowd.alone(number, "quiet")
        for _ in range(poems):
            with suppress(TimeoutError):  # no line was found
                await crowd.alone(0, "poem")
        return crowd.asked


if __name__ == "__main__":
    sys.exit(main())
