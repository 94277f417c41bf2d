"""Whether the same seed gives the same text everywhere: `python -m benchmarks.same_texts`.

Writes poems and names one by one in this thread, then in shared batches, in other processes and by
the workers of a Dask cluster on this machine, and counts those that differ. Alone they must be the
same everywhere; in a batch, the matrix library may sum in another order, and a last digit may
decide a draw.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from distributed import LocalCluster
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.words import WordFilter
from bot.writing import Inference, open_inference
from bot.writing.cluster import ClusterPool
from bot.writing.service import prepared
from models.names.generator import NamesRequest
from models.tasks import TASKS
from models.verse.poem import SonnetRequest

PROCESSES = WORKERS = 2
START_S = 60.0
Texts = list[tuple[str, ...]]


async def poem(inference: Inference, seed: int) -> tuple[str, ...]:
    """The lines of a poem."""
    lines: tuple[str, ...] = ()
    async with aclosing(inference.sonnet(SonnetRequest("", seed), requester=seed)) as drafts:
        async for draft in drafts:
            lines = draft.lines
    return lines


async def card(inference: Inference, seed: int) -> tuple[str, ...]:
    """Ten names."""
    return (await inference.names(NamesRequest(10, seed), requester=seed)).names


KINDS = {"poems": poem, "cards of ten names": card}


async def written(
    inference: Inference, kind: str, seeds: Sequence[int], together: int, place: str
) -> Texts:
    """The texts of some seeds, so many at the same time."""
    texts: Texts = []
    rounds = range(0, len(seeds), together)
    for begin in track(rounds, f"{kind}, {place}", transient=True):
        some = seeds[begin : begin + together]
        texts += await asyncio.gather(*(KINDS[kind](inference, seed) for seed in some))
    return texts


@asynccontextmanager
async def opened(processes: int) -> AsyncIterator[Inference]:
    """Inference whose processes, if any, are ready."""
    inference = await open_inference(WordFilter().allows, processes=processes)
    try:
        async with asyncio.timeout(START_S):
            while inference.executors < processes:
                await asyncio.gather(*(card(inference, seed) for seed in range(100)))
        yield inference
    finally:
        await inference.close()


@asynccontextmanager
async def on_a_cluster() -> AsyncIterator[Inference]:
    """Inference on a cluster whose workers have the weights."""
    served = {name: prepared(name, task.load_shipped) for name, task in TASKS.items()}
    async with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, asynchronous=True
    ) as cluster:
        pool = ClusterPool(cluster.scheduler_address)
        pool.start()
        inference = Inference(served, WordFilter().allows, [pool])
        try:
            async with asyncio.timeout(START_S):
                while pool.status.workers < WORKERS:
                    await asyncio.gather(*(write(inference, 0) for write in KINDS.values()))
            yield inference
        finally:
            await inference.close()


def differing(expected: Texts, texts: Texts) -> str:
    """How many texts differ."""
    number = sum(a != b for a, b in zip(expected, texts, strict=True))
    return f"{number} of {len(expected)} ({number / len(expected):.1%})"


async def compare(count: int, console: Console) -> bool:
    """Print the table. Returns whether all texts that were written alone are the same."""
    table = Table("written", *KINDS, title="Texts that differ from those of the thread, alone")
    seeds = range(count)
    async with opened(0) as inference:
        alone = {kind: await written(inference, kind, seeds, 1, "alone") for kind in KINDS}
        for together in (8, 16, 64):
            place = f"{together} at the same time"
            texts = {k: await written(inference, k, seeds, together, place) for k in KINDS}
            table.add_row(place, *(differing(alone[kind], texts[kind]) for kind in KINDS))
    is_same = True
    for others, elsewhere in (
        (f"{PROCESSES} processes", opened(PROCESSES)),
        (f"{WORKERS} Dask workers", on_a_cluster()),
    ):
        async with elsewhere as inference:
            for together in (1, 64):
                place = (
                    f"{f'{together} at the same time' if together > 1 else 'alone'}, by {others}"
                )
                texts = {k: await written(inference, k, seeds, together, place) for k in KINDS}
                table.add_row(place, *(differing(alone[kind], texts[kind]) for kind in KINDS))
                is_same &= together > 1 or texts == alone
    console.print(table)
    return is_same


def main() -> None:
    """Parse the options and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--count", type=int, default=200, help="texts of each kind")
    count = parser.parse_args().count
    if not asyncio.run(compare(count, Console())):
        raise SystemExit("Texts that were written alone differ from those of the thread.")


if __name__ == "__main__":
    main()
