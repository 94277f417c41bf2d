import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.community import queries as community
from bot.community.queries import Action, Blocks, RecordEntry
from bot.discoveries import queries as discoveries
from bot.discoveries.queries import Discoveries
from bot.polls.queries import Ballot, Outcome, Polls
from bot.privacy.queries import Privacy
from bot.store import Database, Store, members
from bot.store.answers import ButtonStates
from bot.store.identities import Identities
from bot.store.members import LONGEST_REQUEST, Deletions, Forgotten, note_received
from bot.store.schema import FIRST_SURROGATE, Base, Deletion
from bot.trainer.queries import CustomModels, StoredList, TrainingRequest, Trainings, Versions
from bot.verse.queries import Poems
from tests.bot.polls.test_queries import NOW, POLL, opened
from tests.bot.trainer.test_queries import FILES, version

MEMBER, OTHER = 735_001, 735_002
TRAINING = TrainingRequest("custom", "names", "list", 1, NOW, member_id=MEMBER)
BLOCK = RecordEntry(Action.BLOCK, MEMBER, NOW, 1, OTHER)
OUTLASTING = {"moderation"}
"""Tables that keep who did what."""

Write = Callable[[Store], Awaitable[object]]

WRITES: dict[str, Write] = {
    "poll": lambda store: store[Polls].open(replace(POLL, id=8, member_id=MEMBER)),
    "vote": lambda store: cast(store, MEMBER),
    "poem": lambda store: store[Poems].keep(MEMBER, 1, 9, "title", "text", NOW),
    "button": lambda store: store[ButtonStates].put("{}", MEMBER, 1, NOW),
    "hidden": lambda store: store[Discoveries].hide(1, MEMBER, hidden=True),
    "training": lambda store: store[Trainings].enqueue(TRAINING),
    "activation": lambda store: store[Versions].activate(
        "names", None, member_id=MEMBER, reason="activated", now=NOW
    ),
    "model": lambda store: store[CustomModels].create(
        community_id=1,
        name="Elves",
        member_id=MEMBER,
        corpus=StoredList("", ("Elf",)),
        now=NOW,
        most=9,
    ),
    "block": lambda store: store[Blocks].block(1, OTHER, BLOCK),
}


async def cast(store: Store, member: int) -> Outcome:
    """Vote for the first name."""
    return await store[Polls].cast(Ballot(POLL.id, member, 0), NOW)


class Gate:
    """Holds a coroutine function up, once it has done its work."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        self.calls = 0

    def after(self, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def held(*args: object) -> Any:  # noqa: ANN401
            self.calls += 1
            result = await work(*args)
            self.reached.set()
            await self.opened.wait()
            return result

        return held


@pytest.fixture
async def other(store: Store) -> AsyncIterator[Store]:
    """Another process; the same one on SQLite."""
    if store.database.is_sqlite:
        yield store
        return
    other = Store(Database(store.database.url))
    yield other
    await other.close()


async def traces(store: Store, *values: object) -> list[str]:
    """The columns that hold one of some values, or a text with it."""
    words = [str(value) for value in values]
    found = []
    async with store.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in (await session.execute(table.select())).mappings():
                found += [
                    f"{table.name}.{column}"
                    for column, value in row.items()
                    if table.name not in OUTLASTING and any(word in str(value) for word in words)
                ]
    return found


async def let_run() -> None:
    """Let other tasks, and the threads and connections they wait for, go on."""
    for _step in range(20):
        await asyncio.sleep(0.005)


writes = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@writes
async def test_deleted_before_it_is_written(store: Store, other: Store, write: Write) -> None:
    await opened(store)
    note_received(store.database)
    await other[Privacy].forget_member(MEMBER)
    with pytest.raises(Forgotten):
        await write(store)
    assert await traces(store, MEMBER) == []


@writes
async def test_deleted_after_it_is_written(store: Store, other: Store, write: Write) -> None:
    await opened(store)
    note_received(store.database)
    await write(store)
    assert await traces(store, MEMBER) != []
    await other[Privacy].forget_member(MEMBER)
    assert await traces(store, MEMBER) == []


@writes
async def test_deleted_while_it_is_written(
    store: Store, other: Store, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleting waits until it is written."""
    await opened(store)
    note_received(store.database)
    gate = Gate()
    monkeypatch.setattr(members, "_forgotten", gate.after(members._forgotten))
    writing = asyncio.ensure_future(write(store))
    await gate.reached.wait()
    deleting = asyncio.create_task(other[Privacy].forget_member(MEMBER))
    await let_run()
    assert not deleting.done()
    gate.opened.set()
    await asyncio.gather(writing, deleting)
    assert await traces(store, MEMBER) == []


@writes
async def test_written_while_it_is_deleted(
    store: Store, other: Store, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing waits until it is deleted, also for a request that is received meanwhile."""
    await opened(store)
    gate = Gate()
    monkeypatch.setattr(members, "_lock", gate.after(members._lock))
    deleting = asyncio.create_task(other[Privacy].forget_member(MEMBER))
    await gate.reached.wait()
    note_received(store.database)
    writing = asyncio.ensure_future(write(store))
    await let_run()
    assert not writing.done()
    gate.opened.set()
    await deleting
    with pytest.raises(Forgotten):
        await writing
    assert await traces(store, MEMBER) == []


async def test_others_of_a_batch_are_written(store: Store, other: Store) -> None:
    """A batch has votes of many members, some of whom have deleted their data meanwhile."""
    await opened(store)
    note_received(store.database)
    before = copy_context()
    for member in (MEMBER, OTHER):
        await other[Privacy].forget_member(member)
    await store[Deletions].catch_up()
    note_received(store.database)
    voters = [*range(1, 40), MEMBER, *range(40, 80), OTHER]
    outcomes = await asyncio.gather(
        *(asyncio.create_task(cast(store, voter), context=before) for voter in voters),
        cast(store, OTHER),  # who votes again
        return_exceptions=True,
    )
    refused = [n for n, outcome in enumerate(outcomes) if outcome != Outcome.COUNTED]
    assert refused == [voters.index(MEMBER), voters.index(OTHER)]
    assert await traces(store, MEMBER) == []
    assert await traces(store, OTHER) == ["votes.member_id"]
    poll = await store[Polls].find(POLL.id)
    assert poll is not None
    assert poll.votes[0] == 80


async def test_batches_and_deletions_together(store: Store, other: Store) -> None:
    """Without deadlocks: batches of two processes lock the same members as the deletions."""
    await opened(store)
    voters = [*range(MEMBER, MEMBER + 40)]
    note_received(store.database)
    await asyncio.gather(
        *(cast(each, voter) for voter in voters for each in (store, other)),
        *(other[Privacy].forget_member(voter) for voter in voters[::4]),
        *(store[ButtonStates].put("{}", voter, 1, NOW) for voter in voters),
        return_exceptions=True,
    )
    assert await traces(store, *voters[::4]) == []


async def test_later_request_is_served(store: Store, other: Store) -> None:
    await opened(store)
    await store[Privacy].forget_member(MEMBER)
    note_received(store.database)
    await WRITES["vote"](store)
    await other[Deletions].catch_up()
    note_received(other.database)
    await WRITES["poem"](other)
    assert sorted(await store[Privacy].of(MEMBER)) == ["poems", "votes"]


async def test_process_that_knows_less_refuses_once(store: Store, other: Store) -> None:
    """A process that has not caught up takes a later request for an earlier one."""
    await store[Privacy].forget_member(MEMBER)
    note_received(other.database)
    if other is not store:
        with pytest.raises(Forgotten):
            await WRITES["poem"](other)
    note_received(other.database)
    await WRITES["poem"](other)
    assert await store[Privacy].of(MEMBER) == {"poems": 1}


async def test_request_lasts_through_its_tasks(store: Store) -> None:
    note_received(store.database)
    await store[Privacy].forget_member(MEMBER)
    with pytest.raises(Forgotten):
        await asyncio.create_task(WRITES["poem"](store))  # type: ignore[arg-type]


async def test_training_keeps_its_own_member(store: Store, other: Store) -> None:
    """The training service has no request. It reads the member where it is deleted."""
    forgotten, kept = [
        await store[Trainings].enqueue(replace(TRAINING, member_id=each))
        for each in (MEMBER, OTHER)
    ]
    await other[Privacy].forget_member(MEMBER)
    for number in (forgotten, kept):
        await store[Versions].add(version(member_id=MEMBER), FILES, NOW, "better", number)
    assert await traces(store, MEMBER) == []
    assert [each.member_id for each in await store[Versions].of("names")] == [OTHER, None]


async def closing(store: Store) -> Awaitable[object]:
    """Close a poll of the member, whose winner is discovered."""
    await opened(store, replace(POLL, member_id=MEMBER))
    await cast(store, OTHER)
    return store[Polls].close(POLL.id, POLL.closes_at)


async def training(store: Store) -> Awaitable[object]:
    """Store what a training of the member has made."""
    number = await store[Trainings].enqueue(TRAINING)
    return store[Versions].add(version(), FILES, NOW, "better", number)


@pytest.mark.parametrize(
    ("prepare", "owner", "name"),
    [(closing, discoveries, "lock"), (training, Versions, "_drop_old_weights")],
)
@pytest.mark.parametrize("is_written_first", [True, False])
async def test_background_work(
    store: Store,
    other: Store,
    prepare: Callable[[Store], Awaitable[Awaitable[object]]],
    owner: object,
    name: str,
    is_written_first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has no request: it takes the member from a row, which it locks as deleting does."""
    work, gate = await prepare(store), Gate()
    deletion = other[Privacy].forget_member(MEMBER)
    first, second = (work, deletion) if is_written_first else (deletion, work)
    held, called = (owner, name) if is_written_first else (community, "forget")
    monkeypatch.setattr(held, called, gate.after(getattr(held, called)))
    begun = [asyncio.ensure_future(first)]
    await gate.reached.wait()
    begun.append(asyncio.ensure_future(second))
    await let_run()
    assert not begun[1].done()
    gate.opened.set()
    await asyncio.gather(*begun)
    assert await traces(store, MEMBER) == []


async def test_identity_of_a_forgotten_member(store: Store, other: Store) -> None:
    """A request that looks the member up afterwards must not store who they are again."""
    person = ("slack", "user", "T1", "U735001")
    number = await store[Identities].resolve(*person)
    note_received(store.database)
    await other[Privacy].forget_member(number)
    asked = [
        store[Identities].resolve(*person),
        store[Identities].resolve("slack", "user", "T1", "U2"),
    ]
    refused, served = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(refused, Forgotten)
    assert isinstance(served, int)
    assert await traces(store, number, "U735001") == []
    note_received(store.database)
    assert await store[Identities].resolve(*person) > number >= FIRST_SURROGATE


async def test_deletions_are_known_in_their_order(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None has a number while one with a smaller number may still be rolled back."""
    gate = Gate()
    monkeypatch.setattr(AsyncSession, "flush", gate.after(AsyncSession.flush))
    deletions = [
        asyncio.create_task(each[Privacy].forget_member(member))
        for each, member in ((store, MEMBER), (other, OTHER))
    ]
    await gate.reached.wait()
    await let_run()
    begun = gate.calls
    gate.opened.set()
    await asyncio.gather(*deletions)
    assert (begun, gate.calls) == (1, 2)


async def test_deletions_are_kept_for_a_while(store: Store) -> None:
    for member in (MEMBER, OTHER):
        await store[Privacy].forget_member(member)
    first = select(func.min(Deletion.number)).scalar_subquery()
    async with store.database.writing() as session:
        now = await session.scalar(select(Deletion.at).where(Deletion.number == first))
        assert now is not None
        old = update(Deletion).where(Deletion.number == first)
        await session.execute(old.values(at=now - LONGEST_REQUEST - timedelta(minutes=1)))
    await store[Deletions].prune()
    async with store.database.reading() as session:
        left = (await session.scalars(select(Deletion.number))).all()
    assert left == [store.database.last_deletion]
    await store[Privacy].forget_member(MEMBER)
    assert store.database.last_deletion > left[0]  # a number is never given out again
