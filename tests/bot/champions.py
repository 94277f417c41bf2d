"""Names that have won a vote, without the vote."""

import secrets
from datetime import datetime, timedelta
from itertools import count

from bot.store import Store
from bot.store.polls import Ballot, CardRecord

_voters = count(1000)


async def crown(
    store: Store,
    name: str,
    votes: int = 1,
    *,
    at: datetime,
    guild_id: int,
    member_id: int = 1,
    discoverer: str | None = "Ada",
    namer: str | None = None,
) -> CardRecord:
    """A name that was crowned at some time."""
    card = CardRecord(
        id=secrets.randbits(62),
        guild_id=guild_id,
        channel_id=2,
        message_id=3,
        member_id=member_id,
        discoverer=discoverer,
        names=("Anothersaurus", name),
        opened_at=at - timedelta(minutes=10),
        closes_at=at,
        namer=namer,
    )
    await store.cards.open(card)
    for _ in range(votes):
        await store.cards.cast(Ballot(card.id, next(_voters), 1), card.opened_at)
    closed = await store.cards.close(card.id, at)
    assert closed is not None
    await store.cards.announced(card.id, at)
    return closed
