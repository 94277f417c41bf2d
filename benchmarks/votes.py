"""Benchmark of votes: hundreds of members vote at once, and the bot is killed meanwhile.

The bot runs in a subprocess. In the first round, every member votes in every poll, and some change
their vote. In the second round, the bot is killed (SIGKILL) when a third of the votes are
acknowledged, and started again. After each round, the votes in the database are compared with the
acknowledged ones. The exit code is 1 if a vote is lost, if a poll shows other counts, or if the bot
was killed before it acknowledged any vote, which proves nothing.

The simulator measures response times. It runs on the same machine, so a slow response can be due to
either of the two. Run with: python -m benchmarks.votes
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.ballots import (
    Ballot,
    Poll,
    Press,
    VotesDatabase,
    allowed_votes,
    database_url,
    poll_of,
    shows,
    wrong_votes,
)
from benchmarks.bot_process import BotProcess
from bot.local.guild import User
from bot.local.records import Event, Interaction
from bot.local.server import LocalDiscord

CHANGED = 0.1
"""Share of members who change their vote."""
DEADLINE_S = 3.0
"""Discord's deadline for the first response to an interaction."""
KILLED_AFTER = 1 / 3
"""Share of a round's votes that are acknowledged when the bot is killed."""
DISPLAY_TIMEOUT_S = 120.0
"""Seconds until every poll must show its votes."""

KILLED = "killed"
"""The name of the second round."""


@dataclass
class Outcome:
    """Result of a round."""

    presses: list[Press] = field(default_factory=list)
    seconds_to_press: float = 0.0
    """From the first press to the last answer."""
    simulator_seconds: float = 0.0
    """CPU time of the simulator in that time, which the bot could not use."""
    seconds_to_show: float | None = None
    """From the last answer until every poll showed its votes; None if one never did."""
    edits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged_before_kill: int | None = None
    """None if the bot was not killed."""
    wrong: list[str] = field(default_factory=list)
    edits_before: Mapping[str, int] = field(default_factory=dict)
    refused_before: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        """Number of presses with a response."""
        return len(self.waits)

    @property
    def proves_nothing(self) -> bool:
        """Whether the bot was killed before it could lose a vote."""
        return self.acknowledged_before_kill == 0

    @property
    def waits(self) -> list[float]:
        """Seconds to the first response, of presses with a response."""
        asked = [press.asked for press in self.presses]
        return [a.acknowledged_at - a.created_at for a in asked if a.acknowledged_at is not None]


@dataclass
class Election:
    """Runs the rounds."""

    local: LocalDiscord
    bot: BotProcess
    database: VotesDatabase
    rng: np.random.Generator
    seconds: float
    members: list[User] = field(default_factory=list)
    polls: list[Poll] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    _waiting: dict[str, "asyncio.Future[None]"] = field(default_factory=dict)
    _missing: int = 0
    """Acknowledgements until the bot is killed."""
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.local.state.events.listeners.append(self._hear)

    async def prepare(self, members: int, polls: int) -> None:
        """Add members, and let them open polls."""
        self.members = [self.local.state.guild.add_member(f"Member {n}") for n in range(members)]
        for number in range(polls):
            member = self.members[number % members]
            asked = await self.local.run_command("dinoname", by=member)
            poll = poll_of(asked.message)
            self.polls.append(poll)
            self.names[poll.id] = await self.database.names(poll)

    async def round(self, *, killing: bool = False) -> Outcome:
        """Let every member vote in every poll; with `killing`, kill the bot and restart it."""
        outcome, before = Outcome(), await self.database.votes(self.polls)
        self._missing = max(1, round(KILLED_AFTER * len(self.members) * len(self.polls)))
        self._enough.clear()
        with self._measured(outcome):
            voting = asyncio.gather(
                *(
                    self._vote(member, poll, before.get((poll.id, int(member.id))), outcome.presses)
                    for member in self.members
                    for poll in self.polls
                )
            )
            if killing:
                # After a number of votes, not a time: bots and databases differ in speed.
                enough = asyncio.create_task(self._enough.wait())
                either: list[asyncio.Future[Any]] = [enough, voting]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                enough.cancel()
                outcome.acknowledged_before_kill = outcome.acknowledged
                await self.bot.kill()
            await voting
        if killing:
            await self.bot.start()
        else:  # after a kill, polls are updated by the next vote
            outcome.seconds_to_show = await self._shown()
        await self._judge(outcome, before)
        return outcome

    async def press_each_once(self) -> Outcome:
        """One more vote in each poll, to see that its buttons work and its counts are right."""
        newcomer = self.local.state.guild.add_member("Newcomer")
        outcome, before = Outcome(), await self.database.votes(self.polls)
        with self._measured(outcome):
            for poll in self.polls:
                await self._press(newcomer, poll, min(poll.buttons), outcome.presses)
        outcome.seconds_to_show = await self._shown()
        await self._judge(outcome, before)
        dead = [press.poll for press in outcome.presses if press.asked.failed]
        outcome.wrong += [f"poll {poll}: a button does not respond" for poll in dead]
        return outcome

    @contextmanager
    def _measured(self, outcome: Outcome) -> Iterator[None]:
        """Measure the time of a round, and note the counts before it."""
        outcome.edits_before = {poll.id: len(poll.message.edits) for poll in self.polls}
        outcome.refused_before = Counter(self.local.refused)
        started, worked = time.perf_counter(), time.process_time()
        yield
        outcome.seconds_to_press = time.perf_counter() - started
        outcome.simulator_seconds = time.process_time() - worked

    async def _judge(self, outcome: Outcome, before: Mapping[Ballot, int]) -> None:
        stored = await self.database.votes(self.polls)
        outcome.wrong = wrong_votes(allowed_votes(outcome.presses, before), stored)
        for poll in self.polls:
            outcome.edits[poll.id] = len(poll.message.edits) - outcome.edits_before[poll.id]
        outcome.refused = Counter(self.local.refused) - outcome.refused_before

    async def _vote(
        self, member: User, poll: Poll, before: int | None, presses: list[Press]
    ) -> None:
        """Vote at a random moment; some change their vote after the first response."""
        moment, changed = self.rng.random(2)
        others = [position for position in poll.buttons if position != before]
        first, second = map(int, self.rng.permutation(others)[:2])
        await asyncio.sleep(moment * self.seconds)
        for position in (first, second) if changed < CHANGED else (first,):
            if self.local.state.online:
                await self._press(member, poll, position, presses)

    async def _press(self, member: User, poll: Poll, position: int, presses: list[Press]) -> None:
        asked = self.local.state.press(member, poll.message.id, poll.buttons[position])
        press = Press(poll.id, int(member.id), position, asked)
        presses.append(press)
        await self._answered(press)
        if press.asked.acknowledged_at is not None:
            self._missing -= 1
            if self._missing == 0:
                self._enough.set()

    async def _answered(self, press: Press) -> None:
        """Wait for the first response or the deadline."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[press.asked.id] = answer
        await answer

    def _hear(self, event: Event) -> None:
        if event.name == "progress" and isinstance(event.subject, Interaction):
            answer = self._waiting.pop(event.subject.id, None)
            if answer is not None:
                answer.set_result(None)

    async def _shown(self) -> float | None:
        """Seconds from now until every poll shows the votes of the database."""
        started = time.perf_counter()
        while time.perf_counter() - started < DISPLAY_TIMEOUT_S:
            votes = await self.database.votes(self.polls)
            counts = Counter((poll, position) for (poll, _), position in votes.items())
            if all(self._shows(poll, counts) for poll in self.polls):
                return time.perf_counter() - started
            await asyncio.sleep(0.1)
        return None

    def _shows(self, poll: Poll, counts: Mapping[tuple[str, int], int]) -> bool:
        names = self.names[poll.id]
        tally = [counts.get((poll.id, position), 0) for position in range(len(names))]
        return shows(poll.message, names, tally)


def report(outcomes: Mapping[str, Outcome], memory_mib: float) -> Table:
    """A table with one column per round."""
    table = Table("figure", *outcomes)

    def row(figure: str, *values: str) -> None:
        table.add_row(figure, *values)

    every = list(outcomes.values())
    row("presses sent", *(f"{len(o.presses):,}" for o in every))
    row("first press to last answer", *(f"{o.seconds_to_press:.2f} s" for o in every))
    row("CPU time of the simulator", *(f"{o.simulator_seconds:.2f} s" for o in every))
    row("acknowledged within 3 s", *(f"{_in_time(o):,}" for o in every))
    row("of them, before the kill", *(_count(o.acknowledged_before_kill) for o in every))
    row("median response", *(f"{1e3 * statistics.median(o.waits or [0]):.0f} ms" for o in every))
    row("slowest response", *(f"{1e3 * max(o.waits, default=0):.0f} ms" for o in every))
    row("edits of a poll", *(_span(list(o.edits.values())) for o in every))
    row("edits in total", *(f"{o.edits.total():,}" for o in every))
    row("429 responses", *(f"{o.refused.total():,}" for o in every))
    row("until all polls show it", *(_shown_after(o) for o in every))
    row("wrong votes in the database", *(f"{len(o.wrong):,}" for o in every))
    table.caption = f"peak memory of the bot: {memory_mib:.0f} MiB"
    return table


def shortcomings(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Sentences about what went wrong apart from `Outcome.wrong`, by the names of the rounds."""
    found = []
    for name, outcome in outcomes.items():
        if outcome.proves_nothing:
            found.append(f"{name}: killed before a vote was acknowledged, which proves nothing")
        if name == KILLED:  # votes may be lost then, and polls are updated by the next one
            continue
        if outcome.seconds_to_show is None:
            found.append(f"{name}: a poll did not show its votes in {DISPLAY_TIMEOUT_S:.0f} s")
        if late := len(outcome.presses) - _in_time(outcome):
            sent = f"{len(outcome.presses):,} votes"
            found.append(f"{name}: {late:,} of {sent} were not acknowledged in {DEADLINE_S:g} s")
    return found


def _in_time(outcome: Outcome) -> int:
    return sum(wait <= DEADLINE_S for wait in outcome.waits)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _span(numbers: Sequence[int]) -> str:
    return f"{min(numbers)} to {max(numbers)}" if numbers else "–"


def _shown_after(outcome: Outcome) -> str:
    if outcome.seconds_to_show is None:
        return "–"
    return f"{outcome.seconds_to_show:.1f} s"


async def run(
    folder: Path,
    *,
    members: int,
    polls: int,
    seconds: float = 1.0,
    seed: int = 7,
    address: str | None = None,
) -> tuple[dict[str, Outcome], float]:
    """The results of all rounds by name, and the bot's peak memory in MiB.

    address: DATABASE_URL of the bot; None is SQLite in `folder`.
    """
    environment = {"COOLDOWN_SECONDS": "0"} | ({"DATABASE_URL": address} if address else {})
    async with (
        LocalDiscord(port=0) as local,
        BotProcess(local, folder, environment) as bot,
    ):
        database = VotesDatabase(database_url(address, bot.state_dir))
        election = Election(local, bot, database, np.random.default_rng(seed), seconds)
        try:
            await election.prepare(members, polls)
            outcomes = {"all members vote": await election.round()}
            memory = bot.memory_mib()
            outcomes[KILLED] = await election.round(killing=True)
            outcomes["one more vote per poll"] = await election.press_each_once()
        finally:
            await database.close()
    return outcomes, memory


def main() -> int:
    """Run the benchmark; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.votes", description=__doc__)
    parser.add_argument("--database-url", metavar="URL", help="(default: a temporary SQLite file)")
    parser.add_argument("--members", type=int, default=200, help="number of members (default: 200)")
    parser.add_argument("--polls", type=int, default=10, help="number of polls (default: 10)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round (default: 1)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the votes (default: 7)")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcomes, memory = asyncio.run(
                run(
                    Path(folder),
                    members=options.members,
                    polls=options.polls,
                    seconds=options.seconds,
                    seed=options.seed,
                    address=options.database_url,
                )
            )
        except LookupError as error:
            console.print(str(error))
            return 2
    console.print(report(outcomes, memory))
    wrong = [sentence for outcome in outcomes.values() for sentence in outcome.wrong]
    for sentence in wrong[:20]:
        console.print(f"wrong: {sentence}", highlight=False)
    found = shortcomings(outcomes)
    for sentence in found:
        console.print(sentence)
    return 1 if wrong or found else 0


if __name__ == "__main__":
    sys.exit(main())
