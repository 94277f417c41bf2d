"""`python -m benchmarks.votes`: hundreds of members vote at once, and the bot is killed meanwhile.

The bot runs in a process of its own. First round: every member presses one button on every card,
some change their mind. Second round: the same, but the bot is killed (SIGKILL) when a third of the
votes are acknowledged, and started again. After each, what the database holds is compared with what
was acknowledged. The exit code is 1 if a vote is lost, a card shows something else, or the bot was
killed before it had acknowledged anything, which would prove nothing.

Time is taken by the stand-in, which shares the machine with the bot: the slowest press may be slow
because of either.
"""

import argparse
import asyncio
import re
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
from sqlalchemy import URL, bindparam, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.elsewhere import BotElsewhere
from bot.local.guild import User
from bot.local.records import Interaction, Message
from bot.local.server import LocalDiscord
from bot.local.state import Event

VOTE_BUTTON = re.compile(r"vote:(?P<card>[^:]+):(?P<position>\d+)")
CHANGED = 0.1
"""The share of presses that are taken back by a second one, on another name."""
DEADLINE_S = 3.0
"""Discord's: an interaction that is not acknowledged by then has failed."""
KILLED_AFTER = 1 / 3
"""The share of a round's votes that are acknowledged when the bot is killed."""
PATIENCE_S = 120.0
"""Seconds that cards have to show what was voted."""

KILLED = "killed on the way"
"""The name of the second round."""

Ballot = tuple[str, int]
"""A card's id and a member's."""


@dataclass(frozen=True)
class VotingCard:
    """A card that takes votes."""

    id: str
    message: Message
    buttons: Mapping[int, str]
    """The custom_id of each name's button, by position."""


@dataclass(frozen=True)
class Press:
    """A vote as it was sent."""

    card: str
    member: int
    position: int
    asked: Interaction

    @property
    def ballot(self) -> Ballot:
        return self.card, self.member


@dataclass
class Outcome:
    """What a round has come to."""

    presses: list[Press] = field(default_factory=list)
    seconds_to_press: float = 0.0
    """From the first press to the last answer."""
    seconds_of_stand_in: float = 0.0
    """Of a processor, in that time: what the bot could not have."""
    seconds_to_show: float | None = None
    """From the last answer until every card showed the votes; None if that never came."""
    edits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged_before_kill: int | None = None
    """None where nobody was killed."""
    wrong: list[str] = field(default_factory=list)
    edits_before: Mapping[str, int] = field(default_factory=dict)
    refused_before: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        """How many presses have had a first response."""
        return len(self.waits)

    @property
    def proves_nothing(self) -> bool:
        """Whether the kill came when there was nothing yet that it could have lost."""
        return self.acknowledged_before_kill == 0

    @property
    def waits(self) -> list[float]:
        """Seconds to the first response, of the presses that had one."""
        asked = [press.asked for press in self.presses]
        return [a.acknowledged_at - a.created_at for a in asked if a.acknowledged_at is not None]


# What is true, and what is shown


def voting_card(message: Message) -> VotingCard:
    """A message's vote buttons. LookupError if it has none."""
    found = [VOTE_BUTTON.fullmatch(button.custom_id or "") for button in message.buttons]
    matches = [match for match in found if match]
    if not matches:
        raise LookupError(
            "The cards of /dinoname have no buttons vote:<card id>:<position>: "
            "this bot takes no votes."
        )
    buttons = {int(match["position"]): match[0] for match in matches}
    return VotingCard(matches[0]["card"], message, buttons)


def allowed_votes(
    presses: Sequence[Press], before: Mapping[Ballot, int]
) -> dict[Ballot, set[int | None]]:
    """What each ballot may say: what was acknowledged last, or what was sent since.

    A press that got no answer may count or not: its member was told that it failed. None stands
    for no vote at all.
    """
    allowed: dict[Ballot, set[int | None]] = {ballot: {vote} for ballot, vote in before.items()}
    for press in presses:
        if press.asked.acknowledged_at is not None:
            allowed[press.ballot] = {press.position}
        else:
            allowed.setdefault(press.ballot, {None}).add(press.position)
    return allowed


def wrong_votes(
    allowed: Mapping[Ballot, set[int | None]], stored: Mapping[Ballot, int]
) -> list[str]:
    """A sentence for each ballot that says something else."""
    return [
        f"card {card}, member {member}: {stored.get((card, member))} is stored, not "
        + " or ".join(sorted(map(str, votes)))
        for (card, member), votes in allowed.items()
        if stored.get((card, member)) not in votes
    ] + [f"nobody voted, and yet there is {ballot}" for ballot in stored.keys() - allowed.keys()]


def shows(message: Message, names: Sequence[str], tally: Sequence[int]) -> bool:
    """Whether a card has each name's count beside it: in its embed, or on its button.

    What is beside a name reaches to the next name. A count of nothing may be left out.
    """
    embed = message.embed
    fields = embed.get("fields") or []
    written = [embed.get("description") or ""]
    written += [f"{part['name']}\n{part['value']}" for part in fields]
    written += [f"{button.label}\n" for button in message.buttons]
    any_name = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pieces = re.split(f"(?<!\\w)({any_name})(?!\\w)", "\n".join(written))
    beside: dict[str, set[int]] = {name: set() for name in names}
    for name, said in zip(pieces[1::2], pieces[2::2], strict=True):
        beside[name] |= {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", said)}
    return all(
        count in beside[name] or (count == 0 and not beside[name])
        for name, count in zip(names, tally, strict=True)
    )


class Truth:
    """The bot's database, read from outside."""

    def __init__(self, url: URL) -> None:
        self._engine: AsyncEngine = create_async_engine(url)

    async def close(self) -> None:
        await self._engine.dispose()

    async def names(self, card: VotingCard) -> list[str]:
        """The names of a card, by position. LookupError if it has none."""
        query = text(
            "SELECT name FROM candidates WHERE CAST(poll_id AS VARCHAR(40)) = :card "
            "ORDER BY position"
        )
        async with self._engine.connect() as connection:
            names = [str(name) for (name,) in await connection.execute(query, {"card": card.id})]
        if len(names) != len(card.buttons):
            raise LookupError(
                f"Card {card.id} has {len(card.buttons)} vote buttons, and the database has "
                f"{len(names)} names for it."
            )
        return names

    async def votes(self, cards: Sequence[VotingCard]) -> dict[Ballot, int]:
        """The votes on these cards."""
        query = text(
            "SELECT poll_id, member_id, position FROM votes "
            "WHERE CAST(poll_id AS VARCHAR(40)) IN :cards"
        ).bindparams(bindparam("cards", expanding=True))
        async with self._engine.connect() as connection:
            rows = await connection.execute(query, {"cards": [card.id for card in cards]})
            return {(str(card), int(member)): int(vote) for card, member, vote in rows}


def database_url(given: str | None, state_dir: Path) -> URL:
    """Where the bot's database is, for an engine that awaits."""
    if given is None:
        return URL.create("sqlite+aiosqlite", database=str(state_dir / "mangosaurus.db"))
    url = make_url(re.sub(r"^postgres:", "postgresql:", given))
    drivers = {"postgresql": "asyncpg", "sqlite": "aiosqlite"}
    return url.set(drivername=f"{url.get_backend_name()}+{drivers[url.get_backend_name()]}")


# The rounds


@dataclass
class Election:
    """Members, cards, and a bot that may be killed."""

    local: LocalDiscord
    bot: BotElsewhere
    truth: Truth
    rng: np.random.Generator
    seconds: float
    members: list[User] = field(default_factory=list)
    cards: list[VotingCard] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    _waiting: dict[str, "asyncio.Future[None]"] = field(default_factory=dict)
    _missing: int = 0
    """Acknowledgements until a round has had enough of them for a kill."""
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.local.state.listeners.append(self._hear)

    async def prepare(self, members: int, cards: int) -> None:
        """Let members come in and have cards dealt."""
        self.members = [self.local.state.guild.add_member(f"Member {n}") for n in range(members)]
        for number in range(cards):
            member = self.members[number % members]
            asked = await self.local.run_command("dinoname", by=member)
            card = voting_card(asked.message)
            self.cards.append(card)
            self.names[card.id] = await self.truth.names(card)

    async def round(self, *, killing: bool = False) -> Outcome:
        """Let everybody vote on every card; with `killing`, the bot dies on the way and returns."""
        outcome, before = Outcome(), await self.truth.votes(self.cards)
        self._missing = max(1, round(KILLED_AFTER * len(self.members) * len(self.cards)))
        self._enough.clear()
        with self._measured(outcome):
            voting = asyncio.gather(
                *(
                    self._vote(member, card, before.get((card.id, int(member.id))), outcome.presses)
                    for member in self.members
                    for card in self.cards
                )
            )
            if killing:
                # A fixed time would not know how fast this bot is on this database.
                enough = asyncio.create_task(self._enough.wait())
                either: list[asyncio.Future[Any]] = [enough, voting]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                enough.cancel()
                outcome.acknowledged_before_kill = outcome.acknowledged
                await self.bot.kill()
            await voting
        if killing:
            await self.bot.start()
        else:  # what came before a kill is shown once somebody votes again
            outcome.seconds_to_show = await self._shown()
        await self._judge(outcome, before)
        return outcome

    async def press_each_once(self) -> Outcome:
        """One vote more on each card: whether its buttons are alive, and what it shows then."""
        newcomer = self.local.state.guild.add_member("Newcomer")
        outcome, before = Outcome(), await self.truth.votes(self.cards)
        with self._measured(outcome):
            for card in self.cards:
                await self._press(newcomer, card, min(card.buttons), outcome.presses)
        outcome.seconds_to_show = await self._shown()
        await self._judge(outcome, before)
        dead = [press.card for press in outcome.presses if press.asked.failed]
        outcome.wrong += [f"card {card}: a dead button" for card in dead]
        return outcome

    @contextmanager
    def _measured(self, outcome: Outcome) -> Iterator[None]:
        """Take the time of a rush, and what had happened before it."""
        outcome.edits_before = {card.id: len(card.message.edits) for card in self.cards}
        outcome.refused_before = Counter(self.local.refused)
        started, worked = time.perf_counter(), time.process_time()
        yield
        outcome.seconds_to_press = time.perf_counter() - started
        outcome.seconds_of_stand_in = time.process_time() - worked

    async def _judge(self, outcome: Outcome, before: Mapping[Ballot, int]) -> None:
        stored = await self.truth.votes(self.cards)
        outcome.wrong = wrong_votes(allowed_votes(outcome.presses, before), stored)
        for card in self.cards:
            outcome.edits[card.id] = len(card.message.edits) - outcome.edits_before[card.id]
        outcome.refused = Counter(self.local.refused) - outcome.refused_before

    async def _vote(
        self, member: User, card: VotingCard, before: int | None, presses: list[Press]
    ) -> None:
        """Vote at some moment; some change their mind, as soon as they see that it counted."""
        moment, changed = self.rng.random(2)
        others = [position for position in card.buttons if position != before]
        first, second = map(int, self.rng.permutation(others)[:2])
        await asyncio.sleep(moment * self.seconds)
        for position in (first, second) if changed < CHANGED else (first,):
            if self.local.state.online:
                await self._press(member, card, position, presses)

    async def _press(
        self, member: User, card: VotingCard, position: int, presses: list[Press]
    ) -> None:
        asked = self.local.state.press(member, card.message.id, card.buttons[position])
        press = Press(card.id, int(member.id), position, asked)
        presses.append(press)
        await self._answered(press)
        if press.asked.acknowledged_at is not None:
            self._missing -= 1
            if self._missing == 0:
                self._enough.set()

    async def _answered(self, press: Press) -> None:
        """Wait for the first response, or for the end of the three seconds."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[press.asked.id] = answer
        await answer

    def _hear(self, event: Event) -> None:
        if event.name == "progress" and isinstance(event.subject, Interaction):
            answer = self._waiting.pop(event.subject.id, None)
            if answer is not None:
                answer.set_result(None)

    async def _shown(self) -> float | None:
        """Seconds from now until every card shows what the database holds."""
        started = time.perf_counter()
        while time.perf_counter() - started < PATIENCE_S:
            votes = await self.truth.votes(self.cards)
            counts = Counter((card, position) for (card, _), position in votes.items())
            if all(self._shows(card, counts) for card in self.cards):
                return time.perf_counter() - started
            await asyncio.sleep(0.1)
        return None

    def _shows(self, card: VotingCard, counts: Mapping[tuple[str, int], int]) -> bool:
        names = self.names[card.id]
        tally = [counts.get((card.id, position), 0) for position in range(len(names))]
        return shows(card.message, names, tally)


# The report


def report(outcomes: Mapping[str, Outcome], memory_mib: float) -> Table:
    """What was measured, a column for each round."""
    table = Table("figure", *outcomes)

    def row(figure: str, *values: str) -> None:
        table.add_row(figure, *values)

    every = list(outcomes.values())
    row("presses sent", *(f"{len(o.presses):,}" for o in every))
    row("first press to last answer", *(f"{o.seconds_to_press:.2f} s" for o in every))
    row("of it, the stand-in's own work", *(f"{o.seconds_of_stand_in:.2f} s" for o in every))
    row("acknowledged within 3 s", *(f"{_in_time(o):,}" for o in every))
    row("of them, before the kill", *(_count(o.acknowledged_before_kill) for o in every))
    row("median response", *(f"{1e3 * statistics.median(o.waits or [0]):.0f} ms" for o in every))
    row("slowest response", *(f"{1e3 * max(o.waits, default=0):.0f} ms" for o in every))
    row("edits of a card", *(_span(list(o.edits.values())) for o in every))
    row("edits in all", *(f"{o.edits.total():,}" for o in every))
    row("429s", *(f"{o.refused.total():,}" for o in every))
    row("then, until the cards show it", *(_shown_after(o) for o in every))
    row("wrong in the database", *(f"{len(o.wrong):,}" for o in every))
    table.caption = f"the bot's memory at its peak: {memory_mib:.0f} MiB"
    return table


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
    cards: int,
    seconds: float = 1.0,
    seed: int = 7,
    database: str | None = None,
    module: str = "benchmarks.elsewhere",
) -> tuple[dict[str, Outcome], float]:
    """All rounds by name, and the most memory of the bot in MiB.

    `database` is a URL as the bot takes it, SQLite in `folder` if there is none; `module` is what
    is run as the bot.
    """
    environment = {"COOLDOWN_SECONDS": "0"} | ({"DATABASE_URL": database} if database else {})
    async with (
        LocalDiscord(port=0) as local,
        BotElsewhere(local, folder, environment, module) as bot,
    ):
        truth = Truth(database_url(database, bot.state_dir))
        election = Election(local, bot, truth, np.random.default_rng(seed), seconds)
        try:
            await election.prepare(members, cards)
            outcomes = {"everybody votes": await election.round()}
            memory = bot.memory_mib()
            outcomes[KILLED] = await election.round(killing=True)
            outcomes["one more on each card"] = await election.press_each_once()
        finally:
            await truth.close()
    return outcomes, memory


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.votes", description=__doc__)
    parser.add_argument("--database-url", metavar="URL", help="(default: SQLite, thrown away)")
    parser.add_argument("--members", type=int, default=200, help="who vote (default: 200)")
    parser.add_argument("--cards", type=int, default=10, help="voted on (default: 10)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a rush (default: 1)")
    parser.add_argument("--seed", type=int, default=7, help="of who votes how (default: 7)")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcomes, memory = asyncio.run(
                run(
                    Path(folder),
                    members=options.members,
                    cards=options.cards,
                    seconds=options.seconds,
                    seed=options.seed,
                    database=options.database_url,
                )
            )
        except LookupError as error:
            console.print(str(error))
            return 2
    console.print(report(outcomes, memory))
    wrong = [sentence for outcome in outcomes.values() for sentence in outcome.wrong]
    for sentence in wrong[:20]:
        console.print(f"wrong: {sentence}", highlight=False)
    unseen = [
        name
        for name, outcome in outcomes.items()
        if outcome.seconds_to_show is None and name != KILLED
    ]
    for name in unseen:
        console.print(f"{name}: after {PATIENCE_S:.0f} s some card did not show its votes")
    unproven = [name for name, outcome in outcomes.items() if outcome.proves_nothing]
    for name in unproven:
        console.print(f"{name}: no vote was acknowledged before the kill, which proves nothing")
    return 1 if wrong or unseen or unproven else 0


if __name__ == "__main__":
    sys.exit(main())
