"""Members, and what they do: names, poems, votes, namers, and the rest, at random."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import numpy as np

from simulators.discord.guild import User
from simulators.discord.limits import ApiError
from simulators.discord.records import Interaction, Message
from simulators.discord.server import LocalDiscord
from tools.soak.ledger import Entry, Ledger
from tools.soak.records import PollMessage, Records, poll_of

SETTLING_S = 45.0
"""Seconds that a member waits for an answer before doing something else."""
RECEIPT_S = 10.0
"""Seconds in which a vote that was acknowledged may be confirmed in words."""
LOOK_S = 0.1
PROBE_S = 1.0
"""Seconds between two requests that tell whether the bot is back."""
PROBERS = 6
RECENT = 12
"""Polls that members still vote in."""

NAMES, POEM = "🦕|🪶", "📜"
SYLLABLES = ("bel", "dor", "fen", "gal", "hir", "kum", "lys", "mar", "nim", "tov")
ENDINGS = ("adan", "ebor", "idel", "omir", "uwen", "ylan")
ELVES = ", ".join(
    first + last
    for i, first in enumerate(SYLLABLES)
    for j, last in enumerate(ENDINGS)
    if (i + j) % 3  # some are left to be generated, none of them one letter away from the list
)
"""A list of names that takes seconds to train on."""

Action = Callable[[User], Awaitable[None]]


class Crowd:
    """Members who use the bot at a rate."""

    def __init__(
        self, local: LocalDiscord, ledger: Ledger, records: Records, *, seed: int, members: int
    ) -> None:
        self._local, self._ledger, self._records = local, ledger, records
        self._random = np.random.default_rng([seed, 1])
        guild = local.state.guild
        self.admin = guild.admin
        self._idle = [guild.add_member(f"Member {n}") for n in range(members)]
        self._probers = [guild.add_member(f"Prober {n}") for n in range(PROBERS)]
        self._polls: list[PollMessage] = []
        self._poems: list[Message] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.namer = ""
        """The namer that members use, once it is trained."""
        self._actions: Mapping[Action, float] = {
            self._dinoname: 14,
            self._vote: 30,
            self._sonnet: 6,
            self._keep: 5,
            self._name: 8,
            self._complete: 9,
            self._dissect: 5,
            self._more: 4,
            self._look: 9,
        }

    # Running

    async def act(self, rate: float) -> None:
        """Send `rate` interactions a second at random moments, until cancelled."""
        actions = [*self._actions]
        weights = np.array([self._actions[action] for action in actions])
        while True:
            await asyncio.sleep(self._random.exponential(1 / rate))
            action = actions[self._random.choice(len(actions), p=weights / weights.sum())]
            if self._idle:
                member = self._idle.pop(int(self._random.integers(len(self._idle))))
                self._start(self._as(member, action))

    async def probe(self) -> None:
        """Request names each second, until cancelled."""
        number = 0
        while True:
            prober = self._probers[number % PROBERS]
            self.send("probe", prober, "dinoname", {"count": 2}, worked=NAMES, stores=True)
            number += 1
            await asyncio.sleep(PROBE_S)

    async def finish(self) -> None:
        """Wait until the members have their answers."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SETTLING_S)

    def _start(self, work: Any) -> None:  # noqa: ANN401 (a coroutine)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _as(self, member: User, action: Action) -> None:
        try:
            await action(member)
        except (ApiError, LookupError):
            pass  # there is no such button, or Discord rejects it: the bot never hears of it
        finally:
            self._idle.append(member)

    # Interactions

    def send(
        self,
        what: str,
        member: User,
        command: str,
        options: Mapping[str, object] | None = None,
        *,
        worked: str = "",
        stores: bool = False,
    ) -> Entry:
        """Send a command."""
        asked = self._local.state.invoke(member, command, options)
        return self._enter(what, asked, worked, stores=stores)

    def _press(
        self,
        what: str,
        member: User,
        message: Message,
        button: str,
        worked: str = "",
        *,
        stores: bool = False,
    ) -> Entry:
        custom_id = message.button(button).custom_id or ""
        asked = self._local.state.press(member, message.id, custom_id)
        return self._enter(what, asked, worked, stores=stores)

    def _enter(self, what: str, asked: Interaction, worked: str, *, stores: bool = False) -> Entry:
        entry = Entry(what, asked, worked, stores)
        self._ledger.entries.append(entry)
        return entry

    async def settled(self, entry: Entry, *, needs_words: bool = False) -> Entry:
        """Wait for the end of an answer, for a limited time."""
        asked = entry.asked
        for _ in range(int(SETTLING_S / LOOK_S)):
            is_over = asked.settled and not entry.is_unfinished
            if is_over and (asked.failed or not needs_words or entry.text):
                break
            since = self._local.state.clock() - (asked.acknowledged_at or 0.0)
            if asked.acknowledged and entry.is_silent and since > RECEIPT_S:
                break
            await asyncio.sleep(LOOK_S)
        return entry

    def _one_of(self, things: Any) -> Any:  # noqa: ANN401 (any sequence)
        return things[int(self._random.integers(len(things)))]

    # What members do

    async def _dinoname(self, member: User) -> None:
        options: dict[str, object] = {"count": int(self._random.integers(2, 8))}
        if self._random.random() < 0.3:
            options["starts_with"] = self._one_of(("man", "tri", "velo", "q"))
        if self._random.random() < 0.2:
            options["ends_with"] = self._one_of(("saurus", "raptor", "don"))
        entry = self.send("name", member, "dinoname", options, worked=NAMES, stores=True)
        self._remember(await self.settled(entry))

    async def _name(self, member: User) -> None:
        if self.namer:
            options = {"namer": self.namer, "count": 3}
            entry = self.send("name of a namer", member, "name", options, worked=NAMES, stores=True)
            self._remember(await self.settled(entry))

    def _remember(self, entry: Entry) -> None:
        if entry.asked.messages:
            try:
                poll = poll_of(entry.asked.message)
            except LookupError:
                return  # names without a poll
            self._polls = [*self._polls[-RECENT:], poll]
            self._records.cards[poll.id] = poll.message

    async def _vote(self, member: User) -> None:
        if not self._polls:
            return
        poll = self._one_of(self._polls[-RECENT:])
        ballot = poll.id, int(member.id)
        if ballot in self._records.ballots:
            return
        position = int(self._one_of([*poll.buttons]))
        button = poll.buttons[position]
        entry = self._press("vote", member, poll.message, button, r"You voted", stores=True)
        self._records.ballots[ballot] = entry, position
        await self.settled(entry, needs_words=True)

    async def _sonnet(self, member: User) -> None:
        options = self._one_of(
            ({"opening": "Shall I"}, {"about": "the sea"}, {}, {"opening": "When I do count"})
        )
        entry = await self.settled(self.send("poem", member, "sonnet", options, worked=POEM))
        if entry.asked.messages and not entry.is_unfinished:
            self._poems = [*self._poems[-RECENT:], entry.asked.message]

    async def _keep(self, member: User) -> None:
        if self._poems:
            poem = self._one_of(self._poems)
            worked = r"Kept\.|kept this one"
            entry = self._press("keep", member, poem, "Keep", worked, stores=True)
            self._records.keeps.setdefault((int(member.id), int(poem.id)), []).append(entry)
            await self.settled(entry)

    async def _complete(self, member: User) -> None:
        command, option, typed = self._one_of(
            (("dinoname", "starts_with", "tri"), ("dissect", "name", "tyr"), ("name", "namer", ""))
        )
        asked = self._local.state.complete(member, command, {option: typed}, option)
        await self.settled(self._enter("autocomplete", asked, ""))

    async def _dissect(self, member: User) -> None:
        name = self._one_of(("Mangosaurus", "Tyrannosaurus", "Shall I compare thee", "Qqq"))
        entry = self.send("dissect", member, "dissect", {"name": name}, worked=r"🔬|\.png")
        await self.settled(entry)

    async def _more(self, member: User) -> None:
        if self._polls:
            message = self._one_of(self._polls).message
            button = self._one_of(("More", "Dissect"))
            entry = self._press("more", member, message, button, r"🦕|🪶|🔬|\.png|Which one")
            await self.settled(entry)

    async def _look(self, member: User) -> None:
        command, options = self._one_of(
            (
                ("halloffame", {"period": "ever"}),
                ("halloffame", {"scope": "everywhere"}),
                ("champion", {}),
                ("poems", {}),
                ("export", {"format": "json"}),
                ("privacy", {}),
                ("namer list", {}),
                ("help", {}),
                ("about", {}),
            )
        )
        await self.settled(self.send(command, member, command, options, worked="."))

    # What an administrator does

    async def create_namer(self, name: str) -> Entry:
        """Train a namer on a list of elves."""
        options = {"name": name, "text": ELVES}
        entry = self.send(
            "create", self.admin, "namer create", options, worked="elves|🏋️|⏳", stores=True
        )
        return await self.settled(entry)
