"""Bot processes that share the shards of one bot, and a PostgreSQL database."""

import asyncio
import contextlib
import datetime
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.chat.dispatch import ACKNOWLEDGED_S
from bot.settings.values import format_shards
from bot.startup import Exit
from bot.store import Database, Store
from bot.store.schema import Vote
from bot.trainer.queries import Trainings, VersionFiles, Versions
from bot.trainer.registry import version_of
from models.tasks import task_of
from models.weights import SHIPPED
from simulators.discord.guild import User
from simulators.discord.records import Interaction, Message
from simulators.discord.server import LocalDiscord
from simulators.discord.servers import shard_of
from tests.bot.store.test_database import cut
from tests.end_to_end.conftest import ELVES, PATIENCE_S
from tests.waiting import eventually
from tools.bot_process import BotProcess

pytestmark = pytest.mark.usefixtures("without_writers")

WAITING = "Another process runs the shards 0-1. Waiting up to"
ANSWER_S, TRAININGS_S = 120.0, 900.0
SHARDS = ((0, 1), (2, 3))
"""Those of each process; each shard has one server."""
COUNT = 4
BOTH = {"SHARD_IDS": "0-1", "SHARD_COUNT": "2"}
RECEIPT = re.compile("You (voted|took your vote back)")
VOTE_BUTTON = re.compile(r"vote:(?P<poll>[^:]+):(?P<position>\d+)")


@dataclass(frozen=True)
class PollMessage:
    """A message with vote buttons."""

    id: str
    message: Message
    buttons: Mapping[int, str]
    """The custom_id of each button, by the position of its name."""


def poll_of(message: Message) -> PollMessage:
    """The poll of a message; raises LookupError if it has no vote buttons."""
    found = [VOTE_BUTTON.fullmatch(button.custom_id or "") for button in message.buttons]
    matches = [match for match in found if match]
    if not matches:
        raise LookupError("no vote buttons")
    buttons = {int(match["position"]): match[0] for match in matches}
    return PollMessage(matches[0]["poll"], message, buttons)


def is_confirmed(asked: Interaction) -> bool:
    """Whether the response to a vote says that it is stored.

    A press is acknowledged without a word once it is stored, or when that takes too long.
    """
    if asked.acknowledged_at is None:
        return False
    in_time = asked.acknowledged_at - asked.created_at < ACKNOWLEDGED_S
    return in_time or any(RECEIPT.search(message.content) for message in asked.followups)


class Fleet:
    """Two processes, and members in all servers."""

    def __init__(self, local: LocalDiscord, bots: Sequence[BotProcess], store: Store) -> None:
        self.local, self.bots, self.store = local, bots, store
        self._presses: dict[tuple[int, int], list[Interaction]] = {}
        """The last press for each poll and member."""
        self._members = 0

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
            if shard_of(server.guild.id, COUNT) in SHARDS[process]
        ]

    async def use(
        self,
        command: str,
        options: Mapping[str, object] | None = None,
        *,
        by: User | None = None,
        server: int = 0,
    ) -> Interaction:
        """A command of a member, by default of a new one."""
        return await self.local.run_command(
            command, options, by=by or self.member(), server=server, timeout_s=ANSWER_S
        )

    async def ask(self, members: int) -> list[PollMessage]:
        """Members of each server ask for names at once: each gets one answer, with a poll.

        On a busy machine, the database may take too long for a poll: then they ask again.
        """
        polls = await asyncio.gather(
            *(
                self._poll(self.member(), server)
                for server in range(len(self.local.servers))
                for _ in range(members)
            )
        )
        async with self.store.database.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM polls")) >= len(polls)
        return polls

    async def _poll(self, member: User, server: int) -> PollMessage:
        while True:
            asked = await self.use("dinoname", {"count": 3}, by=member, server=server)
            assert len(asked.messages) == 1
            with contextlib.suppress(LookupError):
                if not asked.message.ephemeral:  # as one is that was late from the start
                    return poll_of(asked.message)
            await asyncio.sleep(3.0)  # its cooldown

    async def vote(self, polls: Sequence[PollMessage], members: int) -> None:
        """Members vote in all polls, twice in each, at the same time.

        Afterwards, the database has what was confirmed, and nothing else.
        """
        voters = [self.member() for _ in range(members)]
        await asyncio.gather(*(self._vote(voter, poll) for voter in voters for poll in polls))
        async with self.store.database.reading() as session:
            rows = await session.execute(select(Vote.poll_id, Vote.member_id, Vote.position))
            stored = {(poll, member): position for poll, member, position in rows}
        assert stored.keys() <= self._presses.keys()
        for ballot, asked in self._presses.items():
            first = {0, 1} if is_confirmed(asked[0]) else {None, 0, 1}
            assert stored.get(ballot) in ({1} if is_confirmed(asked[-1]) else first)

    async def _vote(self, member: User, poll: PollMessage) -> None:
        server = self.local.servers.of_channel(poll.message.channel_id)
        for position in (0, 1):
            asked = server.press(member, poll.message.id, poll.buttons[position])
            self._presses.setdefault((int(poll.id), int(member.id)), []).append(asked)
            await self.local.wait_for(
                lambda: asked.acknowledged or asked.failed,  # noqa: B023
                timeout_s=ANSWER_S,
                what="A response",
            )

    async def ask_everywhere(self) -> None:
        """A member uses a command on all servers at once: a cooldown holds on all of them.

        Where the database is slow, each process counts by itself, and says so.
        """
        member = self.member()
        asked = await asyncio.gather(
            *(
                self.use("dissect", {"name": "Rex"}, by=member, server=server)
                for server in range(len(self.local.servers))
            )
        )
        answered = sum("too fast" not in one.message.content for one in asked)
        is_slow = any("Cooldowns hold in each process" in bot.log.read_text() for bot in self.bots)
        assert 1 <= answered <= (len(self.bots) if is_slow else 1)

    async def activate(self) -> None:
        """The home activates a version, and all processes serve it. No other server may."""
        number = str(await _add_version(self.store))
        home, other = self.servers_of(0)[0], self.servers_of(1)[0]
        for server, expected in ((other, "home servers can choose"), (home, "is now live")):
            manager = self.member(administrator=True)
            asked = await self.use(
                "models activate", {"version": number}, by=manager, server=server
            )
            assert expected in asked.message.content
        async with asyncio.timeout(ANSWER_S):
            for server in (home, other):
                served = ""
                while not served.startswith(f"Version {number}, live"):
                    about = await self.use("about", server=server)
                    fields = {each["name"]: each["value"] for each in about.message.embed["fields"]}
                    served = fields["Names"]

    async def train(self) -> None:
        """A manager of each process trains a list, at once: one after the other runs.

        Each is stopped once it runs.
        """
        servers = [self.servers_of(process)[0] for process in range(len(self.bots))]
        options = {"name": "elves", "text": ELVES.replace("\n", ", ")}
        await asyncio.gather(
            *(
                self.use("namer create", options, by=self.member(administrator=True), server=server)
                for server in servers
            )
        )
        async with asyncio.timeout(TRAININGS_S):
            ended = 0
            while ended < len(servers):
                await asyncio.sleep(0.1)
                async with self.store.database.reading() as session:
                    rows = await session.execute(text("SELECT id, state FROM trainings"))
                    trainings: dict[int, str] = dict(map(tuple, rows))
                states = Counter(trainings.values())
                assert states["running"] <= 1
                ended = states["done"] + states["stopped"]
                for number, state in trainings.items():
                    if state == "running":
                        now = datetime.datetime.now(datetime.UTC)
                        await self.store[Trainings].request_stop(number, "button", now)

    async def kill(self, polls: Sequence[PollMessage], members: int) -> None:
        """The second process is killed while members vote, and started again.

        What was confirmed is stored, the other process serves on, and afterwards all is as before.
        """
        before = len(self._presses)
        voting = asyncio.create_task(self.vote(polls, members))
        await self.local.wait_for(
            lambda: len(self._presses) >= before + members * len(polls),
            timeout_s=ANSWER_S,
            what="Half of the votes",
        )
        await self.bots[1].kill()
        restarted = asyncio.create_task(self.bots[1].start())
        server = self.servers_of(0)[0]
        assert not (await self.use("dinoname", server=server)).failed
        await restarted
        await voting
        known = {*self._presses}
        await self.vote(polls, 1)
        new = self._presses.keys() - known
        assert not any(press.failed for ballot in new for press in self._presses[ballot])


async def _add_version(store: Store) -> int:
    """Add the shipped names as a version."""
    trained = await asyncio.to_thread(task_of("names").load_shipped)
    content = await asyncio.to_thread((SHIPPED / "names.safetensors").read_bytes)
    version, now = version_of(trained.card, trained.digest), datetime.datetime.now(datetime.UTC)
    return (await store[Versions].add(version, VersionFiles(content), now))[0]


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    patient = LocalDiscord(
        port=0, servers=2, shards=2, max_concurrency=2, first_response_s=PATIENCE_S
    )
    async with patient as started:
        yield started


async def test_two_processes(postgres: Database, tmp_path: Path) -> None:
    """Requests, votes, cooldowns, activations, trainings and a kill, in one start of both."""
    async with AsyncExitStack() as stack:
        local = await stack.enter_async_context(
            LocalDiscord(
                port=0,
                servers=COUNT,
                shards=COUNT,
                max_concurrency=COUNT,
                first_response_s=PATIENCE_S,
            )
        )
        syncs = []
        local.state.events.listeners.append(
            lambda event: syncs.append(event) if event.name == "commands" else None
        )
        home = next(s.guild.id for s in local.servers if shard_of(s.guild.id, COUNT) == 0)
        bots = [
            process(
                local,
                postgres,
                tmp_path / f"{part[0]}",
                lambda part=part: all(map(local.gateway.is_connected, part)),  # type: ignore[misc]
                HOME_GUILDS=home,
                SHARD_IDS=format_shards(part),
                SHARD_COUNT=str(COUNT),
            )
            for part in SHARDS
        ]
        for bot in bots:
            stack.push_async_callback(bot.stop)
        fleet = Fleet(local, bots, Store(postgres))
        await asyncio.gather(*(bot.start() for bot in bots))
        assert sorted(local.gateway.identified) == [*range(COUNT)]
        assert len(syncs) == 2  # once for all servers, once for the home of the owners
        polls = await fleet.ask(members=2)
        await fleet.vote(polls, members=2)
        await fleet.ask_everywhere()
        await fleet.activate()
        await fleet.kill(polls, members=2)
        await fleet.train()


async def test_successor(discord: LocalDiscord, postgres: Database, tmp_path: Path) -> None:
    """A process waits for its predecessor to end, and connects only then."""
    identified = discord.gateway.identified
    old = process(discord, postgres, tmp_path / "old", lambda: len(identified) == 2, **BOTH)
    new = process(discord, postgres, tmp_path / "new", lambda: len(identified) == 4, **BOTH)
    async with old:
        starting = asyncio.create_task(new.start())
        await says(new, WAITING)
        assert identified == [0, 1]
        assert not (await discord.run_command("help")).failed
        assert await old.stop() == Exit.OK
    await starting
    for server in range(2):
        assert not (await discord.run_command("help", server=server)).failed
    assert await new.stop() == Exit.OK


async def test_restart_of_the_database(
    discord: LocalDiscord, postgres: Database, tmp_path: Path
) -> None:
    """All connections end; the process serves on, and its shards stay its own."""
    identified = discord.gateway.identified
    async with process(
        discord, postgres, tmp_path / "first", lambda: len(identified) == 2, **BOTH
    ) as first:
        await cut(postgres)
        await says(first, "The other processes see this one again")
        assert not (await discord.run_command("help")).failed
        other = process(discord, postgres, tmp_path / "other", lambda: False, **BOTH)
        starting = asyncio.create_task(other.start())
        await says(other, WAITING)
        assert await other.stop() == Exit.OK
        with pytest.raises(RuntimeError):  # it has ended before it was connected
            await starting
        assert identified == [0, 1]


def process(
    discord: LocalDiscord,
    database: Database,
    folder: Path,
    connected: Callable[[], bool],
    **settings: str,
) -> BotProcess:
    """A bot with some shards."""
    folder.mkdir()
    address = database.url.set(drivername="postgres").render_as_string(hide_password=False)
    return BotProcess(discord, folder, {"DATABASE_URL": address, **settings}, connected=connected)


async def says(bot: BotProcess, line: str) -> None:
    """Wait until it is in the log."""
    await eventually(lambda: bot.log.exists() and line in bot.log.read_text(), ANSWER_S)
