"""Writing on a Dask cluster of this machine: `python -m benchmarks.cluster`.

Prints the throughput without workers and with 1, 2 and 4; how much longer a poem takes if the
worker that writes it is killed; and what happens when the scheduler is killed. Everything runs in
processes over loopback, which share the cores of this machine: CPU times say what limits it.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks.ports import free_port
from bot.services.word_filter import WordFilter
from bot.writing import Inference
from bot.writing.cluster import ClusterPool
from bot.writing.service import prepared
from models.names.generator import NamesRequest
from models.tasks import TASKS
from models.verse.poem import SonnetRequest
from models.weights import Trained

CHECKOUT = Path(__file__).parents[1]
PATIENCE_S = 120.0
TICKS = os.sysconf("SC_CLK_TCK")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Cluster:
    """A scheduler and workers, started as docs/hosting/cluster.md says."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._folder = folder
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler", "--port", str(self.port))

    def start_worker(self) -> None:
        port = free_port()
        self.workers[f"tcp://127.0.0.1:{port}"] = self._start(
            "worker", self.address, "--worker-port", str(port), "--nthreads", "1", "--no-nanny"
        )

    def kill(self, address: str) -> None:
        """Kill a worker."""
        _kill(self.workers.pop(address))

    def cpu_seconds(self) -> float:
        """Time of the processor of all workers."""
        return sum(map(_cpu_seconds, self.workers.values()))

    def close(self) -> None:
        """Kill everything."""
        for process in (*self.workers.values(), self.scheduler):
            _kill(process)

    def _start(self, command: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {"DASK_TEMPORARY_DIRECTORY": str(self._folder)}
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 (our own command)
                [
                    *(sys.executable, "-m", "dask", command, "--host", "127.0.0.1"),
                    *("--no-dashboard", *arguments),
                ],
                cwd=CHECKOUT,
                env=os.environ | environment,
                stdout=log,
                stderr=log,
            )


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster, for the time of a block."""
    with tempfile.TemporaryDirectory() as folder, closing(Cluster(Path(folder))) as made:
        yield made


async def until(condition: Callable[[], object]) -> float:
    """Wait until something is the case. Returns the seconds that it took."""
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 (other processes have no events)
            await asyncio.sleep(0.005)
    return time.perf_counter() - started


@dataclass(frozen=True)
class Poem:
    """A poem, and when its lines came."""

    lines: Sequence[str]
    gaps: Sequence[float]
    """Seconds before each line."""


async def poem(inference: Inference, seed: int) -> Poem:
    """Write a poem."""
    gaps, lines, last = list[float](), tuple[str, ...](), time.perf_counter()
    async for draft in inference.sonnet(SonnetRequest(seed=seed)):
        now = time.perf_counter()
        gaps.append(now - last)
        lines, last = draft.lines, now
    return Poem(lines, gaps)


async def connected(
    made: Cluster | None, workers: int, served: dict[str, Trained]
) -> tuple[Inference, ClusterPool | None]:
    """Inference on a cluster with so many workers, which have the weights."""
    accept = WordFilter().allows
    if made is None:
        return Inference(served, accept), None
    while len(made.workers) < workers:
        made.start_worker()
    pool = ClusterPool(made.address)
    pool.start()
    await until(lambda: pool.status.workers == workers)
    inference = Inference(served, accept, [pool])
    digests = {trained.digest for trained in served.values()}
    await asyncio.gather(poem(inference, 0), inference.names(NamesRequest(count=10)))
    await until(lambda: all(all(map(worker.has, digests)) for worker in pool.workers))
    return inference, pool


async def throughput(served: dict[str, Trained], poems: int, cards: int) -> None:
    """Poems and cards of names, all asked for at once, with a growing number of workers."""
    say("| writes | s | poems/s | cards/s | CPU s of the bot | CPU s of workers | same poems |")
    say("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    reference: list[Sequence[str]] = []
    for workers in (0, 1, 2, 4):
        with cluster() as made:
            inference, _ = await connected(made if workers else None, workers, served)
            bot, others = time.process_time(), made.cpu_seconds()
            started = time.perf_counter()
            written = await asyncio.gather(*(poem(inference, seed) for seed in range(poems)))
            of_poems = time.perf_counter() - started
            requests = (NamesRequest(count=10, seed=seed) for seed in range(cards))
            await asyncio.gather(*map(inference.names, requests))
            of_cards = time.perf_counter() - started - of_poems
            bot, others = time.process_time() - bot, made.cpu_seconds() - others
            lines = [found.lines for found in written]
            reference = reference or lines
            same = sum(a == b for a, b in zip(lines, reference, strict=True))
            place = f"{workers} workers" if workers else "the thread"
            say(
                f"| {place} | {of_poems + of_cards:.1f} | {poems / of_poems:.2f} "
                f"| {cards / of_cards:.0f} | {bot:.2f} | {others:.2f} | {same} of {poems} |"
            )
            await inference.close()


async def kills(served: dict[str, Trained], times: int) -> None:
    """Kill the worker that writes a poem, again and again."""
    with cluster() as made:
        inference, pool = await connected(made, 2, served)
        assert pool is not None  # noqa: S101 (it is made with a cluster)
        alone, usual = Inference(served, WordFilter().allows), list[float]()
        longest, same = list[float](), 0
        for seed in range(times):
            expected = await poem(alone, seed)
            usual.append(max(expected.gaps[1:]))
            writing = asyncio.create_task(poem(inference, seed))
            await asyncio.sleep(sum(expected.gaps) * (0.2 + 0.06 * seed))
            await until(lambda: any(worker.at_work for worker in pool.workers))
            made.kill(next(w.address for w in pool.workers if w.at_work))
            found = await asyncio.wait_for(writing, PATIENCE_S)
            same += found.lines == expected.lines
            longest.append(max(found.gaps[1:]))
            made.start_worker()
            await until(lambda: pool.status.workers == 2)
            await poem(inference, 0)
        extra = [max(0.0, a - b) for a, b in zip(longest, usual, strict=False)]
        say(
            f"\n{times} workers killed in mid-poem: {len(longest)} poems delivered, {same} as the "
            f"thread writes them. Longest wait for a line: {statistics.median(longest):.2f} s "
            f"in the median, {max(longest):.2f} s at most; more than without a kill: "
            f"{statistics.median(extra):.2f} s in the median, {max(extra):.2f} s at most."
        )
        await inference.close()
        await alone.close()


async def lost_scheduler(served: dict[str, Trained]) -> None:
    """Kill the scheduler while poems are written, and start it again."""
    with cluster() as made:
        inference, pool = await connected(made, 2, served)
        assert pool is not None  # noqa: S101 (it is made with a cluster)
        writing = [asyncio.create_task(poem(inference, seed)) for seed in range(4)]
        await asyncio.sleep(0.3)
        _kill(made.scheduler)
        noticed = await until(lambda: not pool.status.connected)
        found = await asyncio.gather(*writing)
        longest = max(max(each.gaps[1:]) for each in found)
        names = await inference.names(NamesRequest(count=10, seed=1))
        for address in [*made.workers]:
            made.kill(address)  # their supervisor would start them again
        made.start_scheduler()
        made.start_worker()
        back = await until(lambda: pool.status.workers == 1)
        say(
            f"\nThe scheduler killed: noticed after {noticed:.2f} s; {len(found)} poems that were "
            f"being written delivered, longest wait for a line {longest:.2f} s; "
            f"{len(names.names)} names written without it; the cluster taken again {back:.1f} s "
            "after its start."
        )
        await inference.close()


def main() -> None:
    """Run everything, or what the options leave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--poems", type=int, default=32)
    parser.add_argument("--cards", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args()
    served = {name: prepared(name, task.load_shipped) for name, task in TASKS.items()}
    asyncio.run(throughput(served, options.poems, options.cards))
    asyncio.run(kills(served, options.kills))
    asyncio.run(lost_scheduler(served))


if __name__ == "__main__":
    main()
