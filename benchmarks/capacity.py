"""Capacity: what some servers need, by calculation and by a simulation of a day.

The simulation draws the requests of a day: Poisson arrivals at a rate that follows the hours, with
bursts (a server that has just found the bot), and lets them wait for the cores of some machines in
the order of `bot.services.queueing`: names and poems share the time equally, and poems their
batches. The costs were measured; all else are assumptions, and both stand in `Costs` and `Habits`.

Run with: python -m benchmarks.capacity --servers 10000 --cores 4
"""

import argparse
import heapq
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

DAY_S = 86_400.0
SERVERS = (100, 10_000, 1_000_000)
LINES = 14
"""Of a sonnet: it takes a turn for each."""


@dataclass(frozen=True)
class Costs:
    """What was measured, of one core of the machine in docs/performance.md.

    The networks: `make bench`, whole texts and texts written together. Requests: the CPU time of
    the bot in `python -m benchmarks.load --instant-names`. Memory: the same, proportional set size.
    Bytes: 5,000 cards and 15,000 votes in an empty PostgreSQL, with indices.
    """

    card_s: float = 0.0045
    """CPU seconds of the networks for a card of five names."""
    poem_s: float = 0.070
    """The same for a sonnet, when eight share batches."""
    poem_alone_s: float = 0.130
    """The same for one that is alone."""
    request_s: float = 0.003
    """CPU seconds of the event loop for a card: acknowledging, storing, rendering, sending."""
    edit_s: float = 0.0015
    """The same for one more edit or answer: of a poem that grows, of a vote."""
    bot_mib: float = 166.0
    """Memory of the bot's process."""
    writer_mib: float = 60.0
    """Memory of a further writing process, besides the weights that all share."""
    server_kib: float = 6.0
    """Memory of a server in discord.py without its members: an estimate, not measured."""
    card_rows: float = 6.0
    """Rows of a card of five names."""
    card_bytes: float = 788.0
    vote_bytes: float = 148.0


@dataclass(frozen=True)
class Habits:
    """Assumptions about servers and members; nobody has measured them."""

    requests: float = 8.0
    """Requests of an average server in a day. Most servers have none, few have hundreds."""
    poems: float = 0.15
    """Share of requests that are poems; the others are names."""
    votes: float = 3.0
    """Votes on a card."""
    edits: float = 4.0
    """Edits of a poem while it grows, with the last one."""
    peak: float = 2.0
    """The rate of the busiest hour, as a multiple of the day's mean."""
    peak_hour: float = 20.0
    bursts: float = 24.0
    """Bursts in a day, each in one server, for each 10,000 servers, one at least."""
    burst_requests: int = 60
    burst_s: float = 60.0
    """Seconds that a burst lasts."""


@dataclass(frozen=True)
class Machines:
    """What runs the bot."""

    processes: int = 1
    """Event loops, which share the servers as shards."""
    writers: int = 2
    """Cores that write, in all."""


@dataclass(frozen=True)
class Request:
    """One request."""

    at: float
    is_poem: bool


@dataclass(frozen=True)
class Waits:
    """Seconds from a request to its first and last text."""

    names: Sequence[float]
    first_lines: Sequence[float]
    poems: Sequence[float]
    writers_busy: float
    """Share of the writing cores' time."""
    busiest: float
    """The writers' share in the busiest ten minutes."""


def rate(second: float, habits: Habits) -> float:
    """The rate at a time of the day, as a multiple of the mean: a cosine."""
    hours = (second / 3600 - habits.peak_hour) * math.tau / 24
    return 1 + (habits.peak - 1) * math.cos(hours)


def arrivals(
    servers: int, habits: Habits, random: np.random.Generator, *, begin: float, end: float
) -> list[Request]:
    """Requests between two times of the day, in their order: a Poisson process by thinning."""
    mean = servers * habits.requests / DAY_S
    expected = mean * habits.peak * (end - begin)
    times = random.uniform(begin, end, random.poisson(expected))
    kept = random.random(len(times)) * habits.peak < [rate(each, habits) for each in times]
    everything = [times[kept]]
    bursts = max(1.0, habits.bursts * servers / 10_000) * (end - begin) / DAY_S
    starts = random.uniform(begin, end, (random.poisson(bursts), 1))
    everything.append(
        (starts + random.uniform(0, habits.burst_s, (len(starts), habits.burst_requests))).ravel()
    )
    every = np.sort(np.concatenate(everything))
    poems = random.random(len(every)) < habits.poems
    return [
        Request(float(at), bool(is_poem))
        for at, is_poem in zip(every, poems, strict=True)
        if at < end
    ]


@dataclass(eq=False)
class _Text:
    """A request on its way."""

    at: float
    is_poem: bool
    left: int
    """Turns that it still needs."""
    first: float | None = None


MOST_TOGETHER = {False: 16, True: 8}
"""Texts that share a turn: names, and poems."""


def simulate(requests: Sequence[Request], machines: Machines, costs: Costs) -> Waits:
    """Let requests wait for their event loop, then for turns of the writers.

    Event loops serve their requests one after the other, and servers are spread evenly over them.
    """
    loops = [0.0] * machines.processes
    ready: list[tuple[float, int, _Text]] = []
    for number, request in enumerate(requests):
        which = number % machines.processes
        loops[which] = max(loops[which], request.at) + costs.request_s
        text = _Text(request.at, request.is_poem, LINES if request.is_poem else 1)
        ready.append((loops[which], number, text))
    heapq.heapify(ready)
    return _write(ready, requests, machines, costs)


def _write(
    ready: list[tuple[float, int, _Text]],
    requests: Sequence[Request],
    machines: Machines,
    costs: Costs,
) -> Waits:
    queues: dict[bool, deque[_Text]] = {False: deque(), True: deque()}
    used = {False: 0.0, True: 0.0}
    free = [0.0] * machines.writers
    names: list[float] = []
    first_lines: list[float] = []
    poems: list[float] = []
    busy = np.zeros(1 + int((requests[-1].at - requests[0].at) // 600) if requests else 1)
    origin, work, number = (requests[0].at if requests else 0.0), 0.0, len(requests)
    while ready or any(queues.values()):
        now = heapq.heappop(free)
        if not any(queues.values()):
            now = max(now, ready[0][0])
        while ready and ready[0][0] <= now:
            text = heapq.heappop(ready)[2]
            queues[text.is_poem].append(text)
        waiting = [kind for kind, queue in queues.items() if queue]
        if not waiting:  # another writer is ahead in time
            heapq.heappush(free, ready[0][0])
            continue
        kind = min(waiting, key=used.__getitem__)
        batch = [queues[kind].popleft() for _ in range(min(MOST_TOGETHER[kind], len(queues[kind])))]
        seconds = turn_s(kind, len(batch), costs)
        used[kind] = max(used.values()) if len(waiting) == 1 else used[kind] + seconds
        end = now + seconds
        work += seconds
        busy[min(int((now - origin) // 600), len(busy) - 1)] += seconds
        heapq.heappush(free, end)
        for text in batch:
            text.left -= 1
            if text.first is None:
                text.first = end
                (first_lines if kind else names).append(end - text.at)
            if text.left:
                heapq.heappush(ready, (end, number, text))
                number += 1
            elif kind:
                poems.append(end - text.at)
    span = max(1.0, requests[-1].at - requests[0].at) if requests else 1.0
    return Waits(
        names,
        first_lines,
        poems,
        writers_busy=work / span / machines.writers,
        busiest=float(busy.max()) / 600 / machines.writers,
    )


def turn_s(is_poem: bool, together: int, costs: Costs) -> float:
    """Seconds of a turn: names one by one, a line of poems by a batch that costs less for each."""
    if not is_poem:
        return together * costs.card_s
    most = MOST_TOGETHER[True]
    fixed = (costs.poem_alone_s - costs.poem_s) * most / (most - 1)  # of a batch, however large
    each = costs.poem_alone_s - fixed
    return (fixed + each * together) / LINES


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
    others = poems * habits.edits + cards * habits.votes * 2  # a vote edits the card, too
    loops = busiest * costs.request_s + others * costs.edit_s
    writing = cards * costs.card_s + poems * costs.poem_s
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


def shown_waits(waits: Waits) -> Iterator[tuple[str, str, str]]:
    """Label, median and 99th percentile."""
    for label, seconds in (
        ("names", waits.names),
        ("first line", waits.first_lines),
        ("poem", waits.poems),
    ):
        if seconds:
            half, most = (float(np.quantile(seconds, q)) for q in (0.5, 0.99))
            yield label, f"{half:.2f} s", f"{most:.2f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the calculation, and a simulated day."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=1, help="event loops (default: 1)")
    parser.add_argument("--cores", type=int, default=1, help="cores that write (default: 1)")
    parser.add_argument("--hours", type=float, default=24.0, help="around the busiest one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--requests", type=float, default=Habits.requests, help="of a server in a day"
    )
    options = parser.parse_args(arguments)
    habits, costs = Habits(requests=options.requests), Costs()
    half = min(options.hours, 24.0) * 1800
    centre = habits.peak_hour * 3600
    begin, end = (0.0, DAY_S) if half * 2 >= DAY_S else (centre - half, centre + half)
    random = np.random.default_rng(options.seed)
    requests = arrivals(options.servers, habits, random, begin=begin, end=end)
    waits = simulate(requests, Machines(options.processes, options.cores), costs)
    console = Console()
    console.print(shown_needs(habits, costs))
    table = Table(
        "wait", "median", "99%", title=f"{options.servers:,} servers, {len(requests):,} requests"
    )
    for row in shown_waits(waits):
        table.add_row(*row)
    console.print(table)
    console.print(
        f"writers busy: {waits.writers_busy:.1%}, {waits.busiest:.1%} in the busiest ten minutes"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
