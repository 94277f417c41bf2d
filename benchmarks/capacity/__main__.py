"""Show the calculation and a simulated day, or with `--rush` the load test as the model sees it.

The simulation draws the requests of a day: Poisson arrivals at a rate that follows the hours, with
bursts (a server that has just found the bot), and lets them wait for event loops and writers that
share some cores. The costs were measured; all else are assumptions, and both stand in
`benchmarks/capacity/assumptions.py`.

Run with: python -m benchmarks.capacity --servers 10000 --cores 2 --writers 2
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.capacity.arrivals import DAY_S, Request, of_a_day, of_a_rush
from benchmarks.capacity.assumptions import Costs, Habits, Machines
from benchmarks.capacity.simulation import SPAN_S, Waits, simulate
from benchmarks.load import CARDS, POEMS

SERVERS = (100, 10_000, 1_000_000)
POEMS_TOGETHER = 8
"""Poems that share their turns where many are written; cards are calculated as if alone."""


@dataclass(frozen=True)
class Need:
    """What a number of servers needs, by calculation."""

    servers: int
    requests: float
    """In a day."""
    busiest: float
    """Requests a second in the busiest hour, as is all that follows up to the memory."""
    messages: float
    """To the platform, a second."""
    writing_cores: float
    """Cores that writing keeps busy."""
    loop_cores: float
    """Cores that event loops keep busy."""
    writers: int
    """Cores to provide for writing: half of their time is left for bursts."""
    processes: int
    """Event loops to provide."""
    memory_mib: float
    rows: float
    """In a day, until members or servers are forgotten."""
    mib: float
    """Of the database, in a day."""


def need(servers: int, habits: Habits, costs: Costs) -> Need:
    """What some servers need in the busiest hour."""
    requests = servers * habits.requests
    busiest = requests / DAY_S * habits.peak
    poems, cards = busiest * habits.poems, busiest * (1 - habits.poems)
    edits, votes = poems * habits.edits, cards * habits.votes
    others = edits + votes * 2  # a vote edits the card, too
    loops = (busiest + votes) * costs.answer_s + cards * costs.card_shown_s
    loops += (edits + votes) * costs.edit_s
    writing = cards * costs.card.text_s() + poems * costs.poem.text_s(POEMS_TOGETHER)
    a_day = requests * (1 - habits.poems)
    size = a_day * (costs.card_bytes + habits.votes * costs.vote_bytes)
    processes, writers = processes_for(servers, loops), max(1, math.ceil(writing * 2))
    memory = processes * costs.bot_mib + (writers - 1) * costs.writer_mib
    return Need(
        servers=servers,
        requests=requests,
        busiest=busiest,
        messages=busiest + others,
        writing_cores=writing,
        loop_cores=loops,
        writers=writers,
        processes=processes,
        memory_mib=memory + servers * costs.server_kib / 1024,
        rows=a_day * (costs.card_rows + habits.votes),
        mib=size / 2**20,
    )


def processes_for(servers: int, loop_cores: float) -> int:
    """Event loops: none busy for over half of the time, nor with over 25,000 servers.

    Discord takes 2,500 servers in a shard at most, and a process ten shards well.
    """
    return max(1, math.ceil(loop_cores / 0.5), math.ceil(servers / 25_000))


def shown_needs(habits: Habits, costs: Costs) -> Table:
    """The calculation for each number of servers."""
    table = Table("", *(f"{servers:,} servers" for servers in SERVERS))
    needs = [need(servers, habits, costs) for servers in SERVERS]
    for label, values in (
        ("requests a day", [f"{each.requests:,.0f}" for each in needs]),
        ("requests a second", [f"{each.busiest:,.2f}" for each in needs]),
        ("messages a second", [f"{each.messages:,.2f}" for each in needs]),
        ("cores busy writing", [f"{each.writing_cores:,.3f}" for each in needs]),
        ("cores busy with event loops", [f"{each.loop_cores:,.3f}" for each in needs]),
        ("cores to write", [f"{each.writers}" for each in needs]),
        ("processes", [f"{each.processes}" for each in needs]),
        ("memory", [f"{each.memory_mib:,.0f} MiB" for each in needs]),
        ("rows a day", [f"{each.rows:,.0f}" for each in needs]),
        ("database, a day", [f"{each.mib:,.1f} MiB" for each in needs]),
    ):
        table.add_row(label, *values)
    return table


def shown_waits(waits: Waits) -> Iterator[tuple[str, str, str, str]]:
    """Label, median, 99th percentile and the most."""
    for label, seconds in (
        ("acknowledged", waits.acknowledged),
        ("names", waits.names),
        ("first line", waits.first_lines),
        ("poem", waits.poems),
    ):
        if seconds:
            half, most, last = (float(np.quantile(seconds, q)) for q in (0.5, 0.99, 1.0))
            yield label, f"{half:.2f} s", f"{most:.2f} s", f"{last:.2f} s"


def shown_cores(waits: Waits, machines: Machines) -> str:
    """What was used, and how busy the writers were."""
    writers = max(1, machines.writers)
    return (
        f"all shown after {waits.end:,.1f} s; CPU of the bot {waits.loops_cpu_s:,.1f} s, of its "
        f"writers {waits.writers_cpu_s:,.1f} s, of the members {waits.members_cpu_s:,.1f} s; "
        f"writers busy in the busiest ten minutes: {max(waits.written_s) / SPAN_S / writers:.1%}"
    )


def requests_of(options: argparse.Namespace, habits: Habits) -> list[Request]:
    """Those of a day or of its busiest hours, or those of the load test."""
    if options.rush:
        return of_a_rush(options.poems, options.cards)
    half = min(options.hours, 24.0) * 1800
    centre = habits.peak_hour * 3600
    begin, end = (0.0, DAY_S) if half * 2 >= DAY_S else (centre - half, centre + half)
    random = np.random.default_rng(options.seed)
    return of_a_day(options.servers, habits, random, begin=begin, end=end)


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the calculation, and a simulated day or rush."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=1, help="event loops (default: 1)")
    parser.add_argument("--writers", type=int, default=0, help="processes that write (default: 0)")
    parser.add_argument("--cores", type=float, default=1.0, help="cores for all (default: 1)")
    parser.add_argument("--hours", type=float, default=24.0, help="around the busiest one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--requests", type=float, default=Habits.requests, help="of a server in a day"
    )
    parser.add_argument("--rush", action="store_true", help="simulate the load test instead")
    parser.add_argument("--poems", type=int, default=POEMS, help=f"of the rush: {POEMS}")
    parser.add_argument("--cards", type=int, default=CARDS, help=f"of the rush: {CARDS}")
    options = parser.parse_args(arguments)
    if options.processes > 1 and options.writers < 1:
        parser.error("several event loops need --writers")
    habits, costs = Habits(requests=options.requests), Costs()
    machines = Machines(options.processes, options.writers, options.cores, options.rush)
    requests = requests_of(options, habits)
    waits = simulate(requests, machines, costs)
    console = Console()
    if not options.rush:
        console.print(shown_needs(habits, costs))
    title = "the rush" if options.rush else f"{options.servers:,} servers"
    table = Table("wait", "median", "99%", "most", title=f"{title}, {len(requests):,} requests")
    for row in shown_waits(waits):
        table.add_row(*row)
    console.print(table)
    console.print(shown_cores(waits, machines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
