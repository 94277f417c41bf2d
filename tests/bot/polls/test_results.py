"""Who wins a tie, and victories that are taken back."""

from datetime import timedelta

from bot.polls.queries import Ballot, HallOfFame, HallScope, Polls
from bot.store import Store
from tests.bot.polls.test_hall_queries import hold_poll
from tests.bot.polls.test_queries import LATER, NOW, POLL, opened


async def test_repeated_vote_is_no_later(store: Store) -> None:
    """In a tie, the name wins that reached its count first."""
    await opened(store)
    await store[Polls].cast(Ballot(POLL.id, 5, 0), NOW)
    await store[Polls].cast(Ballot(POLL.id, 6, 1), NOW + timedelta(minutes=1))
    await store[Polls].cast(Ballot(POLL.id, 5, 0), NOW + timedelta(minutes=2))
    closed = await store[Polls].close(POLL.id, LATER)
    assert closed is not None
    assert (closed.votes, closed.winner) == ((1, 1, 0), 0)


async def test_victory_is_taken_back(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 3)
    await hold_poll(store, 2, "Bravosaurus", 2)
    await store[Polls].void(1)
    voided, other = await store[Polls].find(1), await store[Polls].find(2)
    assert voided is not None
    assert other is not None
    assert (voided.winner, voided.votes) == (None, (0, 3))
    assert other.winner == 1
    assert not await store[Polls].announcement_sent(1, 99)
    assert [one.name for one in await store[HallOfFame].best(HallScope())] == ["Bravosaurus"]
