"""Benchmark of the queues: names that are refused or late while others write poems.

Some members write poem after poem, and keep the cooldown; meanwhile one name request after another
arrives from other members. Then many members ask for names at once. Run with: python -m
benchmarks.queues
"""

import argparse
import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as bot/__main__.py does
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

from bot.services.word_filter import WordFilter
from bot.writing import Inference, open_inference
from bot.writing.errors import InferenceError
from models.names.generator import NamesRequest
from models.verse.poem import SonnetRequest

COOLDOWN_S = 4.0
"""The default of the bot: from one request of a member to the next."""
NAMES_PER_SECOND = 4.0


@dataclass
class Answers:
    """What came of some requests."""

    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    """From each request that was answered to its answer."""

    @property
    def asked(self) -> int:
        """Number of requests."""
        return self.refused + len(self.seconds)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queues", description=__doc__)
    parser.add_argument(
        "--writers", type=int, nargs="*", default=[4, 8, 16], help="numbers of poem writers"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="for each of them")
    parser.add_argument("--at-once", type=int, default=500, help="name requests at once")
    options = parser.parse_args()
    table = Table("load", "names asked", "refused", "median", "95th percentile", "longest")
    asyncio.run(_measure(table, options.writers, options.seconds, options.at_once))
    Console().print(table)


async def _measure(table: Table, writers: Sequence[int], seconds: float, at_once: int) -> None:
    inference = await open_inference(WordFilter().allows)
    await _poem(inference, 0)  # warm up, like a running bot
    for count in writers:
        names, poems = await _beside_poems(inference, count, seconds)
        _row(table, f"{count} poem writers ({len(poems.seconds)} poems)", names)
        _row(table, "  their poems", poems)
    names = Answers()
    await asyncio.gather(*(_names(inference, member, names) for member in range(at_once)))
    _row(table, f"{at_once} names at once", names)
    await inference.close()


async def _beside_poems(
    inference: Inference, writers: int, seconds: float
) -> tuple[Answers, Answers]:
    """Names that are asked for one by one, while some members write poems."""
    names, poems = Answers(), Answers()
    writing = [
        asyncio.create_task(_write_on(inference, -1 - number, poems)) for number in range(writers)
    ]
    asking = []
    for member in range(int(seconds * NAMES_PER_SECOND)):
        asking.append(asyncio.create_task(_names(inference, member, names)))
        await asyncio.sleep(1 / NAMES_PER_SECOND)
    await asyncio.wait(asking)
    for task in writing:
        task.cancel()
    await asyncio.wait(writing)
    return names, poems


async def _write_on(inference: Inference, member: int, answers: Answers) -> None:
    """Poems of one member, until the task is cancelled."""
    while True:
        started = time.perf_counter()
        try:
            await _poem(inference, member)
        except InferenceError:
            answers.refused += 1
        else:
            answers.seconds.append(time.perf_counter() - started)
        await asyncio.sleep(max(0.0, COOLDOWN_S - (time.perf_counter() - started)))


async def _poem(inference: Inference, member: int) -> None:
    poem = inference.sonnet(SonnetRequest(seed=abs(member)), requester=member)
    async with aclosing(poem) as drafts:
        async for _ in drafts:
            pass


async def _names(inference: Inference, member: int, answers: Answers) -> None:
    started = time.perf_counter()
    try:
        await inference.names(NamesRequest(5, member), requester=member)
    except InferenceError:
        answers.refused += 1
    else:
        answers.seconds.append(time.perf_counter() - started)


def _row(table: Table, load: str, answers: Answers) -> None:
    times = ["–"] * 3
    if answers.seconds:
        times = [f"{np.quantile(answers.seconds, q):.2f} s" for q in (0.5, 0.95, 1.0)]
    share = f"{answers.refused} ({answers.refused / max(1, answers.asked):.0%})"
    table.add_row(load, str(answers.asked), share, *times)


if __name__ == "__main__":
    main()
