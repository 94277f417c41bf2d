import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from bot.outbox.queries import Outbox
from bot.polls.queries import (
    SKEW,
    Ballot,
    Outcome,
    PollRecord,
    Polls,
    TooManyPolls,
    VoteOrigin,
    lock_votes,
    locked_open,
)
from bot.polls.removal_queries import remove
from bot.privacy.queries import Privacy
from bot.store import Store, Unavailable
from bot.store.identities import Identities
from tests.texts import WORDS, named, written

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
POLL = PollRecord(
    id=77,
    community_id=1,
    channel_id=2,
    message_id=None,
    member_id=3,
    discoverer="Ada",
    names=named("Mangosaurus", "Bravosaurus", "Kilosaurus"),
    opened_at=NOW,
    closes_at=LATER,
)


@pytest.fixture
def database_writes(store: Store) -> list[str]:
    """Gets an item for each transaction that writes."""
    kinds: list[str] = []
    store.database.observe = lambda kind, _seconds: kinds.append(kind) if kind == "write" else None
    return kinds


async def opened(store: Store, poll: PollRecord = POLL) -> PollRecord:
    await store[Polls].open(poll)
    return poll


@pytest.fixture(autouse=True)
async def open_poll(store: Store) -> PollRecord:
    return await opened(store)


async def votes_of(store: Store, poll: PollRecord = POLL) -> tuple[int, ...]:
    found = await store[Polls].find(poll.id)
    assert found is not None
    return found.votes


async def cast(store: Store, member: int, position: int, at: datetime = NOW) -> Outcome:
    return await store[Polls].cast(Ballot(POLL.id, member, position), at)


async def test_dinosaurs(store: Store) -> None:
    """Of one community, without names of namers and removed ones; the newest first."""
    later = NOW + timedelta(minutes=1)
    for other in (
        replace(POLL, id=78, names=named("Draco%saurus"), opened_at=later),
        replace(POLL, id=79, names=named("Elrond"), custom_model=written("elves")),
        replace(POLL, id=80, names=named("Farsaurus"), community_id=2),
    ):
        await opened(store, other)
    async with store.database.writing() as session:
        await remove(store.database, session, 1, NOW, candidate=(POLL.id, 2))
    polls, here = store[Polls], ("Draco%saurus", "Mangosaurus", "Bravosaurus")
    assert await polls.recent_dinosaurs(WORDS, 1, "") == [*here]
    assert await polls.recent_dinosaurs(WORDS, 1, "saur", most=2) == [*here[:2]]
    assert await polls.recent_dinosaurs(WORDS, 1, "o%s") == ["Draco%saurus"]
    expected = dict.fromkeys([*here, "mangosaurus"], True) | {"Kilosaurus": False}
    for name in (*here, "Kilosaurus", "Elrond", "Farsaurus", "mangosaurus"):
        assert await polls.has_dinosaur(1, name) == expected.get(name), name


async def test_many_polls_at_once(store: Store, database_writes: list[str]) -> None:
    """Each has its names and its message, and all take few transactions."""
    one = replace(POLL, names=named("Mangosaurus"), votes=(0,), last_votes=(None,))
    polls = [replace(one, id=1000 + n, member_id=n) for n in range(50)]
    await asyncio.gather(*map(store[Polls].open, polls))
    await asyncio.gather(*(store[Polls].sent(poll.id, poll.id) for poll in polls))
    for poll in (polls[0], polls[-1]):
        read = replace(poll, message_id=poll.id, discoverer=None)  # it may be hidden by now
        assert await store[Polls].find(poll.id) == read
    assert len(database_writes) <= 4


async def test_poll_that_exists_does_not_stop_others(store: Store) -> None:
    other = replace(POLL, id=78)
    first, second = await asyncio.gather(
        store[Polls].open(POLL), store[Polls].open(other), return_exceptions=True
    )
    assert isinstance(first, IntegrityError)
    assert second == other
    assert await store[Polls].find(78) is not None


async def test_two_processes_count_votes_once(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    await asyncio.gather(
        *(s[Polls].cast(Ballot(POLL.id, m, 0), NOW) for m in range(40) for s in (store, other))
    )
    await other.close()
    assert await votes_of(store) == (40, 0, 0)


async def test_concurrent_retracts(store: Store) -> None:
    polls = [replace(POLL, id=number) for number in range(1, 4)]
    for poll in polls:
        await store[Polls].open(poll)
    other = Store(type(store.database)(store.database.url))
    calls = []
    for number, (poll, member) in enumerate(itertools.product(polls, range(40))):
        first, second = (store, other) if number % 2 else (other, store)
        calls += [
            first[Polls].cast(Ballot(poll.id, member, 0), NOW),
            second[Polls].retract(poll.id, 39 - member, NOW),
            second[Polls].cast(Ballot(poll.id, member, 1), NOW),
        ]
    assert all(result in (True, False) for result in await asyncio.gather(*calls))
    for poll in polls:
        for member in range(40):
            await store[Polls].retract(poll.id, member, NOW)
        assert await votes_of(store, poll) == (0, 0, 0)
    await other.close()


async def test_due_by_platform(store: Store) -> None:
    """Each platform closes its own polls."""
    polls = store[Polls]
    channel = await store[Identities].resolve("slack", "channel", "T1", "C1")
    await polls.open(replace(POLL, id=9, channel_id=channel))
    for platform, poll_id in [("discord", POLL.id), ("slack", 9)]:
        assert await polls.next_closing(platform) == LATER
        assert await polls.due(NOW, platform) == []
        assert [poll.id for poll in await polls.due(LATER, platform)] == [poll_id]
        await polls.close(poll_id, LATER)
        assert await polls.next_closing(platform) is None
        (row,) = await store[Outbox].claim(platform, LATER, 9)
        assert row.subject_id == poll_id


async def test_poll_closes_once(store: Store) -> None:
    polls = store[Polls]
    await cast(store, 5, 1)
    closed = await asyncio.gather(*(polls.close(POLL.id, LATER) for _ in range(5)))
    (first,) = filter(None, closed)
    assert (first.winner, first.closed_at) == (1, LATER)
    assert not await cast(store, 6, 0)
    assert await polls.next_closing() is None
    assert [row.subject_id for row in await store[Outbox].claim("discord", LATER, 9)] == [POLL.id]


async def test_forgotten_discoverer_votes_again(store: Store) -> None:
    """It is not known whose vote it is, so it takes one more."""
    await cast(store, 3, 0)
    await cast(store, 4, 1)
    await store[Privacy].forget_member(3)
    await cast(store, 3, 0)
    closed = await store[Polls].close(POLL.id, LATER)
    assert closed is not None
    assert (closed.votes, closed.winner) == ((1, 1, 0), None)


async def test_open_polls_of_a_forgotten_member(store: Store) -> None:
    """Those in which only they have voted are deleted: nothing else would limit their number."""
    polls = [replace(POLL, id=100 + n) for n in range(3)]
    for poll in polls:
        await opened(store, poll)
    await store[Polls].close(100, NOW)
    await store[Polls].cast(Ballot(101, 4, 0), NOW)
    await store[Polls].cast(Ballot(102, 3, 0), NOW)
    await store[Privacy].forget_member(3)
    assert [bool(await store[Polls].find(poll.id)) for poll in (POLL, *polls)] == [
        False,
        True,
        True,
        False,
    ]


async def test_limits_of_open_polls(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of those that are opened at once. Closed ones do not count."""
    monkeypatch.setattr("bot.polls.queries.MOST_OF_MEMBER", 4)
    monkeypatch.setattr("bot.polls.queries.MOST_IN_CHANNEL", 6)
    await store[Polls].close(POLL.id, NOW)
    members = [3] * 5 + [4] * 4
    polls = [replace(POLL, id=100 + n, member_id=member) for n, member in enumerate(members)]
    done = await asyncio.gather(*map(store[Polls].open, polls), return_exceptions=True)
    refused = [each for each in done if isinstance(each, TooManyPolls)]
    assert [each.most for each in refused] == [4, 6, 6]
    assert [each.is_of_member for each in refused] == [True, False, False]
    await store[Polls].close(100, NOW)
    await store[Polls].open(replace(POLL, id=200))
    await store[Polls].open(replace(POLL, id=203, community_id=9, channel_id=8))
    for more in (replace(POLL, id=201), replace(POLL, id=202, member_id=9)):
        with pytest.raises(TooManyPolls):
            await store[Polls].open(more)
    assert await store[Polls].find(202) is None


async def test_polls_without_winner_are_pruned(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their votes, in several transactions; winners and open polls stay."""
    monkeypatch.setattr("bot.polls.queries.LARGEST_BATCH", 2)
    for number in range(101, 106):
        await opened(store, replace(POLL, id=number, member_id=number))
        await store[Polls].cast(Ballot(number, number, 0), NOW)
        await store[Polls].close(number, LATER)
    await cast(store, 5, 1)
    await store[Polls].close(POLL.id, LATER)
    await opened(store, replace(POLL, id=78))
    assert await store[Polls].prune(LATER) == 0
    assert await store[Polls].prune(LATER + timedelta(seconds=1)) == 5
    kept = [number for number in (77, 78, *range(101, 106)) if await store[Polls].find(number)]
    assert kept == [77, 78]
    assert not await store[Privacy].of(101)


async def test_vote_for_unknown_position(store: Store) -> None:
    votes = [(5, 0), (6, 3), (7, 2**40), (8, -1), (9, 1)]
    counted = await asyncio.gather(*(cast(store, *vote) for vote in votes))
    assert counted == [1, 0, 0, 0, 1]
    assert await votes_of(store) == (1, 1, 0)


async def test_late_votes_in_a_batch(store: Store) -> None:
    votes = (5, 0, NOW), (5, 1, LATER), (6, 1, LATER)
    assert await asyncio.gather(*(cast(store, *vote) for vote in votes)) == [1, 0, 0]
    assert await votes_of(store) == (1, 0, 0)


async def test_votes_while_database_is_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose member goes away counts nevertheless."""
    with monkeypatch.context() as gone:
        gone.setattr(store.database, "writing", Mock(side_effect=Unavailable("gone")))
        results = await asyncio.gather(
            *(cast(store, member, 0) for member in range(3)), return_exceptions=True
        )
    assert [type(result) for result in results] == [Unavailable] * 3
    casting = asyncio.create_task(cast(store, 5, 0))
    await asyncio.sleep(0)
    casting.cancel()
    assert await cast(store, 6, 0)
    assert await votes_of(store) == (2, 0, 0)


POLL_NUMBERS = itertools.count(1000)
CHOICES = st.one_of(st.none(), st.integers(0, 3))
BATCHES = st.lists(
    st.lists(st.tuples(st.integers(1, 4), CHOICES), min_size=1, max_size=4), max_size=6
)
"""Members and their choices, at once and one after another: `None` retracts, 3 does not exist."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
async def test_votes_match_a_dictionary(
    store: Store, batches: list[list[tuple[int, int | None]]]
) -> None:
    """Any votes and retractions are counted as a dictionary counts them.

    A vote for the chosen name takes it back, except in the batch in which it was cast.
    """
    number = next(POLL_NUMBERS)
    poll = await opened(store, replace(POLL, id=number, community_id=number))  # nothing is owned
    model: dict[int, tuple[int, int]] = {}  # member: position, since when
    for minute, batch in enumerate(batches):
        at = NOW + timedelta(minutes=minute)
        counted = await asyncio.gather(
            *(store[Polls].cast(Ballot(poll.id, member, choice), at) for member, choice in batch)
        )
        before, expected = dict(model), []
        for member, choice in batch:
            has_chosen, since = model.get(member, (None, minute))
            if choice is None or (choice == has_chosen and since < minute):
                taken_back = model.pop(member, None) is not None
                expected.append(Outcome.TAKEN_BACK if taken_back else Outcome.REFUSED)
                before.pop(member, None)
            elif choice == has_chosen:
                expected.append(Outcome.COUNTED)
            elif choice < 3:
                model[member] = choice, minute
                expected.append(Outcome.COUNTED)
            else:
                expected.append(Outcome.REFUSED)
        # Changed back at once, a vote is as old as before.
        model |= {m: old for m, old in before.items() if m in model and model[m][0] == old[0]}
        assert counted == expected
    tally = tuple(sum(c == position for c, _ in model.values()) for position in range(3))
    assert await votes_of(store, poll) == tally
    closed = await store[Polls].close(poll.id, LATER)
    assert closed is not None
    last = dict(sorted(model.values(), key=lambda vote: vote[1]))
    of_others = {choice for member, (choice, _) in model.items() if member != POLL.member_id}
    ranking = sorted(of_others, key=lambda position: (-tally[position], last[position], position))
    assert closed.winner == (ranking[0] if ranking else None)


@pytest.mark.parametrize(
    "origin",
    [VoteOrigin(9, 2, 55), VoteOrigin(None, 2, 55), VoteOrigin(1, 9, 55), VoteOrigin(1, 2, 56)],
    ids=str,
)
async def test_vote_from_elsewhere_does_not_count(store: Store, origin: VoteOrigin) -> None:
    await store[Polls].sent(POLL.id, 55)
    assert not await store[Polls].cast(Ballot(POLL.id, 5, 0, origin), NOW)
    assert await store[Polls].cast(Ballot(POLL.id, 5, 0, VoteOrigin(1, 2, 55)), NOW)
    assert not await store[Polls].retract(POLL.id, 5, NOW, origin)
    assert await store[Polls].retract(POLL.id, 5, NOW, VoteOrigin(1, 2, None))


async def test_clock_steps_back(store: Store) -> None:
    """A poll is not open for as long as the clock was ahead."""
    yesterday = NOW - timedelta(days=1)
    assert [poll.id for poll in await store[Polls].due(yesterday)] == [POLL.id]
    assert await store[Polls].due(NOW - SKEW) == []
    assert await store[Polls].close(POLL.id, yesterday) is not None


async def test_poll_is_not_closed_during_a_vote(store: Store) -> None:
    """The votes of the transaction would not count for the winner."""
    async with store.database.writing() as session:
        assert (await session.execute(locked_open({POLL.id}))).first() is not None
        closing = asyncio.create_task(store[Polls].close(POLL.id, LATER))
        await asyncio.sleep(0.2)
        assert not closing.done()
    assert await closing is not None


async def test_vote_is_not_changed_while_it_is_retracted(store: Store) -> None:
    await cast(store, 5, 0)
    async with store.database.writing() as session:
        assert await lock_votes(session, {(POLL.id, 5)}) == {(POLL.id, 5): (0, NOW)}
        voting = asyncio.create_task(cast(store, 5, 1))
        await asyncio.sleep(0.2)
        assert not voting.done()
    assert await voting
    assert await votes_of(store) == (0, 1, 0)
