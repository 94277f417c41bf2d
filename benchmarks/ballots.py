"""Votes as they were cast and stored, for the soak, the kills and the test of a fleet."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.chat.dispatch import ACKNOWLEDGED_S
from bot.platforms.local.records import Interaction, Message

RECEIPT = re.compile("You (voted|took)")
VOTE_BUTTON = re.compile(r"vote:(?P<poll>[^:]+):(?P<position>\d+)")

Ballot = tuple[str, int]
"""The IDs of a poll and of a member."""
TWICE_S = 5.0
"""Seconds between two presses that the bot may take for one, if it is slow: see `DOUBLE_PRESS`."""


@dataclass(frozen=True)
class PollMessage:
    """A message with vote buttons."""

    id: str
    message: Message
    buttons: Mapping[int, str]
    """The custom_id of each button, by the position of its name."""


@dataclass(frozen=True)
class Press:
    """A press of a vote button."""

    poll: str
    member: int
    position: int
    asked: Interaction

    @property
    def ballot(self) -> Ballot:
        return self.poll, self.member


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


def allowed_votes(presses: Sequence[Press]) -> dict[Ballot, set[int | None]]:
    """The votes that each ballot may have now, where None is no vote.

    A confirmed press counts. A later press without a response may count or not, since the member
    was told of a failure.
    """
    allowed: dict[Ballot, set[int | None]] = {}
    pressed_at: dict[Ballot, float] = {}
    for press in presses:
        at = press.asked.created_at
        is_double = at - pressed_at.get(press.ballot, -TWICE_S) < TWICE_S
        before = allowed.get(press.ballot, {None})
        after = votes_after(before, press.position, is_double=is_double)
        allowed[press.ballot] = after if is_confirmed(press.asked) else before | after
        pressed_at[press.ballot] = at
    return allowed


def votes_after(before: Set[int | None], position: int, *, is_double: bool) -> set[int | None]:
    """The votes that a member may have after a press: one for the chosen name takes it back.

    is_double: whether the bot may take it for a second press of a double click.
    """
    after = {None if vote == position else position for vote in before}
    return after | {position} if is_double else after


def wrong_votes(
    allowed: Mapping[Ballot, set[int | None]], stored: Mapping[Ballot, int]
) -> list[str]:
    """A sentence for each stored vote that is not allowed."""
    return [
        f"poll {poll}, member {member}: {stored.get((poll, member))} is stored, not "
        + " or ".join(sorted(map(str, votes)))
        for (poll, member), votes in allowed.items()
        if stored.get((poll, member)) not in votes
    ] + [f"a vote that nobody cast: {ballot}" for ballot in stored.keys() - allowed.keys()]


async def stored_votes(url: URL, polls: Sequence[PollMessage]) -> dict[Ballot, int]:
    """The votes of these polls in the bot's database."""
    found = await rows(url, "SELECT poll_id, member_id, position FROM votes")
    ids = {poll.id for poll in polls}
    return {(str(p), int(m)): int(vote) for p, m, vote in found if str(p) in ids}


async def rows(url: URL, query: str, **values: object) -> Sequence[Any]:
    """What a query finds in the bot's database, behind the bot's back."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text(query), values)).all()
    finally:
        await engine.dispose()
