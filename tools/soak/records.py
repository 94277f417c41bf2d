"""Votes and the rest that the bot confirmed to members, compared with its database afterwards."""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.chat.dispatch import ACKNOWLEDGED_S
from simulators.discord.records import Interaction, Message
from tools.soak.ledger import NOT_SAVED, Entry

RECEIPT = re.compile("You (voted|took your vote back)")
VOTE_BUTTON = re.compile(r"vote:(?P<poll>[^:]+):(?P<position>\d+)")
KEPT = re.compile(r"^(Kept\.|You've kept this one already)")
HAS_WON = re.compile(r"The poll is closed: (?!no name )(?P<name>.+?) has won")

Ballot = tuple[str, int]
"""The IDs of a poll and of a member."""


@dataclass(frozen=True)
class PollMessage:
    """A message with vote buttons."""

    id: str
    message: Message
    buttons: Mapping[int, str]
    """The custom_id of each button, by the position of its name."""


@dataclass(frozen=True)
class Stored:
    """The rows of the database that members were told of."""

    votes: Mapping[Ballot, int]
    poems: frozenset[tuple[int, int]]
    """Ids of the member and of the message."""
    winners: Mapping[str, str]
    """The winning name of each closed poll that has one."""


@dataclass
class Records:
    """Everything that members asked the bot to store."""

    ballots: dict[Ballot, tuple[Entry, int]] = field(default_factory=dict)
    """The press of each vote, with the position: a member votes once in a poll."""
    keeps: dict[tuple[int, int], list[Entry]] = field(default_factory=dict)
    cards: dict[str, Message] = field(default_factory=dict)
    """The message of each poll, by the poll's id."""

    @property
    def confirmed(self) -> int:
        """Number of confirmations."""
        votes = sum(_voted(entry) for entry, _ in self.ballots.values())
        kept = sum(bool(KEPT.search(e.text)) for entries in self.keeps.values() for e in entries)
        won = sum(bool(HAS_WON.search(card.content)) for card in self.cards.values())
        return votes + kept + won

    def lost(self, stored: Stored) -> list[str]:
        """A sentence for everything that was confirmed and is not in the database."""
        wrong = [*self._lost_votes(stored), *self._lost_poems(stored)]
        for poll, card in self.cards.items():
            if (won := HAS_WON.search(card.content)) and poll in stored.winners:
                if won["name"] != stored.winners[poll]:
                    wrong.append(f"poll {poll}: {won['name']} won, not {stored.winners[poll]}")
            elif won:
                wrong.append(f"poll {poll}: {won['name']} won, and no winner is stored")
        return wrong

    def contradictions(self, stored: Stored) -> list[str]:
        """A sentence for everything that was said not to be stored, and is."""
        return [
            f"poll {poll}, member {member}: a vote is stored; the member was told: {entry.text}"
            for (poll, member), (entry, _) in self.ballots.items()
            if (poll, member) in stored.votes and NOT_SAVED.search(entry.text)
        ]

    def _lost_votes(self, stored: Stored) -> Iterable[str]:
        for (poll, member), (entry, position) in self.ballots.items():
            vote = stored.votes.get((poll, member))
            # A vote that was not confirmed may count or not.
            if vote != position and (vote is not None or _voted(entry)):
                said = _described(entry)
                yield f"poll {poll}, member {member}: {vote} is stored, not {position}: {said}"

    def _lost_poems(self, stored: Stored) -> Iterable[str]:
        for (member, message), entries in self.keeps.items():
            is_kept = any(KEPT.search(entry.text) for entry in entries)
            if is_kept and (member, message) not in stored.poems:
                yield f"poem {message} of member {member}: not stored"


def _described(entry: Entry) -> str:
    """A press and its answer, to look it up in the log."""
    at = datetime.datetime.fromtimestamp(entry.asked.created_at, datetime.UTC).time()
    wait = f" after {entry.seconds:.2f} s" if entry.seconds is not None else ""
    return f"at {at:%H:%M:%S}, {entry.asked.status}{wait}: {entry.text[:40]!r}"


def _voted(entry: Entry) -> bool:
    """Whether a vote was confirmed."""
    is_said = RECEIPT.search(entry.text) is not None
    return is_said or entry.is_shown or (entry.is_silent and is_confirmed(entry.asked))


async def read_stored(url: URL) -> Stored:
    """Read the bot's database."""
    votes = await rows(url, "SELECT poll_id, member_id, position FROM votes")
    poems = await rows(url, "SELECT member_id, message_id FROM poems")
    winners = await rows(
        url,
        "SELECT p.id, c.name FROM polls p JOIN candidates c "
        "ON c.poll_id = p.id AND c.position = p.winner WHERE p.closed_at IS NOT NULL",
    )
    return Stored(
        votes={(str(poll), int(member)): int(at) for poll, member, at in votes},
        poems=frozenset((int(member), int(message)) for member, message in poems),
        winners={str(poll): str(name) for poll, name in winners},
    )


def poll_of(message: Message) -> PollMessage:
    """The poll of a message; raises LookupError if it has no vote buttons."""
    found = [VOTE_BUTTON.fullmatch(button.custom_id or "") for button in message.buttons]
    matches = [match for match in found if match]
    if not matches:
        raise LookupError(
            "The messages of /dinoname have no buttons vote:<poll id>:<position>: "
            "this bot takes no votes."
        )
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


async def rows(url: URL, query: str) -> Sequence[Any]:
    """What a query finds in the bot's database, behind the bot's back."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text(query))).all()
    finally:
        await engine.dispose()
