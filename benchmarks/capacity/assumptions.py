"""What was measured, and what is assumed."""

from dataclasses import dataclass

LINES = 14
"""Of a sonnet: it takes a turn for each."""


@dataclass(frozen=True)
class Kind:
    """CPU seconds of the networks for a text. Those that share their turns save some."""

    each_s: float
    """For each text, however many share a turn."""
    shared_s: float
    """For all turns of a text, shared by the texts of a batch."""
    turns: int
    together: int = 16
    """Texts that may share a turn: `batch_size` of the generators in `models`."""

    def turn_s(self, texts: int) -> float:
        """Seconds of a turn."""
        return (self.shared_s + self.each_s * texts) / self.turns

    def text_s(self, texts: int = 1) -> float:
        """Seconds for each of some texts that share their turns."""
        return self.each_s + self.shared_s / texts


@dataclass(frozen=True)
class Costs:
    """CPU seconds and memory, of the machine in docs/performance.md; see docs/capacity.md.

    The networks and the start of a process: `python -m benchmarks.capacity.writers`. The event
    loop: `python -m benchmarks.capacity.loops`.
    """

    card: Kind = Kind(each_s=0.0025, shared_s=0.0029, turns=1)
    """Five names."""
    poem: Kind = Kind(each_s=0.050, shared_s=0.112, turns=LINES)
    """A sonnet."""
    writer_start_s: float = 0.20
    """Until the first writing process is ready."""
    writer_fork_s: float = 0.01
    """The same for further ones, as forks of it."""
    first_poem_s: float = 0.36
    """What the first poem of a process takes in addition, for caches that its forks share."""
    answer_s: float = 0.0007
    """The event loop: receiving a request, and one response."""
    card_shown_s: float = 0.0022
    """The same, for the rest of a card: storing, rendering and sending it."""
    edit_s: float = 0.0020
    """The same, for an edit of a poem, with the lines that it shows."""
    member_s: float = 0.0007
    """The load test's simulator, for a request and for each edit."""
    bot_mib: float = 141.0
    """Memory of the bot's process."""
    writer_mib: float = 60.0
    """Memory of a further writing process, besides the weights that all share."""
    server_kib: float = 6.0
    """Memory of a server in discord.py without its members: an estimate, not measured."""
    card_rows: float = 6.0
    """Rows of a card of five names. Bytes: 5,000 cards and 15,000 votes in an empty PostgreSQL,
    with indices."""
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
    edits: float = 2.0
    """Edits of a poem while it grows, with the last one: one a second."""
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
    writers: int = 0
    """Processes that write. Those of a single bot start when members have to wait; without any,
    or until one is ready, its own thread writes."""
    cores: float = 1
    """Which all of these processes share."""
    has_members: bool = False
    """Whether the simulator of the load test shares them, too."""
