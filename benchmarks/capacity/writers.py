"""CPU time of a writing process: its start, its first turns, and turns by the number of texts.

As many processes as there are cores compute the same turns at the same time, since that is when
their speed matters: they share caches and memory. The CPU time is that of the processes. Run with:
python -m benchmarks.capacity.writers
"""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as bot/__main__.py does
os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from bot.services.word_filter import OwnLists, WordFilter
from bot.writing.processes import WriterProcess
from bot.writing.writer import Generation, Stop, Text
from models.names.generator import NamesRequest
from models.shared_weights import SharedWeights, share
from models.tasks import task_of
from models.verse.poem import SonnetRequest
from models.weights import Trained

TOGETHER = (1, 2, 4, 8, 16)
REQUESTS = {"names": NamesRequest, "sonnets": SonnetRequest}
DEADLINE_S = 120.0
ENDING_S = 0.2


class Measured:
    """A writing process whose CPU time is read."""

    def __init__(self, loaded: dict[str, Trained], accept: Any) -> None:  # noqa: ANN401 (a filter)
        self._loaded, self._accept = loaded, accept
        self._shared: dict[str, SharedWeights] = {}
        self._process = WriterProcess(self._share, OwnLists(), DEADLINE_S)

    def _share(self, trained: Trained) -> SharedWeights:
        return self._shared.setdefault(trained.digest, share(trained))

    async def start(self) -> float:
        """CPU seconds until it is ready."""
        await self._process.start()
        return self._cpu_s()

    async def write(self, task: str, together: int, seed: int) -> float:
        """CPU seconds of some texts that share their turns, for each of them."""
        before = self._cpu_s()
        work = Generation(task, self._loaded[task])
        texts = [
            Text(REQUESTS[task](seed=seed * 100 + k), None, self._accept) for k in range(together)
        ]
        while texts:
            drafts: Sequence[Any] = await self._process.write(work, texts, Stop())
            texts = [
                Text(text.request, draft, text.accept)
                for text, draft in zip(texts, drafts, strict=True)
                if not draft.finished
            ]
        return (self._cpu_s() - before) / together

    def close(self) -> None:
        self._process.close()

    def _cpu_s(self) -> float:
        """Of all its threads."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9


async def measure(beside: int, rounds: int) -> dict[str, float]:
    """The least seconds of each figure, of some rounds: other work only adds to them."""
    loaded = {task: task_of(task).load_shipped() for task in REQUESTS}
    accept = WordFilter().allows
    found: dict[str, float] = {}

    def note(label: str, seconds: Sequence[float]) -> None:
        mean = sum(seconds) / len(seconds)
        found[label] = min(found.get(label, mean), mean)

    for number in range(rounds):
        writers = [Measured(loaded, accept) for _ in range(beside)]
        try:
            note("start", await asyncio.gather(*(each.start() for each in writers)))
            for task in REQUESTS:
                firsts = await asyncio.gather(*(each.write(task, 1, number) for each in writers))
                note(f"{task}, the first", firsts)
            for task in REQUESTS:
                for together in TOGETHER:
                    written = (each.write(task, together, number) for each in writers)
                    note(f"{task}, {together} together", await asyncio.gather(*written))
        finally:
            for each in writers:
                each.close()
            await asyncio.sleep(ENDING_S)  # their threads wait for their end
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print milliseconds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.capacity.writers", description=__doc__
    )
    parser.add_argument("--beside", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    table = Table("for each text, or process", "CPU")
    for label, seconds in asyncio.run(measure(options.beside, options.rounds)).items():
        table.add_row(label, f"{1e3 * seconds:.2f} ms")
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
