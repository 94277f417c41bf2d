"""Names that have won a vote, without the vote."""

import secrets
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import delete, select

from bot.polls.queries import Ballot, PollRecord, Polls, announced
from bot.store import Store
from bot.store.schema import OutboxRow, WinnerAnswer
from tests.bot.chats.protocol import Actor, Answer
from tests.texts import named, written

_voters = count(1000)


async def crown(
    store: Store,
    name: str,
    votes: int = 1,
    *,
    at: datetime,
    community_id: int,
    member_id: int = 1,
    discoverer: str | None = "Ada",
    namer: str | None = None,
    is_open: bool = False,
) -> PollRecord:
    """A name that was crowned at some time, or whose poll `is_open` as yet."""
    card = PollRecord(
        id=secrets.randbits(62),
        community_id=community_id,
        channel_id=2,
        message_id=3,
        member_id=member_id,
        discoverer=discoverer,
        names=named("Anothersaurus", name),
        opened_at=at - timedelta(minutes=10),
        closes_at=at,
        custom_model=None if namer is None else written(namer),
    )
    polls = store[Polls]
    await polls.open(card)
    for _ in range(votes):
        await polls.cast(Ballot(card.id, next(_voters), 1), card.opened_at)
    if is_open:
        return card
    wake, store.database.wake = store.database.wake, []  # a bot that runs would announce it
    closed = await polls.close(card.id, at)
    assert closed is not None
    await announce(store, card.id, at)
    store.database.wake = wake
    return closed


async def announce(store: Store, poll_id: int, at: datetime, message_id: int | None = None) -> None:
    """Note that a result was announced, as if the outbox had done it."""
    async with store.database.writing() as session:
        await announced(session, poll_id, at, message_id)
        await session.execute(delete(OutboxRow).where(OutboxRow.subject_id == poll_id))


async def outdated(store: Store) -> list[tuple[int, int, int]]:
    """Community, channel and message of each answer that shows a removed name."""
    answer = WinnerAnswer
    places = select(answer.community_id, answer.channel_id, answer.message_id).distinct()
    async with store.database.reading() as session:
        rows = await session.execute(places.where(answer.is_outdated))
        return sorted((community, channel, message) for community, channel, message in rows)


async def remove_winner(moderator: Actor, name: str) -> Answer:
    """Remove a winner's name with `/moderate winner`. Returns the reply."""
    asked = await moderator.use("moderate winner", name=name)
    return await moderator.press(asked, f"Remove {name}")
