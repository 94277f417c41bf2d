"""Some processes of one bot, and members in all servers who check that each answers for its own."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy import text

from benchmarks.activation import add_version
from benchmarks.ballots import (
    Poll,
    Press,
    VotesDatabase,
    allowed_votes,
    database_url,
    poll_of,
    wrong_votes,
)
from benchmarks.bot_process import BotProcess
from bot.platforms.local.guild import User
from bot.platforms.local.records import Interaction
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.servers import shard_of
from bot.store import Store
from bot.training.queries import Trainings

ANSWER_S = 60.0
"""Longest wait for an answer, a training, or a shard."""
ACTIVATED_S = 5.0
"""Seconds in which an activation should have reached all processes."""
TRAININGS_S = 600.0
LOOK_S = 0.1
TOO_FAST = "too fast"
NOT_HOME = "home servers can choose the live version"
MOST_POLLS = 8
"""Polls in which one member votes: more presses in a row would be too many."""
SYLLABLES = (("bel", "dor", "fen", "gal", "hir", "kum"), ("adan", "ebor", "idel", "omir", "uwen"))


@dataclass
class Result:
    """What was seen with a number of processes. `wrong` is empty if all was right."""

    processes: int
    start_s: float = 0.0
    identified: int = 0
    refused: int = 0
    """IDENTIFYs that came too fast."""
    syncs: int = 0
    """Times that the commands were registered."""
    asked: int = 0
    votes: int = 0
    cooldown_answers: int = 0
    """Answers to one command of one member on all servers at once."""
    most_trainings: int = 0
    """Trainings that ran at the same time."""
    trainings: int = 0
    activation_s: float = 0.0
    """Until the last process served it."""
    lost_presses: int = 0
    """Presses of the time without the killed process, whose members saw that they failed."""
    returned_s: float = 0.0
    """From the kill until the shards were connected again."""
    wrong: list[str] = field(default_factory=list)


class Fleet:
    """Some processes, and members in all servers."""

    def __init__(
        self,
        local: LocalDiscord,
        bots: Sequence[BotProcess],
        shards: Sequence[Sequence[int]],
        store: Store,
        address: str,
        seed: int = 0,
    ) -> None:
        """`shards`: those of each process."""
        self.local, self.bots, self.shards, self.store = local, bots, shards, store
        self.result = Result(len(bots))
        self._database = VotesDatabase(database_url(address, Path()))
        self._rng = np.random.default_rng(seed)
        self._members = 0
        self._presses: list[Press] = []
        self._polls: list[Poll] = []
        self._count = sum(map(len, shards))
        local.state.events.listeners.append(
            lambda event: self._count_sync() if event.name == "commands" else None
        )

    async def start(self) -> None:
        """Start all processes at the same moment."""
        began = time.monotonic()
        await asyncio.gather(*(bot.start() for bot in self.bots))
        result, gateway = self.result, self.local.gateway
        result.start_s = time.monotonic() - began
        result.identified, result.refused = len(gateway.identified), len(gateway.refused)
        self._expect(sorted(gateway.identified) == [*range(self._count)], "shards connect once")
        self._expect(result.syncs == 1, "commands are registered once")

    async def close(self) -> None:
        """Disconnect from the database."""
        await self._database.close()

    def member(self, *, administrator: bool = False) -> User:
        """Somebody new, in all servers."""
        self._members += 1
        guild = self.local.state.guild
        return guild.add_member(f"Member {self._members}", administrator=administrator)

    def servers_of(self, process: int) -> list[int]:
        """The servers whose shards a process runs."""
        return [
            number
            for number, server in enumerate(self.local.servers)
            if shard_of(server.guild.id, self._count) in self.shards[process]
        ]

    async def ask(self, each: int) -> None:
        """Let some members of each server ask for names at once: each gets one answer."""
        asked = await asyncio.gather(
            *(
                self.local.run_command(
                    "dinoname", {"count": 3}, by=self.member(), server=server, timeout_s=ANSWER_S
                )
                for server in range(len(self.local.servers))
                for _ in range(each)
            )
        )
        self.result.asked += len(asked)
        for one in asked:
            answered = not one.failed and len(one.messages) == 1
            self._expect(answered, f"{one.title} is answered once")
            if answered and one.message.buttons:
                self._polls.append(poll_of(one.message))
        async with self.store.database.reading() as session:
            stored = await session.scalar(text("SELECT count(*) FROM polls"))
        self._expect(stored == len(asked), f"{len(asked)} polls are stored, not {stored}")

    async def vote(self, voters: int, polls: Sequence[Poll] | None = None) -> None:
        """Let members vote in polls, twice in each, all at the same time."""
        polls = self._polls if polls is None else polls
        parts = [polls[n : n + MOST_POLLS] for n in range(0, len(polls), MOST_POLLS)]
        shares = [(self.member(), part) for part in parts for _ in range(voters)]
        pairs = [(member, poll) for member, part in shares for poll in part]
        await asyncio.gather(*(self._vote(member, poll) for member, poll in pairs))
        self.result.votes += 2 * len(pairs)
        await self.check_votes()

    async def check_votes(self) -> None:
        """Compare the votes in the database with those that were confirmed."""
        stored = await self._database.votes(self._polls)
        self.result.wrong += wrong_votes(allowed_votes(self._presses, {}), stored)

    async def _vote(self, member: User, poll: Poll) -> None:
        for position in map(int, self._rng.permutation([*poll.buttons])[:2]):
            server = self.local.servers.of_channel(poll.message.channel_id)
            asked = server.press(member, poll.message.id, poll.buttons[position])
            self._presses.append(Press(poll.id, int(member.id), position, asked))
            await self._first_response(asked)

    async def _first_response(self, asked: Interaction) -> None:
        await self.local.wait_for(
            lambda: asked.acknowledged or asked.failed, timeout_s=ANSWER_S, what="A response"
        )

    async def check_cooldown(self) -> None:
        """Let a member use a command on all servers at once: one is answered with names."""
        member = self.member()
        asked = await asyncio.gather(
            *(
                self.local.run_command("dissect", {"name": "Mangosaurus"}, by=member, server=server)
                for server in range(len(self.local.servers))
            )
        )
        refused = [one for one in asked if TOO_FAST in one.message.content]
        self.result.cooldown_answers = len(asked) - len(refused)
        # Where the database is slow, each process counts by itself, and says so.
        is_slow = any("Cooldowns hold in each process" in bot.log.read_text() for bot in self.bots)
        most = len(self.bots) if is_slow else 1
        self._expect(1 <= self.result.cooldown_answers <= most, "a cooldown holds on all servers")

    async def check_homes(self) -> None:
        """Let an administrator of each process try to retrain: only those of the home may.

        Those of a process that holds a single server may not, either.
        """
        for process in range(1, len(self.bots)):
            asked = await self.local.run_command(
                "models rollback",
                {"task": "names"},
                by=self.member(administrator=True),
                server=self.servers_of(process)[0],
                timeout_s=ANSWER_S,
            )
            self._expect(NOT_HOME in asked.message.content, "a server is no home by itself")

    async def train(self, *, is_stopped: bool = False) -> None:
        """Let a manager of each process train a list, at once: one after the other runs.

        is_stopped: whether each is stopped once it runs.
        """
        servers = [self.servers_of(process)[0] for process in range(len(self.bots))]
        names = "\n".join(first + second for first in SYLLABLES[0] for second in SYLLABLES[1])
        await asyncio.gather(
            *(
                self.local.run_command(
                    "namer create",
                    {"name": f"elves {server}", "text": names.replace("\n", ", ")},
                    by=self.member(administrator=True),
                    server=server,
                    timeout_s=ANSWER_S,
                )
                for server in servers
            )
        )
        ended, deadline = 0, time.monotonic() + TRAININGS_S
        while ended < len(servers) and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_S)
            trainings = await self._trainings()
            states = Counter(trainings.values())
            self.result.most_trainings = max(self.result.most_trainings, states["running"])
            ended = states["done"] + states["stopped"]
            if is_stopped and states["running"] == 1:  # the next one may be of another process
                running = next(n for n, state in trainings.items() if state == "running")
                await self.store[Trainings].request_stop(running, "button")
        self.result.trainings = ended
        self._expect(ended == len(servers), f"trainings end: {trainings}")
        self._expect(self.result.most_trainings == 1, "one training runs at a time")

    async def _trainings(self) -> dict[int, str]:
        """Trainings by their states."""
        async with self.store.database.reading() as session:
            rows = await session.execute(text("SELECT id, state FROM trainings"))
            return dict(map(tuple, rows))

    async def activate(self) -> None:
        """Activate a version in the first process, and wait until all serve it."""
        number = str(await add_version(self.store, "names"))
        (server,) = (
            number
            for number, each in enumerate(self.local.servers)
            if shard_of(each.guild.id, self._count) == 0  # the home
        )
        asked = await self.local.run_command(
            "models activate",
            {"version": number},
            by=self.member(administrator=True),
            server=server,
            timeout_s=ANSWER_S,
        )
        self._expect("is live now" in asked.message.content, asked.message.content)
        began = time.monotonic()
        others = [self.servers_of(process)[0] for process in range(len(self.bots))]
        await asyncio.gather(*(self._served(number, server) for server in others))
        self.result.activation_s = time.monotonic() - began
        self._expect(self.result.activation_s < ACTIVATED_S, "an activation is served everywhere")

    async def _served(self, number: str, server: int) -> None:
        async with asyncio.timeout(ANSWER_S):
            while True:
                asked = await self.local.run_command("about", by=self.member(), server=server)
                fields = {each["name"]: each["value"] for each in asked.message.embed["fields"]}
                if fields["Names"].startswith(f"Version {number}, live"):
                    return
                await asyncio.sleep(LOOK_S)

    async def kill(self, process: int, voters: int) -> None:
        """Kill a process while members vote, and start it again, as a supervisor does.

        What was confirmed is stored, the others serve on, and afterwards all is as before.
        """
        before = len(self._presses)
        voting = asyncio.create_task(self.vote(voters))
        half = before + voters * len(self._polls)
        await self.local.wait_for(
            lambda: len(self._presses) >= half, timeout_s=ANSWER_S, what="Half of the votes"
        )
        began = time.monotonic()
        await self.bots[process].kill()
        others = [number for number in range(len(self.bots)) if number != process]
        restarted = asyncio.create_task(self.bots[process].start())
        for other in others:
            server = self.servers_of(other)[0]
            asked = await self.local.run_command(
                "dinoname", by=self.member(), server=server, timeout_s=ANSWER_S
            )
            self._expect(not asked.failed, "the others serve on")
        await restarted
        self.result.returned_s = time.monotonic() - began
        await voting
        self.result.lost_presses = sum(p.asked.failed for p in self._presses[before:])
        own = self.servers_of(process)
        channels = {self.local.servers[number].guild.channel_id for number in own}
        polls = [poll for poll in self._polls if poll.message.channel_id in channels]
        lost = self.result.lost_presses
        await self.vote(1, polls)
        now = sum(p.asked.failed for p in self._presses[before:])
        self._expect(now == lost, "votes are taken again after the restart")

    def _count_sync(self) -> None:
        self.result.syncs += 1

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.result.wrong.append(f"expected: {what}")
