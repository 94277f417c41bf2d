import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.community.queries import Action, Record, RecordEntry
from bot.discoveries.queries import Discoveries
from bot.moderation.queries import Moderation
from bot.polls.hall_queries import HallOfFame, HallScope
from bot.polls.queries import Ballot, NoNameLeft, PollRecord, Polls
from bot.polls.removal_queries import RemovedNames
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.schema import Candidate
from bot.words import WordFilter
from tests.bot.champions import outdated
from tests.bot.polls.test_hall_queries import best, hold_poll
from tests.bot.polls.test_queries import LATER, NOW, POLL, opened
from tests.texts import named

BY = RecordEntry(Action.REMOVE_NAME, 9, NOW, 1)
WORDS, NAME = WordFilter(), "Mangosaurus"
LOOKING = HallScope(viewer_id=1)


async def found(store: Store, number: int) -> PollRecord:
    poll = await store[Polls].find(number)
    assert poll is not None
    return poll


@pytest.fixture
async def other(store: Store) -> Store:
    """Another process."""
    return Store(type(store.database)(store.database.url))


async def test_removed_from_all_polls(store: Store) -> None:
    """Of the community, whatever the case; an open one of another community goes on."""
    await hold_poll(store, 1, NAME, 2)
    await hold_poll(store, 2, "Kilosaurus", 2)
    await opened(store, replace(POLL, id=3, names=named("Kilosaurus", "MANGOSAURUS")))
    await opened(store, replace(POLL, id=4, names=named(NAME), community_id=2))
    for number, position in ((3, 1), (4, 0)):
        assert await store[Polls].cast(Ballot(number, 5, position), NOW)
    removal = await store[Moderation].remove_winner("mangosaurus", BY)
    assert removal is not None
    assert (removal.name, removal.poll_ids, removal.won) == (NAME, (3, 1), frozenset({1}))
    assert not await store[Polls].cast(Ballot(3, 6, 1), NOW)
    assert [(await found(store, n)).removed for n in (1, 2, 3, 4)] == [{1}, set(), {1}, set()]
    for number in (3, 4):
        await store[Polls].close(number, LATER)
    assert [(await found(store, n)).winner for n in (1, 2, 3, 4)] == [None, 1, None, 0]
    assert [each.name for each in await store[Discoveries].exhibits(WORDS, 1)] == ["Kilosaurus"]
    assert await store[Discoveries].count(2) == 1
    assert [entry.subject for entry in await store[Record].entries(1)] == [NAME]


async def test_sixty_victories(store: Store) -> None:
    for number in range(60):
        await hold_poll(store, number, NAME, 1)
    removal = await store[Moderation].remove_winner(NAME, BY)
    assert removal is not None
    assert removal.won == {*range(60)}
    assert await best(store, HallScope(community_id=1)) == []
    assert await store[Moderation].remove_winner(NAME, BY) is None


async def test_not_written_again_until_allowed(store: Store) -> None:
    await hold_poll(store, 1, NAME, 3)
    await store[Moderation].remove_winner(NAME, BY)
    poll = replace(POLL, id=2, names=named("Bravosaurus", NAME.lower(), "Kilosaurus"))
    assert (await store[Polls].open(poll)).names == ("Bravosaurus", "Kilosaurus")
    assert (await found(store, 2)).names == ("Bravosaurus", "Kilosaurus")
    alone, daily = replace(POLL, id=3, names=named(NAME)), replace(POLL, id=4, day=NOW.date())
    with pytest.raises(NoNameLeft):
        await store[Polls].open(alone)
    with pytest.raises(NoNameLeft):
        await store[Polls].open_daily(replace(daily, names=named(NAME)))
    stored = await store[Polls].open_daily(daily)
    assert stored is not None
    assert NAME not in stored.names
    assert (await store[Polls].open(replace(alone, community_id=2))).names == (NAME,)
    assert await store[RemovedNames].named(1, "SAUR") == [NAME]
    assert await store[Moderation].allow_name("mangosaurus", BY) == NAME
    assert await store[Moderation].allow_name(NAME, BY) is None
    assert await store[RemovedNames].keys(1) == set()
    assert (await store[Polls].open(replace(alone, id=5))).names == (NAME,)
    assert await best(store, HallScope(community_id=1)) == []


async def test_removals_before_the_upgrade_keep_their_scope(store: Store) -> None:
    await opened(store)
    async with store.database.writing() as session:
        await session.execute(
            update(Candidate).where(Candidate.position == 0).values(removed_at=NOW)
        )
    assert (await store[Polls].open(replace(POLL, id=2))).names == POLL.names


async def test_public_lists_leave_out_what_the_reader_has_removed(store: Store) -> None:
    """Also from answers that they have shown, and training. Others still see the name."""
    hall = store[HallOfFame]
    await hold_poll(store, 1, NAME, 3, community_id=2)
    await hold_poll(store, 2, "Bravosaurus", 2, community_id=2)
    await opened(store)
    await hall.note_shown(1, 5, 51, [1], now=NOW)
    await hall.note_shown(1, 5, 52, [2], now=NOW)
    await hall.note_shown(3, 6, 53, [1], now=NOW)
    assert await hall.has_winner(NAME, 1)
    await store[Moderation].remove_name(POLL.id, 0, BY)
    assert await best(store, LOOKING) == ["Bravosaurus"]
    assert not await hall.has_winner(NAME, 1)
    assert await hall.names_with_votes(1) == [("Bravosaurus", 2)]
    latest = await hall.latest(WORDS, LOOKING)
    assert latest is not None
    assert latest.name == "Bravosaurus"
    for scope in (HallScope(viewer_id=3), HallScope(community_id=2), HallScope()):
        assert await best(store, scope) == [NAME, "Bravosaurus"]
    await hall.note_shown(1, 7, 54, [1], now=NOW)  # it was read before the removal
    assert await outdated(store) == [(1, 5, 51), (1, 7, 54)]
    await store[Moderation].allow_name(NAME, BY)
    assert await best(store, LOOKING) == [NAME, "Bravosaurus"]


@pytest.mark.parametrize("is_closing_first", [True, False])
async def test_removal_while_polls_close(
    store: Store, other: Store, *, is_closing_first: bool
) -> None:
    """In either order none has won, and the museum has nothing."""
    numbers = range(1, 9)
    for number in numbers:
        await opened(store, replace(POLL, id=number, member_id=number))
        await store[Polls].cast(Ballot(number, 50, 0), NOW)
    closing = [other[Polls].close(number, LATER) for number in numbers]
    removing = store[Moderation].remove_name(3, 0, BY)
    calls = [*closing, removing] if is_closing_first else [removing, *closing]
    await asyncio.gather(*calls)
    await other.close()
    assert {(await found(store, number)).winner for number in numbers} == {None}
    assert await store[Discoveries].count(1) == 0


async def test_removal_while_polls_open(store: Store, other: Store) -> None:
    """By several processes: whatever the order, the name stands in none."""
    await opened(store)
    polls = [replace(POLL, id=number, member_id=number) for number in range(1, 21)]
    opening = [(store, other)[poll.id % 2][Polls].open(poll) for poll in polls]
    await asyncio.gather(*opening[:10], other[Moderation].remove_name(77, 0, BY), *opening[10:])
    await other.close()
    for poll in polls:
        assert NAME not in (await found(store, poll.id)).standing.values()


async def test_two_moderators_remove_at_once(store: Store, other: Store) -> None:
    await hold_poll(store, 1, NAME, 2)
    await hold_poll(store, 2, NAME, 2)
    removals = await asyncio.gather(
        store[Moderation].remove_winner(NAME, BY), other[Moderation].remove_name(2, 1, BY)
    )
    await other.close()
    assert [each is None for each in removals].count(True) == 1
    assert len(await store[Record].entries(1)) == 1


async def test_removed_names_go_with_their_community(store: Store) -> None:
    await opened(store)
    await store[Moderation].remove_name(POLL.id, 0, BY)
    await store[Privacy].left(1, NOW)
    assert await store[Privacy].forget_communities(NOW + timedelta(days=1)) == [1]
    assert await store[RemovedNames].keys(1) == set()
