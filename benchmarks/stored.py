"""What the bot's database holds after a rush, beside what the members were shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.rush import Asked
from bot.store.schema import Candidate, Poll, UnfinishedAnswer


@dataclass(frozen=True)
class Faults:
    """Numbers of answers that do not agree with the database."""

    without_poll: int
    """Answered cards without a poll that has all their names and knows their message."""
    without_card: int
    """Polls that no card shows, beyond those of requests that were not answered."""
    unfinished: int
    """Answers that the next start would close as unfinished: their end is not recorded."""

    def __bool__(self) -> bool:
        return any((self.without_poll, self.without_card, self.unfinished))


@dataclass(frozen=True)
class Stored:
    """Polls and unfinished answers in the database."""

    polls: Mapping[int, int]
    """Number of names by the id of each poll."""
    placed: frozenset[int]
    """The polls that know their message."""
    unfinished: int

    def faults(self, asked: Sequence[Asked]) -> Faults:
        """What disagrees with all that was asked of this bot."""
        cards = [each for each in asked if each.what != "poem"]
        answered = [each for each in cards if each.answered is not None]
        shown = Counter(each.poll for each in answered)
        good = [
            each
            for each in answered
            if each.poll is not None
            and each.poll in self.placed
            and self.polls.get(each.poll) == each.names
            and shown[each.poll] == 1
        ]
        unseen = len(self.polls.keys() - shown.keys())
        return Faults(
            without_poll=len(answered) - len(good),
            without_card=max(0, unseen - (len(cards) - len(answered))),
            unfinished=self.unfinished,
        )


async def read_stored(url: URL, since: datetime) -> Stored:
    """Read what the bot has stored since a time."""
    engine = create_async_engine(url)
    new = Poll.opened_at >= since
    names = select(Candidate.poll_id, func.count()).join(Poll).where(new)
    placed = select(Poll.id).where(new, Poll.message_id.is_not(None))
    unfinished = select(func.count()).where(UnfinishedAnswer.begun_at >= since)
    try:
        async with engine.connect() as connection:
            counts = await connection.execute(names.group_by(Candidate.poll_id))
            return Stored(
                {int(poll): int(count) for poll, count in counts},
                frozenset(await connection.scalars(placed)),
                await connection.scalar(unfinished) or 0,
            )
    finally:
        await engine.dispose()
